import {
  type APIInteractionResponse,
  type APIMessage,
  DiscordAPIError,
  InteractionResponseType,
  MessageFlags,
  RateLimitError,
  type RawFile,
  type REST,
  type RESTPostAPIInteractionCallbackWithResponseResult,
  Routes,
} from "discord.js";
import type { Logger } from "pino";
import { z } from "zod";
import { FirstResponses } from "../../src/platform/first-responses.ts";
import { readJson } from "../../src/platform/read-json.ts";
import { CODE, failures, unlessRefused } from "./errors.ts";

/** How long Discord takes answers by an interaction's token; a little less than its 15 minutes. */
const TICKET_LIFE_MS = 14.5 * 60_000;

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
/** What answers one interaction. */
export type Ticket = z.infer<typeof ticket>;

/** The ticket in a text, or null if there is none, or it has expired by now: the message goes to the channel then. */
export function readTicket(text = ""): Ticket | null {
  const read = readJson(ticket, text);
  return read && Date.now() - read.at < TICKET_LIFE_MS ? read : null;
}

/** What Discord calls the `@original` message of an interaction that was responded to. */
export interface Original {
  /** `loading`: the promise of an answer ("thinking…"); `pressed`: the message with the button; `own`: an answer; `window`: none. */
  readonly kind: "loading" | "pressed" | "own" | "window";
  readonly message: string;
}

/** A first response, and what `@original` is after it. */
export interface FirstResponse {
  readonly response: APIInteractionResponse;
  readonly files?: RawFile[];
  readonly kind: Original["kind"];
}

type Posted = RESTPostAPIInteractionCallbackWithResponseResult | undefined;

/** The first responses of one application. */
export type Interactions = FirstResponses<Ticket, FirstResponse, Original>;

/** First responses to interactions. Discord wants each within 3 s, and tells later ones that they come late (40060). */
export const interactionsOf = (
  rest: REST,
  application: string,
  log: Logger,
  deferAfterMs: number,
): Interactions =>
  new FirstResponses<Ticket, FirstResponse, Original>({
    async post(ticket, { response, files, kind }) {
      const route = Routes.interactionCallback(ticket.id, ticket.token);
      const query = new URLSearchParams({ with_response: "true" });
      const posting = rest.post(route, { auth: false, body: response, files, query });
      const posted = await unlessRefused(posting as Promise<Posted>, CODE.alreadyAcknowledged);
      if (posted === null) return null;
      const message = posted?.resource?.message?.id ?? posted?.interaction.response_message_id;
      return { kind, message: message ?? ticket.message ?? "@original" };
    },
    async look(ticket) {
      const route = Routes.webhookMessage(application, ticket.token, "@original");
      const asked = rest.get(route, { auth: false }) as Promise<APIMessage>;
      const original = await unlessRefused(asked, CODE.unknownMessage);
      if (original === null) return { kind: "window", message: "" };
      const { id, flags = 0 } = original;
      const kind = flags & MessageFlags.Loading ? "loading" : id === ticket.message ? "pressed" : "own";
      return { kind, message: id };
    },
    // A pressed message may have been left as it was; to change it once more does no harm.
    isOf: (original, { kind }) => original.kind === kind && kind !== "pressed",
    deferral,
    isUnclear: (error) => !(error instanceof DiscordAPIError || error instanceof RateLimitError),
    failed: (error) =>
      log.warn({ reason: failures.line(error) }, "An interaction could not be acknowledged in time"),
    deferAfterMs,
    lifeMs: TICKET_LIFE_MS,
  });

/** Nothing changes for somebody who pressed a button; others see that an answer is being made, alone if others read along. */
function deferral({ message, shared }: Ticket): FirstResponse {
  if (message !== undefined)
    return { response: { type: InteractionResponseType.DeferredMessageUpdate }, kind: "pressed" };
  const type = InteractionResponseType.DeferredChannelMessageWithSource;
  return {
    response: { type, data: { flags: shared ? MessageFlags.Ephemeral : undefined } },
    kind: "loading",
  };
}
