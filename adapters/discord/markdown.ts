import { wellFormed } from "../../src/engine/legible.ts";
import { type RichNode, type RichText, textOf } from "../../src/engine/rich-text.ts";

type Marked = Exclude<RichNode["kind"], "text" | "code" | "link">;

const MARK: Readonly<Record<Marked, string>> = { bold: "**", italic: "*", strike: "~~" };
/** Never drawn; keeps two marks apart that would be read as one. */
const GAP = "\u200B";

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
export function isLinkable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, href } = new URL(url);
  const known = protocol === "discord:" || (/^https?:$/.test(protocol) && hostname.includes("."));
  return known && href.length <= 512;
}

/** Rich text as Discord's markdown. What people wrote shows as they wrote it, and addresses in it stay text. */
export function printed(rich: RichText): string {
  return print(rich, new Set());
}

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
    } else if (node.kind === "link") text += link(node.url, node.children, inside);
    else {
      const inner = print(node.children, new Set([...inside, node.kind]));
      const bare = inner.trim() === "" || inside.has(node.kind);
      mark = bare ? "" : MARK[node.kind];
      const gap = mark !== "" && before[0] === mark[0] ? GAP : "";
      text += `${gap}${mark}${inner}${mark}`;
    }
  }
  return text;
}

/** Nothing can be escaped inside code, so the fence is longer than any in it. */
function code(text: string): string {
  if (text.trim() === "") return escaped(text);
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = /^`|`$/.test(text) ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

/** A link without a preview. Discord shows it as raw markdown if the label is an address itself, or it leads to no domain. */
function link(url: string, children: RichText, inside: ReadonlySet<string>): string {
  const label = print(children, inside);
  if (!URL.canParse(url) || !/^(https?|discord):$/.test(new URL(url).protocol))
    return `${label} (${escaped(url)})`;
  const target = new URL(url).href
    .replace(/[<>]/g, encodeURIComponent)
    .replaceAll("(", "%28")
    .replaceAll(")", "%29");
  const words = textOf(children).trim();
  if (words === "" || /^https?:\/\/\S+$/i.test(words)) return `<${target}>`;
  return isLinkable(url) && !/https?:\/\//i.test(words) ? `[${label}](<${target}>)` : `${label}: <${target}>`;
}
