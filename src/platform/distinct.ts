import type { Control, Pick, View } from "../engine/view.ts";

/** The view with each action once, for platforms that refuse two buttons, or two options of a pick, of the same token. */
export function distinct(view: View): View {
  const seen = new Set<string>();
  const kept = (control: Control): Control[] => {
    if (control.kind === "link") return [control];
    if (control.kind === "pick") return [{ ...control, options: distinctOptions(control.options) }];
    return seen.size === seen.add(control.token).size ? [] : [control];
  };
  const cards = view.cards.map((card) => ({ ...card, controls: (card.controls ?? []).flatMap(kept) }));
  return { ...view, cards, controls: view.controls.flatMap(kept) };
}

/** Options each once, of which one at most is the choice made. */
function distinctOptions(options: Pick["options"]): Pick["options"] {
  const tokens = options.map(({ token }) => token);
  const first = options.filter(({ token }, at) => tokens.indexOf(token) === at);
  const chosen = options.find(({ selected }) => selected)?.token;
  return first.map((option) => ({ ...option, selected: option.token === chosen }));
}
