import type { RichNode, RichText } from "../../../src/engine/rich-text.ts";
import { el, safeUrl } from "./dom.ts";

const tags = { bold: "strong", italic: "em", code: "code", strike: "s" } as const;

function nodeOf(node: RichNode): Node {
  if (node.kind === "text") return document.createTextNode(node.text);
  const children = richNodes(node.children);
  if (node.kind === "mention") return el("strong", {}, ...children);
  if (node.kind !== "link") return el(tags[node.kind], {}, ...children);
  const href = safeUrl(node.url);
  return href === undefined
    ? el("span", {}, ...children)
    : el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Rich text as DOM nodes; newlines are kept by the style sheet. */
export const richNodes = (text: RichText): Node[] => text.map(nodeOf);
