import { type Api, InputFile } from "grammy";
import type { Message } from "grammy/types";
import type { Delivery, Sent } from "../../src/engine/adapter.ts";
import type { Address } from "../../src/engine/inbound.ts";
import type { Pace } from "../../src/platform/pace.ts";
import { isRefusal, retryAfterMs, toSendError } from "./errors.ts";
import type { Pictures } from "./pictures.ts";
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
}

/**
 * Sends a view, in place of an older message where that is asked for and possible. The bot does not know
 * what the older message was: if it cannot become the new one, the new one is sent and the old one removed.
 *
 * @throws {SendError}
 */
export async function send(outlet: Outlet, to: Address, { view, replaces }: Delivery): Promise<Sent> {
  const chat = to.channel;
  const shown = render(view);
  let repeatable = replaces !== undefined;
  try {
    if (replaces !== undefined && (await edit(outlet, chat, Number(replaces), shown)))
      return { message: replaces };
    repeatable = false;
    const sent = await post(outlet, chat, shown);
    if (replaces !== undefined) await retire(outlet.api, chat, Number(replaces));
    return { message: String(sent.message_id) };
  } catch (error) {
    const wait = retryAfterMs(error);
    if (wait !== undefined) await outlet.pace.hush(chat, wait);
    throw toSendError(error, repeatable);
  }
}

/** Mentions and addresses in people's words get no preview. */
const QUIET = { link_preview_options: { is_disabled: true } };

async function post({ api, pace, pictures }: Outlet, chat: string, shown: Rendered): Promise<Message> {
  const { text, caption, entities, photo, file, keyboard } = shown;
  const markup = keyboard.length > 0 ? { reply_markup: { inline_keyboard: keyboard } } : {};
  // Ids of groups are negative.
  await pace.turn(chat.startsWith("-") ? "group" : "chat", chat);
  await pace.turn("overall");
  if (file) {
    // A document stands by itself: a message with buttons may be edited or removed, and the document with it.
    const document = await api.sendDocument(chat, new InputFile(Buffer.from(file.text), file.name));
    if (text === "" && keyboard.length === 0) return document;
  }
  const sent = await pictures.with(photo, (source) => api.sendPhoto(chat, source, { ...caption, ...markup }));
  return sent ?? (await api.sendMessage(chat, text || "…", { entities, ...QUIET, ...markup }));
}

/** Turns a message into another. Answers false if this message cannot be. */
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
    if (edited === null)
      await api.editMessageText(chat, message, text || "…", { entities, ...QUIET, ...markup });
    return true;
  } catch (error) {
    if (isRefusal(error, /message is not modified/)) return true;
    if (isRefusal(error, NOT_EDITABLE)) return false;
    throw error;
  }
}

/** Removes a message that was replaced; one too old to delete (48 hours) loses its buttons. The new one counts, so trouble is let be. */
async function retire(api: Api, chat: string, message: number): Promise<void> {
  await api
    .deleteMessage(chat, message)
    .catch(() => api.editMessageReplyMarkup(chat, message))
    .catch(() => undefined);
}
