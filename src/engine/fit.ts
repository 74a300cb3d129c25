import { boundaryBefore, cut } from "../i18n/graphemes.ts";
import type { Capabilities } from "./adapter.ts";
import { bold, joined, plain, type RichNode, type RichText, rich, textOf } from "./rich-text.ts";
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

/** Splits rich text into pieces of at most `max` UTF-16 units, at line ends or spaces where there are any. */
export function splitText(text: RichText, max: number): RichText[] {
  const whole = textOf(text);
  if (whole.length <= max) return [text];
  const cuts: number[] = [];
  for (let start = 0; whole.length - start > max; ) {
    const room = whole.slice(start, start + max);
    const line = room.lastIndexOf("\n");
    const space = room.lastIndexOf(" ");
    const length =
      line > max / 2 ? line + 1 : space > max / 2 ? space + 1 : boundaryBefore(whole, max, start);
    start += Math.max(1, length);
    cuts.push(start);
  }
  const bounds = [0, ...cuts, whole.length];
  return cuts.concat(whole.length).map((end, index) => slice(text, bounds[index] ?? 0, end));
}

function slice(text: RichText, from: number, to: number): RichText {
  const kept: RichNode[] = [];
  let at = 0;
  for (const node of text) {
    const length = textOf([node]).length;
    const start = Math.max(from - at, 0);
    const end = Math.min(to - at, length);
    if (start < end) {
      kept.push(
        node.kind === "text"
          ? { kind: "text", text: node.text.slice(start, end) }
          : { ...node, children: slice(node.children, start, end) },
      );
    }
    at += length;
  }
  return kept;
}

const weight = (control: Control, can: Capabilities): number =>
  control.kind === "pick" && can.picksMax === 0 ? control.options.length : 1;

const labelled = (control: Control, max: number): Control =>
  control.kind === "pick"
    ? { ...control, options: control.options.map((option) => ({ ...option, label: cut(option.label, max) })) }
    : { ...control, label: cut(control.label, max) };

/** A pick that is longer than the platform's becomes several; one without options offers nothing, and goes. */
const picked = (control: Control, max: number): Control[] => {
  if (control.kind === "pick" && control.options.length === 0) return [];
  if (control.kind !== "pick" || max <= 0 || control.options.length <= max) return [control];
  return Array.from({ length: Math.ceil(control.options.length / max) }, (_, part) => ({
    ...control,
    options: control.options.slice(part * max, (part + 1) * max),
  }));
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

/** Parts of at most `max` by weight, in order; something heavier than `max` stands alone. */
function parted<T>(items: readonly T[], max: number, weigh: (item: T) => number): T[][] {
  const parts: T[][] = [];
  let load = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const own = weigh(item);
    if (load + own > max) {
      parts.push([]);
      load = 0;
    }
    parts.at(-1)?.push(item);
    load += own;
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
      ? parted(single.cards, Math.max(1, can.cardsMax), () => 1)
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
  const max = pictured ? can.captionMax : can.textMax;
  const long = textOf(viewText(page)).length > max;
  const own = page.cards.map((card) => fitControls(card.controls ?? [], can));
  const below = fitControls(page.controls, can);
  // Controls stay with their card where a message shows several cards and has the room.
  const inCards = !long && can.cardsMax > 1 && load(own.flat(), can) <= can.controlsMax;
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
        ...splitText(viewText(page), can.textMax).map((text) => ({ ...base, text, cards: [], controls: [] })),
      ]
    : [{ ...base, ...(page.text && { text: page.text }), cards, controls: [] }];

  const rest = inCards ? below : [...own.flat(), ...below];
  const room = inCards ? can.controlsMax - load(own.flat(), can) : can.controlsMax;
  const together = load(rest, can) <= room;
  const groups = together ? [rest] : parted(rest, can.controlsMax, (control) => weight(control, can));
  const [first = [], ...further] = together || !inCards ? groups : [[], ...groups];
  return [
    ...bodies.map((body, index) => (index === bodies.length - 1 ? { ...body, controls: first } : body)),
    ...further.map((controls) => ({ ...base, cards: [], controls })),
  ];
}

const load = (controls: readonly Control[], can: Capabilities): number =>
  controls.reduce((sum, control) => sum + weight(control, can), 0);

const fitControls = (controls: readonly Control[], can: Capabilities): Control[] =>
  controls
    .flatMap((control) =>
      can.picksMax === 0 && control.kind === "pick" && control.options.length > can.controlsMax
        ? asButtons(control)
        : picked(control, can.picksMax),
    )
    .map((control) => labelled(control, can.labelMax));
