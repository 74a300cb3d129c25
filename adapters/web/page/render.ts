import type { Card, Control, Pick, View } from "../../../src/engine/view.ts";
import type { WebMessage } from "../wire.ts";
import { el, icon, newId, safeUrl } from "./dom.ts";
import { type FormActions, formElement } from "./form.ts";
import { richNodes } from "./rich.ts";
import { isChinese, texts } from "./texts.ts";

/** What a message can do. `from` is the control that was used. */
export interface MessageActions {
  press(token: string, from: HTMLButtonElement): void;
  readonly form: FormActions;
}

/** Options that are shown side by side; more or longer ones go into a list. */
const SIDE_BY_SIDE = { options: 6, characters: 60 };

function button(
  label: string,
  token: string,
  style: string | undefined,
  actions: MessageActions,
): HTMLButtonElement {
  const element = el("button", { type: "button", class: style, dir: "auto" }, label);
  element.addEventListener("click", () => actions.press(token, element));
  return element;
}

function pickElement(pick: Pick, actions: MessageActions): HTMLElement {
  const characters = pick.options.reduce((sum, option) => sum + option.label.length, 0);
  const id = newId();
  if (pick.options.length <= SIDE_BY_SIDE.options && characters <= SIDE_BY_SIDE.characters) {
    const options = pick.options.map((option) => {
      const element = button(option.label, option.token, undefined, actions);
      element.setAttribute("aria-pressed", String(option.selected === true));
      return element;
    });
    const name = el("span", { id, class: "pick-label" }, pick.label);
    return el(
      "div",
      { class: "pick", role: "group", "aria-labelledby": id },
      name,
      el("div", { class: "segments" }, ...options),
    );
  }
  const selected = pick.options.findIndex((option) => option.selected);
  const select = el(
    "select",
    { id, autocomplete: "off" },
    selected < 0 && el("option", { value: "" }, texts.chooseOne),
    ...pick.options.map(({ label, token }) => el("option", { value: token }, label)),
  );
  const chosen = pick.options[selected];
  if (chosen !== undefined) select.value = chosen.token;
  // A list that acts as soon as its value changes cannot be walked through by keyboard (WCAG 3.2.2).
  const choose = el("button", { type: "button", "aria-describedby": id }, texts.choose);
  choose.addEventListener("click", () =>
    select.value === "" ? select.focus() : actions.press(select.value, choose),
  );
  return el(
    "div",
    { class: "pick" },
    el("label", { for: id, class: "pick-label" }, pick.label),
    el("div", { class: "chooser" }, select, choose),
  );
}

function controlElement(control: Control, actions: MessageActions): HTMLElement {
  if (control.kind === "button") return button(control.label, control.token, control.style, actions);
  if (control.kind === "pick") return pickElement(control, actions);
  const href = safeUrl(control.url);
  const opens = el("span", { class: "hidden-text" }, ` (${texts.newTab})`);
  return el(
    "a",
    { class: "button primary", href, target: "_blank", rel: "noopener noreferrer" },
    control.label,
    opens,
    icon("out"),
  );
}

function controlsElement(
  controls: readonly Control[] = [],
  actions: MessageActions,
): HTMLElement | undefined {
  if (controls.length === 0) return undefined;
  return el("div", { class: "controls" }, ...controls.map((control) => controlElement(control, actions)));
}

function pictureElement(image: Card["image"]): HTMLElement | undefined {
  const src = image?.id === undefined ? safeUrl(image?.url ?? "") : `/media/${encodeURIComponent(image.id)}`;
  if (image === undefined || (image.id === undefined && image.url === undefined) || src === undefined)
    return undefined;
  const picture = el("img", {
    src,
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

function cardElement(card: Card, actions: MessageActions): HTMLElement {
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
    controlsElement(card.controls, actions),
  );
  return el("section", { class: "card", "aria-labelledby": id }, pictureElement(card.image), body);
}

function viewElements(view: View, actions: MessageActions): (HTMLElement | undefined)[] {
  const cards = view.cards.map((card) => cardElement(card, actions));
  const size = cards.length === 1 ? "one" : cards.length === 2 ? "two" : "many";
  return [
    view.text && el("div", { class: "bubble prose", dir: "auto" }, ...richNodes(view.text)),
    cards.length > 0 ? el("div", { class: `cards ${size}` }, ...cards) : undefined,
    view.form && formElement(view.form, actions.form),
    controlsElement(view.controls, actions),
  ];
}

/** Commands of the page's own buttons are shown by the buttons' names. */
function spoken(text: string): string {
  const name = text.slice(1);
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
              src: preview ?? `/media/${encodeURIComponent(body.media)}`,
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
