import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { InlineKeyboardButton, MessageEntity, Update, User } from "grammy/types";
import { chance } from "./chance.ts";
import { Person, type PersonOptions } from "./telegram-person.ts";
import {
  bad,
  checkCommands,
  checkDocument,
  checkKeyboard,
  checkPicture,
  checkText,
  Refusal,
} from "./telegram-rules.ts";
import { untilFound } from "./until.ts";

/** A message as it stands in a chat. */
export interface ChatMessage {
  readonly id: number;
  readonly from: "bot" | number;
  text?: string;
  caption?: string;
  entities: MessageEntity[];
  photo?: string;
  /** The document's name and text. */
  document?: { readonly name: string; readonly text: string };
  keyboard: InlineKeyboardButton[][];
  /** Grows with every change in any chat. */
  changed: number;
  edited: boolean;
  deleted: boolean;
  /** Too old to be changed or deleted, as it was sent two days ago. */
  old?: boolean;
}

/** What can go wrong on purpose. "500-after" and "timeout" do what was asked before they fail. */
export type Mishap =
  | "429"
  | "500-before"
  | "500-after"
  | "timeout"
  | "reset"
  | "duplicate-update"
  | "reorder";

export interface Call {
  readonly method: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly status: number;
  readonly description?: string;
}

export interface DoubleOptions {
  readonly token?: string;
  readonly username?: string;
  /** Messages a chat takes in a second, by `now`; unlimited if not given. */
  readonly perChat?: number;
  readonly now?: () => number;
}

interface Chat {
  readonly id: number;
  readonly type: "private" | "supergroup";
  readonly messages: ChatMessage[];
  readonly people: Map<number, User>;
  blocked: boolean;
  sentAt: number[];
}
type Payload = Record<string, unknown>;

/** Starts a strict, stateful Bot API on loopback. Point `apiRoot` at its `url`. */
export async function telegramDouble(options: DoubleOptions = {}): Promise<TelegramDouble> {
  const double = new TelegramDouble(options);
  await double.listen();
  return double;
}

/** Telegram, as far as a shop's bot sees it: every limit enforced, every refusal in Telegram's words. */
export class TelegramDouble {
  token: string;
  readonly username: string;
  url = "";
  readonly calls: Call[] = [];
  /** Picture addresses that Telegram cannot fetch. */
  readonly brokenUrls = new Set<string>();
  /** Statuses of webhook deliveries, by update id. */
  readonly deliveries: { update: number; status: number }[] = [];
  uploads = 0;

  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #chats = new Map<number, Chat>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #commands = new Map<string, { command: string; description: string }[]>();
  readonly #queries = new Map<string, { readonly user: number; state: "open" | "answered" }>();
  /** What was said over the chat to people who pressed a button. */
  readonly toasts: { readonly user: number; readonly text: string }[] = [];
  readonly #mishaps: { kind: Mishap; method?: string; retryAfter: number }[] = [];
  readonly #held: Update[] = [];
  readonly #open = new Set<ServerResponse>();
  readonly #options: DoubleOptions;
  #updates: Update[] = [];
  #webhook: { url: string; secret: string } | undefined;
  #delivering = false;
  #poller: (() => void) | undefined;
  #random: (() => number) | undefined;
  #failRate = 0;
  #failKinds: readonly Mishap[] = [];
  #clock = 0;
  #nextUpdate = 1000;
  #nextFile = 1;
  #closed = false;
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response);
  });

  constructor(options: DoubleOptions) {
    this.#options = options;
    this.token = options.token ?? "4242:AAF-double_token_that_nobody_may_log";
    this.username = options.username ?? "hawker_test_bot";
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const response of this.#open) response.destroy();
    this.#events.emit("updates");
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get botId(): number {
    return Number(this.token.split(":")[0]);
  }

  // ---- what tests arrange

  /** Makes the next `next` calls (of `method`, or of any but getUpdates) or updates go wrong. */
  misbehave(mishap: { next: number; kind: Mishap; method?: string; retryAfter?: number }): void {
    for (let i = 0; i < mishap.next; i++)
      this.#mishaps.push({ kind: mishap.kind, method: mishap.method, retryAfter: mishap.retryAfter ?? 1 });
  }

  /** Makes a part of all calls fail (429, 500 before, 500 after), the same ones for the same seed. */
  failRate(part: number, seed: number, kinds: readonly Mishap[] = ["429", "500-before", "500-after"]): void {
    this.#failRate = part;
    this.#failKinds = kinds;
    this.#random = chance(seed);
  }

  /** Takes the token back, as BotFather does. */
  revoke(): void {
    this.token = `${this.botId}:revoked`;
    this.#poller?.();
  }

  /** A person in a private chat with the bot, or in the group given. */
  person(id: number, options: PersonOptions = {}): Person {
    const chat = this.#chat(options.group ?? id);
    const user: User = {
      id,
      is_bot: false,
      first_name: options.name ?? `Person ${id}`,
      ...(options.locale !== undefined && { language_code: options.locale }),
    };
    chat.people.set(id, user);
    return new Person(this, chat.id, user, options.hasty ?? false);
  }

  /** Press queries that the bot has not answered. */
  unanswered(): string[] {
    return [...this.#queries].filter(([, { state }]) => state === "open").map(([id]) => id);
  }

  /** Updates the bot has not confirmed. */
  get unconfirmed(): readonly Update[] {
    return this.#updates;
  }

  get webhook(): { url: string; secret: string } | undefined {
    return this.#webhook;
  }

  commandsOf(language = ""): { command: string; description: string }[] | undefined {
    return this.#commands.get(language);
  }

  callsOf(method: string): Call[] {
    return this.calls.filter((call) => call.method === method);
  }

  messages(chat: number): readonly ChatMessage[] {
    return this.#chat(chat).messages.filter((message) => !message.deleted);
  }

  /** Forgets the bytes of all uploads, so that known file ids are refused. */
  forgetFiles(): void {
    this.#files.clear();
  }

  /** Waits until `find` answers something, looking after every event in the double. */
  async until<T>(
    find: () => T | undefined | false | null,
    timeoutMs: number,
    complaint: () => string,
  ): Promise<T> {
    return await untilFound(this.#events, find, timeoutMs, complaint);
  }

  // ---- what people do

  block(chat: number, blocked: boolean): void {
    this.#chat(chat).blocked = blocked;
  }

  /** Puts a person's message into a chat. */
  post(chat: number, from: User, content: Payload, shown: string): number {
    const { id, type, messages } = this.#chat(chat);
    const message = this.#append(chat, { from: from.id, text: shown });
    const about = {
      id,
      type,
      ...(type === "private" ? { first_name: from.first_name } : { title: "Group" }),
    };
    const date = Math.floor(Date.now() / 1000);
    this.push({
      message: { message_id: message.id, date, chat: about, from, ...content },
    } as Partial<Update>);
    return messages.length;
  }

  press(chat: number, from: User, message: ChatMessage, data: string): string {
    const { id, type } = this.#chat(chat);
    const query = String(7_000_000 + this.#queries.size);
    this.#queries.set(query, { user: from.id, state: "open" });
    const about = { id, type };
    this.push({
      callback_query: {
        id: query,
        from,
        chat_instance: "1",
        data,
        message: { message_id: message.id, date: 0, chat: about },
      },
    } as Partial<Update>);
    return query;
  }

  keepFile(bytes: Uint8Array, name = "jpg"): string {
    const id = `AgAC-file_${this.#nextFile++}.${name}`;
    this.#files.set(id, bytes);
    return id;
  }

  /** Queues an update for the bot. */
  push(content: Partial<Update>): number {
    const update = { update_id: this.#nextUpdate++, ...content } as Update;
    const mishap = this.#mishaps.findIndex(({ kind }) => kind === "duplicate-update" || kind === "reorder");
    const kind = mishap < 0 ? undefined : this.#mishaps.splice(mishap, 1)[0]?.kind;
    if (kind === "duplicate-update") this.#updates.push(update, update);
    else if (kind === "reorder") {
      this.#held.unshift(update);
      if (!this.#mishaps.some((left) => left.kind === "reorder")) this.#updates.push(...this.#held.splice(0));
    } else this.#updates.push(update);
    this.#events.emit("updates");
    void this.#deliver();
    return update.update_id;
  }

  // ---- the server

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [, kind, secret, ...rest] = (request.url ?? "").split("/");
    const path = kind === "file" ? rest.join("/") : rest[0];
    const token = kind === "file" ? secret?.replace(/^bot/, "") : (kind ?? "").replace(/^bot/, "");
    if (kind === "file") {
      const bytes = token === this.token ? this.#files.get(path?.replace(/^photos\//, "") ?? "") : undefined;
      const mishap = this.#takeMishap("download");
      if (mishap?.kind === "timeout") return;
      if (mishap?.kind === "reset") return void request.socket.destroy();
      response.statusCode = mishap ? 500 : bytes ? 200 : 404;
      response.end(bytes && !mishap ? bytes : "");
      return;
    }
    const method = secret ?? "";
    const payload = parse(Buffer.concat(chunks), request.headers["content-type"] ?? "");
    const answer = (status: number, body: Payload) => {
      const { attachments: _, filenames: __, ...logged } = payload;
      this.calls.push({
        method,
        payload: logged,
        status,
        description: body.description as string | undefined,
      });
      this.#changed();
      response.statusCode = status;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    const refuse = ({ status, message, parameters }: Refusal) =>
      answer(status, {
        ok: false,
        error_code: status,
        description: message,
        ...(parameters && { parameters }),
      });

    if (token !== this.token) return refuse(new Refusal(401, "Unauthorized"));
    const mishap = this.#takeMishap(method);
    if (mishap?.kind === "429")
      return refuse(
        new Refusal(429, `Too Many Requests: retry after ${mishap.retryAfter}`, {
          retry_after: mishap.retryAfter,
        }),
      );
    if (mishap?.kind === "500-before") return refuse(new Refusal(500, "Internal Server Error"));
    try {
      const result = await this.#perform(method, payload, response);
      if (mishap?.kind === "500-after") return refuse(new Refusal(500, "Internal Server Error"));
      if (mishap?.kind === "timeout" || mishap?.kind === "reset") {
        this.calls.push({ method, payload, status: 0 });
        this.#changed();
        if (mishap.kind === "reset") request.socket.destroy();
        return;
      }
      answer(200, { ok: true, result });
    } catch (error) {
      refuse(error instanceof Refusal ? error : new Refusal(500, `Internal Server Error: ${error}`));
    }
  }

  #takeMishap(method: string): { kind: Mishap; retryAfter: number } | undefined {
    const index = this.#mishaps.findIndex(
      (mishap) =>
        mishap.kind !== "duplicate-update" &&
        mishap.kind !== "reorder" &&
        (mishap.method === undefined
          ? method !== "getUpdates" && method !== "download"
          : mishap.method === method),
    );
    if (index >= 0) return this.#mishaps.splice(index, 1)[0];
    if (this.#random === undefined || this.#random() >= this.#failRate) return undefined;
    const kind = this.#failKinds[Math.floor(this.#random() * this.#failKinds.length)] ?? "429";
    return { kind, retryAfter: 1 };
  }

  async #perform(method: string, payload: Payload, response: ServerResponse): Promise<unknown> {
    switch (method) {
      case "getMe":
        return { ...this.#bot(), can_join_groups: true };
      case "getUpdates":
        return await this.#getUpdates(payload, response);
      case "setWebhook":
        return this.#setWebhook(payload);
      case "deleteWebhook":
        this.#webhook = undefined;
        return true;
      case "getWebhookInfo":
        return { url: this.#webhook?.url ?? "", pending_update_count: this.#updates.length };
      case "setMyCommands":
        this.#commands.set(String(payload.language_code ?? ""), checkCommands(payload.commands));
        return true;
      case "getMyCommands":
        return this.#commands.get(String(payload.language_code ?? "")) ?? [];
      case "sendChatAction":
        this.#writable(payload);
        return true;
      case "sendMessage":
        return this.#sendMessage(payload);
      case "sendPhoto":
        return this.#sendPhoto(payload);
      case "sendDocument":
        return this.#sendDocument(payload);
      case "editMessageText":
      case "editMessageCaption":
      case "editMessageMedia":
      case "editMessageReplyMarkup":
        return this.#edit(method, payload);
      case "deleteMessage": {
        const message = this.#find(payload, "delete");
        if (message.from !== "bot" || message.old) throw bad("message can't be deleted for everyone");
        message.deleted = true;
        this.#changed();
        return true;
      }
      case "answerCallbackQuery": {
        const id = String(payload.callback_query_id);
        const query = this.#queries.get(id);
        if (query?.state !== "open")
          throw bad("query is too old and response timeout expired or query ID is invalid");
        if (String(payload.text ?? "").length > 200) throw bad("MESSAGE_TOO_LONG");
        query.state = "answered";
        if (payload.text) this.toasts.push({ user: query.user, text: String(payload.text) });
        return true;
      }
      case "getFile": {
        const id = String(payload.file_id);
        const bytes = this.#files.get(id);
        if (bytes === undefined) throw bad("wrong file_id or the file is temporarily unavailable");
        if (bytes.length > 20 * 1024 * 1024) throw bad("file is too big");
        return { file_id: id, file_unique_id: id, file_size: bytes.length, file_path: `photos/${id}` };
      }
      default:
        throw new Refusal(404, "Not Found: method not found");
    }
  }

  async #getUpdates(payload: Payload, response: ServerResponse): Promise<Update[]> {
    if (this.#webhook !== undefined)
      throw new Refusal(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    this.#poller?.();
    const offset = Number(payload.offset ?? 0);
    this.#updates = this.#updates.filter((update) => update.update_id >= offset);
    this.#changed();
    const wait: { ended?: "conflict" | "over" } = {};
    if (this.#updates.length === 0 && Number(payload.timeout ?? 0) > 0)
      await new Promise<void>((resolve) => {
        const end = (how: "conflict" | "over") => {
          wait.ended ??= how;
          clearTimeout(timer);
          this.#events.off("updates", arrived);
          if (this.#poller === displaced) this.#poller = undefined;
          resolve();
        };
        const arrived = () => end("over");
        const displaced = () => end("conflict");
        const timer = setTimeout(arrived, Number(payload.timeout) * 1000);
        this.#poller = displaced;
        this.#events.on("updates", arrived);
        response.on("close", arrived);
      });
    if (wait.ended === "conflict") {
      if (this.token.endsWith(":revoked")) throw new Refusal(401, "Unauthorized");
      throw new Refusal(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
      );
    }
    return this.#updates.slice(0, Number(payload.limit ?? 100));
  }

  #setWebhook(payload: Payload): true {
    const url = String(payload.url ?? "");
    const secret = String(payload.secret_token ?? "");
    if (!/^https:\/\/|^http:\/\/127\.0\.0\.1/.test(url))
      throw bad("bad webhook: An HTTPS URL must be provided for webhook");
    if (!/^[\w-]{0,256}$/.test(secret)) throw bad("secret token contains unallowed characters");
    this.#webhook = { url, secret };
    this.#poller?.();
    void this.#deliver();
    return true;
  }

  /** Posts updates one after another, each until it is taken. */
  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let tries = 0; !this.#closed && this.#webhook !== undefined && this.#updates[0] !== undefined; ) {
      const update = this.#updates[0];
      const status = await fetch(this.#webhook.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-telegram-bot-api-secret-token": this.#webhook.secret,
        },
        body: JSON.stringify(update),
      }).then(
        (response) => response.status,
        () => 0,
      );
      this.deliveries.push({ update: update.update_id, status });
      if (status >= 200 && status < 300) {
        tries = 0;
        this.#updates.shift();
      } else await new Promise((resolve) => setTimeout(resolve, Math.min(20 * 2 ** tries++, 1000)));
      this.#changed();
    }
    this.#delivering = false;
  }

  #sendMessage(payload: Payload): unknown {
    const chat = this.#writable(payload);
    const entities = checkText(payload.text, payload.entities, 4096, false);
    const keyboard = checkKeyboard(payload.reply_markup);
    this.#pace(chat);
    const message = this.#append(chat.id, { from: "bot", text: String(payload.text), entities, keyboard });
    return this.#about(chat, message);
  }

  #sendPhoto(payload: Payload): unknown {
    const chat = this.#writable(payload);
    const caption = String(payload.caption ?? "");
    const entities = checkText(caption, payload.caption_entities, 1024, true);
    const keyboard = checkKeyboard(payload.reply_markup);
    this.#pace(chat);
    const photo = this.#picture(payload.photo, payload);
    const message = this.#append(chat.id, { from: "bot", caption, photo, entities, keyboard });
    return this.#about(chat, message);
  }

  #sendDocument(payload: Payload): unknown {
    const chat = this.#writable(payload);
    const caption = String(payload.caption ?? "");
    const entities = checkText(caption, payload.caption_entities, 1024, true);
    const keyboard = checkKeyboard(payload.reply_markup);
    const attached = String(payload.document).replace(/^attach:\/\//, "");
    const bytes = (payload.attachments as Map<string, Uint8Array> | undefined)?.get(attached);
    const name = (payload.filenames as Map<string, string> | undefined)?.get(attached);
    checkDocument(bytes, name);
    this.#pace(chat);
    const document = { name: name ?? "", text: Buffer.from(bytes).toString() };
    return this.#about(chat, this.#append(chat.id, { from: "bot", caption, document, entities, keyboard }));
  }

  #edit(method: string, payload: Payload): unknown {
    const chat = this.#writable(payload);
    const message = this.#find(payload, "edit");
    const isOld = message.old && method !== "editMessageReplyMarkup";
    if (message.from !== "bot" || isOld) throw bad("message can't be edited");
    const before = look(message);
    const next = { ...message, keyboard: checkKeyboard(payload.reply_markup) };
    if (method === "editMessageText") {
      if (message.text === undefined) throw bad("there is no text in the message to edit");
      next.entities = checkText(payload.text, payload.entities, 4096, false);
      next.text = String(payload.text);
    } else if (method === "editMessageCaption") {
      if (message.photo === undefined) throw bad("there is no caption in the message to edit");
      next.caption = String(payload.caption ?? "");
      next.entities = checkText(next.caption, payload.caption_entities, 1024, true);
    } else if (method === "editMessageMedia") {
      const media = payload.media as Payload;
      if (media?.type !== "photo") throw bad("can't parse InputMedia: unsupported type");
      next.caption = String(media.caption ?? "");
      next.entities = checkText(next.caption, media.caption_entities, 1024, true);
      next.photo = this.#picture(media.media, payload);
      next.text = undefined;
    }
    if (look(next) === before)
      throw bad(
        "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
      );
    Object.assign(message, next, { edited: true, changed: ++this.#clock });
    this.#changed();
    return this.#about(chat, message);
  }

  /** The file id of a picture given as attachment, address or file id. */
  #picture(source: unknown, payload: Payload): string {
    const attachments = payload.attachments as Map<string, Uint8Array> | undefined;
    const text = String(source);
    const bytes = source instanceof Uint8Array ? source : attachments?.get(text.replace(/^attach:\/\//, ""));
    if (bytes !== undefined) {
      const kind = checkPicture(bytes);
      this.uploads += 1;
      return this.keepFile(bytes, kind);
    }
    if (/^https?:/.test(text)) {
      if (this.brokenUrls.has(text)) throw bad("failed to get HTTP URL content");
      return text;
    }
    if (!this.#files.has(text)) throw bad("wrong file identifier/HTTP URL specified");
    return text;
  }

  #writable(payload: Payload): Chat {
    const chat = this.#chats.get(Number(payload.chat_id));
    if (chat === undefined) throw bad("chat not found");
    if (chat.blocked) throw new Refusal(403, "Forbidden: bot was blocked by the user");
    return chat;
  }

  #find(payload: Payload, verb: "edit" | "delete"): ChatMessage {
    const chat = this.#writable(payload);
    const id = Number(payload.message_id);
    const message = chat.messages.find((each) => each.id === id && !each.deleted);
    if (message === undefined) throw bad(`message to ${verb} not found`);
    return message;
  }

  #pace(chat: Chat): void {
    const { perChat, now = Date.now } = this.#options;
    if (perChat === undefined) return;
    chat.sentAt = chat.sentAt.filter((at) => at > now() - 1000);
    if (chat.sentAt.length >= perChat)
      throw new Refusal(429, "Too Many Requests: retry after 1", { retry_after: 1 });
    chat.sentAt.push(now());
  }

  #chat(id: number): Chat {
    let chat = this.#chats.get(id);
    if (chat === undefined) {
      const type = id < 0 ? "supergroup" : "private";
      chat = { id, type, messages: [], people: new Map(), blocked: false, sentAt: [] };
      this.#chats.set(id, chat);
    }
    return chat;
  }

  #append(chatId: number, content: Partial<ChatMessage> & Pick<ChatMessage, "from">): ChatMessage {
    const chat = this.#chat(chatId);
    const message: ChatMessage = {
      entities: [],
      keyboard: [],
      edited: false,
      deleted: false,
      ...content,
      id: chat.messages.length + 1,
      changed: ++this.#clock,
    };
    chat.messages.push(message);
    this.#changed();
    return message;
  }

  #about(chat: Chat, message: ChatMessage): unknown {
    const { id, text, caption, photo, document } = message;
    return {
      message_id: id,
      date: Math.floor(Date.now() / 1000),
      chat: { id: chat.id, type: chat.type },
      from: this.#bot(),
      ...(text !== undefined && { text, entities: message.entities }),
      ...(photo !== undefined && {
        caption,
        caption_entities: message.entities,
        photo: [{ file_id: photo, file_unique_id: photo, width: 800, height: 800 }],
      }),
      ...(document !== undefined && {
        caption,
        document: { file_id: `d${id}`, file_unique_id: `d${id}`, file_name: document.name },
      }),
    };
  }

  #bot(): User {
    return { id: this.botId, is_bot: true, first_name: "Hawker", username: this.username } as User;
  }

  #changed(): void {
    this.#events.emit("change");
  }
}

const look = ({ text, caption, photo, entities, keyboard }: ChatMessage): string =>
  JSON.stringify([text, caption, photo, entities, keyboard]);

/** The parameters of a call, from JSON or multipart; JSON inside of multipart is read too. */
function parse(body: Buffer, type: string): Payload {
  if (body.length === 0) return {};
  if (type.includes("application/json")) return JSON.parse(body.toString());
  const boundary = /boundary=(.+)$/.exec(type)?.[1];
  if (boundary === undefined) throw bad("unsupported content type");
  const payload: Payload = {};
  const attachments = new Map<string, Uint8Array>();
  const filenames = new Map<string, string>();
  // One character a byte, so that what is found can be turned back into bytes.
  for (const part of `\r\n${body.toString("latin1")}`.split(`\r\n--${boundary}`).slice(1, -1)) {
    const end = part.indexOf("\r\n\r\n");
    const head = Buffer.from(part.slice(0, end), "latin1").toString();
    const name = /\bname="([^"]*)"/.exec(head)?.[1] ?? "";
    const filename = /\bfilename="?([^";\r]*)/.exec(head)?.[1];
    const bytes = Buffer.from(part.slice(end + 4), "latin1");
    if (filename !== undefined) {
      attachments.set(name, bytes);
      filenames.set(name, filename);
    } else {
      const text = bytes.toString();
      payload[name] = /^[[{]/.test(text) && name !== "caption" && name !== "text" ? JSON.parse(text) : text;
    }
  }
  return { ...payload, attachments, filenames };
}
