import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInContainer,
  type APIComponentInMessageActionRow,
  type APIMessageTopLevelComponent,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
  MessageFlags,
  type RawFile,
} from "discord.js";
import type { Host } from "../../src/engine/adapter.ts";
import { cardText, viewText } from "../../src/engine/fit.ts";
import { joined, mentionsIn, plain, type RichText } from "../../src/engine/rich-text.ts";
import { cutText } from "../../src/engine/split-text.ts";
import type { Button, Control, Link, Pick as PickControl, View } from "../../src/engine/view.ts";
import { withoutCards } from "../../src/platform/controls-of.ts";
import { distinct } from "../../src/platform/distinct.ts";
import { cut, labelOf } from "../../src/platform/label.ts";
import { partLinks } from "../../src/platform/linkable.ts";
import { isVisible } from "../../src/platform/names.ts";
import { packRows } from "../../src/platform/rows.ts";
import {
  type AttachedFile,
  documentsOf,
  type ShownPicture,
  shownPictures,
} from "../../src/platform/shown-pictures.ts";
import { wordsFor } from "../../src/platform/wordless.ts";
import { COMPONENTS_MAX, capabilities, PRINTED_MAX } from "./capabilities.ts";
import { isLinkable, printed } from "./markdown.ts";

/** A view in Discord's terms. */
export interface Rendered {
  readonly body: {
    readonly components: APIMessageTopLevelComponent[];
    readonly attachments: { id: number; filename: string }[];
    readonly allowed_mentions: { parse: []; users?: string[] };
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
  const documents = await documentsOf(view, host);
  const layouts = [
    arranged(whole, pictures, documents, true),
    arranged(whole, pictures, documents, false),
    arranged(whole, [], documents, false),
    arranged(withoutCards(whole), [], documents, false),
  ];
  const components = layouts.find((some) => count(some) <= COMPONENTS_MAX) ?? [];
  const used = JSON.stringify(components);
  const called = [...new Set(mentionsIn(viewText(whole)))];
  const uploads = pictures.flatMap((picture) => picture?.file ?? []);
  const files = [...uploads.filter(({ name }) => used.includes(name)), ...documents];
  return {
    body: {
      components:
        components.length > 0
          ? components
          : [{ type: ComponentType.TextDisplay, content: printed(plain(wordsFor(view))) }],
      attachments: files.map(({ name }, id) => ({ id, filename: name })),
      allowed_mentions: called.length > 0 ? { parse: [], users: called } : { parse: [] },
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

function arranged(
  view: View,
  pictures: readonly (ShownPicture | undefined)[],
  documents: readonly AttachedFile[],
  framed: boolean,
) {
  let left = PRINTED_MAX;
  /** Words, and controls below them. What stands between the two is up to `between`. */
  const block = (text: RichText, controls: View["controls"], place: string) => {
    const { shown, written } = partLinks(controls, isLinkable);
    const addresses = joined(written);
    const room = left - (addresses.length > 0 ? printed(addresses).length + 1 : 0);
    const words = printedWithin(text, room);
    const content = cut([words, printed(addresses)].filter((part) => part !== "").join("\n"), left);
    left -= content.length;
    const display = isVisible(content) ? [{ type: ComponentType.TextDisplay as const, content }] : [];
    return { words: display, rows: rowsOf(shown, place) };
  };
  const own = block(view.text ?? [], view.controls, "view");
  const cards = view.cards.flatMap((card, at): APIMessageTopLevelComponent[] => {
    const { words, rows } = block(cardText(card), card.controls ?? [], String(at));
    const components = [...pictured(words, pictures[at], view.cards.length === 1), ...rows];
    return framed && components.length > 0 ? [{ type: ComponentType.Container, components }] : components;
  });
  const files = documents.map(({ name }) => ({
    type: ComponentType.File as const,
    file: { url: `attachment://${name}` },
  }));
  return [...own.words, ...cards, ...own.rows, ...files];
}

/** Text as it is printed in at most `max` characters: where it is longer, as much of its words as fits, with "…". */
function printedWithin(text: RichText, max: number): string {
  const whole = printed(text);
  if (whole.length <= max) return whole;
  let [fits, tooMany] = [0, Math.max(1, max)];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (printed(cutText(text, middle)).length <= max) fits = middle;
    else tooMany = middle;
  }
  return printed(cutText(text, fits));
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

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

const STYLE = {
  primary: ButtonStyle.Primary,
  danger: ButtonStyle.Danger,
  plain: ButtonStyle.Secondary,
} as const;

/** Buttons five a row, then each pick in a row of its own. `place` keeps the ids of selects apart in a message. */
function rowsOf(controls: readonly Control[], place: string): Row[] {
  const buttons = controls.filter((control) => control.kind !== "pick").map(buttonOf);
  const picks = controls.filter((control) => control.kind === "pick");
  const size = { perRow: capabilities.buttonsPerRow, width: Number.POSITIVE_INFINITY };
  return [
    ...packRows<APIComponentInMessageActionRow>(buttons, () => "", size),
    ...picks.map((pick, at) => [selectOf(pick, `pick:${place}:${at}`)]),
  ].map((components) => ({ type: ComponentType.ActionRow, components }));
}

function buttonOf(button: Button | Link): APIButtonComponent {
  const common = { type: ComponentType.Button, label: labelOf(button.label, capabilities.labelMax) } as const;
  return button.kind === "link"
    ? { ...common, style: ButtonStyle.Link, url: new URL(button.url).href }
    : { ...common, style: STYLE[button.style ?? "plain"], custom_id: button.token };
}

const selectOf = (pick: PickControl, custom_id: string): APIStringSelectComponent => ({
  type: ComponentType.StringSelect,
  custom_id,
  placeholder: labelOf(pick.label, 150),
  options: pick.options.map(({ label, token, selected }) => ({
    label: labelOf(label, 100),
    value: token,
    default: selected === true,
  })),
});
