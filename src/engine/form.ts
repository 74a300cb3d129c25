import type { z } from "zod";
import type { WordKey } from "../i18n/index.ts";
import { lostWithin, typedCode, typedLine, typedText } from "../i18n/typed.ts";
import type { ActionRef } from "./action.ts";
import type { Answer, Turn } from "./turn.ts";
import type { FormField } from "./view.ts";

/** What was entered, as text, by field. */
export type Values = Readonly<Record<string, string>>;

/** What words of a form may depend on. */
export type Words = Pick<Turn, "locale" | "say">;

/**
 * How an answer is understood.
 *
 * `taken`: `value` is what is kept; with `told` the person is told, as it is not quite what they wrote.
 * `doubtful`: it is asked about once, and taken if it is given again.
 * `refused`: it can not be; `near` holds values that may have been meant.
 */
export type Reading = Taken | Doubtful | Refused<WordKey | undefined>;
interface Taken {
  readonly kind: "taken";
  readonly value: string;
  readonly told?: boolean;
}
interface Doubtful {
  readonly kind: "doubtful";
  readonly value: string;
  readonly ask: (turn: Words) => string;
}
interface Refused<Problem> {
  readonly kind: "refused";
  readonly problem?: Problem;
  readonly near?: readonly string[];
}

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
  readonly options?: (turn: Words) => readonly { value: string; label: string }[];
  /**
   * How what was typed is understood, given what the other fields are known to hold. Reading what it has read must
   * give the same. Without it, the typed text is tidied and must pass the schema.
   */
  readonly read?: (typed: string, known: Values) => Reading;
  /** The field that `read` looks at: it is read first. */
  readonly after?: string;
  /** Whether it may be left out, where that depends on the others. */
  readonly optional?: (known: Values) => boolean;
  /** Whether there is nothing to ask, given the others. */
  readonly needless?: (known: Values) => boolean;
  /** It is only asked for once the other fields show that it is needed. */
  readonly late?: boolean;
  /** How a value is shown; without it, as the label of its option or as it is. */
  readonly shown?: (value: string, turn: Words) => string;
}

/**
 * A form: one zod schema and the words for it. It is shown inline where a platform can, and asked question by
 * question elsewhere, with the same validation.
 */
export interface Form {
  readonly name: string;
  readonly title: WordKey;
  readonly submit: WordKey;
  readonly fields: Readonly<Record<string, FieldWords>>;
  /** Whether a field must be answered, given what is known of the others. */
  required(field: string, known?: Values): boolean;
  /** How one answer is understood; "" is none. A refusal names its problem. */
  read(
    field: string,
    typed: string,
    known: Values,
  ): Taken | Doubtful | (Refused<string> & { problem: string });
  /** What is wrong with the whole, by field, as word keys; empty if nothing is. */
  problems(values: Values): Record<string, string>;
  submitted(turn: Turn, values: Values, args: Values): Promise<Answer>;
}

const present = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ""));

/** Text as somebody typed it, by the kind of its field. */
function tidied(input: FormField["input"] | undefined, typed: string): string {
  switch (input) {
    case "email":
    case "phone":
    case "number":
      return typedCode(typed);
    case "long":
      return typedText(typed);
    default:
      return typedLine(typed);
  }
}

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
  const required: Form["required"] = (field, known = {}) => {
    const optional = words[field]?.optional;
    return optional ? !optional(known) : shape[field]?.safeParse(undefined).success === false;
  };
  return {
    name: definition.name,
    title: definition.title,
    submit: definition.submit,
    fields: words,
    required,
    read(field, typed, known) {
      const own = words[field];
      const text = tidied(own?.input, typed);
      if (text === "" && !required(field, known)) return { kind: "taken", value: "" };
      const reading = text === "" ? undefined : own?.read?.(text, known);
      if (reading?.kind === "refused")
        return { ...reading, problem: reading.problem ?? problemOf(field, undefined) };
      const value = reading?.value ?? text;
      const result = shape[field]?.safeParse(value === "" ? undefined : value);
      if (!result?.success || (value === "" && required(field, known)))
        return { kind: "refused", problem: problemOf(field, result?.error?.issues[0]?.message) };
      return reading ?? { kind: "taken", value, told: lostWithin(typed, typedText(typed)) };
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
export const formRef = (name: string, args: Values, page = 0): ActionRef => ({
  name: "form",
  args: [name, new URLSearchParams(args).toString(), ...(page > 0 ? [String(page)] : [])],
});
