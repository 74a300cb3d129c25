/** A piece of text as a tree. Adapters print it in their own markup; interpolated strings are always plain text. */
export type RichText = readonly RichNode[];

export type RichNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "bold" | "italic" | "code" | "strike"; readonly children: RichText }
  | { readonly kind: "link"; readonly url: string; readonly children: RichText }
  /** Names one person so that the platform tells them; `children` stand where it has no name to show. */
  | { readonly kind: "mention"; readonly user: string; readonly children: RichText };

type Interpolated = string | number | RichText;

const nodes = (value: Interpolated): RichText =>
  typeof value === "string" || typeof value === "number" ? [{ kind: "text", text: String(value) }] : value;

/** Builds rich text; whatever is interpolated as a string is shown as just that string. Newlines are kept. */
export function rich(strings: TemplateStringsArray, ...values: Interpolated[]): RichText {
  return strings.flatMap((text, index) => [
    ...(text === "" ? [] : nodes(text)),
    ...(index < values.length ? nodes(values[index] ?? "") : []),
  ]);
}

/** Plain text as rich text. */
export const plain = (text: string): RichText => nodes(text);
export const bold = (text: Interpolated): RichText => [{ kind: "bold", children: nodes(text) }];
export const italic = (text: Interpolated): RichText => [{ kind: "italic", children: nodes(text) }];
export const code = (text: Interpolated): RichText => [{ kind: "code", children: nodes(text) }];
export const strike = (text: Interpolated): RichText => [{ kind: "strike", children: nodes(text) }];
export const linked = (text: Interpolated, url: string): RichText => [
  { kind: "link", url, children: nodes(text) },
];

/** Calls one person, by the platform's own id. */
export const mention = (user: string, words: Interpolated): RichText => [
  { kind: "mention", user, children: nodes(words) },
];

/** The ids of all who are called in a text. */
export const mentionsIn = (rich: RichText): string[] =>
  rich.flatMap((node) => {
    if (node.kind === "text") return [];
    return [...(node.kind === "mention" ? [node.user] : []), ...mentionsIn(node.children)];
  });

/** Joins parts with a separator, as Array.join does. */
export const joined = (parts: readonly RichText[], separator = "\n"): RichText =>
  parts.flatMap((part, index) => (index === 0 ? part : [...nodes(separator), ...part]));

/** The text without its markup. */
export const textOf = (rich: RichText): string =>
  rich.map((node) => (node.kind === "text" ? node.text : textOf(node.children))).join("");
