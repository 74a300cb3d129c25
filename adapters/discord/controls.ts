import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInMessageActionRow,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
} from "discord.js";
import { labelOf } from "../../src/engine/label.ts";
import { packRows } from "../../src/engine/rows.ts";
import type { Button, Control, Link, Pick } from "../../src/engine/view.ts";
import { capabilities } from "./capabilities.ts";

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

const STYLE = {
  primary: ButtonStyle.Primary,
  danger: ButtonStyle.Danger,
  plain: ButtonStyle.Secondary,
} as const;

/** Buttons five a row, then each pick in a row of its own. `place` keeps the ids of selects apart in a message. */
export function rowsOf(controls: readonly Control[], place: string): Row[] {
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

const selectOf = (pick: Pick, custom_id: string): APIStringSelectComponent => ({
  type: ComponentType.StringSelect,
  custom_id,
  placeholder: labelOf(pick.label, 150),
  options: pick.options.map(({ label, token, selected }) => ({
    label: labelOf(label, 100),
    value: token,
    default: selected === true,
  })),
});
