import type { InlineKeyboardButton, MessageEntity } from "grammy/types";

/** An answer other than ok. */
export class Refusal extends Error {
  readonly status: number;
  readonly parameters: Record<string, number> | undefined;
  constructor(status: number, description: string, parameters?: Record<string, number>) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}
export const bad = (description: string): Refusal => new Refusal(400, `Bad Request: ${description}`);

const LONE_SURROGATE = /\p{Surrogate}/u;
const VISIBLE = /[^\p{C}\p{Z}]/u;

/** Checks a text and its entities, as counted in UTF-16 units. */
export function checkText(text: unknown, entities: unknown, max: number, caption: boolean): MessageEntity[] {
  if (typeof text !== "string") throw bad(caption ? "caption must be a String" : "message text is empty");
  if (LONE_SURROGATE.test(text)) throw bad("strings must be encoded in UTF-8");
  if (!caption && !VISIBLE.test(text)) throw bad("message text is empty");
  if (text.length > max) throw bad(caption ? "message caption is too long" : "message is too long");
  if (entities === undefined) return [];
  if (!Array.isArray(entities)) throw bad("can't parse entities: expected an Array of MessageEntity");
  for (const { type, offset, length, url } of entities) {
    if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length <= 0)
      throw bad("ENTITY_BOUNDS_INVALID");
    if (offset + length > text.length) throw bad("ENTITY_BOUNDS_INVALID");
    for (const edge of [offset, offset + length])
      if (/[\uD800-\uDBFF]/.test(text.charAt(edge - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(edge)))
        throw bad(`entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol`);
    if (
      !["bold", "italic", "code", "strikethrough", "text_link", "underline", "pre", "spoiler"].includes(type)
    )
      throw bad(`can't parse entities: unsupported type "${type}" specified`);
    if (type === "text_link" && badUrl(url)) throw bad("ENTITY_TEXTURL_INVALID");
  }
  return entities.slice(0, 100);
}

/** The server's words on an address it does not take, or false. */
const badUrl = (url: unknown): string | false => {
  if (typeof url !== "string" || !URL.canParse(url)) return "Wrong HTTP URL";
  const { protocol, hostname } = new URL(url);
  if (protocol === "tg:") return false;
  if (!["http:", "https:"].includes(protocol)) return "Unsupported URL protocol";
  return hostname.includes(".") ? false : "Wrong HTTP URL";
};

/** Checks an inline keyboard. */
export function checkKeyboard(markup: unknown): InlineKeyboardButton[][] {
  if (markup === undefined) return [];
  if (typeof markup !== "object" || markup === null || !("inline_keyboard" in markup))
    throw bad("object expected as reply markup");
  const rows = markup.inline_keyboard as InlineKeyboardButton[][];
  const buttons = rows.flat();
  if (buttons.length > 100) throw bad("REPLY_MARKUP_TOO_LONG");
  for (const row of rows) if (row.length > 8) throw bad("REPLY_MARKUP_TOO_LONG");
  for (const button of buttons) {
    if (typeof button.text !== "string" || !VISIBLE.test(button.text))
      throw bad('can\'t parse inline keyboard button: Field "text" must be of type String');
    if (LONE_SURROGATE.test(button.text)) throw bad("strings must be encoded in UTF-8");
    const kinds = ["callback_data", "url"].filter((kind) => kind in button);
    if (kinds.length !== 1)
      throw bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
    if ("callback_data" in button) {
      const bytes = Buffer.byteLength(button.callback_data);
      if (bytes < 1 || bytes > 64) throw bad("BUTTON_DATA_INVALID");
    }
    if ("url" in button) {
      const trouble = badUrl(button.url);
      if (trouble) throw bad(`inline keyboard button URL '${button.url}' is invalid: ${trouble}`);
    }
  }
  return rows.filter((row) => row.length > 0);
}

/** Checks a list of commands. */
export function checkCommands(commands: unknown): { command: string; description: string }[] {
  if (!Array.isArray(commands)) throw bad("can't parse commands: expected an Array of BotCommand");
  if (commands.length > 100) throw bad("BOT_COMMANDS_TOO_MUCH");
  for (const { command, description } of commands) {
    if (!/^[a-z0-9_]{1,32}$/.test(command)) throw bad("BOT_COMMAND_INVALID");
    if (typeof description !== "string" || description.trim() === "" || description.length > 256)
      throw bad("BOT_COMMAND_DESCRIPTION_INVALID");
  }
  return commands;
}

/** The kind of a picture by its first bytes, or a refusal as for any other bytes. */
export function checkPicture(bytes: Uint8Array): "jpg" | "png" | "webp" {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (bytes.length > 10 * 1024 * 1024) throw new Refusal(413, "Request Entity Too Large");
  if (head.startsWith("\xff\xd8\xff")) return "jpg";
  if (head.startsWith("\x89PNG")) return "png";
  if (head.startsWith("RIFF") && head.slice(8) === "WEBP") return "webp";
  throw bad("IMAGE_PROCESS_FAILED");
}

/** Checks a document: it has a name and is neither empty nor larger than 50 MB. */
export function checkDocument(
  bytes: Uint8Array | undefined,
  name: string | undefined,
): asserts bytes is Uint8Array {
  if (bytes === undefined || !name) throw bad("there is no document in the request");
  if (bytes.length === 0) throw bad("file must be non-empty");
  if (bytes.length > 50 * 1024 * 1024) throw new Refusal(413, "Request Entity Too Large");
}
