import {
  type APIButtonComponent,
  type APIComponentInContainer,
  type APIMessageTopLevelComponent,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
  MessageFlags,
  type RawFile,
} from "discord.js";
import type { Host } from "../../src/engine/adapter.ts";
import { cardText } from "../../src/engine/fit.ts";
import { isVisible, wellFormed } from "../../src/engine/legible.ts";
import { joined, plain, type RichText } from "../../src/engine/rich-text.ts";
import type { Button, Card, Control, FileView, Link, Media, Pick, View } from "../../src/engine/view.ts";
import { COMPONENTS_MAX, capabilities, PRINTED_MAX } from "./capabilities.ts";
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

/** Layouts from the richest to the plainest, which fits by the calculation at `capabilities`. */
const LAYOUTS = ["framed", "pictured", "worded", "plain"] as const;
type Layout = (typeof LAYOUTS)[number];

/** Prints a fitted view, with its pictures read from `host`, in the richest layout that Discord's limit allows. */
export async function render(view: View, host: globalThis.Pick<Host, "media">): Promise<Rendered> {
  const pictures = await Pictures.of(view, host);
  const once = unique(view);
  const layouts = LAYOUTS.map((layout) => arrange(once, layout, pictures));
  const components = layouts.find((some) => count(some) <= COMPONENTS_MAX) ?? layouts.at(-1) ?? [];
  const shown = JSON.stringify(components);
  const files = [
    ...pictures.files.filter(({ name }) => shown.includes(`attachment://${name}"`)),
    ...fileOf(view.file),
  ];
  return {
    body: {
      components,
      attachments: files.map(({ name }, id) => ({ id, filename: name })),
      allowed_mentions: { parse: [] },
      flags: MessageFlags.IsComponentsV2 | MessageFlags.SuppressEmbeds,
    },
    files,
  };
}

/** Components, nested ones counted. */
export function count(components: readonly object[]): number {
  return components.reduce((sum, component) => {
    const inner =
      "components" in component && Array.isArray(component.components) ? component.components : [];
    const accessory = "accessory" in component ? 1 : 0;
    return sum + 1 + accessory + count(inner);
  }, 0);
}

function arrange(view: View, layout: Layout, pictures: Pictures): APIMessageTopLevelComponent[] {
  const text = new Texts();
  const framed = layout === "framed";
  const pictured = framed || layout === "pictured";
  const apart = layout !== "plain";
  const controls = apart
    ? view.controls
    : [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls];
  const words = [...(view.text ? [view.text] : []), ...(apart ? [] : view.cards.map(cardText))];
  const top = text.display([joined(words, "\n\n"), ...written(apart ? view.controls : controls)]);
  const cards = apart
    ? view.cards.map((card, at) => cardOf(card, pictured ? pictures.shown[at] : undefined, text, view))
    : [];
  const parts: APIMessageTopLevelComponent[] = [
    ...top,
    ...cards.flatMap((components): APIMessageTopLevelComponent[] =>
      framed && components.length > 0 ? [{ type: ComponentType.Container, components }] : components,
    ),
    ...rows(controls, "view"),
    ...fileOf(view.file).map(({ name }) => ({
      type: ComponentType.File as const,
      file: { url: `attachment://${name}` },
    })),
  ];
  return parts.length > 0 ? parts : [{ type: ComponentType.TextDisplay, content: "…" }];
}

function cardOf(card: Card, picture: Shown | undefined, text: Texts, view: View): APIComponentInContainer[] {
  const words = text.display([cardText(card), ...written(card.controls ?? [])]);
  const below = rows(card.controls ?? [], `card${view.cards.indexOf(card)}`);
  if (picture === undefined) return [...words, ...below];
  const { media, description } = picture;
  if (view.cards.length === 1 || words.length === 0)
    return [...words, { type: ComponentType.MediaGallery, items: [{ media, description }] }, ...below];
  const accessory = { type: ComponentType.Thumbnail as const, media, description };
  return [{ type: ComponentType.Section, components: words, accessory }, ...below];
}

/** The texts of one message, which share one limit. */
class Texts {
  #left = PRINTED_MAX;

  display(parts: readonly RichText[]) {
    const whole = printed(joined(parts.filter((part) => part.length > 0)));
    const content =
      whole.length <= this.#left
        ? whole
        : `${wellFormed(whole.slice(0, Math.max(0, this.#left - 2))).replace(/[\\\uFFFD]+$/, "")}…`;
    if (!isVisible(content) || this.#left < 2) return [];
    this.#left -= content.length;
    return [{ type: ComponentType.TextDisplay as const, content }];
  }
}

/** Addresses that cannot be a button. */
const written = (controls: readonly Control[]): RichText[] =>
  controls.flatMap((control) =>
    control.kind === "link" && !isLinkable(control.url) ? [plain(`${control.label}: ${control.url}`)] : [],
  );

const isButton = (control: Control): control is Button | Link =>
  control.kind === "button" || (control.kind === "link" && isLinkable(control.url));

/** Buttons five a row, then each pick in a row of its own. */
function rows(controls: readonly Control[], place: string) {
  const buttons = controls.filter(isButton).map(buttonOf);
  const row = (components: (APIButtonComponent | APIStringSelectComponent)[]) => ({
    type: ComponentType.ActionRow as const,
    components,
  });
  const size = capabilities.buttonsPerRow;
  return [
    ...Array.from({ length: Math.ceil(buttons.length / size) }, (_, at) =>
      row(buttons.slice(at * size, (at + 1) * size)),
    ),
    ...controls
      .filter((control) => control.kind === "pick")
      .map((pick, at) => row([selectOf(pick, `pick:${place}:${at}`)])),
  ];
}

function buttonOf(button: Button | Link): APIButtonComponent {
  const type = ComponentType.Button;
  const label = legibleLabel(button.label, capabilities.labelMax);
  if (button.kind === "link") return { type, style: ButtonStyle.Link, label, url: new URL(button.url).href };
  const style =
    button.style === "primary"
      ? ButtonStyle.Primary
      : button.style === "danger"
        ? ButtonStyle.Danger
        : ButtonStyle.Secondary;
  return { type, style, label, custom_id: button.token };
}

const selectOf = (pick: Pick, custom_id: string): APIStringSelectComponent => ({
  type: ComponentType.StringSelect,
  custom_id,
  placeholder: legibleLabel(pick.label, 150),
  options: pick.options.slice(0, capabilities.picksMax).map(({ label, token, selected }) => ({
    label: legibleLabel(label, 100),
    value: token,
    ...(selected && { default: true }),
  })),
});

/** A label of at most `max` characters in which there is something to see; Discord refuses others. */
export const legibleLabel = (label: string, max: number): string =>
  isVisible(label) ? wellFormed(label.length > max ? `${label.slice(0, max - 1)}…` : label) : "…";

/** The view with each action once: Discord refuses two buttons, or two options of a select, of the same id. */
function unique(view: View): View {
  const seen = new Set<string>();
  const first = (token: string) => !seen.has(token) && seen.add(token) !== undefined;
  const once = (controls: readonly Control[]): Control[] =>
    controls.flatMap((control): Control[] => {
      if (control.kind === "link") return [control];
      if (control.kind === "button") return first(control.token) ? [control] : [];
      const tokens = control.options.map(({ token }) => token);
      const options = control.options.filter(({ token }, at) => tokens.indexOf(token) === at);
      let chosen = false;
      const single = options.map((option) => {
        const selected = option.selected === true && !chosen;
        chosen ||= selected;
        return { ...option, selected };
      });
      return options.length > 0 ? [{ ...control, options: single }] : [];
    });
  const cards = view.cards.map((card) => ({ ...card, controls: once(card.controls ?? []) }));
  return { ...view, cards, controls: once(view.controls) };
}

interface Shown {
  readonly media: { readonly url: string };
  readonly description?: string;
}

/** The pictures of a view's cards, those of the shop to be uploaded with the message. */
class Pictures {
  readonly files: RawFile[] = [];
  readonly shown: (Shown | undefined)[] = [];

  static async of(view: View, host: globalThis.Pick<Host, "media">): Promise<Pictures> {
    const pictures = new Pictures();
    let size = 0;
    for (const { image } of view.cards) {
      const stored = image?.id === undefined ? null : await host.media(image.id);
      if (stored) size += stored.bytes.byteLength;
      pictures.#add(image, stored !== null && size <= PICTURES_MAX ? stored : null);
    }
    return pictures;
  }

  #add(image: Media | undefined, stored: Awaited<ReturnType<Host["media"]>>): void {
    const about = image && isVisible(image.alt) ? { description: image.alt.slice(0, 256) } : {};
    if (stored) {
      const name = `picture-${this.files.length}.${stored.contentType.split("/")[1] ?? "jpeg"}`;
      this.files.push({ name, data: Buffer.from(stored.bytes), contentType: stored.contentType });
      this.shown.push({ media: { url: `attachment://${name}` }, ...about });
    } else if (image?.url?.startsWith("https://")) this.shown.push({ media: { url: image.url }, ...about });
    else this.shown.push(undefined);
  }
}

const fileOf = (file: FileView | undefined): RawFile[] =>
  file === undefined
    ? []
    : [
        {
          name: file.name.replace(/[^\w.-]+/g, "_"),
          data: Buffer.from(file.text),
          contentType: file.contentType,
        },
      ];
