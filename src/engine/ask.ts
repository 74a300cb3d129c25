import { z } from "zod";
import { action } from "./action.ts";
import type { Form, Values, Words } from "./form.ts";
import {
  nowAsked,
  type Remark,
  readFields,
  shownValue,
  toldLines,
  unasked,
  wholeProblems,
} from "./form-reading.ts";
import { bold, italic, joined, plain, rich } from "./rich-text.ts";
import type { Asking } from "./state.ts";
import { below, type Reply, type Turn, view } from "./turn.ts";

/** The engine's own buttons under a question. They name the field, so a press on an older question is recognised. */
export const answerLink = action("=", { field: z.string(), value: z.string() });
/** Asks the question before the one of this field. */
export const backLink = action("<", { field: z.string() });
/** Leaves an optional field out. */
export const skipLink = action(">", { field: z.string() });
/** Leaves the form. */
export const cancelLink = action("x", {});

/** More options than this are written, not pressed: nobody scrolls through two hundred countries. */
const BUTTONS_MAX = 12;

/** The question for the current field, with what is said of the last answer. */
export function question(turn: Turn, form: Form, asking: Asking, remark?: Remark): Reply {
  const names = Object.keys(form.fields);
  const at = names.indexOf(asking.field);
  // What may turn out not to be asked is not counted.
  const counted = names.filter(
    (name) => name === asking.field || !form.fields[name]?.late || asking.values[name] !== undefined,
  );
  const words = form.fields[asking.field];
  if (!words) throw new Error(`The form ${form.name} has no field ${asking.field}.`);
  const label = turn.say(words.label);
  const known = asking.values[asking.field];
  const options = words.options?.(turn) ?? [];
  const offers = remark?.offers ?? [];
  const keeps =
    known !== undefined && words.input !== "photo" && !offers.some(({ value }) => value === known);
  return below(
    view({
      text: joined([
        ...toldLines(form, asking.told ?? {}, turn).map(plain),
        ...(remark ? [plain(remark.text)] : []),
        rich`${bold(label)} (${counted.indexOf(asking.field) + 1}/${counted.length})`,
        ...(words.hint ? [italic(turn.say(words.hint))] : []),
      ]),
      controls: [
        ...offers.map(({ label, value }, index) =>
          turn.button(
            label,
            answerLink({ field: asking.field, value }),
            index === 0 ? { style: "primary" } : {},
          ),
        ),
        ...(keeps
          ? [
              turn.button(
                turn.say("form.keep", { value: shownValue(form, asking.field, known, turn) }),
                answerLink({ field: asking.field, value: known }),
                { style: "primary" },
              ),
            ]
          : []),
        ...(options.length <= BUTTONS_MAX ? options : []).map((option) =>
          turn.button(option.label, answerLink({ field: asking.field, value: option.value })),
        ),
        ...(at > 0 ? [turn.button(turn.say("form.back"), backLink({ field: asking.field }))] : []),
        ...(form.required(asking.field, asking.values)
          ? []
          : [turn.button(turn.say("form.skip"), skipLink({ field: asking.field }))]),
        turn.button(turn.say("form.cancel"), cancelLink()),
      ],
    }),
  );
}

/** What to do after an answer: ask on, or submit. */
export type Step =
  | { readonly kind: "ask"; readonly asking: Asking; readonly remark?: Remark }
  | { readonly kind: "submit"; readonly values: Values; readonly told: Values };

/** Takes an answer (undefined: skipped) to the current field and finds the next step. */
export function answered(form: Form, asking: Asking, value: string | undefined, turn: Words): Step {
  const { [asking.field]: _, ...others } = asking.values;
  const { told: __, ...rest } = asking;
  const typed = value === undefined ? {} : { [asking.field]: value };
  const read = readFields(form, [asking.field], typed, others, turn);
  const problem = read.problems[asking.field];
  if (problem) return { kind: "ask", asking: rest, remark: problem };
  const values = { ...others, ...read.values };
  const [doubt] = Object.values(unasked(read.doubts, values, asking.asked));
  if (doubt)
    return {
      kind: "ask",
      asking: { ...rest, asked: nowAsked(read.doubts, values, asking.asked) },
      remark: doubt,
    };
  const next = asking.mending ? undefined : neighbour(form, { ...asking, values }, 1);
  if (next !== undefined)
    return { kind: "ask", asking: { ...rest, values, field: next, ...someTold(read.told) } };
  return finished(form, { ...rest, values }, read.told, turn);
}

const someTold = (told: Values): { told?: Values } => (Object.keys(told).length > 0 ? { told } : {});

/** All is answered: what does not go together is asked for again, one at a time and nothing else with it. */
function finished(form: Form, asking: Asking, told: Values, turn: Words): Step {
  const fields = Object.keys(form.fields);
  const read = readFields(form, fields, asking.values, asking.values, turn);
  const { values } = read;
  const problems = Object.keys(read.problems).length > 0 ? read.problems : wholeProblems(form, values, turn);
  const doubts = unasked(read.doubts, values, asking.asked);
  const [wrong] = [...Object.entries(problems), ...Object.entries(doubts)];
  if (!wrong) return { kind: "submit", values, told: { ...read.told, ...told } };
  const [field, remark] = wrong;
  const asked = Object.hasOwn(problems, field)
    ? asking.asked
    : nowAsked({ [field]: remark }, values, asking.asked);
  return {
    kind: "ask",
    asking: { ...asking, values, field, mending: true, ...(asked && { asked }), ...someTold(told) },
    remark,
  };
}

/** The question before the current one; the first again if there is none. */
export function previous(form: Form, { mending: _, told: __, ...asking }: Asking): Asking {
  return { ...asking, field: neighbour(form, asking, -1) ?? asking.field };
}

/** The next field in a direction that there is something to ask of. */
function neighbour(form: Form, { field, values }: Asking, step: 1 | -1): string | undefined {
  const names = Object.keys(form.fields);
  let at = names.indexOf(field) + step;
  while (form.fields[names[at] ?? ""]?.needless?.(values)) at += step;
  return names[at];
}
