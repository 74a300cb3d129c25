import { boundaryBefore } from "../i18n/graphemes.ts";
import { plain, type RichNode, type RichText, textOf } from "./rich-text.ts";

/**
 * What markup takes of a message beside the words, where a platform counts it, in the units of `Capabilities.textMax`: each
 * marked stretch, each link, and each unit of a link's address.
 */
export interface MarkupCost {
  readonly mark: number;
  readonly link: number;
  readonly address: number;
}

/** The length of a text in UTF-16 units, with its markup where that counts. */
export function lengthOf(text: RichText, cost?: MarkupCost): number {
  if (!cost) return textOf(text).length;
  return text.reduce((sum, node) => {
    if (node.kind === "text") return sum + node.text.length;
    const own = node.kind === "link" ? cost.link + cost.address * node.url.length : cost.mark;
    return sum + own + lengthOf(node.children, cost);
  }, 0);
}

/** Splits rich text into pieces of at most `max`, at line ends or spaces where there are any. */
export function splitText(text: RichText, max: number, cost?: MarkupCost): RichText[] {
  if (lengthOf(text, cost) <= max) return [text];
  const whole = textOf(text);
  const cuts: number[] = [];
  const links = linksIn(text);
  for (let start = 0; ; ) {
    const room = fitting(text, start, max, cost);
    if (start + room >= whole.length) break;
    const shown = whole.slice(start, start + room);
    const line = shown.lastIndexOf("\n");
    const space = shown.lastIndexOf(" ");
    const length =
      line > room / 2 ? line + 1 : space > room / 2 ? space + 1 : boundaryBefore(whole, room, start);
    const end = start + Math.max(1, length);
    // A link stays in one piece where it can: its address may be written out behind its words.
    const link = links.find(([from, to]) => from < end && end < to);
    start = link && link[0] > start ? link[0] : end;
    cuts.push(start);
  }
  const bounds = [0, ...cuts, whole.length];
  return cuts.concat(whole.length).map((end, index) => slice(text, bounds[index] ?? 0, end));
}

/** The beginning of a text, of at most `max` units of words, between graphemes; it ends in "…" where it was longer. */
export function cutText(text: RichText, max: number): RichText {
  const whole = textOf(text);
  if (whole.length <= max) return text;
  if (max < 1) return [];
  return [...slice(text, 0, boundaryBefore(whole, max - 1)), ...plain("…")];
}

/** How many units of words from `start` on a piece can hold; 2 at least, so that each piece brings the text forward. */
function fitting(text: RichText, start: number, max: number, cost: MarkupCost | undefined): number {
  const left = text.reduce((sum, node) => sum + wordsIn(node), -start);
  if (!cost) return Math.min(left, max);
  let [fits, tooMany] = [Math.min(2, left), Math.min(left, max) + 1];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (costOf(text, start, start + middle, cost) <= max) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

/** UTF-16 units of the words in a node. */
const wordsIn = (node: RichNode): number =>
  node.kind === "text" ? node.text.length : node.children.reduce((sum, child) => sum + wordsIn(child), 0);

/** Where the links of a text begin and end. */
function linksIn(text: RichText, from = 0): (readonly [number, number])[] {
  let at = from;
  return text.flatMap((node) => {
    const begin = at;
    at += wordsIn(node);
    if (node.kind === "text") return [];
    return node.kind === "link" ? [[begin, at] as const] : linksIn(node.children, begin);
  });
}

/** What the part of a text between two places takes, with its markup. */
function costOf(text: RichText, from: number, to: number, cost: MarkupCost): number {
  let [at, sum] = [0, 0];
  for (const node of text) {
    const length = wordsIn(node);
    const [start, end] = [Math.max(from - at, 0), Math.min(to - at, length)];
    if (start < end) {
      if (node.kind === "text") sum += end - start;
      else {
        sum += node.kind === "link" ? cost.link + cost.address * node.url.length : cost.mark;
        sum += costOf(node.children, start, end, cost);
      }
    }
    at += length;
  }
  return sum;
}

function slice(text: RichText, from: number, to: number): RichText {
  const kept: RichNode[] = [];
  let at = 0;
  for (const node of text) {
    const length = wordsIn(node);
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
