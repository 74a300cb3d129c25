import type { InlineKeyboardButton, MessageEntity } from "grammy/types";
import type { RichText } from "../../src/engine/rich-text.ts";
import type { Card, Control, Media, Pick, View } from "../../src/engine/view.ts";
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
  const page = new Page();
  page.block(view.text ?? []);
  for (const card of view.cards) printCard(page, card);
  for (const control of controls)
    if (control.kind === "link" && !isLinkable(control.url))
      page.block([{ kind: "text", text: `${control.label}: ${control.url}` }]);
  const image = view.cards.length === 1 ? view.cards[0]?.image : undefined;
  const { text, entities } = page.finish(capabilities.textMax);
  const photo = image !== undefined && text.length <= capabilities.captionMax ? image : undefined;
  return {
    text: text === "" && photo === undefined ? "…" : text,
    entities,
    ...(photo && { photo }),
    keyboard: rows(controls),
  };
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

function printCard(page: Page, card: Card): void {
  page.block([{ kind: "bold", children: [{ kind: "text", text: card.title }] }]);
  if (card.text !== undefined && card.text.length > 0) page.line(card.text);
  for (const [name, value] of card.facts ?? []) page.line([{ kind: "text", text: `${name}: ${value}` }]);
}

/** Text under construction. Entity offsets count UTF-16 units, as JavaScript strings do. */
class Page {
  #text = "";
  #entities: MessageEntity[] = [];

  /** Starts a paragraph. */
  block(rich: RichText): void {
    if (rich.length > 0) this.line(rich, this.#text === "" ? "" : "\n\n");
  }

  line(rich: RichText, separator = "\n"): void {
    this.#text += separator;
    this.#print(rich);
  }

  #print(rich: RichText): void {
    for (const node of rich) {
      if (node.kind === "text") {
        // Telegram refuses half of a surrogate pair.
        this.#text += node.text.replace(/\p{Surrogate}/gu, "\uFFFD");
        continue;
      }
      const offset = this.#text.length;
      const index = this.#entities.length;
      this.#print(node.children);
      const span = { offset, length: this.#text.length - offset };
      if (node.kind !== "link") this.#entities.splice(index, 0, { type: ENTITY[node.kind], ...span });
      else if (isLinkable(node.url))
        this.#entities.splice(index, 0, { type: "text_link", url: node.url, ...span });
      else this.#text += ` (${node.url})`;
    }
  }

  /** The text without blank ends and of at most `max` units, with the entities that are left. */
  finish(max: number): { text: string; entities: MessageEntity[] } {
    const start = this.#text.length - this.#text.trimStart().length;
    let text = this.#text.trim();
    let end = text.length;
    if (end > max) {
      end = max - 1;
      if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
      text = `${text.slice(0, end)}…`;
    }
    const entities = this.#entities.flatMap((entity) => {
      const from = Math.max(entity.offset - start, 0);
      const length = Math.min(entity.offset - start + entity.length, end) - from;
      return length > 0 ? [{ ...entity, offset: from, length }] : [];
    });
    return { text, entities };
  }
}

/** Rows of buttons: a pick's options stand apart from the rest, and long labels get fewer neighbours. */
function rows(controls: readonly Control[]): InlineKeyboardButton[][] {
  const groups: InlineKeyboardButton[][] = [[]];
  for (const control of controls) {
    if (control.kind === "button")
      groups.at(-1)?.push({ text: control.label || "…", callback_data: control.token });
    else if (control.kind === "link" && isLinkable(control.url))
      groups.at(-1)?.push({ text: control.label || "…", url: control.url });
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

const option = ({ label, token, selected }: Pick["options"][number]): InlineKeyboardButton => ({
  text: `${selected ? "✓ " : ""}${label}` || "…",
  callback_data: token,
});

/** Columns a label takes: wide scripts and emoji take two. */
const width = (label: string): number =>
  [...label].reduce(
    (sum, char) => sum + (/[\u1100-\uFFFF]|\p{Extended_Pictographic}/u.test(char) ? 2 : 1),
    0,
  );
