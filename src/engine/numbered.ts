import { joined, plain } from "./rich-text.ts";
import type { View } from "./view.ts";

const choices = (view: View): readonly { readonly label: string; readonly token: string }[] =>
  [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls].flatMap(
    (control): readonly { readonly label: string; readonly token: string }[] => {
      if (control.kind === "button") return [control];
      return control.kind === "pick" ? control.options : [];
    },
  );

/** The tokens of a view's actions in reading order, for platforms without buttons, where "2" means the second. */
export const numbered = (view: View): string[] => choices(view).map((choice) => choice.token);

/** The view with its actions written out as a numbered list. Links stay as they are. */
export function withNumbers(view: View): View {
  const lines = choices(view).map((choice, index) => plain(`${index + 1}. ${choice.label}`));
  if (lines.length === 0) return view;
  const links = view.controls.filter((control) => control.kind === "link");
  const cards = view.cards.map((card) => ({
    ...card,
    controls: (card.controls ?? []).filter((control) => control.kind === "link"),
  }));
  return { ...view, text: joined([...(view.text ? [view.text] : []), ...lines]), cards, controls: links };
}
