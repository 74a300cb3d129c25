import { z } from "zod";
import type { Form, Values } from "./form.ts";
import { link } from "./link.ts";
import type { Turn } from "./turn.ts";

/** The engine's own button that opens a page of a form in a window. */
export const fillLink = link("f", {
  form: z.string(),
  args: z.string().optional(),
  page: z.coerce.number().int().min(0).optional(),
});

/** The fields of a form, page by page, with at most `max` on each. */
export function pagesOf(form: Form, max: number = Number.POSITIVE_INFINITY): string[][] {
  const names = Object.keys(form.fields);
  const size = Math.max(1, Math.min(max, names.length));
  return Array.from({ length: Math.ceil(names.length / size) }, (_, page) =>
    names.slice(page * size, (page + 1) * size),
  );
}

/** What was entered on a page, with choices that were written out ("Germany") put as their value ("DE"). */
export function entered(
  form: Form,
  fields: readonly string[],
  values: Values,
  turn: Pick<Turn, "locale" | "say">,
): Values {
  return Object.fromEntries(
    fields.flatMap((field): [string, string][] => {
      const value = values[field];
      if (value === undefined || value.trim() === "") return [];
      return [[field, optionNamed(form.fields[field]?.options?.(turn) ?? [], value) ?? value.trim()]];
    }),
  );
}

/** The value of the option that somebody named by its value or its label, in any case. */
export function optionNamed(
  options: readonly { value: string; label: string }[],
  said: string,
): string | undefined {
  const folded = said.trim().toLocaleLowerCase();
  return options.find(
    (option) => option.value.toLocaleLowerCase() === folded || option.label.toLocaleLowerCase() === folded,
  )?.value;
}

/** What is wrong on a page: word keys by field. The last page also answers for the form as a whole. */
export function pageProblems(
  form: Form,
  pages: readonly (readonly string[])[],
  page: number,
  values: Values,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const field of pages[page] ?? []) {
    const value = values[field];
    const problem = value === undefined && !form.required(field) ? null : form.check(field, value ?? "");
    if (problem !== null) found[field] = problem;
  }
  if (Object.keys(found).length > 0 || page < pages.length - 1) return found;
  return form.problems(values);
}
