import { createHash } from "node:crypto";
import { InteractionResponseType, MessageFlags, type REST, Routes } from "discord.js";
import type { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Change, Delivery, Host, Removal, Sent } from "../../src/engine/adapter.ts";
import { type Address, destinationOf, personAt } from "../../src/engine/address.ts";
import { CODE, failures, isRefusal, unlessRefused } from "./errors.ts";
import {
  type FirstResponse,
  type Interactions,
  type Original,
  readTicket,
  type Ticket,
} from "./interactions.ts";
import { modalOf } from "./modal.ts";
import { type Rendered, render } from "./render.ts";

/** What it takes to send messages of one bot. */
export interface Bot {
  readonly rest: REST;
  readonly application: string;
  readonly interactions: Interactions;
  /** Channels of direct messages by person; fetches those it does not know. */
  readonly direct: LRUCache<string, string>;
  /** Hears that the token is refused. */
  readonly revoked: (error: unknown) => void;
  readonly log: Logger;
}

/** The interaction can no longer be answered: too late, or the process that had 3 s for it was too slow. */
const EXPIRED = [CODE.unknownInteraction, CODE.unknownWebhook, CODE.badToken];
/** The older message is gone, seen by one person only, or no longer ours to change: a new one takes its place. */
const NOT_EDITABLE = [CODE.unknownMessage, CODE.foreignMessage, CODE.archivedThread];
const NO_PERMISSION = [CODE.missingAccess, CODE.missingPermissions];
const MISSING =
  "The bot may not write in this channel: give it View Channel, Send Messages and Attach Files there";

/** A message on its way, and whether to send it once more would do harm. */
interface Shipment extends Omit<Delivery, "replaces"> {
  readonly shown: Rendered;
  /** For one person's eyes where others read along. */
  readonly alone: boolean;
  replaces?: string | undefined;
  repeatable: boolean;
}

/** Sends views: as the answer to the interaction a ticket stands for, as long as Discord takes that, else to the channel. */
export class Outlet {
  readonly #bot: Bot;

  constructor(bot: Bot) {
    this.#bot = bot;
  }

  /** Sends a view, its pictures read from `host`. @throws {SendError} */
  async send(host: Pick<Host, "media">, to: Address, delivery: Delivery): Promise<Sent> {
    const ticket = readTicket(delivery.ticket);
    const alone = to.kind === "member" && delivery.view.visibility === "user";
    const shown = await render(delivery.view, host);
    const shipment: Shipment = { ...delivery, shown, alone, repeatable: true };
    try {
      // What was not pressed itself is changed where it stands; an interaction answers on the message it began on.
      if (delivery.replaces !== undefined && delivery.replaces !== ticket?.message) {
        if (await this.#change(shipment, to, delivery.replaces)) return { message: delivery.replaces };
        shipment.replaces = undefined;
      }
      if (ticket && (await this.#opens(shipment, ticket)))
        return { message: ticket.message ?? "", opened: true };
      const answered = ticket && (await unlessRefused(this.#answer(shipment, ticket), ...EXPIRED));
      return { message: answered ?? (await this.#tell(shipment, to)) };
    } catch (error) {
      throw this.#failed(error, to, shipment.repeatable);
    }
  }

  /** Changes a message that stands; see `Adapter.edit`. @throws {SendError} */
  async edit(host: Pick<Host, "media">, to: Address, change: Change): Promise<boolean> {
    const alone = to.kind === "member" && change.view.visibility === "user";
    const shown = await render(change.view, host);
    try {
      return await this.#change({ ...change, shown, alone, repeatable: true }, to, change.replaces);
    } catch (error) {
      throw this.#failed(error, to, true);
    }
  }

  /** Takes a message away; one that only a spent ticket could reach stays. @throws {SendError} */
  async remove(to: Address, { message, hidden, ticket }: Removal): Promise<void> {
    const { rest } = this.#bot;
    try {
      const way = hidden
        ? this.#hiddenWay(message, ticket)
        : Routes.channelMessage(await this.#placeOf(to), message);
      if (way === undefined) return;
      const deleting = rest.delete(way, { auth: !hidden });
      await unlessRefused(deleting, ...NOT_EDITABLE, ...EXPIRED, CODE.unknownChannel);
    } catch (error) {
      throw this.#failed(error, to, true);
    }
  }

  #failed(error: unknown, to: Address, repeatable: boolean): Error {
    if (isRefusal(error, ...NO_PERMISSION)) this.#bot.log.warn({ channel: destinationOf(to) }, MISSING);
    if (failures.refusesToken(error)) this.#bot.revoked(error);
    return failures.toSendError(error, repeatable);
  }

  /** The channel of a conversation. */
  async #placeOf(to: Address): Promise<string> {
    return "channel" in to ? to.channel : ((await this.#bot.direct.fetch(to.user)) ?? "");
  }

  /** How a message that only one person sees is reached; not any more once its ticket is spent. */
  #hiddenWay(message: string, written: string | undefined) {
    const ticket = readTicket(written);
    if (!ticket) return undefined;
    const id = ticket.message === message ? "@original" : message;
    return Routes.webhookMessage(this.#bot.application, ticket.token, id);
  }

  /** Changes a message that was not pressed. False if there is none, or it can not be changed any more. */
  async #change({ alone, shown, replacesTicket }: Shipment, to: Address, message: string): Promise<boolean> {
    if (!alone) return await this.#edit(await this.#placeOf(to), message, shown);
    const way = this.#hiddenWay(message, replacesTicket);
    if (way === undefined) return false;
    const editing = this.#bot.rest.patch(way, { auth: false, ...shown });
    return (await unlessRefused(editing, ...NOT_EDITABLE, ...EXPIRED)) !== null;
  }

  /** Opens the window of a form, where the interaction still lets it. */
  async #opens({ view, key }: Shipment, ticket: Ticket): Promise<boolean> {
    if (!view.form || ticket.kind === "form") return false;
    const response = { type: InteractionResponseType.Modal as const, data: modalOf(view.form) };
    const opening = this.#bot.interactions.respond(ticket, { response, kind: "window" }, key);
    return (await unlessRefused(opening, ...EXPIRED))?.sent ?? false;
  }

  /** Answers an interaction. */
  async #answer(shipment: Shipment, ticket: Ticket): Promise<string> {
    const { interactions } = this.#bot;
    const { key } = shipment;
    const { sent, state } = await interactions.respond(ticket, firstResponse(shipment, ticket), key);
    return sent ? state.message : await this.#follow(shipment, ticket, state);
  }

  /** Answers an interaction that was responded to before: in its `@original` where that is meant, else below it. */
  async #follow(shipment: Shipment, ticket: Ticket, original: Original): Promise<string> {
    const { rest, application, interactions } = this.#bot;
    const { shown, alone, replaces } = shipment;
    const { body, files } = hiddenIf(alone, shown);
    const here = Routes.webhookMessage(application, ticket.token, "@original");
    const promised = original.kind === "loading";
    // A promise in a channel was made to one person.
    const fills = promised && alone === ticket.shared;
    if (fills || (original.kind === "pressed" && replaces === original.message)) {
      const id = await idOf(rest.patch(here, { auth: false, ...shown }));
      if (fills) interactions.stands(ticket, { ...original, kind: "own" });
      return id;
    }
    if (!ticket.hidden && (await this.#edit(ticket.channel, replaces, shown))) return replaces ?? "";
    if (promised) {
      // What was promised to one person is for all: the promise goes, the message comes.
      await unlessRefused(rest.delete(here, { auth: false }), CODE.unknownMessage);
      interactions.stands(ticket, { ...original, kind: "own" });
    }
    shipment.repeatable = false;
    const query = new URLSearchParams({ wait: "true" });
    return await idOf(
      rest.post(Routes.webhook(application, ticket.token), { auth: false, query, body, files }),
    );
  }

  /** Writes to the channel; to the person where others must not read along. */
  async #tell({ shown, alone, replaces, key }: Shipment, to: Address): Promise<string> {
    const { rest, direct } = this.#bot;
    const person = alone || !("channel" in to) ? personAt(to) : undefined;
    const place = person === undefined ? destinationOf(to) : ((await direct.fetch(person)) ?? "");
    if (!alone && (await this.#edit(place, replaces, shown))) return replaces ?? "";
    // Discord answers a repeated nonce with the message it already has, for some minutes.
    const nonce = createHash("sha256").update(key).digest("base64url").slice(0, 25);
    const body = { ...shown.body, nonce, enforce_nonce: true };
    try {
      return await idOf(rest.post(Routes.channelMessages(place), { body, files: shown.files }));
    } catch (error) {
      if (isRefusal(error, CODE.unknownChannel)) direct.delete(person ?? "");
      throw error;
    }
  }

  /** Turns a message into another. Returns false if there is none to be turned, or it cannot be. */
  async #edit(channel: string, message: string | undefined, shown: Rendered): Promise<boolean> {
    if (message === undefined) return false;
    const editing = this.#bot.rest.patch(Routes.channelMessage(channel, message), { ...shown });
    return (await unlessRefused(editing, ...NOT_EDITABLE)) !== null;
  }
}

function firstResponse({ shown, alone, replaces }: Shipment, ticket: Ticket): FirstResponse {
  const updates = replaces !== undefined && replaces === ticket.message;
  const { UpdateMessage, ChannelMessageWithSource } = InteractionResponseType;
  const { body: data, files } = updates ? shown : hiddenIf(alone, shown);
  if (updates) return { response: { type: UpdateMessage, data }, files, kind: "pressed" };
  return { response: { type: ChannelMessageWithSource, data }, files, kind: "own" };
}

/** The channel of direct messages with a person. */
export const openDirect = (rest: REST, person: string): Promise<string> =>
  idOf(rest.post(Routes.userChannels(), { body: { recipient_id: person } }));

/** The id of what a call has made or changed: a message, a channel. */
const idOf = async (call: Promise<unknown>): Promise<string> => ((await call) as { id: string }).id;

const hiddenIf = (hidden: boolean, { body, files }: Rendered): Rendered =>
  hidden ? { files, body: { ...body, flags: body.flags | MessageFlags.Ephemeral } } : { body, files };
