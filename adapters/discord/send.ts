import { createHash } from "node:crypto";
import {
  type APIDMChannel,
  type APIMessage,
  InteractionResponseType,
  MessageFlags,
  type REST,
  Routes,
} from "discord.js";
import type { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Delivery, Host, Sent } from "../../src/engine/adapter.ts";
import type { Address } from "../../src/engine/inbound.ts";
import { CODE, failures, isRefusal, unlessRefused } from "./errors.ts";
import type { FirstResponse, Interactions, Original } from "./interactions.ts";
import { modalOf } from "./modal.ts";
import { type Rendered, render } from "./render.ts";
import { readTicket, type Ticket } from "./ticket.ts";

/** Sends messages of one bot. */
export interface Outlet {
  readonly rest: REST;
  readonly application: string;
  readonly interactions: Interactions;
  /** Channels of direct messages by person; fetches those it does not know. */
  readonly direct: LRUCache<string, string>;
  /** Tells the operator that the token is refused. */
  readonly revoked: () => void;
  readonly log: Logger;
}

/** The interaction can no longer be answered: too late, or the process that had 3 s for it was too slow. */
const EXPIRED = [CODE.unknownInteraction, CODE.unknownWebhook, CODE.badToken];
/** The older message is gone, seen by one person only, or no longer ours to change: a new one takes its place. */
const NOT_EDITABLE = [CODE.unknownMessage, CODE.foreignMessage, CODE.archivedThread];
const NO_PERMISSION = [CODE.missingAccess, CODE.missingPermissions];

/** A message on its way, and whether to send it once more would do harm. */
interface Shipment extends Delivery {
  readonly shown: Rendered;
  /** For one person's eyes where others read along. */
  readonly alone: boolean;
  repeatable: boolean;
}

/**
 * Sends a view: as the answer to the interaction its ticket stands for, as long as Discord takes that, else to the channel.
 *
 * @throws {SendError}
 */
export async function send(
  outlet: Outlet,
  host: Pick<Host, "media">,
  to: Address,
  delivery: Delivery,
): Promise<Sent> {
  const ticket = readTicket(delivery.ticket);
  const alone = to.user !== undefined && delivery.view.visibility === "user";
  const shown = await render(delivery.view, host);
  const shipment = { ...delivery, shown, alone, repeatable: true };
  try {
    const answered = ticket && (await unlessRefused(answer(outlet, shipment, ticket), ...EXPIRED));
    return answered ?? (await tell(outlet, shipment, to));
  } catch (error) {
    if (isRefusal(error, ...NO_PERMISSION))
      outlet.log.warn(
        { channel: to.channel },
        "The bot may not write in this channel: give it View Channel, Send Messages and Attach Files there",
      );
    if (failures.refusesToken(error)) outlet.revoked();
    throw failures.toSendError(error, shipment.repeatable);
  }
}

/** Answers an interaction. */
async function answer(outlet: Outlet, shipment: Shipment, ticket: Ticket): Promise<Sent> {
  const { interactions } = outlet;
  const { view, key } = shipment;
  if (view.form && ticket.kind !== "form") {
    const response = { type: InteractionResponseType.Modal as const, data: modalOf(view.form) };
    const { sent } = await interactions.respond(ticket, { response, kind: "window" }, key);
    if (sent) return { message: ticket.message ?? "" };
  }
  const { sent, state } = await interactions.respond(ticket, firstResponse(shipment, ticket), key);
  return sent ? { message: state.message } : await follow(outlet, shipment, ticket, state);
}

function firstResponse({ shown: { body, files }, alone, replaces }: Shipment, ticket: Ticket): FirstResponse {
  if (replaces !== undefined && replaces === ticket.message)
    return { response: { type: InteractionResponseType.UpdateMessage, data: body }, files, kind: "pressed" };
  const type = InteractionResponseType.ChannelMessageWithSource;
  return { response: { type, data: hiddenIf(alone, body) }, files, kind: "own" };
}

/** Answers an interaction that was responded to before: in its `@original` where that is meant, else below it. */
async function follow(outlet: Outlet, shipment: Shipment, ticket: Ticket, original: Original): Promise<Sent> {
  const { rest, application, interactions } = outlet;
  const { shown, alone, replaces } = shipment;
  const here = Routes.webhookMessage(application, ticket.token, "@original");
  const promised = original.kind === "loading";
  // A promise in a channel was made to one person.
  const fills = promised && alone === ticket.shared;
  if (fills || (original.kind === "pressed" && replaces === original.message)) {
    const { id } = (await rest.patch(here, { auth: false, ...shown })) as APIMessage;
    if (fills) interactions.stands(ticket, { ...original, kind: "own" });
    return { message: id };
  }
  if (replaces !== undefined && !ticket.hidden && (await edit(outlet, ticket.channel, replaces, shown)))
    return { message: replaces };
  if (promised) {
    // What was promised to one person is for all: the promise goes, the message comes.
    await unlessRefused(rest.delete(here, { auth: false }), CODE.unknownMessage);
    interactions.stands(ticket, { ...original, kind: "own" });
  }
  shipment.repeatable = false;
  const query = new URLSearchParams({ wait: "true" });
  const body = hiddenIf(alone, shown.body);
  const route = Routes.webhook(application, ticket.token);
  const sent = await rest.post(route, { auth: false, query, body, files: shown.files });
  return { message: (sent as APIMessage).id };
}

/** Writes to the channel; to the person where others must not read along. */
async function tell(outlet: Outlet, shipment: Shipment, { channel, user }: Address): Promise<Sent> {
  const { rest, direct } = outlet;
  const { shown, alone, replaces, key } = shipment;
  const person = user === undefined ? channel : alone ? user : undefined;
  const place = person === undefined ? channel : ((await direct.fetch(person)) ?? "");
  if (replaces !== undefined && !alone && (await edit(outlet, place, replaces, shown)))
    return { message: replaces };
  // Discord answers a repeated nonce with the message it already has, for some minutes.
  const nonce = createHash("sha256").update(key).digest("base64url").slice(0, 25);
  const body = { ...shown.body, nonce, enforce_nonce: true };
  try {
    const sent = await rest.post(Routes.channelMessages(place), { body, files: shown.files });
    return { message: (sent as APIMessage).id };
  } catch (error) {
    if (isRefusal(error, CODE.unknownChannel)) direct.delete(person ?? "");
    throw error;
  }
}

/** The channel of direct messages with a person. */
export async function openDirect(rest: REST, person: string): Promise<string> {
  const opened = await rest.post(Routes.userChannels(), { body: { recipient_id: person } });
  return (opened as APIDMChannel).id;
}

/** Turns a message into another. Answers false if this message cannot be. */
async function edit({ rest }: Outlet, channel: string, message: string, shown: Rendered): Promise<boolean> {
  const edited = rest.patch(Routes.channelMessage(channel, message), { ...shown });
  return (
    (await unlessRefused(
      edited.then(() => true),
      ...NOT_EDITABLE,
    )) ?? false
  );
}

const hiddenIf = (hidden: boolean, body: Rendered["body"]): Rendered["body"] =>
  hidden ? { ...body, flags: body.flags | MessageFlags.Ephemeral } : body;
