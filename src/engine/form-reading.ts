import type { Form, Values, Words } from "./form.ts";
import type { PictureProblem } from "./inbound.ts";
import { pictureWord } from "./picture-word.ts";

/** Something to press instead of writing. */
export interface Offer {
  readonly value: string;
  readonly label: string;
}

/** What is said of an answer: why it is refused or asked about, and what may be meant. */
export interface Remark {
  readonly text: string;
  readonly offers: readonly Offer[];
}
export type Remarks = Readonly<Record<string, Remark>>;

/** Pictures of a form's fields that could not be kept, by field. */
export type Refused = Readonly<Record<string, PictureProblem>>;

/** What is said of the pictures of these fields that could not be kept. */
export const refusedPictures = (refused: Refused, fields: readonly string[], turn: Words): Remarks =>
  Object.fromEntries(
    Object.entries(refused)
      .filter(([field]) => fields.includes(field))
      .map(([field, problem]) => [field, { text: turn.say(pictureWord(problem)), offers: [] }]),
  );

/** What was understood of some fields. */
export interface FieldsRead {
  /** What is kept, by field; what was refused stays as it was written, and what is empty is not there. */
  readonly values: Values;
  /** Why some can not be taken. */
  readonly problems: Remarks;
  /** What is to be asked about once. */
  readonly doubts: Remarks;
  /** What the person is to be told, as it was not quite written so. */
  readonly told: Values;
}

/** Understands what was entered in some fields, of which those that depend on others come last. */
export function readFields(
  form: Form,
  fields: readonly string[],
  typed: Values,
  known: Values,
  turn: Words,
): FieldsRead {
  const values: Record<string, string> = {};
  const problems: Record<string, Remark> = {};
  const doubts: Record<string, Remark> = {};
  const told: Record<string, string> = {};
  const later = (field: string) => (form.fields[field]?.after === undefined ? 0 : 1);
  for (const field of [...fields].sort((a, b) => later(a) - later(b))) {
    const written = typed[field] ?? "";
    const chosen = optionNamed(form.fields[field]?.options?.(turn) ?? [], written);
    const reading = form.read(field, chosen ?? written, { ...known, ...values });
    if (reading.kind === "refused") {
      if (written.trim() !== "") values[field] = written.trim();
      problems[field] = refusal(form, field, reading, turn);
      continue;
    }
    if (reading.value !== "") values[field] = reading.value;
    if (reading.kind === "doubtful")
      doubts[field] = {
        text: reading.ask(turn),
        offers: [{ value: reading.value, label: turn.say("form.sure") }],
      };
    else if (reading.told && chosen === undefined) told[field] = reading.value;
  }
  return { values, problems, doubts, told };
}

function refusal(
  form: Form,
  field: string,
  { problem, near = [] }: { problem: string; near?: readonly string[] },
  turn: Words,
): Remark {
  const offers = near.map((value) => ({ value, label: shownValue(form, field, value, turn) }));
  const [only, ...others] = offers;
  if (!only) return { text: turn.say.any(problem), offers };
  const text = others.length > 0 ? turn.say("form.which") : turn.say("form.near", { value: only.label });
  return { text, offers };
}

/** A value as people see it: in the form's own words, by the label of its option, or as it is. */
export function shownValue(form: Form, field: string, value: string, turn: Words): string {
  const words = form.fields[field];
  if (words?.shown) return words.shown(value, turn);
  return words?.options?.(turn).find((option) => option.value === value)?.label ?? value;
}

/** Sentences that tell what was understood otherwise than it was written. */
export const toldLines = (form: Form, told: Values, turn: Words): string[] =>
  Object.entries(told).map(([field, value]) => {
    const label = form.fields[field]?.label;
    return turn.say("form.read_as", {
      label: label ? turn.say(label) : field,
      value: shownValue(form, field, value, turn),
    });
  });

/** What of these was not asked about yet. */
export const unasked = (doubts: Remarks, values: Values, asked: Values = {}): Remarks =>
  Object.fromEntries(Object.entries(doubts).filter(([field]) => asked[field] !== values[field]));

/** What was asked before, and what these ask now. */
export const nowAsked = (doubts: Remarks, values: Values, asked: Values = {}): Values => ({
  ...asked,
  ...Object.fromEntries(Object.keys(doubts).map((field) => [field, values[field] ?? ""])),
});

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

/** What is wrong with the form as a whole, when each of its fields is right. */
export function wholeProblems(form: Form, values: Values, turn: Words): Remarks {
  const found = Object.entries(form.problems(values));
  return Object.fromEntries(found.map(([field, key]) => [field, { text: turn.say.any(key), offers: [] }]));
}
