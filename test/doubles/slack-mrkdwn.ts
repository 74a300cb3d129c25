import type { Block, RichPart, RichPiece } from "./slack-block-kit.ts";

/** Markup in a text that the platform acts upon: it calls people, names a channel or links. */
export interface Mention {
  readonly kind: "channel" | "here" | "everyone" | "user" | "group" | "channel-link" | "link";
  /** The markup as it was sent. */
  readonly text: string;
}

const MARKUP = /<([^<>\n]+)>/g;

// Marks count where they stand at the edges of words, as in a_b, 2*3 and *bold*.
const STYLED = /(^|[\s([{"'>])([*_~`])(?=\S)([^\n]*?\S)\2(?=$|[\s)\]}.,;:!?"'<])/gm;

/** Shows a mrkdwn text as people see it: without the marks of styles, mentions and links, and entities unescaped. */
export function shownMrkdwn(text: string): string {
  let plain = text.replace(MARKUP, (_, inside: string) => label(inside));
  // Styles may stand inside of each other, as in *_both_*.
  for (let depth = 0; depth < 3; depth++) plain = plain.replace(STYLED, "$1$3");
  return plain.replace(/&(amp|lt|gt);/g, unescaped);
}

/** Markup in a mrkdwn text that does something. https://docs.slack.dev/messaging/formatting-message-text */
export function mentionsIn(text: string): Mention[] {
  return [...text.matchAll(MARKUP)].flatMap(([whole, inside = ""]) => {
    const kind = kindOf(inside);
    return kind === undefined ? [] : [{ kind, text: whole }];
  });
}

/** Everything in the mrkdwn and rich text of blocks that does something. */
export function mentionsInBlocks(blocks: readonly Block[]): Mention[] {
  return [
    ...mrkdwnIn(blocks).flatMap(mentionsIn),
    ...blocks.flatMap((block) =>
      block.type === "rich_text" ? block.elements.flatMap(piecesOf).flatMap(richMention) : [],
    ),
  ];
}

/** Links that can be pressed in a message's texts: label and address. */
export function linksIn(text: string): { label: string; url: string }[] {
  return [...text.matchAll(MARKUP)].flatMap(([, inside = ""]) => {
    if (kindOf(inside) !== "link") return [];
    const [url = "", name = url] = inside.split("|");
    return [
      { label: name.replace(/&(amp|lt|gt);/g, unescaped), url: url.replace(/&(amp|lt|gt);/g, unescaped) },
    ];
  });
}

/** All mrkdwn texts in blocks. */
export function mrkdwnIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mrkdwnIn);
  if (typeof value !== "object" || value === null) return [];
  if ("type" in value && value.type === "mrkdwn" && "text" in value && typeof value.text === "string")
    return [value.text];
  return Object.values(value).flatMap(mrkdwnIn);
}

/** The pieces of text in a part of a rich text. */
export const piecesOf = (part: RichPart): RichPiece[] =>
  part.type === "rich_text_list" ? part.elements.flatMap(({ elements }) => elements) : part.elements;

/** Escapes what a person types as Slack does before it tells the app. */
export const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const unescaped = (_: string, name: string): string => ({ amp: "&", lt: "<", gt: ">" })[name] ?? "";

function kindOf(inside: string): Mention["kind"] | undefined {
  if (/^!(channel|group)\b/.test(inside)) return "channel";
  if (/^!here\b/.test(inside)) return "here";
  if (/^!everyone\b/.test(inside)) return "everyone";
  if (/^!subteam\^/.test(inside)) return "group";
  if (/^@[UW][A-Z0-9]+/.test(inside)) return "user";
  if (/^#C[A-Z0-9]+/.test(inside)) return "channel-link";
  return /^(https?:\/\/|mailto:)/.test(inside) ? "link" : undefined;
}

function label(inside: string): string {
  const [target = "", name] = inside.split("|");
  if (name !== undefined) return name;
  return target.startsWith("!") ? `@${target.slice(1)}` : target;
}

function richMention(piece: RichPiece): Mention[] {
  if (piece.type === "link") return [{ kind: "link", text: piece.url }];
  if (piece.type === "user") return [{ kind: "user", text: piece.user_id }];
  if (piece.type === "channel") return [{ kind: "channel-link", text: piece.channel_id }];
  return piece.type === "broadcast" ? [{ kind: piece.range, text: piece.range }] : [];
}
