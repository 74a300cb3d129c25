import type { RichNode, RichText } from "../engine/rich-text.ts";
import { boundaryBefore } from "../i18n/graphemes.ts";
import { isVisible, wellFormed } from "./names.ts";

/** A stretch of marked text. `offset` and `length` count UTF-16 units, as JavaScript strings do. */
export interface Span {
  readonly node: Exclude<RichNode, { kind: "text" }>;
  readonly offset: number;
  readonly length: number;
}

/** How a platform wants its text and spans. */
export interface SpanOptions {
  /** UTF-16 units the text may have; what is longer is cut and ends in "…". */
  readonly max: number;
  /** Whether an address may be linked to; those that may not are written behind their text. */
  readonly linkable: (url: string) => boolean;
}

/**
 * Rich text as text without blank ends, and the spans of its markup, outer ones before inner ones: for platforms that
 * take the two apart, so that nothing needs escaping. Text in which nothing is to be seen becomes "".
 */
export function spanned(rich: RichText, { max, linkable }: SpanOptions): { text: string; spans: Span[] } {
  const found: Span[] = [];
  const whole = print(rich, linkable, found, 0);
  if (!isVisible(whole)) return { text: "", spans: [] };
  const start = whole.length - whole.trimStart().length;
  const { text, end } = cut(whole.trim(), max);
  const spans = found.flatMap((span) => {
    const offset = Math.max(span.offset - start, 0);
    const length = Math.min(span.offset - start + span.length, end) - offset;
    return length > 0 ? [{ ...span, offset, length }] : [];
  });
  return { text, spans };
}

function print(rich: RichText, linkable: SpanOptions["linkable"], spans: Span[], start: number): string {
  let text = "";
  for (const node of rich) {
    if (node.kind === "text") {
      text += wellFormed(node.text);
      continue;
    }
    const index = spans.length;
    const offset = start + text.length;
    const inner = print(node.children, linkable, spans, offset);
    text += inner;
    if (node.kind === "link" && !linkable(node.url)) text += ` (${node.url})`;
    else spans.splice(index, 0, { node, offset, length: inner.length });
  }
  return text;
}

/** Cuts between graphemes; `end` is where the text's own part ends. */
function cut(text: string, max: number): { text: string; end: number } {
  if (text.length <= max) return { text, end: text.length };
  const end = boundaryBefore(text, max - 1);
  return { text: `${text.slice(0, end)}…`, end };
}
