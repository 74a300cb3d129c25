import type { Capabilities } from "./adapter.ts";
import { fit } from "./fit.ts";
import type { Body } from "./inbound.ts";
import { withNumbers } from "./numbered.ts";
import { joined, type RichText } from "./rich-text.ts";
import { here, type Reply, view } from "./turn.ts";
import type { View } from "./view.ts";

/** How the answers to an event are to be shown. */
export interface Showing {
  readonly can: Capabilities;
  readonly body: Body;
  /** Others read along. */
  readonly shared: boolean;
  /** The answers are for one person's eyes. */
  readonly confidential: boolean;
  /** What stands for news where others read along. */
  readonly news: RichText;
}

/**
 * An answer as the messages that show it. `unnumbered` is the same before its actions were written out as numbers.
 */
export interface Fitted {
  readonly place: Reply["place"];
  readonly subject?: string;
  readonly views: readonly View[];
  readonly unnumbered: readonly View[];
  /** The message whose screen it takes the place of. */
  readonly replaces?: string;
  /** For one person's eyes, where others read along. */
  readonly hidden: boolean;
}

/**
 * The screens that show some answers.
 *
 * Only the first answer "here" takes the place of the pressed message, and only where as many eyes see the one as the
 * other: what is confidential never replaces a message of the channel, and what a person alone sees stays with them.
 */
export function fitted(answers: readonly (View | Reply)[], showing: Showing): Fitted[] {
  const { can, body, shared } = showing;
  const pressed = body.kind === "press" || body.kind === "form" ? body : undefined;
  const hidden = shared && pressed?.hidden === true;
  let target = can.edits ? pressed?.message : undefined;
  return arranged(answers, showing).map((reply) => {
    const alone = shared && (hidden || showing.confidential || reply.view.visibility === "user");
    const mayReplace = reply.place === "here" && (!shared || alone === hidden);
    const replaces = mayReplace ? target : undefined;
    if (replaces !== undefined) target = undefined;
    const { visibility: _, ...open } = reply.view;
    const parts = fit(alone ? { ...open, visibility: "user" } : open, can);
    // A front page is one page: a second part would take the place of the first.
    const unnumbered = parts.slice(0, body.kind === "front" ? 1 : undefined);
    const { subject } = reply.view;
    return {
      place: reply.place,
      ...(subject !== undefined && body.kind !== "front" && { subject }),
      views: can.buttons ? unnumbered : unnumbered.map(withNumbers),
      unnumbered,
      ...(replaces !== undefined && { replaces }),
      hidden: alone,
    };
  });
}

/** The answers, with news told in a shared channel kept to a hint and its buttons, and a front page made one view. */
function arranged(answers: readonly (View | Reply)[], { body, shared, news }: Showing): Reply[] {
  const replies = answers.map((answer): Reply => ("place" in answer ? answer : here(answer)));
  if (body.kind === "front") return pages(replies);
  if (body.kind !== "signal" || !shared) return replies;
  return replies.map((reply) => {
    // Who sees what stands is settled; it is only made true.
    if (reply.place === "standing") return reply;
    const { cards, controls } = reply.view;
    return hint(news, cards, controls, reply.place);
  });
}

const hint = (
  news: RichText,
  cards: View["cards"],
  controls: View["controls"],
  place: Reply["place"],
): Reply => ({
  view: view({
    text: news,
    controls: [...cards.flatMap((card) => card.controls ?? []), ...controls].filter(
      ({ kind }) => kind === "button",
    ),
  }),
  place,
});

function pages(replies: readonly Reply[]): Reply[] {
  const views = replies.flatMap(({ view, place }) => (place === "standing" ? [] : [view]));
  return views.length > 0 ? [here(together(views))] : [];
}

const together = (views: readonly View[]): View =>
  view({
    text: joined(
      views.flatMap(({ text }) => (text ? [text] : [])),
      "\n\n",
    ),
    cards: views.flatMap(({ cards }) => cards),
    controls: views.flatMap(({ controls }) => controls),
  });
