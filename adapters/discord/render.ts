import {
  type APIComponentInContainer,
  type APIMessageTopLevelComponent,
  ComponentType,
  MessageFlags,
  type RawFile,
} from "discord.js";
import type { Host } from "../../src/engine/adapter.ts";
import { cardText, viewText } from "../../src/engine/fit.ts";
import { isVisible, wellFormed } from "../../src/engine/legible.ts";
import { joined, type RichText } from "../../src/engine/rich-text.ts";
import type { Card, FileView, View } from "../../src/engine/view.ts";
import { COMPONENTS_MAX, PRINTED_MAX } from "./capabilities.ts";
import { rowsOf, withoutRepeats, written } from "./controls.ts";
import { printed } from "./markdown.ts";

/** A view in Discord's terms. */
export interface Rendered {
  readonly body: {
    readonly components: APIMessageTopLevelComponent[];
    readonly attachments: { id: number; filename: string }[];
    readonly allowed_mentions: { parse: [] };
    readonly flags: MessageFlags;
  };
  readonly files: RawFile[];
}

/** All pictures of a message together, in bytes: a request may hold 10 MiB. */
const PICTURES_MAX = 9 * 1024 * 1024;

/**
 * Prints a fitted view, with its pictures read from `host`, in the richest layout that Discord's limit allows: framed
 * cards, bare cards, cards without pictures, one text. The last fits by the calculation at `capabilities`.
 */
export async function render(view: View, host: Pick<Host, "media">): Promise<Rendered> {
  const whole = withoutRepeats(view);
  const pictures = await picturesOf(whole, host);
  const layouts = [
    arranged(whole, pictures, true),
    arranged(whole, pictures, false),
    arranged(whole, [], false),
    arranged(flat(whole), [], false),
  ];
  const components = layouts.find((some) => count(some) <= COMPONENTS_MAX) ?? [];
  const used = JSON.stringify(components);
  const shown = pictures.flatMap((picture) => picture?.file ?? []).filter(({ name }) => used.includes(name));
  const files = [...shown, ...filesOf(view.file)];
  return {
    body: {
      components: components.length > 0 ? components : [{ type: ComponentType.TextDisplay, content: "…" }],
      attachments: files.map(({ name }, id) => ({ id, filename: name })),
      allowed_mentions: { parse: [] },
      flags: MessageFlags.IsComponentsV2 | MessageFlags.SuppressEmbeds,
    },
    files,
  };
}

/** Components, nested ones counted. */
export const count = (components: readonly object[]): number =>
  components.reduce((sum, component) => {
    const inner =
      "components" in component && Array.isArray(component.components) ? component.components : [];
    return sum + 1 + ("accessory" in component ? 1 : 0) + count(inner);
  }, 0);

function arranged(view: View, pictures: readonly (Picture | undefined)[], framed: boolean) {
  let left = PRINTED_MAX;
  const display = (parts: readonly RichText[]) => {
    const content = cut(printed(joined(parts.filter(({ length }) => length > 0))), left);
    left -= content.length;
    return isVisible(content) ? [{ type: ComponentType.TextDisplay as const, content }] : [];
  };
  const top = display([...(view.text ? [view.text] : []), ...written(view.controls)]);
  const cards = view.cards.flatMap((card, at): APIMessageTopLevelComponent[] => {
    const words = display([cardText(card), ...written(card.controls ?? [])]);
    const components = cardOf(card, words, pictures[at], at, view.cards.length === 1);
    return framed && components.length > 0 ? [{ type: ComponentType.Container, components }] : components;
  });
  const files = filesOf(view.file).map(({ name }) => ({
    type: ComponentType.File as const,
    file: { url: `attachment://${name}` },
  }));
  return [...top, ...cards, ...rowsOf(view.controls, "view"), ...files];
}

/** A card alone shows its picture large, one of several beside its words. */
function cardOf(
  card: Card,
  words: { type: ComponentType.TextDisplay; content: string }[],
  picture: Picture | undefined,
  at: number,
  alone: boolean,
): APIComponentInContainer[] {
  const below = rowsOf(card.controls ?? [], String(at));
  if (picture === undefined) return [...words, ...below];
  const { file: _, ...item } = picture;
  if (alone || words.length === 0)
    return [...words, { type: ComponentType.MediaGallery, items: [item] }, ...below];
  const accessory = { type: ComponentType.Thumbnail as const, ...item };
  return [{ type: ComponentType.Section, components: words, accessory }, ...below];
}

/** The same words and actions without cards. */
const flat = (view: View): View => ({
  ...view,
  text: viewText(view),
  cards: [],
  controls: [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls],
});

/** A last resort, since `textMax` leaves room for all escapes; never ends within an escape or a pair. */
const cut = (text: string, max: number): string =>
  text.length <= max
    ? text
    : `${wellFormed(text.slice(0, Math.max(0, max - 1))).replace(/[\\\uFFFD]+$/, "")}…`.slice(0, max);

interface Picture {
  readonly media: { readonly url: string };
  readonly description?: string;
  /** What is uploaded with the message, for a picture of the shop's own. */
  readonly file?: RawFile;
}

/** The pictures of a view's cards, by their place. */
async function picturesOf(view: View, host: Pick<Host, "media">): Promise<(Picture | undefined)[]> {
  let size = 0;
  const pictures: (Picture | undefined)[] = [];
  for (const [at, { image }] of view.cards.entries()) {
    const about = image && isVisible(image.alt) ? { description: wellFormed(image.alt.slice(0, 256)) } : {};
    const stored = image?.id === undefined ? null : await host.media(image.id);
    size += stored?.bytes.byteLength ?? 0;
    if (stored && size <= PICTURES_MAX) {
      const { bytes, contentType } = stored;
      const name = `picture-${at}.${contentType.split("/")[1] ?? "jpeg"}`;
      const file = { name, data: Buffer.from(bytes), contentType };
      pictures.push({ media: { url: `attachment://${name}` }, ...about, file });
    } else if (image?.url?.startsWith("https://")) pictures.push({ media: { url: image.url }, ...about });
    else pictures.push(undefined);
  }
  return pictures;
}

const filesOf = (file: FileView | undefined): RawFile[] => {
  if (file === undefined) return [];
  const { name, contentType, text } = file;
  return [{ name: name.replace(/[^\w.-]+/g, "_"), data: Buffer.from(text), contentType }];
};
