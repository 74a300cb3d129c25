import type { types as slack } from "@slack/bolt";
import { cardText, viewText } from "../../src/engine/fit.ts";
import { bold, joined, plain, type RichText, rich, textOf } from "../../src/engine/rich-text.ts";
import { splitText } from "../../src/engine/split-text.ts";
import type { Button, Card, Control, Link, Media, Pick as PickControl, View } from "../../src/engine/view.ts";
import { beginning } from "../../src/i18n/graphemes.ts";
import { labelOf } from "../../src/platform/label.ts";
import { linkableBy } from "../../src/platform/linkable.ts";
import { marked } from "../../src/platform/marked.ts";
import { isVisible, wellFormed } from "../../src/platform/names.ts";
import { runsOf } from "../../src/platform/runs.ts";
import { wordsFor } from "../../src/platform/wordless.ts";
import { capabilities } from "./capabilities.ts";

/** Where Slack finds a picture: at an address, or among the files uploaded to it. */
export type Picture = { readonly image_url: string } | { readonly slack_file: { readonly id: string } };
/** The pictures of a view that can be shown. */
export type Pictures = ReadonlyMap<Media, Picture>;

/** A message in Slack's terms: its blocks, and the text that notifications show. */
export interface Rendered {
  readonly blocks: slack.KnownBlock[];
  readonly text: string;
}

const SECTION_MAX = 3000;
/**
 * UTF-8 bytes of the text behind the blocks, escaped: `chat.update` refuses more than 4,000
 * (https://docs.slack.dev/reference/methods/chat.update).
 */
const FALLBACK_BYTES = 4000;
const FIELD_MAX = 2000;
/** Characters of all texts of a message's blocks, as they are sent. */
const BLOCKS_MAX = 13_000;
const FIELDS_MAX = 10;

/** Prints a fitted view. All that people wrote comes out as they wrote it: nothing of it becomes markup. */
export function render(view: View, pictures: Pictures = new Map()): Rendered {
  const controls = [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls];
  const written = controls.flatMap((control) =>
    control.kind === "link" && !isLinkable(control.url) ? [plain(`${control.label}: ${control.url}`)] : [],
  );
  const arranged = (how: Printing) => {
    const name = names();
    return [
      ...richBlocks(view.text ?? []),
      ...view.cards.flatMap((card) => [
        ...cardBlocks(card, pictures, how),
        ...actionBlocks(card.controls ?? [], name),
      ]),
      ...richBlocks(joined(written)),
      ...actionBlocks(view.controls, name),
    ];
  };
  const marked = arranged("marked");
  const blocks = charactersIn(marked) > BLOCKS_MAX ? arranged("plain") : marked;
  const words = textOf(viewText(view)).trim();
  const said = isVisible(words) ? words : wordsFor(view);
  return {
    blocks: blocks.length > 0 ? blocks : richBlocks(plain(said)),
    text: escapedWithin(wellFormed(said), FALLBACK_BYTES),
  };
}

/** Whether sections show marks, for which their words are escaped, or the words alone. */
type Printing = "marked" | "plain";

/** All texts in blocks together. */
function charactersIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, each]) =>
      sum + (key === "text" && typeof each === "string" ? each.length : charactersIn(each)),
    0,
  );
}

/** Slack takes these for buttons and links. */
const isLinkable = linkableBy({ schemes: ["http:", "https:"], max: 3000 });

/** A text of at most `max` characters, cut where it is longer. */
export const label = (text: string, max: number): slack.PlainTextElement => ({
  type: "plain_text",
  text: labelOf(text, max),
  emoji: false,
});

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Text escaped, and cut so that what is sent is no more than `max` bytes, with "…" at its end. */
function escapedWithin(text: string, max: number): string {
  const bytes = (part: string) => Buffer.byteLength(escaped(part));
  if (bytes(text) <= max) return escaped(text);
  // No unit takes less than a byte: the longest beginning that fits is at most this long.
  let [fits, tooLong] = [0, max];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (bytes(beginning(text, middle)) + Buffer.byteLength("…") <= max) fits = middle;
    else tooLong = middle;
  }
  return `${escaped(beginning(text, fits))}…`;
}

/** Text as rich text blocks, whose words Slack reads no markup in. */
const richBlocks = (text: RichText): slack.RichTextBlock[] =>
  splitText(text, SECTION_MAX)
    .filter((part) => isVisible(textOf(part)))
    .map((part) => {
      const elements = runsOf(part, isLinkable).map(({ text, style, url }): slack.RichTextElement => {
        const styled = { text, ...(Object.keys(style).length > 0 && { style }) };
        return url === undefined ? { type: "text", ...styled } : { type: "link", url, ...styled };
      });
      return { type: "rich_text", elements: [{ type: "rich_text_section", elements }] };
    });

/** A card with a picture or facts is a section, which has a place for both; any other is text. */
function cardBlocks(card: Card, pictures: Pictures, how: Printing): slack.KnownBlock[] {
  const picture = card.image && pictures.get(card.image);
  const image =
    picture &&
    ({ type: "image", alt_text: label(card.image?.alt || card.title, 2000).text, ...picture } as const);
  const facts = card.facts ?? [];
  if (!image && facts.length === 0) return richBlocks(cardText(card));
  const short = facts.filter(([name, value]) => name.length + value.length < FIELD_MAX).slice(0, FIELDS_MAX);
  const fields = short.map(([name, value]) => sectionText(rich`${bold(name)}\n${value}`, FIELD_MAX, how));
  const words = cardText({ ...card, facts: facts.filter((fact) => !short.includes(fact)) });
  const [first = [], ...further] = splitText(words, SECTION_MAX);
  const apart = further.length > 0 && fields.length > 0; // below a text of several pieces, not in the midst of it
  const section: { text?: slack.TextObject; fields?: slack.TextObject[] } = {
    ...(isVisible(textOf(first)) && { text: sectionText(first, SECTION_MAX, how) }),
    ...(fields.length > 0 && !apart && { fields }),
  };
  const below = apart ? [{ type: "section", fields } as const] : [];
  if (!section.text && !section.fields)
    return [...(image ? [image] : []), ...further.flatMap(richBlocks), ...below];
  return [
    { type: "section", ...section, ...(image && { accessory: image }) } as slack.SectionBlock,
    ...further.flatMap(richBlocks),
    ...below,
  ];
}

/** A sign that mrkdwn would take for markup although it was typed, and for which it has no escape. */
const MARK = /[*_~`]|:[^\s:]+:|^\s*>/m;

/** Text for a section: with its markup where mrkdwn shows the words as they are, else without. */
function sectionText(text: RichText, max: number, how: Printing): slack.TextObject {
  const words = textOf(text);
  if (how === "plain") return label(words, max);
  const printed = mrkdwn(text);
  if (MARK.test(words) || printed.length > max) return label(words, max);
  return { type: "mrkdwn", text: wellFormed(printed), verbatim: true };
}

/** Slack's own markup (https://docs.slack.dev/messaging/formatting-message-text). */
const mrkdwn = (text: RichText): string =>
  marked(text, {
    marks: { bold: "*", italic: "_", strike: "~", code: "`" },
    escaped,
    called: (user) => (/^[UW][A-Z0-9]+$/.test(user) ? `<@${user}>` : null),
    link: (url, words) =>
      isLinkable(url) && !/[|\n]/.test(url + words) ? `<${escaped(url)}|${words}>` : null,
  });

/** Action ids, each once in a message. */
function names(): () => string {
  let count = 0;
  return () => `a${++count}`;
}

/** Rows of buttons and selects, in order. */
function actionBlocks(controls: readonly Control[], name: () => string): slack.ActionsBlock[] {
  const elements = controls.flatMap((control): slack.ActionsBlockElement[] => {
    if (control.kind === "pick") return control.options.length > 0 ? [select(control, name())] : [];
    if (control.kind === "link" && !isLinkable(control.url)) return [];
    return [button(control, name())];
  });
  const rows = Array.from({ length: Math.ceil(elements.length / capabilities.buttonsPerRow) }, (_, row) =>
    elements.slice(row * capabilities.buttonsPerRow, (row + 1) * capabilities.buttonsPerRow),
  );
  return rows.map((row) => ({ type: "actions", elements: row }));
}

const button = (control: Button | Link, action_id: string): slack.Button => ({
  type: "button",
  action_id,
  text: label(control.label, capabilities.labelMax),
  ...(control.kind === "link"
    ? { url: control.url }
    : { value: control.token, ...(control.style && { style: control.style }) }),
});

function select(control: PickControl, action_id: string): slack.StaticSelect {
  const options = control.options.map(({ label: text, token }) => ({
    text: label(text, capabilities.labelMax),
    value: token,
  }));
  const chosen = options[control.options.findIndex(({ selected }) => selected)];
  return {
    type: "static_select",
    action_id,
    placeholder: label(control.label, 150),
    options,
    ...(chosen && { initial_option: chosen }),
  };
}
