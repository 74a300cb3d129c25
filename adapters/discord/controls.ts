import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInMessageActionRow,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
} from "discord.js";
import { isVisible, wellFormed } from "../../src/engine/legible.ts";
import { linked, type RichText } from "../../src/engine/rich-text.ts";
import type { Button, Control, Link, Pick, View } from "../../src/engine/view.ts";
import { capabilities } from "./capabilities.ts";
import { isLinkable } from "./markdown.ts";

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

/** Buttons five a row, then each pick in a row of its own. `place` keeps the ids of selects apart in a message. */
export function rowsOf(controls: readonly Control[], place: string): Row[] {
  const buttons = controls.filter(isButton).map(buttonOf);
  const size = capabilities.buttonsPerRow;
  const rows = Array.from({ length: Math.ceil(buttons.length / size) }, (_, at) =>
    rowOf(buttons.slice(at * size, (at + 1) * size)),
  );
  const picks = controls.filter((control) => control.kind === "pick");
  return [...rows, ...picks.map((pick, at) => rowOf([selectOf(pick, `pick:${place}:${at}`)]))];
}

/** Links that cannot be buttons, written out. */
export const written = (controls: readonly Control[]): RichText[] =>
  controls.flatMap((control) =>
    control.kind === "link" && !isLinkable(control.url) ? [linked(control.label, control.url)] : [],
  );

/** A label of at most `max` characters in which there is something to see; Discord refuses others. */
export const labelOf = (label: string, max: number): string =>
  isVisible(label) ? wellFormed(label.length > max ? `${label.slice(0, max - 1)}…` : label) : "…";

/** The view with each action once: Discord refuses two buttons, or two options of a select, of the same id. */
export function withoutRepeats(view: View): View {
  const seen = new Set<string>();
  const kept = (control: Control): Control[] => {
    if (control.kind === "link") return [control];
    if (control.kind === "pick") return [{ ...control, options: distinct(control.options) }];
    return seen.size === seen.add(control.token).size ? [] : [control];
  };
  const cards = view.cards.map((card) => ({ ...card, controls: (card.controls ?? []).flatMap(kept) }));
  return { ...view, cards, controls: view.controls.flatMap(kept) };
}

/** Options each once, of which one at most is the choice made. */
function distinct(options: Pick["options"]): Pick["options"] {
  const tokens = options.map(({ token }) => token);
  const first = options.filter(({ token }, at) => tokens.indexOf(token) === at);
  const chosen = options.find(({ selected }) => selected)?.token;
  return first.map((option) => ({ ...option, selected: option.token === chosen }));
}

const isButton = (control: Control): control is Button | Link =>
  control.kind === "button" || (control.kind === "link" && isLinkable(control.url));

const rowOf = (components: APIComponentInMessageActionRow[]): Row => ({
  type: ComponentType.ActionRow,
  components,
});

const STYLE = {
  primary: ButtonStyle.Primary,
  danger: ButtonStyle.Danger,
  plain: ButtonStyle.Secondary,
} as const;

function buttonOf(button: Button | Link): APIButtonComponent {
  const common = { type: ComponentType.Button, label: labelOf(button.label, capabilities.labelMax) } as const;
  return button.kind === "link"
    ? { ...common, style: ButtonStyle.Link, url: new URL(button.url).href }
    : { ...common, style: STYLE[button.style ?? "plain"], custom_id: button.token };
}

const selectOf = (pick: Pick, custom_id: string): APIStringSelectComponent => ({
  type: ComponentType.StringSelect,
  custom_id,
  placeholder: labelOf(pick.label, 150),
  options: pick.options.map(({ label, token, selected }) => ({
    label: labelOf(label, 100),
    value: token,
    ...(selected && { default: true }),
  })),
});
