import type { z } from "zod";
import type { WordKey } from "../i18n/index.ts";
import type { LinkRef } from "./link.ts";
import type { Answer, Turn } from "./turn.ts";
import type { FormField } from "./view.ts";

/** How a field is asked for. */
export interface FieldWords {
  readonly label: WordKey;
  readonly hint?: WordKey;
  /** What is said when the answer does not fit, unless the schema's own message is a word key. */
  readonly problem: WordKey;
  readonly input?: FormField["input"];
  readonly maxLength?: number;
  /** A shared location answers it too, as "latitude, longitude". */
  readonly location?: boolean;
  readonly options?: (turn: Pick<Turn, "locale" | "say">) => readonly { value: string; label: string }[];
}

/** What was entered, as text, by field. */
export type Values = Readonly<Record<string, string>>;

/**
 * A form: one zod schema and the words for it. It is shown inline where a platform can, and asked question by
 * question elsewhere, with the same validation.
 */
export interface Form {
  readonly name: string;
  readonly title: WordKey;
  readonly submit: WordKey;
  readonly fields: Readonly<Record<string, FieldWords>>;
  required(field: string): boolean;
  /** The word key of what is wrong with one answer, or null. */
  check(field: string, value: string): string | null;
  /** What is wrong with the whole, by field; empty if nothing is. */
  problems(values: Values): Record<string, string>;
  submitted(turn: Turn, values: Values, args: Values): Promise<Answer>;
}

const present = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ""));

/** Declares a form. `args` given at opening come back, as text, to `submitted`. */
export function form<S extends z.ZodObject>(definition: {
  name: string;
  title: WordKey;
  submit: WordKey;
  schema: S;
  fields: Readonly<Record<Extract<keyof z.infer<S>, string>, FieldWords>>;
  submitted: (turn: Turn, values: z.infer<S>, args: Values) => Promise<Answer>;
}): Form {
  const { schema, fields } = definition;
  const words = fields as Readonly<Record<string, FieldWords>>;
  const shape = schema.shape as Record<string, z.ZodType>;
  const problemOf = (field: string, message: string | undefined): string =>
    message !== undefined && /^problem\./.test(message) ? message : (words[field]?.problem ?? "problem.any");
  return {
    name: definition.name,
    title: definition.title,
    submit: definition.submit,
    fields: words,
    required: (field) => shape[field]?.safeParse(undefined).success === false,
    check(field, value) {
      const result = shape[field]?.safeParse(value.trim() === "" ? undefined : value.trim());
      return result?.success ? null : problemOf(field, result?.error.issues[0]?.message);
    },
    problems(values) {
      const result = schema.safeParse(present(values));
      if (result.success) return {};
      const first = Object.keys(words)[0] ?? "";
      const found: Record<string, string> = {};
      for (const issue of result.error.issues) {
        const field = String(issue.path[0] ?? first);
        found[field] ??= problemOf(field, issue.message);
      }
      return found;
    },
    submitted: async (turn, values, args) =>
      definition.submitted(turn, schema.parse(present(values)) as z.infer<S>, args),
  };
}

/** The reference under which a form's submission travels: the form's name, its arguments, and its page from 0. */
export const formRef = (name: string, args: Values, page = 0): LinkRef => ({
  name: "form",
  args: [name, new URLSearchParams(args).toString(), ...(page > 0 ? [String(page)] : [])],
});
