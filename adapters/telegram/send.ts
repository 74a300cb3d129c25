import { type Api, InputFile } from "grammy";
import type { Message } from "grammy/types";
import type { Delivery, Host, Removal, Sent } from "../../src/engine/adapter.ts";
import { type Address, destinationOf } from "../../src/engine/address.ts";
import type { View } from "../../src/engine/view.ts";
import type { Pace } from "../../src/platform/pace.ts";
import { contentsOf } from "../../src/platform/shown-pictures.ts";
import { isRefusal, isUnauthorized, retryAfterMs, toSendError } from "./errors.ts";
import type { Pictures } from "./pictures.ts";
import { type PressAnswers, toastOf } from "./press-answers.ts";
import { type Rendered, render } from "./render.ts";

/** The old message is of another kind, too old, or gone: a new one takes its place. */
const NOT_EDITABLE =
  /no text in the message to edit|message can't be edited|message to edit not found|MESSAGE_ID_INVALID|message identifier/;

/** Telegram's advice: one message a second in a chat (short bursts pass), 20 a minute in a group, 30 a second in all. */
export const LIMITS = {
  chat: { points: 1, seconds: 1, burst: { points: 20, seconds: 30 } },
  group: { points: 20, seconds: 60 },
  overall: { points: 30, seconds: 1 },
};

/** Sends messages of one bot. Keeps no state but its pace and the names of pictures. */
export interface Outlet {
  readonly api: Api;
  readonly pace: Pace<keyof typeof LIMITS>;
  readonly pictures: Pictures;
  readonly presses: PressAnswers;
  readonly host: Pick<Host, "media">;
  /** Hears that the token is refused. */
  readonly revoked: (error: unknown) => void;
}

/** Nothing is sent where the message to be replaced can not be changed; the id is "" then. */
interface OnlyThere {
  readonly onlyThere?: boolean;
}

/**
 * Sends a view, in place of an older message where that is asked for and possible. The bot does not know
 * what the older message was: if it cannot become the new one, the new one is sent and the old one removed.
 *
 * @throws {SendError}
 */
export async function send(
  outlet: Outlet,
  to: Address,
  { view, replaces, ticket, onlyThere }: Delivery & OnlyThere,
): Promise<Sent> {
  const chat = destinationOf(to);
  const shown = render(view);
  let repeatable = replaces !== undefined;
  try {
    if (ticket !== undefined && to.kind === "member" && (await said(outlet, ticket, view)))
      return { message: "" };
    if (replaces !== undefined && (await edit(outlet, chat, Number(replaces), shown)))
      return { message: replaces };
    if (onlyThere) return { message: "" };
    repeatable = false;
    const sent = { message: String((await post(outlet, chat, shown)).message_id) };
    if (replaces === undefined) return sent;
    // The new one counts; the engine comes back for what could not be taken away now.
    const leftOld = await retire(outlet, chat, Number(replaces)).then(
      () => false,
      () => true,
    );
    return { ...sent, leftOld };
  } catch (error) {
    throw await failed(outlet, chat, error, repeatable);
  }
}

/** Says a view over the chat to who pressed, if it is for their eyes and short enough; else the press needs no words. */
async function said({ presses }: Outlet, ticket: string, view: View): Promise<boolean> {
  const toast = view.visibility === "user" ? toastOf(view) : undefined;
  if (toast !== undefined) return await presses.say(ticket, toast);
  presses.done(ticket);
  return false;
}

/** Takes a message away; see `Adapter.remove`. @throws {SendError} */
export async function remove(outlet: Outlet, to: Address, { message }: Removal): Promise<void> {
  const chat = destinationOf(to);
  try {
    await retire(outlet, chat, Number(message));
  } catch (error) {
    throw await failed(outlet, chat, error, true);
  }
}

async function failed({ pace, revoked }: Outlet, chat: string, error: unknown, repeatable: boolean) {
  if (isUnauthorized(error)) revoked(error);
  const wait = retryAfterMs(error);
  if (wait !== undefined) await pace.hush(chat, wait);
  return toSendError(error, repeatable);
}

/** Mentions and addresses in people's words get no preview. */
const QUIET = { link_preview_options: { is_disabled: true } };

async function post({ api, pace, pictures, host }: Outlet, chat: string, shown: Rendered): Promise<Message> {
  const { text, caption, entities, photo, file, keyboard } = shown;
  const markup = keyboard.length > 0 ? { reply_markup: { inline_keyboard: keyboard } } : {};
  // Ids of groups are negative.
  await pace.turn(chat.startsWith("-") ? "group" : "chat", chat);
  await pace.turn("overall");
  const contents = file && (await contentsOf(file, host));
  if (file && contents) {
    // A document stands by itself: a message with buttons may be edited or removed, and the document with it.
    const document = await api.sendDocument(chat, new InputFile(contents, file.name));
    if (caption.caption === "" && keyboard.length === 0) return document;
  }
  const sent = await pictures.with(photo, (source) => api.sendPhoto(chat, source, { ...caption, ...markup }));
  return sent ?? (await api.sendMessage(chat, text, { entities, ...QUIET, ...markup }));
}

/** Turns a message into another. Returns false if this message cannot be. */
async function edit(outlet: Outlet, chat: string, message: number, shown: Rendered): Promise<boolean> {
  const { api, pace, pictures } = outlet;
  const { text, caption, entities, photo, keyboard } = shown;
  if (shown.file) return false;
  const markup = { reply_markup: { inline_keyboard: keyboard } };
  await pace.turn("overall");
  try {
    const edited = await pictures.with(photo, (media) =>
      api.editMessageMedia(chat, message, { type: "photo", media, ...caption }, markup),
    );
    if (edited === null) await api.editMessageText(chat, message, text, { entities, ...QUIET, ...markup });
    return true;
  } catch (error) {
    if (isRefusal(error, /message is not modified/)) return true;
    if (isRefusal(error, NOT_EDITABLE)) return false;
    throw error;
  }
}

/** A message that is gone, or that is not the bot's to delete any more. */
const NOT_DELETABLE =
  /message to delete not found|message can't be deleted|MESSAGE_ID_INVALID|message identifier/;

/** Deletes a message; one too old for that (48 hours) loses its buttons. */
async function retire({ api, pace }: Outlet, chat: string, message: number): Promise<void> {
  await pace.turn("overall");
  try {
    await api.deleteMessage(chat, message);
  } catch (error) {
    if (!isRefusal(error, NOT_DELETABLE)) throw error;
    if (isRefusal(error, /not found/)) return;
    await api.editMessageReplyMarkup(chat, message).catch((refusal: unknown) => {
      if (!isRefusal(refusal, /message/i)) throw refusal;
    });
  }
}
