import { z } from "zod";
import { readJson } from "../../src/platform/read-json.ts";

const ticketSchema = z.object({
  /** Opens a window, until 3 s after `at`. */
  trigger: z.string().optional(),
  /** Answers what was pressed or typed, until 30 min after `at`, also where the app is no member. */
  response: z.string().optional(),
  /** When Slack gave them, in milliseconds. */
  at: z.number(),
  /** The message the button stands on, and whether only the person sees it. */
  message: z.string().optional(),
  hidden: z.boolean().optional(),
});

/** What Slack gives to answer an interaction, so that any process can. https://docs.slack.dev/interactivity/handling-user-interaction */
export type Ticket = z.infer<typeof ticketSchema>;

const TRIGGER_MS = 2_800;
const RESPONSE_MS = 29 * 60_000;

/** What of a ticket still holds. */
export function readTicket(written = ""): Partial<Ticket> {
  const { trigger, response, ...rest } = readJson(ticketSchema, written) ?? { at: 0 };
  const age = Date.now() - rest.at;
  return { ...rest, ...(age < TRIGGER_MS && { trigger }), ...(age < RESPONSE_MS && { response }) };
}

/** The text of a ticket, for `Inbound.ticket`. */
export const writeTicket = (ticket: Ticket): string => JSON.stringify(ticket);
