import type { Control, Pick } from "../../../src/engine/view.ts";
import { el, icon, newId, safeUrl, unseen } from "./dom.ts";
import { texts } from "./texts.ts";

/** Uses a control; `from` is the button that was pressed, or the list that was chosen from. */
export type Press = (token: string, from: HTMLElement) => void;

/** Options that are shown side by side; more or longer ones go into a list. */
const SIDE_BY_SIDE = { options: 6, characters: 60 };

function buttonElement(label: string, token: string, press: Press, style?: string): HTMLButtonElement {
  const button = el("button", { type: "button", class: style, dir: "auto" }, label);
  button.addEventListener("click", () => press(token, button));
  return button;
}

function segments(pick: Pick, press: Press): HTMLElement {
  const id = newId();
  const options = pick.options.map(({ label, token, selected = false }) => {
    const option = buttonElement(label, token, press);
    option.setAttribute("aria-pressed", String(selected));
    return option;
  });
  return el(
    "div",
    { class: "pick", role: "group", "aria-labelledby": id },
    el("span", { id, class: "pick-label" }, pick.label),
    el("div", { class: "segments" }, ...options),
  );
}

/**
 * A list to choose from, which acts as soon as something is chosen. The arrow keys change a closed list with every press,
 * so whoever walks through it by keyboard has not chosen yet (WCAG 3.2.2): they confirm with Enter, or by a button that
 * comes up then.
 */
function list(pick: Pick, press: Press): HTMLElement {
  const [id, labelId] = [newId(), newId()];
  const chosen = pick.options.find(({ selected }) => selected);
  const select = el(
    "select",
    { id, autocomplete: "off" },
    chosen === undefined && el("option", { value: "" }, texts.chooseOne),
    ...pick.options.map(({ label, token }) => el("option", { value: token }, label)),
  );
  select.value = chosen?.token ?? "";
  const button = el("button", { type: "button", "aria-describedby": labelId, hidden: true }, texts.choose);
  let walking = false;
  const choose = () => {
    if (select.value !== "" && select.value !== chosen?.token) press(select.value, select);
  };
  select.addEventListener("pointerdown", () => {
    walking = false;
  });
  select.addEventListener("keydown", ({ key }) => {
    walking = key !== "Enter" && key !== "Tab";
    // Of an open list Enter closes it first, and the change comes after this.
    if (key === "Enter") choose();
  });
  select.addEventListener("change", () => {
    button.hidden = !walking;
    if (!walking) choose();
  });
  button.addEventListener("click", choose);
  return el(
    "div",
    { class: "pick" },
    el("label", { id: labelId, for: id, class: "pick-label" }, pick.label),
    el("div", { class: "chooser" }, select, button),
  );
}

function pickElement(pick: Pick, press: Press): HTMLElement {
  const characters = pick.options.reduce((sum, option) => sum + option.label.length, 0);
  const few = pick.options.length <= SIDE_BY_SIDE.options && characters <= SIDE_BY_SIDE.characters;
  return few ? segments(pick, press) : list(pick, press);
}

function linkElement(label: string, url: string): HTMLElement {
  const attributes = { class: "button primary", target: "_blank", rel: "noopener noreferrer" };
  return el(
    "a",
    { ...attributes, href: safeUrl(url), dir: "auto" },
    label,
    unseen(`(${texts.newTab})`),
    icon("out"),
  );
}

/** What a person can do next. `of` names the card the controls belong to, where several cards have the same ones. */
export function controlsElement(
  controls: readonly Control[] | undefined,
  press: Press,
  of?: string,
): HTMLElement | undefined {
  if (controls === undefined || controls.length === 0) return undefined;
  const elements = controls.map((control) => {
    if (control.kind === "pick") return pickElement(control, press);
    const element =
      control.kind === "link"
        ? linkElement(control.label, control.url)
        : buttonElement(control.label, control.token, press, control.style);
    if (of !== undefined) element.append(unseen(of));
    return element;
  });
  return el("div", { class: "controls" }, ...elements);
}
