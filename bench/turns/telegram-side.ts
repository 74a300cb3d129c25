import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

/** A button of a reply: what it says, and what a press sends back; links have no token. */
export interface ReplyButton {
  readonly text: string;
  readonly token?: string;
  readonly url?: string;
}

/** What the bot said in a chat. */
export interface Reply {
  readonly chat: number;
  readonly message: number;
  readonly text: string;
  readonly buttons: readonly ReplyButton[];
  /** When its request had been read, by this process's `performance.now()`, in milliseconds. */
  readonly at: number;
}

const keyboard = z.object({
  inline_keyboard: z.array(
    z.array(z.object({ text: z.string(), callback_data: z.string().optional(), url: z.string().optional() })),
  ),
});
const call = z.object({
  chat_id: z.coerce.number(),
  message_id: z.coerce.number().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  media: z.object({ caption: z.string().optional() }).optional(),
  reply_markup: keyboard.optional(),
});
type BotCall = z.infer<typeof call>;

const BOT = { id: 4242, is_bot: true, first_name: "Shop", username: "bench_bot", can_join_groups: true };
const REPLIES = /^(sendMessage|sendPhoto|sendDocument|editMessage(Text|Media|Caption))$/;

/** The token of the bot that `TelegramSide` serves; it takes any. */
export const TOKEN = "4242:AAF-a_token_that_is_only_good_for_a_benchmark";
/** The webhook's secret of that bot. */
export const SECRET = "only-for-a-benchmark";

/**
 * Telegram's side of a bot: posts updates to the webhook and takes what the bot says. It checks nothing and keeps
 * nothing, so that it is not what is measured; the strict double of the tests is another one.
 */
export class TelegramSide {
  url = "";
  /** Where updates go: the bot itself. What `setWebhook` says is an https address in front of it. */
  webhook = "";
  onReply: (reply: Reply) => void = () => {};
  /** How often each method was called. */
  readonly calls = new Map<string, number>();
  readonly #agent: Agent;
  readonly #server = createServer((incoming, response) => void this.#serve(incoming, response));
  #update = 1;
  #message = 1;
  #hooked: () => void = () => {};
  readonly #ready = new Promise<void>((resolve) => {
    this.#hooked = resolve;
  });

  /** `sockets` bounds the updates that are under way at a time. */
  constructor(sockets = 64) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: sockets });
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves when the bot has asked for updates. */
  hooked(): Promise<void> {
    return this.#ready;
  }

  /** A person writes to the bot in their own chat. Answers the status of the webhook; 0 if it could not be reached. */
  says(person: number, text: string): Promise<number> {
    const about = { message_id: this.#message++, date: Math.floor(Date.now() / 1000), chat: chatOf(person) };
    const entities = text.startsWith("/")
      ? [{ type: "bot_command", offset: 0, length: text.split(" ", 1)[0]?.length ?? 0 }]
      : undefined;
    return this.#post({ message: { ...about, from: userOf(person), text, entities } });
  }

  /** A person presses a button under a message. */
  presses(person: number, token: string, message: number): Promise<number> {
    const date = Math.floor(Date.now() / 1000);
    return this.#post({
      callback_query: {
        id: String(this.#update),
        chat_instance: String(person),
        from: userOf(person),
        data: token,
        message: { message_id: message, date, chat: chatOf(person), from: BOT, text: "…" },
      },
    });
  }

  #post(update: object): Promise<number> {
    const body = JSON.stringify({ update_id: this.#update++, ...update });
    return new Promise((resolve) => {
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "x-telegram-bot-api-secret-token": SECRET,
      };
      const posted = request(this.webhook, { method: "POST", agent: this.#agent, headers }, (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
        response.on("error", () => resolve(0));
      });
      posted.on("error", () => resolve(0));
      posted.end(body);
    });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const at = performance.now();
    const method = incoming.url?.slice(incoming.url.lastIndexOf("/") + 1) ?? "";
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    const body = JSON.stringify({
      ok: true,
      result: this.#perform(method, () => read(incoming, chunks), at),
    });
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  }

  #perform(method: string, payload: () => BotCall, at: number): unknown {
    if (method === "getMe") return BOT;
    if (method === "setWebhook") {
      this.#hooked();
      return true;
    }
    if (!REPLIES.test(method)) return true;
    const said = payload();
    const message = said.message_id ?? this.#message++;
    const text = said.text ?? said.caption ?? said.media?.caption ?? "";
    const buttons = (said.reply_markup?.inline_keyboard ?? [])
      .flat()
      .map(({ text: label, callback_data, url }) => ({ text: label, token: callback_data, url }));
    this.onReply({ chat: said.chat_id, message, text, buttons, at });
    const pictured = /Photo|Media/.test(method);
    return {
      message_id: message,
      date: Math.floor(Date.now() / 1000),
      chat: chatOf(said.chat_id),
      ...(pictured
        ? { photo: [{ file_id: "picture", file_unique_id: "picture", width: 8, height: 8 }] }
        : { text }),
    };
  }
}

const chatOf = (person: number) => ({ id: person, type: "private", first_name: `P${person}` });
const userOf = (id: number) => ({ id, is_bot: false, first_name: `P${id}`, language_code: "en" });

function read(incoming: IncomingMessage, chunks: readonly Buffer[]): BotCall {
  const bytes = Buffer.concat(chunks);
  const boundary = /boundary=(.+)$/.exec(incoming.headers["content-type"] ?? "")?.[1];
  const given: unknown = boundary ? fieldsOf(bytes.toString(), boundary) : JSON.parse(bytes.toString());
  return call
    .partial({ chat_id: true })
    .transform((said) => ({ ...said, chat_id: said.chat_id ?? 0 }))
    .parse(given);
}

/** The text fields of a form; a picture is not looked at. */
function fieldsOf(body: string, boundary: string): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const part of body.split(`--${boundary}`)) {
    const end = part.indexOf("\r\n\r\n");
    const name = /\bname="([^"]*)"/.exec(part.slice(0, end))?.[1];
    if (name === undefined || /\bfilename/.test(part.slice(0, end))) continue;
    const text = part.slice(end + 4, -2);
    fields[name] = name === "media" || name === "reply_markup" ? JSON.parse(text) : text;
  }
  return fields;
}
