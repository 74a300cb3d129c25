import type { Card, FileView, View } from "../../../src/engine/view.ts";
import type { WebMessage } from "../wire.ts";
import { controlsElement, type Press } from "./controls.ts";
import { el, icon, newId, unseen } from "./dom.ts";
import { type FormActions, formElement } from "./form.ts";
import { richNodes } from "./rich.ts";
import { isChinese, texts } from "./texts.ts";

/** What a message can do. */
export interface MessageActions {
  readonly press: Press;
  readonly form: FormActions;
}

/** Where a stored picture is; `size` is the most pixels of its longer side. */
const pictureAddress = (id: string, size?: number): string =>
  `/media/${encodeURIComponent(id)}${size === undefined ? "" : `?size=${size}`}`;

/** How large the pictures of a message are shown, by how many there are, as style.css has it. */
const SIZES = {
  one: "(width >= 720px) 373px, min(100vw, 520px)",
  two: "(width >= 620px) 417px, 100vw",
  many: "(width < 560px) 116px, 400px",
} as const;
type Company = keyof typeof SIZES;

/** The sizes that a browser chooses from by its screen; the server makes these. */
const MADE = [160, 320, 640, 960] as const;

function pictureElement(image: Card["image"], company: Company): HTMLElement | undefined {
  if (image === undefined) return undefined;
  // A picture from elsewhere comes by our own server, which has put its address here; of anywhere else none is loaded.
  const far = image.url?.startsWith("/media/") ? image.url : undefined;
  const address = image.id === undefined ? far : pictureAddress(image.id);
  if (address === undefined) return undefined;
  const picture = el("img", {
    src: `${address}?size=640`,
    srcset: MADE.map((size) => `${address}?size=${size} ${size}w`).join(", "),
    sizes: SIZES[company],
    alt: image.alt,
    loading: "lazy",
    decoding: "async",
    width: "400",
    height: "300",
  });
  const frame = el("div", { class: "picture" }, picture);
  picture.addEventListener("error", () => frame.classList.add("broken"));
  return frame;
}

function cardElement(card: Card, company: Company, press: Press): HTMLElement {
  const id = newId();
  const facts = (card.facts ?? []).map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, value)),
  );
  const body = el(
    "div",
    { class: "card-body" },
    el("h3", { id, dir: "auto" }, card.title),
    card.text && el("div", { class: "prose", dir: "auto" }, ...richNodes(card.text)),
    facts.length > 0 && el("dl", {}, ...facts),
    controlsElement(card.controls, press, company === "one" ? undefined : card.title),
  );
  return el("section", { class: "card", "aria-labelledby": id }, pictureElement(card.image, company), body);
}

/** A document to download. As bytes of no type, a browser saves it and never shows it as a page of the shop. */
function fileElement({ name, text, media }: FileView): HTMLElement {
  const href =
    media === undefined
      ? URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }))
      : pictureAddress(media);
  return el(
    "a",
    { class: "button", href, download: name, dir: "auto" },
    icon("save"),
    name,
    unseen(texts.save),
  );
}

function viewElements(view: View, actions: MessageActions): (HTMLElement | undefined)[] {
  const company = view.cards.length === 1 ? "one" : view.cards.length === 2 ? "two" : "many";
  const cards = view.cards.map((card) => cardElement(card, company, actions.press));
  return [
    view.text && el("div", { class: "bubble prose", dir: "auto" }, ...richNodes(view.text)),
    cards.length > 0 ? el("div", { class: `cards ${company}` }, ...cards) : undefined,
    view.file && el("div", { class: "controls" }, fileElement(view.file)),
    view.form && formElement(view.form, actions.form),
    controlsElement(view.controls, actions.press),
  ];
}

/** Commands of the page's own buttons are shown by the buttons' names; what follows "/start" is no word of people's. */
function spoken(text: string): string {
  const name = text.replace(/^\/start .*/s, "/start").slice(1);
  const known = ["shop", "cart", "orders", "account", "help", "start"] as const;
  const found = text.startsWith("/") && known.find((command) => command === name);
  return found ? texts[found] : text;
}

const clock = new Intl.DateTimeFormat(isChinese ? "zh-CN" : navigator.language, { timeStyle: "short" });

/** A message as an element. `preview` is shown for a picture that is still on its way. */
export function messageElement(message: WebMessage, actions: MessageActions, preview?: string): HTMLElement {
  const { body, from, at } = message;
  const who = el("span", { class: "hidden-text" }, from === "shop" ? texts.shopSays : texts.youSay, " ");
  const content =
    body.kind === "view"
      ? viewElements(body.view, actions)
      : body.kind === "text"
        ? [el("div", { class: "bubble prose", dir: "auto" }, spoken(body.text))]
        : [
            el("img", {
              class: "sent-photo",
              alt: texts.photoSent,
              src: preview ?? pictureAddress(body.media, 640),
            }),
            body.caption !== undefined && el("div", { class: "bubble prose", dir: "auto" }, body.caption),
          ];
  const time = el("time", { datetime: at }, clock.format(new Date(at)));
  const state = from === "shopper" && el("span", { class: "state" }, texts.sent);
  return el(
    "article",
    { class: `message ${from}`, tabindex: "-1" },
    who,
    ...content,
    el("p", { class: "meta" }, time, state),
  );
}
