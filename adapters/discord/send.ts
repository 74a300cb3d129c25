import { createHash } from "node:crypto";
import {
  type APIMessage,
  type APIModalInteractionResponse,
  InteractionResponseType,
  MessageFlags,
  type REST,
  type RESTPostAPICurrentUserCreateDMChannelResult,
  Routes,
} from "discord.js";
import type { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Delivery, Host, Sent } from "../../src/engine/adapter.ts";
import type { Address } from "../../src/engine/inbound.ts";
import { CODE, isRefusal, isUnauthorized, toSendError } from "./errors.ts";
import type { FirstResponse, Interactions, Original } from "./interactions.ts";
import { modalOf } from "./modal.ts";
import { type Rendered, render } from "./render.ts";
import { readTicket, type Ticket } from "./ticket.ts";

/** Sends messages of one bot. */
export interface Outlet {
  readonly rest: REST;
  readonly application: string;
  readonly host: Pick<Host, "media">;
  readonly interactions: Interactions;
  /** Channels of direct messages by person. */
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
interface Shipment {
  readonly to: Address;
  readonly delivery: Delivery;
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
export async function send(outlet: Outlet, to: Address, delivery: Delivery): Promise<Sent> {
  const ticket = readTicket(delivery.ticket, Date.now());
  const alone = to.user !== undefined && delivery.view.visibility === "user";
  const shown = await render(delivery.view, outlet.host);
  const shipment: Shipment = { to, delivery, shown, alone, repeatable: true };
  try {
    return (ticket && (await answer(outlet, shipment, ticket))) ?? (await tell(outlet, shipment));
  } catch (error) {
    if (isRefusal(error, ...NO_PERMISSION))
      outlet.log.warn(
        { channel: to.channel },
        "The bot may not write in this channel: give it View Channel, Send Messages and Attach Files there",
      );
    if (isUnauthorized(error)) outlet.revoked();
    throw toSendError(error, shipment.repeatable);
  }
}

/** Answers an interaction; null if that is no longer possible. */
async function answer(outlet: Outlet, shipment: Shipment, ticket: Ticket): Promise<Sent | null> {
  const { view } = shipment.delivery;
  try {
    if (view.form !== undefined && ticket.kind !== "modal") {
      const data = modalOf(view.form);
      const response: APIModalInteractionResponse = { type: InteractionResponseType.Modal, data };
      const original = { kind: "window", hidden: true } as const;
      const { sent } = await outlet.interactions.respond(ticket, {
        response,
        original,
        key: shipment.delivery.key,
      });
      if (sent) return { message: ticket.fromMessage ?? "" };
    }
    const { sent, original } = await outlet.interactions.respond(ticket, firstResponse(shipment, ticket));
    return sent ? { message: original.message } : await follow(outlet, shipment, ticket, original);
  } catch (error) {
    if (isRefusal(error, ...EXPIRED)) return null;
    throw error;
  }
}

function firstResponse({ delivery, shown, alone }: Shipment, ticket: Ticket): FirstResponse {
  const { files, body } = shown;
  if (delivery.replaces !== undefined && delivery.replaces === ticket.fromMessage)
    return {
      response: { type: InteractionResponseType.UpdateMessage, data: body },
      files,
      original: { kind: "pressed", hidden: ticket.hidden === true },
      key: delivery.key,
    };
  return {
    response: { type: InteractionResponseType.ChannelMessageWithSource, data: hiddenIf(alone, body) },
    files,
    original: { kind: "own", hidden: alone },
    key: delivery.key,
  };
}

/** Answers an interaction that was acknowledged before: in its `@original` where that is meant, else below it. */
async function follow(outlet: Outlet, shipment: Shipment, ticket: Ticket, original: Original): Promise<Sent> {
  const { rest, application, interactions } = outlet;
  const { delivery, shown, alone } = shipment;
  const here = Routes.webhookMessage(application, ticket.token, "@original");
  const replacing = delivery.replaces !== undefined;
  const fills = original.kind === "loading" && original.hidden === (alone && ticket.shared);
  if (fills || (replacing && original.kind === "pressed" && delivery.replaces === original.message)) {
    const { id } = (await rest.patch(here, { auth: false, ...shown })) as APIMessage;
    if (fills) interactions.filled(ticket, original);
    return { message: id };
  }
  if (replacing && !ticket.hidden && (await edit(outlet, ticket.channel, shipment)))
    return { message: delivery.replaces ?? "" };
  if (original.kind === "loading") {
    // What was promised to one person is for all: the promise goes, the message comes.
    await rest.delete(here, { auth: false }).catch((error: unknown) => {
      if (!isRefusal(error, CODE.unknownMessage)) throw error;
    });
    interactions.filled(ticket, original);
  }
  shipment.repeatable = false;
  const sent = (await rest.post(Routes.webhook(application, ticket.token), {
    auth: false,
    query: new URLSearchParams({ wait: "true" }),
    body: hiddenIf(alone, shown.body),
    files: shown.files,
  })) as APIMessage;
  return { message: sent.id };
}

/** Writes to the channel; to the person where others must not read along. */
async function tell(outlet: Outlet, shipment: Shipment): Promise<Sent> {
  const { to, delivery, shown, alone } = shipment;
  const person = alone ? to.user : to.user === undefined ? to.channel : undefined;
  const channel = person === undefined ? to.channel : await directChannel(outlet, person);
  if (delivery.replaces !== undefined && !alone && (await edit(outlet, channel, shipment)))
    return { message: delivery.replaces };
  // Discord answers a repeated nonce with the message it already has, for some minutes.
  const nonce = createHash("sha256").update(delivery.key).digest("base64url").slice(0, 25);
  try {
    const body = { ...shown.body, nonce, enforce_nonce: true };
    const sent = (await outlet.rest.post(Routes.channelMessages(channel), {
      body,
      files: shown.files,
    })) as APIMessage;
    return { message: sent.id };
  } catch (error) {
    if (isRefusal(error, CODE.unknownChannel)) outlet.direct.delete(person ?? "");
    throw error;
  }
}

/** Turns a message into another. Answers false if this message cannot be. */
async function edit({ rest }: Outlet, channel: string, { delivery, shown }: Shipment): Promise<boolean> {
  try {
    await rest.patch(Routes.channelMessage(channel, delivery.replaces ?? ""), { ...shown });
    return true;
  } catch (error) {
    if (isRefusal(error, ...NOT_EDITABLE)) return false;
    throw error;
  }
}

async function directChannel({ rest, direct }: Outlet, person: string): Promise<string> {
  const known = direct.get(person);
  if (known !== undefined) return known;
  const opened = (await rest.post(Routes.userChannels(), {
    body: { recipient_id: person },
  })) as RESTPostAPICurrentUserCreateDMChannelResult;
  direct.set(person, opened.id);
  return opened.id;
}

const hiddenIf = (hidden: boolean, body: Rendered["body"]): Rendered["body"] =>
  hidden ? { ...body, flags: body.flags | MessageFlags.Ephemeral } : body;
