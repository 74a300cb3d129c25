import { linkableBy } from "../../src/platform/linkable.ts";
import { markdownPrinter } from "../../src/platform/markdown.ts";
import { wellFormed } from "../../src/platform/names.ts";

/**
 * What Discord reads as markup: everywhere marks, mentions, emoji, spoilers, links (the colon) and the backslash itself;
 * at the start of a line also headings, lists and their numbers.
 */
const MARKUP = /[\\`*_~|<>@:[\]()]|(?<=^[^\S\n]*)[-#+]|(?<=^[^\S\n]*\d*)\./gm;

/**
 * Text as Discord shows it unchanged: it drops a backslash before any sign that is no letter, digit or blank.
 * The result is at most twice as long.
 */
export const escaped = (text: string): string => wellFormed(text).replace(MARKUP, "\\$&");

/** Whether Discord takes an address for a button. It refuses the whole message for another. */
export const isLinkable = linkableBy({
  schemes: ["http:", "https:", "discord:"],
  dotted: ["http:", "https:"],
  max: 512,
});

/** Rich text as Discord's markdown. */
export const printed = markdownPrinter({
  marks: { bold: "**", italic: "*", strike: "~~" },
  escaped,
  called: (user) => (/^\d{17,20}$/.test(user) ? `<@${user}>` : null),
  isLinkable,
});
