import type { InlineKeyboardButton, MessageEntity } from "grammy/types";
import { viewText } from "../../src/engine/fit.ts";
import { joined, plain, textOf } from "../../src/engine/rich-text.ts";
import { cutText } from "../../src/engine/split-text.ts";
import type { Button, Control, FileView, Link, Media, View } from "../../src/engine/view.ts";
import { buttonGroups } from "../../src/platform/button-groups.ts";
import { packRows } from "../../src/platform/rows.ts";
import { type Span, spanned } from "../../src/platform/spans.ts";
import { wordsFor } from "../../src/platform/wordless.ts";
import { capabilities } from "./capabilities.ts";

/** A view in Telegram's terms: text with entities (nothing to escape), perhaps a picture or a document, perhaps buttons. */
export interface Rendered {
  readonly text: string;
  readonly entities: MessageEntity[];
  /** Text and entities as a picture carries them. */
  readonly caption: { readonly caption: string; readonly caption_entities: MessageEntity[] };
  readonly photo?: Media;
  readonly file?: FileView;
  readonly keyboard: InlineKeyboardButton[][];
}

const ENTITY = { bold: "bold", italic: "italic", code: "code", strike: "strikethrough" } as const;
/** Characters that stand in where a view has no words of its own. */
const WORDS_MAX = 200;
/** A narrow phone shows 36 columns of labels in a row without cutting them. */
const ROW = { perRow: capabilities.buttonsPerRow, width: 36 };

/**
 * Prints a fitted view. A picture is shown if there is exactly one card, it has one, and the text fits a
 * caption: where both cannot be had, the words matter more.
 */
export function render(view: View): Rendered {
  const controls = [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls];
  const addresses = controls.filter(isUnlinkable).map(({ label, url }) => plain(`${label}: ${url}`));
  // Where both are too long, an address matters more than the end of the words.
  const room = addresses.reduce((sum, address) => sum - textOf(address).length - 2, capabilities.textMax);
  const body = cutText(viewText(view), room);
  const whole = joined([...(body.length > 0 ? [body] : []), ...addresses], "\n\n");
  const printed = spanned(whole, { max: capabilities.textMax, linkable: isLinkable });
  const image = view.cards.length === 1 ? view.cards[0]?.image : undefined;
  const photo = printed.text.length <= capabilities.captionMax ? image : undefined;
  const entities = printed.spans.map(entityOf);
  const caption = { caption: printed.text, caption_entities: entities };
  return {
    // A message needs words, a caption does not.
    text: printed.text || spanned(plain(wordsFor(view)), { max: WORDS_MAX, linkable: isLinkable }).text,
    entities,
    caption,
    photo,
    file: view.file,
    keyboard: rows(controls.filter((control) => !isUnlinkable(control))),
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

const isUnlinkable = (control: Control): control is Link =>
  control.kind === "link" && !isLinkable(control.url);

function entityOf({ node, offset, length }: Span): MessageEntity {
  // Telegram turns this address into a mention of that person (https://core.telegram.org/bots/api#formatting-options).
  if (node.kind === "mention") return { type: "text_link", url: `tg://user?id=${node.user}`, offset, length };
  if (node.kind === "link") return { type: "text_link", url: node.url, offset, length };
  return { type: ENTITY[node.kind], offset, length };
}

/** Rows of buttons: a pick's options stand apart from the rest, and long labels get fewer neighbours. */
const rows = (controls: readonly Control[]): InlineKeyboardButton[][] =>
  buttonGroups(controls).flatMap((group) => packRows(group.map(keyOf), ({ text }) => text, ROW));

const keyOf = (control: Button | Link): InlineKeyboardButton =>
  control.kind === "link"
    ? { text: control.label, url: control.url }
    : { text: control.label, callback_data: control.token };
