import type { Chat, Message, Update, User } from "grammy/types";
import { directAddress, memberAddress } from "../../src/engine/address.ts";
import type { Body, Inbound } from "../../src/engine/inbound.ts";
import { addressedBody } from "../../src/platform/command.ts";
import { PHOTO_MAX } from "../../src/platform/received-photo.ts";
import { senderOf } from "../../src/platform/sender.ts";

/** The bot that received an update. The name is not known before the first `getMe`. */
export interface Me {
  readonly id: string;
  readonly username?: string;
}

/** What an update asks for. */
export interface Reading {
  /** The event, if it is one for the shop. */
  readonly inbound?: Inbound;
  /** The file id of a picture to fetch; `inbound.body` stands for it ("other") until then. */
  readonly photo?: string;
  /** The callback query to answer, whatever becomes of the event. */
  readonly callback?: string;
}

const UNUSABLE = ["sticker", "voice", "video", "video_note", "animation", "audio", "document", "poll"];

/** Translates an update. Edits, other bots, channel posts and service messages are nothing to a shop. */
export function readUpdate(update: Update, me: Me, now: Date = new Date()): Reading {
  const query = update.callback_query;
  if (query !== undefined) {
    const callback = query.id;
    if (query.data === undefined || query.message === undefined || query.from.is_bot) return { callback };
    const { chat, message_id } = query.message;
    const body: Body = { kind: "press", token: query.data, message: String(message_id) };
    const inbound = inboundOf(update, me, chat, query.from, now, body);
    // Among others the press itself may be answered, for the eyes of who pressed.
    return { callback, inbound: chat.type === "private" ? inbound : { ...inbound, ticket: callback } };
  }
  const message = update.message;
  if (message?.from === undefined || message.from.is_bot) return {};
  const body = readMessage(message, me);
  if (body === null) return {};
  const at = new Date(message.date * 1000);
  const photo = message.photo?.filter(({ file_size = 0 }) => file_size <= PHOTO_MAX).at(-1)?.file_id;
  return { inbound: inboundOf(update, me, message.chat, message.from, at, body), photo };
}

const inboundOf = (update: Update, me: Me, chat: Chat, from: User, at: Date, body: Body): Inbound => {
  const name = [from.first_name, from.last_name].filter(Boolean).join(" ");
  const there = { platform: "telegram", connection: me.id };
  const [channel, user] = [String(chat.id), String(from.id)];
  return {
    id: `u${update.update_id}`,
    address: chat.type === "private" ? directAddress(there, channel) : memberAddress(there, channel, user),
    sender: senderOf(String(from.id), name, from.language_code),
    at,
    body,
  };
};

/** What was written, with the addresses that stand behind words in the place of those words. */
const withAddresses = ({ text = "", entities = [] }: Message): string =>
  entities.reduceRight(
    (written, entity) =>
      entity.type === "text_link"
        ? written.slice(0, entity.offset) + entity.url + written.slice(entity.offset + entity.length)
        : written,
    text,
  );

function readMessage(message: Message, me: Me): Body | null {
  if (message.text !== undefined) return addressedBody(withAddresses(message), me.username);
  if (message.contact !== undefined) return { kind: "contact", phone: message.contact.phone_number };
  if (message.location !== undefined) {
    const { latitude, longitude } = message.location;
    return { kind: "location", latitude, longitude };
  }
  if (message.photo !== undefined) return { kind: "other", what: "photo" };
  const what = UNUSABLE.find((kind) => kind in message);
  return what === undefined ? null : { kind: "other", what };
}
