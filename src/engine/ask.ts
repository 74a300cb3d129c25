import { z } from "zod";
import type { Form, Values } from "./form.ts";
import { optionNamed } from "./form-pages.ts";
import { link } from "./link.ts";
import { bold, italic, joined, plain, rich } from "./rich-text.ts";
import type { Asking } from "./state.ts";
import { below, type Reply, type Turn, view } from "./turn.ts";

/** The engine's own buttons under a question. They name the field, so a press on an older question is recognised. */
export const answerLink = link("=", { field: z.string(), value: z.string() });
/** Asks the question before the one of this field. */
export const backLink = link("<", { field: z.string() });
/** Leaves an optional field out. */
export const skipLink = link(">", { field: z.string() });
/** Leaves the form. */
export const cancelLink = link("x", {});

/** More options than this are written, not pressed: nobody scrolls through two hundred countries. */
const BUTTONS_MAX = 12;

/** The question for the current field, with what was wrong with the last answer. */
export function question(turn: Turn, form: Form, asking: Asking, problem?: string): Reply {
  const names = Object.keys(form.fields);
  const at = names.indexOf(asking.field);
  const words = form.fields[asking.field];
  if (!words) throw new Error(`The form ${form.name} has no field ${asking.field}.`);
  const label = turn.say(words.label);
  const known = asking.values[asking.field];
  const options = words.options?.(turn) ?? [];
  const shownKnown = options.find((option) => option.value === known)?.label ?? known;
  return below(
    view({
      text: joined([
        ...(problem ? [plain(turn.say.any(problem))] : []),
        rich`${bold(label)} (${at + 1}/${names.length})`,
        ...(words.hint ? [italic(turn.say(words.hint))] : []),
      ]),
      controls: [
        ...(known !== undefined && words.input !== "photo"
          ? [
              turn.button(
                turn.say("form.keep", { value: shownKnown ?? "" }),
                answerLink({ field: asking.field, value: known }),
                { style: "primary" },
              ),
            ]
          : []),
        ...(options.length <= BUTTONS_MAX ? options : []).map((option) =>
          turn.button(option.label, answerLink({ field: asking.field, value: option.value })),
        ),
        ...(at > 0 ? [turn.button(turn.say("form.back"), backLink({ field: asking.field }))] : []),
        ...(form.required(asking.field)
          ? []
          : [turn.button(turn.say("form.skip"), skipLink({ field: asking.field }))]),
        turn.button(turn.say("form.cancel"), cancelLink()),
      ],
    }),
  );
}

/** What to do after an answer: ask on, or submit. */
export type Step =
  | { readonly kind: "ask"; readonly asking: Asking; readonly problem?: string }
  | { readonly kind: "submit"; readonly values: Values };

/** Takes an answer (undefined: skipped) to the current field and finds the next step. */
export function answered(
  form: Form,
  asking: Asking,
  value: string | undefined,
  options: readonly { value: string; label: string }[],
): Step {
  const { [asking.field]: _, ...others } = asking.values;
  const chosen = value === undefined ? undefined : (optionNamed(options, value) ?? value.trim());
  const problem =
    chosen === undefined && !form.required(asking.field) ? null : form.check(asking.field, chosen ?? "");
  if (problem !== null) return { kind: "ask", asking, problem };
  const values = chosen === undefined ? others : { ...others, [asking.field]: chosen };
  const names = Object.keys(form.fields);
  const next = names[names.indexOf(asking.field) + 1];
  if (next !== undefined) return { kind: "ask", asking: { ...asking, values, field: next } };
  const [wrong] = Object.entries(form.problems(values));
  if (wrong) return { kind: "ask", asking: { ...asking, values, field: wrong[0] }, problem: wrong[1] };
  return { kind: "submit", values };
}

/** The question before the current one; the first again if there is none. */
export function previous(form: Form, asking: Asking): Asking {
  const names = Object.keys(form.fields);
  return { ...asking, field: names[Math.max(0, names.indexOf(asking.field) - 1)] ?? asking.field };
}
