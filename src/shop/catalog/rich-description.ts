import { Parser } from "htmlparser2";
import { beginning } from "../../i18n/graphemes.ts";
import { tidy } from "../../i18n/typed.ts";

/** Words of a description that are shown alike. A "\n" in the text is a line break. */
export interface Span {
  readonly text: string;
  readonly bold?: true;
  readonly italic?: true;
  /** An http or https address. */
  readonly link?: string;
}

/** A paragraph of a description, or a point of a list. */
export interface Block {
  readonly kind: "paragraph" | "bullet" | "numbered";
  readonly spans: readonly Span[];
}

/** Elements whose contents are not for reading. */
const HIDDEN = new Set(
  "script style template noscript iframe object svg math head title select textarea video audio".split(" "),
);
/** Elements that begin a paragraph of their own. */
const BLOCKS = new Set(
  "p div section article header footer main aside h1 h2 h3 h4 h5 h6 ul ol li table tr blockquote pre hr dl dt dd figure figcaption form".split(
    " ",
  ),
);
const BOLD = new Set("b strong h1 h2 h3 h4 h5 h6 th dt".split(" "));
const ITALIC = new Set("i em cite".split(" "));

const webAddress = (href: string | undefined): string | undefined => {
  if (href === undefined || !URL.canParse(href)) return undefined;
  const url = new URL(href);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
};

/** Collects blocks while a parser reads. Words of different marks are kept apart; spaces are joined to one. */
class Reader {
  readonly blocks: Block[] = [];
  #spans: Span[] = [];
  #kind: Block["kind"] = "paragraph";
  readonly #open: string[] = [];
  readonly #lists: ("bullet" | "numbered")[] = [];
  readonly #links: (string | undefined)[] = [];

  open(name: string, href: string | undefined): void {
    if (name === "br") this.#add("\n");
    if (BLOCKS.has(name)) this.end();
    if (name === "ul" || name === "ol") this.#lists.push(name === "ul" ? "bullet" : "numbered");
    if (name === "li") this.#kind = this.#lists.at(-1) ?? "bullet";
    if (name === "a") this.#links.push(webAddress(href));
    this.#open.push(name);
  }

  close(name: string): void {
    const at = this.#open.lastIndexOf(name);
    if (at >= 0) this.#open.splice(at, 1);
    if (name === "a") this.#links.pop();
    if (name === "ul" || name === "ol") this.#lists.pop();
    if (name === "td" || name === "th") this.#add(" ");
    if (BLOCKS.has(name)) this.end();
  }

  words(text: string): void {
    if (!this.#open.some((name) => HIDDEN.has(name))) this.#add(tidy(text).replace(/\s+/gu, " "));
  }

  end(): void {
    const spans = trimmed(this.#spans);
    if (spans.length > 0) this.blocks.push({ kind: this.#kind, spans });
    this.#spans = [];
    this.#kind = "paragraph";
  }

  #add(text: string): void {
    const link = this.#links.findLast((url) => url !== undefined);
    const span: Span = {
      text,
      ...(this.#open.some((name) => BOLD.has(name)) ? { bold: true } : {}),
      ...(this.#open.some((name) => ITALIC.has(name)) ? { italic: true } : {}),
      ...(link === undefined ? {} : { link }),
    };
    this.#spans.push(span);
  }
}

const marks = ({ bold, italic, link }: Span): string => `${bold ?? ""} ${italic ?? ""} ${link ?? ""}`;

/** Without spaces at the ends and around line breaks or twice in a row; neighbours of the same marks are one. */
function trimmed(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  let before = "\n";
  for (const span of spans) {
    let text = span.text.replace(/ *\n */g, "\n");
    if (/\s$/.test(before)) text = text.replace(/^ +/, "");
    if (before === "\n" && found.length === 0) text = text.trimStart();
    if (text === "") continue;
    before = text;
    const last = found.at(-1);
    if (last !== undefined && marks(last) === marks(span))
      found[found.length - 1] = { ...last, text: `${last.text}${text}`.replace(/ +\n/g, "\n") };
    else found.push({ ...span, text });
  }
  for (let last = found.at(-1); last !== undefined; last = found.at(-1)) {
    const text = last.text.trimEnd();
    if (text === last.text) break;
    found.pop();
    if (text !== "") found.push({ ...last, text });
  }
  return found;
}

/**
 * Reads HTML as paragraphs and points of lists, with bold, italic and links. Headings become bold paragraphs, inner
 * lists points of the outer one, cells of tables words; scripts, styles, pictures and everything else is left out.
 */
export function readHtml(html: string): Block[] {
  const reader = new Reader();
  const parser = new Parser(
    {
      onopentag: (name, { href }) => reader.open(name, href),
      onclosetag: (name) => reader.close(name),
      ontext: (text) => reader.words(text),
    },
    { decodeEntities: true },
  );
  parser.end(html);
  reader.end();
  return reader.blocks;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);

function spanHtml({ text, bold, italic, link }: Span): string {
  let html = escaped(text).replaceAll("\n", "<br>");
  if (italic) html = `<i>${html}</i>`;
  if (bold) html = `<b>${html}</b>`;
  return link === undefined ? html : `<a href="${escaped(link)}">${html}</a>`;
}

/** Writes blocks as HTML of these elements only: p, ul, ol, li, b, i, a, br. */
export function writeHtml(blocks: readonly Block[]): string {
  const list = (kind: Block["kind"] | undefined) =>
    kind === "bullet" ? "ul" : kind === "numbered" ? "ol" : undefined;
  return blocks
    .map(({ kind, spans }, index) => {
      const inner = spans.map(spanHtml).join("");
      const tag = list(kind);
      if (tag === undefined) return `<p>${inner}</p>`;
      const opens = blocks[index - 1]?.kind === kind ? "" : `<${tag}>`;
      const closes = blocks[index + 1]?.kind === kind ? "" : `</${tag}>`;
      return `${opens}<li>${inner}</li>${closes}`;
    })
    .join("");
}

/** HTML with nothing in it but what `writeHtml` writes. Cleaning it again changes nothing. */
export const cleanHtml = (html: string): string => writeHtml(readHtml(html));

/** Plain text as HTML: a paragraph for each part between blank lines. */
export const htmlOfText = (text: string): string =>
  writeHtml(
    text
      .split(/\n\s*\n/)
      .filter((part) => part.trim() !== "")
      .map((part) => ({ kind: "paragraph", spans: [{ text: part.trim() }] })),
  );

/** HTML cut to at most `max` characters, between blocks where there are several. `cut` tells whether it was. */
export function cutHtml(html: string, max: number): { html: string; cut: boolean } {
  const blocks = readHtml(html);
  const whole = writeHtml(blocks);
  if (whole.length <= max) return { html: whole, cut: false };
  while (blocks.length > 1 && writeHtml(blocks).length > max) blocks.pop();
  for (let room = max; writeHtml(blocks).length > max; room = Math.floor(room / 2)) {
    const text = blocks.flatMap(({ spans }) => spans.map((span) => span.text)).join("");
    blocks.splice(0, blocks.length, {
      kind: "paragraph",
      spans: [
        {
          text: `${beginning(text, room - 20).trimEnd()}…`,
        },
      ],
    });
  }
  // Read once more, as what was cut may end a line in blanks.
  return { html: writeHtml(readHtml(writeHtml(blocks))), cut: true };
}

/** The words of a description as they are shown: paragraphs apart, points of lists with a bullet or number. */
export function spansOf(blocks: readonly Block[]): Span[] {
  let number = 0;
  return blocks.flatMap(({ kind, spans }, index) => {
    const before = blocks[index - 1]?.kind;
    number = kind === "numbered" && before === "numbered" ? number + 1 : 1;
    const gap = index === 0 ? "" : kind !== "paragraph" && before === kind ? "\n" : "\n\n";
    const point = kind === "bullet" ? "• " : kind === "numbered" ? `${number}. ` : "";
    return gap + point === "" ? spans : [{ text: gap + point }, ...spans];
  });
}

/** The words of HTML without its marks. */
export const textOfHtml = (html: string): string =>
  spansOf(readHtml(html))
    .map(({ text }) => text)
    .join("");
