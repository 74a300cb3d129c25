import { z } from "zod";
import { type ActionRef, action } from "./action.ts";
import type { Capabilities } from "./adapter.ts";
import type { Form, Values } from "./form.ts";

/** The engine's own button that opens a page of a form in a window. */
export const fillLink = action("f", {
  form: z.string(),
  args: z.string().optional(),
  page: z.coerce.number().int().min(0).optional(),
});

/** The action that opens a page of a form again, with what it was opened with. */
export const fillRef = (form: string, args: Values, page = 0): ActionRef =>
  fillLink({ form, args: new URLSearchParams(args).toString() || undefined, page: page || undefined });

/** The fields of a form, page by page, with at most `max` on each. */
export function pagesOf(form: Form, max: number = Number.POSITIVE_INFINITY): string[][] {
  const names = Object.keys(form.fields);
  const size = Math.max(1, Math.min(max, names.length));
  return Array.from({ length: Math.ceil(names.length / size) }, (_, page) =>
    names.slice(page * size, (page + 1) * size),
  );
}

/** The pages of a form on a platform: as many as its windows need, else one. */
export const pagesFor = (form: Form, can: Capabilities): string[][] =>
  pagesOf(form, can.forms === "modal" ? (can.formFieldsMax ?? 5) : Number.POSITIVE_INFINITY);

/** The engine's own button that gives a field of a form in windows a value: one that was asked about, or may have been meant. */
export const takeLink = action("!", {
  form: z.string(),
  field: z.string(),
  value: z.string(),
  args: z.string().optional(),
  page: z.coerce.number().int().min(0).optional(),
});
