import type { InlineKeyboardButton, User } from "grammy/types";
import type { Seen, Shopper } from "../journeys/shopper.ts";
import type { ChatMessage, TelegramDouble } from "./telegram.ts";

export interface PersonOptions {
  readonly name?: string;
  readonly locale?: string;
  /** A group (negative id) to be in, instead of the private chat. */
  readonly group?: number;
  /** Does the next thing without waiting for the bot to react to the last. */
  readonly hasty?: boolean;
}

/** Messages back from the newest that a person looks at for a button. */
const IN_SIGHT = 8;

/** Someone with the Telegram app: sees what the chat shows now, and uses only what it offers. */
export class Person implements Shopper {
  readonly id: number;
  readonly #double: TelegramDouble;
  readonly #chat: number;
  readonly #user: User;
  readonly #hasty: boolean;
  /** Calls to the bot made before the last thing this person did. */
  #since = 0;
  /** Newest change seen when the last question of a form was answered. */
  #answered = 0;

  constructor(double: TelegramDouble, chat: number, user: User, hasty: boolean) {
    this.#hasty = hasty;
    this.id = user.id;
    this.#double = double;
    this.#chat = chat;
    this.#user = user;
  }

  async says(text: string): Promise<void> {
    await this.#reacted();
    this.#post({ text }, text);
  }

  async sendsPhoto(bytes: Uint8Array, caption?: string): Promise<void> {
    await this.#reacted();
    const thumb = this.#double.keepFile(bytes.subarray(0, 100));
    const full = this.#double.keepFile(bytes);
    const size = (id: string, side: number, length: number) => ({
      file_id: id,
      file_unique_id: id,
      width: side,
      height: side,
      file_size: length,
    });
    const photo = [size(thumb, 90, Math.min(bytes.length, 100)), size(full, 800, bytes.length)];
    this.#post({ photo, ...(caption !== undefined && { caption }) }, "(photo)");
  }

  async sendsContact(phone: string): Promise<void> {
    await this.#reacted();
    const contact = { phone_number: phone, first_name: this.#user.first_name, user_id: this.id };
    this.#post({ contact }, `(contact ${phone})`);
  }

  async sendsLocation(latitude: number, longitude: number): Promise<void> {
    await this.#reacted();
    this.#post({ location: { latitude, longitude } }, "(location)");
  }

  /** Sends a message of any other kind, such as `{ sticker: {...} }`. */
  async sendsOther(content: Record<string, unknown>): Promise<void> {
    await this.#reacted();
    this.#post(content, `(${Object.keys(content).join()})`);
  }

  /** Blocks the bot, or lets it in again. */
  blocks(blocked = true): void {
    this.#double.block(this.#chat, blocked);
  }

  async presses(label: string | RegExp): Promise<void> {
    await this.#reacted();
    const { message, button } = await this.#wait(
      () => this.#button(label, (each) => "callback_data" in each),
      5000,
      `no button ${label}`,
    );
    this.#press(message, button);
  }

  /** Presses a button on an older message: 0 is the newest message of the bot, 1 the one before. */
  async pressesOld(label: string | RegExp, messageIndex: number): Promise<void> {
    await this.#reacted();
    const message = this.#fromBot()[messageIndex];
    const button = message?.keyboard.flat().find(({ text }) => rank(label, text) > 0);
    if (message === undefined || button === undefined) throw new Error(this.#lost(`no old button ${label}`));
    this.#press(message, button);
  }

  /** Presses with data made up or kept from before, as a forged or stale client may. */
  forges(data: string, messageId = 1): void {
    this.#since = this.#double.calls.length;
    this.#double.press(this.#chat, this.#user, { id: messageId } as ChatMessage, data);
  }

  async fills(form: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const left = new Map(Object.entries(form));
    let last = "";
    while (left.size > 0) {
      await this.#reacted();
      const question = await this.#wait(
        () => this.#question([...left.keys()]),
        5000,
        `no question about ${[...left.keys()].join(", ")}${last && ` after "${last}"`}`,
      );
      const value = left.get(question.label) ?? "";
      left.delete(question.label);
      last = question.label;
      this.#answered = question.message.changed;
      if (typeof value !== "string") {
        await this.sendsPhoto(value);
        continue;
      }
      const option = question.message.keyboard
        .flat()
        .find((each) => "callback_data" in each && rank(value, each.text) > 1);
      if (option === undefined) await this.says(value);
      else this.#press(question.message, option);
    }
  }

  async sees(text: RegExp, timeoutMs = 5000): Promise<ChatMessage & Seen> {
    const message = await this.#wait(
      () => this.#fromBot().find((each) => text.test(shownOf(each))),
      timeoutMs,
      `nothing matches ${text}`,
    );
    const buttons = message.keyboard.flat().map((button) => button.text);
    return { ...message, text: message.text ?? message.caption ?? "", buttons };
  }

  async link(label: string | RegExp): Promise<string> {
    await this.#reacted();
    return await this.#wait(() => this.#link(label), 5000, `no link ${label}`);
  }

  /** The bot's messages that stand in the chat, newest first. */
  #fromBot(): ChatMessage[] {
    return this.#double
      .messages(this.#chat)
      .filter(({ from }) => from === "bot")
      .reverse();
  }

  transcript(): string {
    return this.#double
      .messages(this.#chat)
      .map((each) =>
        each.from === "bot"
          ? `bot> ${shownOf(each)}`
          : `${each.from === this.id ? "me" : each.from}> ${each.text}`,
      )
      .join("\n");
  }

  #post(content: Record<string, unknown>, shown: string): void {
    this.#since = this.#double.calls.length;
    this.#double.post(this.#chat, this.#user, content, shown);
  }

  #press(message: ChatMessage, button: InlineKeyboardButton): void {
    if (!("callback_data" in button)) throw new Error(this.#lost(`${button.text} is a link`));
    this.#since = this.#double.calls.length;
    this.#double.press(this.#chat, this.#user, message, button.callback_data);
  }

  /**
   * Waits until the bot has said something (or has tried to edit) since this person's last deed, so that a
   * button of the screen before is not taken for one of the next. A bot that stays silent is waited for 2 s.
   */
  async #reacted(): Promise<void> {
    if (this.#since === 0 || this.#hasty) return;
    const reaction = () =>
      this.#double.calls
        .slice(this.#since)
        .some(
          ({ method, payload, status }) =>
            /^(send|edit)/.test(method) && status !== 429 && Number(payload.chat_id) === this.#chat,
        );
    await this.#double.until(reaction, 2000, () => "silence").catch(() => undefined);
    this.#since = 0;
  }

  #question(labels: readonly string[]): { message: ChatMessage; label: string } | undefined {
    for (const message of this.#fromBot().slice(0, 3)) {
      if (message.changed <= this.#answered) continue;
      const text = (message.text ?? message.caption ?? "").toLowerCase();
      const found = labels
        .map((label) => ({ label, at: text.indexOf(label.toLowerCase()) }))
        .filter(({ at }) => at >= 0)
        .sort((a, b) => a.at - b.at || b.label.length - a.label.length)[0];
      if (found !== undefined) return { message, label: found.label };
    }
    return undefined;
  }

  #button(
    label: string | RegExp,
    usable: (button: InlineKeyboardButton) => boolean,
  ): { message: ChatMessage; button: InlineKeyboardButton } | undefined {
    let best: { message: ChatMessage; button: InlineKeyboardButton; rank: number } | undefined;
    for (const message of this.#fromBot().slice(0, IN_SIGHT))
      for (const button of message.keyboard.flat())
        if (usable(button) && rank(label, button.text) > (best?.rank ?? 0))
          best = { message, button, rank: rank(label, button.text) };
    return best;
  }

  #link(label: string | RegExp): string | undefined {
    const found = this.#button(label, (each) => "url" in each)?.button;
    if (found !== undefined && "url" in found) return found.url;
    for (const message of this.#fromBot().slice(0, IN_SIGHT)) {
      const text = message.text ?? message.caption ?? "";
      for (const entity of message.entities)
        if (entity.type === "text_link" && rank(label, text.substr(entity.offset, entity.length)) > 0)
          return entity.url;
      for (const line of text.split("\n")) {
        const [, name = "", url] = /^(.*?)(?:: | \()(https?:\/\/[^\s)]+)\)?$/.exec(line) ?? [];
        if (url !== undefined && rank(label, name) > 0) return url;
      }
    }
    return undefined;
  }

  async #wait<T>(find: () => T | undefined, timeoutMs: number, complaint: string): Promise<T> {
    return await this.#double.until(find, timeoutMs, () => this.#lost(complaint));
  }

  #lost(complaint: string): string {
    return `${complaint} in\n${this.transcript()}`;
  }
}

const shownOf = (message: ChatMessage): string =>
  [
    message.photo === undefined ? "" : "(picture) ",
    message.document === undefined ? "" : `(file ${message.document.name}) `,
    message.text ?? message.caption ?? "",
    ...message.keyboard.map((row) => `\n${row.map(({ text }) => `[${text}]`).join(" ")}`),
  ].join("");

/** How well a label fits what is asked for: 3 whole, 2 but for symbols around it, 1 in part, 0 not. */
function rank(wanted: string | RegExp, label: string): number {
  if (wanted instanceof RegExp) return wanted.test(label) ? 3 : 0;
  if (label === wanted) return 3;
  const bare = (text: string) => text.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
  if (bare(wanted) !== "" && bare(label) === bare(wanted)) return 2;
  return label.toLowerCase().includes(wanted.toLowerCase()) ? 1 : 0;
}
