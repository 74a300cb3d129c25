import { z } from "zod";
import { readJson } from "../../src/engine/read-json.ts";

/** How long Discord takes answers by an interaction's token; a little less than its 15 minutes. */
export const TICKET_LIFE_MS = 14.5 * 60_000;

/** What it takes to answer an interaction, by any process: it travels as text in `Inbound.ticket`. */
const ticket = z.object({
  id: z.string(),
  token: z.string(),
  /** When it was received, in milliseconds since 1970. */
  at: z.number(),
  /** What somebody did. */
  kind: z.enum(["command", "press", "form"]),
  /** Where it happened; for a direct message not the person's id but the channel's. */
  channel: z.string(),
  /** Others read along there. */
  shared: z.boolean(),
  /** The message with the button, also of a window that a button opened. */
  message: z.string().optional(),
  /** That message is for one person's eyes. */
  hidden: z.boolean().optional(),
});
export type Ticket = z.infer<typeof ticket>;

/** The ticket in a text, or null if there is none, or it has expired by now: the message goes to the channel then. */
export function readTicket(text = ""): Ticket | null {
  const read = readJson(ticket, text);
  return read && Date.now() - read.at < TICKET_LIFE_MS ? read : null;
}
