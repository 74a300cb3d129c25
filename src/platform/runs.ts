import { type RichNode, type RichText, textOf } from "../engine/rich-text.ts";
import { wellFormed } from "./names.ts";

/** A stretch of text of one look. */
export interface Run {
  readonly text: string;
  readonly style: Readonly<Partial<Record<Exclude<RichNode["kind"], "text" | "link">, true>>>;
  readonly url?: string;
}

/**
 * Rich text as runs, for platforms that take looks beside the words, so that nothing needs escaping. An address that
 * may not be linked to is written behind its text.
 */
export const runsOf = (
  text: RichText,
  isLinkable: (url: string) => boolean,
  style: Run["style"] = {},
): Run[] =>
  text.flatMap((node): Run[] => {
    if (node.kind === "text") return node.text === "" ? [] : [{ text: wellFormed(node.text), style }];
    if (node.kind !== "link") return runsOf(node.children, isLinkable, { ...style, [node.kind]: true });
    if (isLinkable(node.url)) return [{ text: textOf(node.children), style, url: node.url }];
    return [...runsOf(node.children, isLinkable, style), { text: ` (${node.url})`, style }];
  });
