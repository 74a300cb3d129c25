import type { RichNode, RichText } from "../engine/rich-text.ts";

/** How a platform writes markup into text. */
export interface Marking {
  readonly marks: Readonly<Record<Exclude<RichNode["kind"], "text" | "link" | "mention">, string>>;
  /** Text with all escaped that would be read as markup, as far as the platform has escapes. */
  readonly escaped: (text: string) => string;
  /** Calls a person; null for what is no id of one. */
  readonly called: (user: string) => string | null;
  /** A link, of an address and its label in markup; null for one the platform cannot show, which is written out. */
  readonly link: (url: string, label: string) => string | null;
}

/** Rich text with its marks written around it. A mark counts only around words, so blank ends keep it off. */
export const marked = (text: RichText, how: Marking): string =>
  text
    .map((node) => {
      if (node.kind === "text") return how.escaped(node.text);
      const inner = marked(node.children, how);
      if (node.kind === "mention") return how.called(node.user) ?? inner;
      if (node.kind === "link") return how.link(node.url, inner) ?? `${inner} (${how.escaped(node.url)})`;
      const mark = /^\S(.*\S)?$/.test(inner) ? how.marks[node.kind] : "";
      return mark + inner + mark;
    })
    .join("");
