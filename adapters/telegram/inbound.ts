import type { Chat, Message, Update, User } from "grammy/types";
import { readCommand } from "../../src/engine/command.ts";
import type { Body, Inbound } from "../../src/engine/inbound.ts";
import { legible } from "../../src/engine/legible.ts";
import { PHOTO_MAX } from "../../src/engine/received-photo.ts";

/** The bot that received an update. The name is not known before the first `getMe`. */
export interface Me {
  readonly id: string;
  readonly username?: string;
}

/** What an update asks for. */
export interface Reading {
  /** The event, if it is one for the shop. */
  readonly inbound?: Inbound;
  /** A picture to fetch; `inbound.body` stands for it ("other") until then. */
  readonly photo?: { readonly file: string; readonly caption?: string };
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
    return { callback, inbound: inboundOf(update, me, chat, query.from, now, body) };
  }
  const message = update.message;
  if (message?.from === undefined || message.from.is_bot) return {};
  const read = readMessage(message, me);
  if (read === null) return {};
  const at = new Date(message.date * 1000);
  return {
    inbound: inboundOf(update, me, message.chat, message.from, at, read.body),
    ...(read.photo && { photo: read.photo }),
  };
}

const inboundOf = (update: Update, me: Me, chat: Chat, from: User, at: Date, body: Body): Inbound => {
  const name = legible([from.first_name, from.last_name].filter(Boolean).join(" "));
  return {
    id: `u${update.update_id}`,
    address: {
      platform: "telegram",
      connection: me.id,
      channel: String(chat.id),
      ...(chat.type !== "private" && { user: String(from.id) }),
    },
    sender: {
      id: String(from.id),
      ...(name !== "" && { name }),
      ...(from.language_code !== undefined && { locale: from.language_code }),
    },
    at,
    body,
  };
};

function readMessage(message: Message, me: Me): { body: Body; photo?: Reading["photo"] } | null {
  if (message.text !== undefined) {
    const body = readText(message.text, me);
    return body && { body };
  }
  if (message.photo !== undefined) {
    const size = message.photo.filter(({ file_size }) => (file_size ?? 0) <= PHOTO_MAX).at(-1);
    const body: Body = { kind: "other", what: "photo" };
    return size ? { body, photo: { file: size.file_id, caption: message.caption } } : { body };
  }
  if (message.contact !== undefined)
    return { body: { kind: "contact", phone: message.contact.phone_number } };
  if (message.location !== undefined) {
    const { latitude, longitude } = message.location;
    return { body: { kind: "location", latitude, longitude } };
  }
  const what = UNUSABLE.find((kind) => kind in message);
  return what === undefined ? null : { body: { kind: "other", what } };
}

/** A command, free text, or null if another bot of the group is meant. */
function readText(text: string, { username }: Me): Body | null {
  const command = readCommand(text);
  if (command !== null) {
    const { name, rest, bot = username } = command;
    const other = username !== undefined && bot?.toLowerCase() !== username.toLowerCase();
    return other ? null : { kind: "command", name, rest };
  }
  // In groups a bot is spoken to by name: "@shop_bot mugs".
  const called = username === undefined ? null : new RegExp(`^@${username}\\s+`, "i").exec(text);
  return { kind: "text", text: called ? text.slice(called[0].length) : text };
}
