import type { Button, Control, Link } from "../engine/view.ts";
import { isVisible, wellFormed } from "./names.ts";

/** A label that any platform takes: "…" where nothing is to be seen. */
const label = (text: string): string => (isVisible(text) ? wellFormed(text) : "…");

/**
 * Controls as buttons and links, for platforms without pick lists: a pick's options are buttons in a group of their
 * own, the chosen one marked "✓"; what stands between two picks is a group too. Labels can be sent as they are.
 */
export function buttonGroups(controls: readonly Control[]): (Button | Link)[][] {
  const groups: (Button | Link)[][] = [[]];
  for (const control of controls) {
    if (control.kind !== "pick") {
      groups.at(-1)?.push({ ...control, label: label(control.label) });
      continue;
    }
    const options = control.options.map((option): Button => {
      const text = label(option.label);
      return { kind: "button", label: option.selected ? `✓ ${text}` : text, token: option.token };
    });
    groups.push(options, []);
  }
  return groups.filter((group) => group.length > 0);
}
