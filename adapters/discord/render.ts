import {
  type APIComponentInContainer,
  type APIMessageTopLevelComponent,
  ComponentType,
  MessageFlags,
  type RawFile,
} from "discord.js";
import type { Host } from "../../src/engine/adapter.ts";
import { distinct } from "../../src/engine/distinct.ts";
import { cardText } from "../../src/engine/fit.ts";
import { flattened } from "../../src/engine/flattened.ts";
import { cut } from "../../src/engine/label.ts";
import { isVisible } from "../../src/engine/legible.ts";
import { partLinks } from "../../src/engine/linkable.ts";
import { joined, type RichText } from "../../src/engine/rich-text.ts";
import { documentsOf, type ShownPicture, shownPictures } from "../../src/engine/shown-pictures.ts";
import type { View } from "../../src/engine/view.ts";
import { COMPONENTS_MAX, PRINTED_MAX } from "./capabilities.ts";
import { rowsOf } from "./controls.ts";
import { isLinkable, printed } from "./markdown.ts";

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
  const whole = distinct(view);
  const pictures = await shownPictures(whole, host, PICTURES_MAX);
  const layouts = [
    arranged(whole, pictures, true),
    arranged(whole, pictures, false),
    arranged(whole, [], false),
    arranged(flattened(whole), [], false),
  ];
  const components = layouts.find((some) => count(some) <= COMPONENTS_MAX) ?? [];
  const used = JSON.stringify(components);
  const uploads = pictures.flatMap((picture) => picture?.file ?? []);
  const files = [...uploads.filter(({ name }) => used.includes(name)), ...documentsOf(view)];
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

function arranged(view: View, pictures: readonly (ShownPicture | undefined)[], framed: boolean) {
  let left = PRINTED_MAX;
  /** Words, and controls below them. What stands between the two is up to `between`. */
  const block = (text: RichText, controls: View["controls"], place: string) => {
    const { shown, written } = partLinks(controls, isLinkable);
    const content = cut(printed(joined([text, ...written].filter(({ length }) => length > 0))), left);
    left -= content.length;
    const words = isVisible(content) ? [{ type: ComponentType.TextDisplay as const, content }] : [];
    return { words, rows: rowsOf(shown, place) };
  };
  const own = block(view.text ?? [], view.controls, "view");
  const cards = view.cards.flatMap((card, at): APIMessageTopLevelComponent[] => {
    const { words, rows } = block(cardText(card), card.controls ?? [], String(at));
    const components = [...pictured(words, pictures[at], view.cards.length === 1), ...rows];
    return framed && components.length > 0 ? [{ type: ComponentType.Container, components }] : components;
  });
  const files = documentsOf(view).map(({ name }) => ({
    type: ComponentType.File as const,
    file: { url: `attachment://${name}` },
  }));
  return [...own.words, ...cards, ...own.rows, ...files];
}

/** A card's words with its picture: large where it stands alone, one of several beside them. */
function pictured(
  words: { type: ComponentType.TextDisplay; content: string }[],
  picture: ShownPicture | undefined,
  alone: boolean,
): APIComponentInContainer[] {
  if (picture === undefined) return words;
  const url = picture.file ? `attachment://${picture.file.name}` : picture.url;
  const description = isVisible(picture.alt) ? cut(picture.alt, 256) : undefined;
  const item = { media: { url }, description };
  if (alone || words.length === 0) return [...words, { type: ComponentType.MediaGallery, items: [item] }];
  return [
    { type: ComponentType.Section, components: words, accessory: { type: ComponentType.Thumbnail, ...item } },
  ];
}
