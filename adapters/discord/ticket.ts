import { z } from "zod";

/** How long Discord takes answers by an interaction's token; a little less than its 15 minutes. */
export const TICKET_LIFE_MS = 14.5 * 60_000;

/** What it takes to answer an interaction, by any process: it travels as text in `Inbound.ticket`. */
const ticket = z.object({
  id: z.string(),
  token: z.string(),
  /** When it was received, in milliseconds since 1970. */
  at: z.number(),
  kind: z.enum(["command", "component", "modal"]),
  /** Where it happened; for a direct message not the person's id but the channel's. */
  channel: z.string(),
  /** Others read along there. */
  shared: z.boolean(),
  /** The message with the button, also of a modal that a button opened. */
  fromMessage: z.string().optional(),
  /** That message is for one person's eyes. */
  hidden: z.boolean().optional(),
});
export type Ticket = z.infer<typeof ticket>;

/** The ticket in a text, or undefined if there is none, or it has expired at `now`. */
export function readTicket(text: string | undefined, now: number): Ticket | undefined {
  if (text === undefined) return undefined;
  try {
    const read = ticket.safeParse(JSON.parse(text));
    return read.success && now - read.data.at < TICKET_LIFE_MS ? read.data : undefined;
  } catch {
    return undefined; // not ours: the message goes to the channel
  }
}
