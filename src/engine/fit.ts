import { cut } from "../i18n/graphemes.ts";
import type { Capabilities } from "./adapter.ts";
import { bold, joined, linked, plain, type RichText, rich, textOf } from "./rich-text.ts";
import { lengthOf, splitText } from "./split-text.ts";
import type { Button, Card, Control, Link, View } from "./view.ts";

/** A card as running text: title, text, facts. What adapters print for a card, and what its length is counted by. */
export const cardText = (card: Card): RichText =>
  joined([
    ...(card.title === "" ? [] : [bold(card.title)]),
    ...(card.text && card.text.length > 0 ? [card.text] : []),
    ...(card.facts ?? []).map(([name, value]) => rich`${name}: ${value}`),
  ]);

/** The whole text of a view in the order it is read: its own text, then its cards. */
export const viewText = (view: View): RichText =>
  joined([...(view.text ? [view.text] : []), ...view.cards.map(cardText)], "\n\n");

const weight = (control: Control, can: Capabilities): number =>
  control.kind === "pick" && can.picksMax === 0 ? control.options.length : 1;

/** What stands in a list until something is chosen; no platform shows more. */
const PICK_LABEL_MAX = 150;

/** Characters of what is written on a control, or on its options. */
const written = (control: Control): number =>
  control.label.length +
  (control.kind === "pick" ? control.options.reduce((sum, { label }) => sum + label.length, 0) : 0);

const labelled = (control: Control, max: number): Control =>
  control.kind === "pick"
    ? {
        ...control,
        label: cut(control.label, PICK_LABEL_MAX),
        options: control.options.map((option) => ({ ...option, label: cut(option.label, max) })),
      }
    : { ...control, label: cut(control.label, max) };

/** A pick that is longer than the platform's becomes several; one without options offers nothing, and goes. */
const picked = (
  control: Control,
  { picksMax, labelsMax = Number.POSITIVE_INFINITY }: Capabilities,
): Control[] => {
  if (control.kind !== "pick") return [control];
  const max = picksMax > 0 ? picksMax : Number.POSITIVE_INFINITY;
  const room = labelsMax - control.label.length;
  return parted(control.options, [
    { max, weigh: () => 1 },
    { max: room, weigh: ({ label }) => label.length },
  ]).map((options) => ({ ...control, options }));
};

const asButtons = (control: Control): Control[] =>
  control.kind === "pick"
    ? control.options.map((option) => ({ kind: "button", label: option.label, token: option.token }))
    : [control];

/** Several cards as one numbered list; a card's only action takes the card's title as its label. */
function listed(view: View, can: Capabilities): View {
  const controls = view.cards.flatMap((card) => {
    const own = (card.controls ?? []).filter((control): control is Button | Link => control.kind !== "pick");
    const picks = (card.controls ?? []).filter((control) => control.kind === "pick");
    const name = cut(card.title, Math.max(8, can.labelMax - 10));
    const named = own.map((control) => ({
      ...control,
      label: own.length === 1 ? name : `${control.label} ${name}`,
    }));
    return [...named, ...picks];
  });
  const text = view.cards.map((card, index) => rich`${String(index + 1)}. ${cardText(card)}`);
  return {
    ...view,
    text: joined([...(view.text ? [view.text] : []), ...text], "\n\n"),
    cards: [],
    controls: [...controls, ...view.controls],
  };
}

/** A limit of what goes into one part. */
interface Measure<T> {
  readonly max: number;
  readonly weigh: (item: T) => number;
}

/** Parts within all limits, in order; something heavier than a limit stands alone. */
function parted<T>(items: readonly T[], measures: readonly Measure<T>[]): T[][] {
  const parts: T[][] = [];
  let loads: number[] = [];
  for (const item of items) {
    const own = measures.map(({ weigh }) => weigh(item));
    const isFull = measures.some(({ max }, at) => (loads[at] ?? 0) + (own[at] ?? 0) > max);
    if (parts.length === 0 || isFull) {
      parts.push([]);
      loads = [];
    }
    parts.at(-1)?.push(item);
    loads = own.map((load, at) => load + (loads[at] ?? 0));
  }
  return parts;
}

/** Nothing of it is to be seen or done. */
const isBlank = (view: View): boolean =>
  !/[^\p{C}\p{Z}\s]/u.test(textOf(viewText(view))) &&
  [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls].length === 0 &&
  !view.cards.some((card) => card.image) &&
  !view.form &&
  !view.file;

/** Characters of a heading that is said again over controls in a message of their own. */
const HEADING_MAX = 80;

/** Gives words to messages that hold nothing but further controls: what the first is about, and which of how many they are. */
function headed(views: View[], whole: View): View[] {
  const first = textOf(viewText(whole))
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line !== "");
  const heading = first === undefined ? "" : `${cut(first, HEADING_MAX)} `;
  return views.map((view, index) =>
    index > 0 && !view.text && view.cards.length === 0
      ? { ...view, text: plain(`${heading}(${index + 1}/${views.length})`) }
      : view,
  );
}

/**
 * Makes a view fit a platform: one view or several, to be shown in order; none where there is nothing to see or do.
 *
 * Pure and total. Cards become a list, long text is split, controls that do not fit move to a further message,
 * pictures a platform cannot show go. An action is never lost: every token and address of the input is in the output.
 */
export function fit(view: View, can: Capabilities): View[] {
  if (isBlank(view)) return [];
  const { form, file, ...rest } = view;
  const shown: View = can.images ? rest : { ...rest, cards: rest.cards.map(({ image: _, ...card }) => card) };
  const single = shown.cards.length > 1 && can.cardsMax <= 1 ? listed(shown, can) : shown;
  const pages =
    single.cards.length > can.cardsMax
      ? parted(single.cards, [{ max: Math.max(1, can.cardsMax), weigh: () => 1 }])
      : [single.cards];
  const fitted = pages.flatMap((cards, index) => {
    const last = index === pages.length - 1;
    const { text, ...other } = single;
    return fitPage(
      { ...other, ...(index === 0 && text && { text }), cards, controls: last ? single.controls : [] },
      can,
    );
  });
  const extra = { ...(form && can.forms !== "ask" && { form }), ...(file && { file }) };
  return headed(fitted, view).map((part, index) =>
    index === fitted.length - 1 ? { ...part, ...extra } : part,
  );
}

function fitPage(page: View, can: Capabilities): View[] {
  const pictured = page.cards.some((card) => card.image !== undefined) && can.cardsMax <= 1;
  const controls = [...page.cards.flatMap((card) => card.controls ?? []), ...page.controls];
  const textMax = can.textMax - addressRoom(controls, can);
  const max = pictured ? Math.min(can.captionMax, textMax) : textMax;
  const long = lengthOf(viewText(page), can.markup) > max;
  const own = page.cards.map((card) => fitControls(card.controls ?? [], can));
  const below = fitControls(page.controls, can);
  // Controls stay with their card where a message shows several cards and has the room.
  const measures = measuresOf(can);
  const inCards = !long && can.cardsMax > 1 && fits(own.flat(), measures);
  const base: Pick<View, "visibility"> = page.visibility ? { visibility: page.visibility } : {};
  const cards = page.cards.map(
    (card, index): Card => ({ ...card, controls: inCards ? (own[index] ?? []) : [] }),
  );
  const bodies: View[] = long
    ? [
        ...page.cards
          .filter((card) => card.image)
          .map((card) => ({
            ...base,
            cards: [{ title: cut(card.title, max), image: card.image }],
            controls: [],
          })),
        ...splitText(viewText(page), textMax, can.markup).map((text) => ({
          ...base,
          text,
          cards: [],
          controls: [],
        })),
      ]
    : [{ ...base, ...(page.text && { text: page.text }), cards, controls: [] }];

  const rest = inCards ? below : [...own.flat(), ...below];
  const together = fits(inCards ? [...own.flat(), ...rest] : rest, measures);
  const groups = together ? [rest] : parted(rest, measures);
  const [first = [], ...further] = together || !inCards ? groups : [[], ...groups];
  return [
    ...bodies.map((body, index) => (index === bodies.length - 1 ? { ...body, controls: first } : body)),
    ...further.map((controls) => ({ ...base, cards: [], controls })),
  ];
}

/** What the addresses take of a text that no button can lead to, so that they are written out; at most half of it. */
function addressRoom(controls: readonly Control[], { linkMax, markup, textMax }: Capabilities): number {
  if (linkMax === undefined) return 0;
  const room = controls.reduce((sum, control) => {
    if (control.kind !== "link" || control.url.length <= linkMax) return sum;
    return sum + lengthOf(linked(control.label, control.url), markup);
  }, 0);
  return Math.min(Math.ceil(room), Math.floor(textMax / 2));
}

/** What limits the controls of one message. */
const measuresOf = (can: Capabilities): Measure<Control>[] => [
  { max: can.controlsMax, weigh: (control) => weight(control, can) },
  { max: can.labelsMax ?? Number.POSITIVE_INFINITY, weigh: written },
];

const fits = <T>(items: readonly T[], measures: readonly Measure<T>[]): boolean =>
  measures.every(({ max, weigh }) => items.reduce((sum, item) => sum + weigh(item), 0) <= max);

const fitControls = (controls: readonly Control[], can: Capabilities): Control[] =>
  controls
    .map((control) => labelled(control, can.labelMax))
    .flatMap((control) =>
      can.picksMax === 0 && control.kind === "pick" && control.options.length > can.controlsMax
        ? asButtons(control)
        : picked(control, can),
    );
