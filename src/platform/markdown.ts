import { type RichNode, type RichText, textOf } from "../engine/rich-text.ts";
import { wellFormed } from "./names.ts";

/** A dialect of Markdown. */
export interface Dialect {
  /** What stands before and behind marked text. */
  readonly marks: Readonly<Record<Exclude<RichNode["kind"], "text" | "code" | "link" | "mention">, string>>;
  /** Text with all escaped that the dialect takes for markup, and without halves of surrogate pairs. */
  readonly escaped: (text: string) => string;
  /** Calls a person; null for what is no id of one. */
  readonly called: (user: string) => string | null;
  /** Whether the dialect shows an address behind a label; where not, both are written out. */
  readonly isLinkable: (url: string) => boolean;
}

/** A longer run of backticks is shown without a fence around it. */
const FENCED_MAX = 3;
/** Never drawn; keeps two marks apart that would be read as one. */
const GAP = "\u200B";

/**
 * A printer of rich text as Markdown (https://spec.commonmark.org: code spans, links in <>, without previews). What
 * people wrote shows as they wrote it, and addresses in it stay text.
 */
export function markdownPrinter({ marks, escaped, called, isLinkable }: Dialect): (rich: RichText) => string {
  function print(rich: RichText, inside: ReadonlySet<string>): string {
    let text = "";
    let mark = "";
    for (const node of rich) {
      const before = mark;
      mark = "";
      if (node.kind === "text") text += escaped(node.text);
      else if (node.kind === "code") {
        const fenced = code(wellFormed(textOf(node.children)));
        text += text.endsWith("`") && fenced.startsWith("`") ? GAP + fenced : fenced;
      } else if (node.kind === "mention") text += called(node.user) ?? print(node.children, inside);
      else if (node.kind === "link") text += link(node.url, node.children, inside);
      else {
        const inner = print(node.children, new Set([...inside, node.kind]));
        const bare = inner.trim() === "" || inside.has(node.kind);
        mark = bare ? "" : marks[node.kind];
        const gap = mark !== "" && before[0] === mark[0] ? GAP : "";
        text += `${gap}${mark}${inner}${mark}`;
      }
    }
    return text;
  }

  /** Nothing can be escaped inside code, so the fence is longer than any in it. */
  function code(text: string): string {
    const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
    // Escaped it takes twice its length, between fences three times.
    if (text.trim() === "" || longest > FENCED_MAX) return escaped(text);
    const fence = "`".repeat(longest + 1);
    const pad = /^`|`$/.test(text) ? " " : "";
    return `${fence}${pad}${text}${pad}${fence}`;
  }

  /** A label that holds an address, and one that leads to no domain, would show as raw markup: both are written out. */
  function link(url: string, children: RichText, inside: ReadonlySet<string>): string {
    const label = print(children, inside);
    const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
    if (!isWeb && !isLinkable(url)) return `${label} (${escaped(url)})`;
    const target = new URL(url).href
      .replace(/[<>]/g, encodeURIComponent)
      .replaceAll("(", "%28")
      .replaceAll(")", "%29");
    const words = textOf(children).trim();
    if (words === "" || /^https?:\/\/\S+$/i.test(words)) return `<${target}>`;
    const raw = /https?:\/\//i.test(words) || !isLinkable(url);
    return raw ? `${label}: <${target}>` : `[${label}](<${target}>)`;
  }

  return (rich) => print(rich, new Set());
}
