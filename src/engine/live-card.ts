import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ChannelAddress } from "./address.ts";
import type { Inbound } from "./inbound.ts";

/**
 * A live card is a view that stands in a shared channel under an id of its own ("poll:42") and is kept true there: it is
 * posted once, and whoever asks for it again has that very message changed.
 *
 *   router.card("poll", z.object({ votes: z.number() }), async (turn, card, { votes }) =>
 *     view({ text: plain(`${votes} votes`), controls: [turn.button("Vote", vote({ card }))] }));
 *   await engine.show(channelAddress(there, "C1"), "poll:42", { votes: 3 });
 *
 * Its buttons are for everyone: a press runs in the presser's own conversation and is answered for their eyes.
 */
const SHOW_CARD = "show-card";
const shown = z.object({ card: z.string(), data: z.unknown() });

/** The event that asks the channel's own conversation to show a card. The same `id` is handled once. */
export const cardEvent = (
  channel: ChannelAddress,
  { card, data }: { readonly card: string; readonly data: unknown },
  at: Date,
  id: string = randomUUID(),
): Inbound => ({
  id: `card-${id}`,
  address: channel,
  sender: { id: "" },
  at,
  body: { kind: "signal", name: SHOW_CARD, data: { card, data } },
});

/** Which card an event asks for, and with which data; undefined if it is another event. */
export function cardOf({ body }: Inbound): z.infer<typeof shown> | undefined {
  return body.kind === "signal" && body.name === SHOW_CARD ? shown.parse(body.data) : undefined;
}

/** The part of a card's id that tells what kind of card it is: what stands before its first colon. */
export const kindOfCard = (card: string): string => card.split(":", 1)[0] ?? "";

/** Events that need not be handled, as a later one asks for the same card: the newest wins. */
export function outdone(inbox: readonly Inbound[]): readonly Inbound[] {
  const asked = inbox.map((event) => cardOf(event)?.card);
  return inbox.filter((_, index) => asked[index] !== undefined && asked.lastIndexOf(asked[index]) > index);
}
