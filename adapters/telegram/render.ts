import type { InlineKeyboardButton, MessageEntity } from "grammy/types";
import { viewText } from "../../src/engine/fit.ts";
import { joined, plain, type RichText } from "../../src/engine/rich-text.ts";
import type { Control, Media, Pick as PickControl, View } from "../../src/engine/view.ts";
import { capabilities } from "./capabilities.ts";

/** A view in Telegram's terms: text with entities (nothing to escape), perhaps a picture, perhaps buttons. */
export interface Rendered {
  readonly text: string;
  readonly entities: MessageEntity[];
  readonly photo?: Media;
  readonly keyboard: InlineKeyboardButton[][];
}

const ENTITY = { bold: "bold", italic: "italic", code: "code", strike: "strikethrough" } as const;
/** Columns of a row of buttons that a narrow phone shows without cutting labels. */
const ROW_WIDTH = 36;

/**
 * Prints a fitted view. A picture is shown if there is exactly one card, it has one, and the text fits a
 * caption: where both cannot be had, the words matter more.
 */
export function render(view: View): Rendered {
  const controls = [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls];
  const addresses = controls.flatMap((control) =>
    control.kind === "link" && !isLinkable(control.url) ? [plain(`${control.label}: ${control.url}`)] : [],
  );
  const body = viewText(view);
  const { text, entities } = print(joined([...(body.length > 0 ? [body] : []), ...addresses], "\n\n"));
  const image = view.cards.length === 1 ? view.cards[0]?.image : undefined;
  const photo = text.length <= capabilities.captionMax ? image : undefined;
  return { text, entities, photo, keyboard: rows(controls) };
}

/**
 * Whether Telegram takes an address for a button or a text link: it refuses the whole message for a host
 * without a dot ("Wrong HTTP URL"), such as localhost. Those are shown as text.
 */
export function isLinkable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "tg:" || (/^https?:$/.test(protocol) && hostname.includes("."));
}

/** Text without blank ends, cut to what a message holds. Offsets count UTF-16 units, as JavaScript strings do. */
function print(rich: RichText): Pick<Rendered, "text" | "entities"> {
  const found: MessageEntity[] = [];
  const whole = printNodes(rich, found, 0);
  if (!isVisible(whole)) return { text: "", entities: [] };
  const start = whole.length - whole.trimStart().length;
  let text = whole.trim();
  let end = text.length;
  if (end > capabilities.textMax) {
    end = capabilities.textMax - 1;
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
    text = `${text.slice(0, end)}…`;
  }
  const entities = found.flatMap((entity) => {
    const offset = Math.max(entity.offset - start, 0);
    const length = Math.min(entity.offset - start + entity.length, end) - offset;
    return length > 0 ? [{ ...entity, offset, length }] : [];
  });
  return { text, entities };
}

function printNodes(rich: RichText, entities: MessageEntity[], start: number): string {
  let text = "";
  for (const node of rich) {
    if (node.kind === "text") {
      text += wellFormed(node.text);
      continue;
    }
    const index = entities.length;
    const offset = start + text.length;
    const inner = printNodes(node.children, entities, offset);
    const span = { offset, length: inner.length };
    text += inner;
    if (node.kind !== "link") entities.splice(index, 0, { type: ENTITY[node.kind], ...span });
    else if (isLinkable(node.url)) entities.splice(index, 0, { type: "text_link", url: node.url, ...span });
    else text += ` (${node.url})`;
  }
  return text;
}

/** Rows of buttons: a pick's options stand apart from the rest, and long labels get fewer neighbours. */
function rows(controls: readonly Control[]): InlineKeyboardButton[][] {
  const groups: InlineKeyboardButton[][] = [[]];
  for (const control of controls) {
    if (control.kind === "button")
      groups.at(-1)?.push({ text: buttonText(control.label), callback_data: control.token });
    else if (control.kind === "link" && isLinkable(control.url))
      groups.at(-1)?.push({ text: buttonText(control.label), url: control.url });
    else if (control.kind === "pick") groups.push(control.options.map(option), []);
  }
  return groups.flatMap(packed);
}

function packed(buttons: readonly InlineKeyboardButton[]): InlineKeyboardButton[][] {
  const packed: InlineKeyboardButton[][] = [];
  for (const button of buttons) {
    const row = packed.at(-1);
    const taken = row?.reduce((sum, { text }) => sum + width(text), width(button.text)) ?? 0;
    if (row === undefined || row.length === capabilities.buttonsPerRow || taken > ROW_WIDTH)
      packed.push([button]);
    else row.push(button);
  }
  return packed;
}

const option = ({ label, token, selected }: PickControl["options"][number]): InlineKeyboardButton => ({
  text: `${selected ? "✓ " : ""}${buttonText(label)}`,
  callback_data: token,
});

/** Telegram refuses half of a surrogate pair, and text in which nothing is to be seen. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\uFFFD");
const isVisible = (text: string): boolean => /[^\p{C}\p{Z}]/u.test(text);
const buttonText = (label: string): string => (isVisible(label) ? wellFormed(label) : "…");

/** Columns a label takes: wide scripts and emoji take two. */
const width = (label: string): number =>
  [...label].length + (label.match(/[\u1100-\uFFFF]|\p{Extended_Pictographic}/gu)?.length ?? 0);
