import type { Block, Option, Pressable, RichPart, RichPiece } from "./slack-block-kit.ts";
import { linksIn, mrkdwnIn, piecesOf, shownMrkdwn } from "./slack-mrkdwn.ts";
import type { SlackMessage, SlackView } from "./slack-workspace.ts";

type Text = { type: "plain_text" | "mrkdwn"; text: string };
const textOf = ({ type, text }: Text): string => (type === "mrkdwn" ? shownMrkdwn(text) : text);

/** What stands in a message, as people read it: words first, what can be pressed in [brackets]. */
export function shownMessage(message: SlackMessage): string {
  const own = message.blocks.length > 0 ? shownBlocks(message.blocks) : shownMrkdwn(message.text);
  return [
    message.onlyFor !== undefined && message.from === "bot" ? "(only visible to you) " : "",
    message.files.map(({ name }) => `(file ${name}) `).join(""),
    own,
    message.attached.length > 0 ? `\n| ${shownBlocks(message.attached).replaceAll("\n", "\n| ")}` : "",
  ].join("");
}

/** What stands in a modal or on the home tab. */
export function shownView({ content }: SlackView): string {
  const title = content.type === "modal" ? `== ${content.title.text} ==\n` : "";
  const submit = content.type === "modal" && content.submit !== undefined ? `\n[${content.submit.text}]` : "";
  return `${title}${shownBlocks(content.blocks)}${submit}`;
}

/** The words of a message without what can be pressed. */
export function wordsOf(message: SlackMessage): string {
  if (message.blocks.length + message.attached.length === 0) return shownMrkdwn(message.text);
  return [...message.blocks, ...message.attached].map(words).filter(Boolean).join("\n");
}

/** The labels of what can be pressed or chosen in blocks. */
export const labelsIn = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block) => elementsOf(block).flatMap(labelsOf));

/** Options of something to choose from; none for a button. */
export const optionsOf = (element: Pressable): Option[] => {
  if (element.type === "button") return [];
  if (element.type === "static_select" && element.option_groups !== undefined)
    return element.option_groups.flatMap(({ options }) => options);
  return element.options ?? [];
};

/** Links in a message: its link buttons, then those in its text. */
export function linksOf(message: SlackMessage): { label: string; url: string }[] {
  const blocks = [...message.blocks, ...message.attached];
  const buttons = blocks.flatMap(elementsOf).flatMap((element) => {
    if (element.type !== "button" || element.url === undefined) return [];
    return [{ label: element.text.text, url: element.url }];
  });
  const rich = blocks.flatMap((block) =>
    block.type === "rich_text" ? block.elements.flatMap(piecesOf) : [],
  );
  const texts = blocks.length > 0 ? mrkdwnIn(blocks) : [message.text];
  return [
    ...buttons,
    ...rich.flatMap((piece) =>
      piece.type === "link" ? [{ label: piece.text ?? piece.url, url: piece.url }] : [],
    ),
    ...texts.flatMap(linksIn),
    ...wordsOf(message).split("\n").flatMap(linkOfLine),
  ];
}

const shownBlocks = (blocks: readonly Block[]): string =>
  blocks
    .map((block) => [words(block), elementsOf(block).map(shownElement).join(" ")].filter(Boolean).join("\n"))
    .filter(Boolean)
    .join("\n");

const elementsOf = (block: Block): Pressable[] => {
  if (block.type === "actions") return block.elements;
  if (block.type !== "section" || block.accessory === undefined || block.accessory.type === "image")
    return [];
  return [block.accessory];
};

const labelsOf = (element: Pressable): string[] =>
  element.type === "button" ? [element.text.text] : optionsOf(element).map(({ text }) => textOf(text));

function shownElement(element: Pressable): string {
  if (element.type === "button") return `[${element.text.text}]`;
  const hint = element.type === "static_select" && element.placeholder ? `${element.placeholder.text}: ` : "";
  return `[${hint}${labelsOf(element).join(" | ")}]`;
}

function words(block: Block): string {
  switch (block.type) {
    case "section": {
      const picture = block.accessory?.type === "image" ? "(picture) " : "";
      const texts = [...(block.text ? [block.text] : []), ...(block.fields ?? [])];
      return picture + texts.map(textOf).join("\n");
    }
    case "header":
      return block.text.text;
    case "divider":
      return "---";
    case "image":
      return `(picture) ${block.title?.text ?? ""}`.trim();
    case "context":
      return block.elements.map((each) => (each.type === "image" ? "(picture)" : textOf(each))).join(" ");
    case "input":
      return `${block.label.text}: ____${block.hint ? ` (${block.hint.text})` : ""}`;
    case "rich_text":
      return block.elements.map(richWords).join("\n");
    case "actions":
      return "";
  }
}

function richWords(part: RichPart): string {
  if (part.type !== "rich_text_list") return part.elements.map(pieceWords).join("").replace(/\n$/, "");
  return part.elements.map(({ elements }) => `• ${elements.map(pieceWords).join("")}`).join("\n");
}

function pieceWords(piece: RichPiece): string {
  switch (piece.type) {
    case "text":
      return piece.text;
    case "link":
      return piece.text ?? piece.url;
    case "user":
      return `@${piece.user_id}`;
    case "channel":
      return `#${piece.channel_id}`;
    case "broadcast":
      return `@${piece.range}`;
    case "emoji":
      return piece.unicode === undefined
        ? `:${piece.name}:`
        : String.fromCodePoint(...piece.unicode.split("-").map((hex) => Number.parseInt(hex, 16)));
  }
}

/** "label: address" or "label (address)" in a line of text. */
function linkOfLine(line: string): { label: string; url: string }[] {
  const [, label = "", url] = /^(.*?)(?:: | \()(https?:\/\/[^\s)]+)\)?$/.exec(line) ?? [];
  return url === undefined ? [] : [{ label, url }];
}
