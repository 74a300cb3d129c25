import pino from "pino";
import { telegramAdapter } from "../../adapters/telegram/index.ts";
import { destinationOf, directAddress, memberAddress } from "../../src/engine/address.ts";
import type { ChatMessage } from "../doubles/telegram.ts";
import { telegramDouble } from "../doubles/telegram.ts";
import type { Bench, Shown, Someone } from "./bench.ts";
import { RecordingHost } from "./recording-host.ts";

const GROUP = -100_500;
const LIMITS = { chat: { points: 100, seconds: 1, burst: { points: 100, seconds: 1 } } };

/** A Telegram bot that asks for its updates, beside a strict Telegram. */
export async function telegramBench(): Promise<Bench> {
  const double = await telegramDouble();
  const host = new RecordingHost();
  const log = pino({ level: "silent" });
  const adapter = telegramAdapter({
    token: double.token,
    apiRoot: double.url,
    timeoutSeconds: 2,
    limits: LIMITS,
    log,
  });
  await adapter.start(host);
  let people = 500;
  let closed = false;

  const someone = (options: { name?: string; locale?: string; group?: number }): Someone => {
    const id = ++people;
    const chat = options.group ?? id;
    const person = double.person(id, { ...options, hasty: true });
    const there = { platform: "telegram", connection: String(double.botId) };
    return {
      address:
        options.group === undefined
          ? directAddress(there, String(id))
          : memberAddress(there, String(chat), String(id)),
      says: (text) => person.says(text),
      commands: (name) => person.says(`/${name}`),
      presses: async (message, token) => person.forges(token, Number(message)),
      shown: async () =>
        double
          .messages(chat)
          .filter(({ from }) => from === "bot")
          .map(shownOf),
      toasts: () => double.toasts.filter(({ user }) => user === id).map(({ text }) => text),
      leaves: async () => person.blocks(),
    };
  };

  return {
    adapter,
    host,
    person: async (options = {}) => someone(options),
    personAmongOthers: async (options = {}) => someone({ ...options, group: GROUP }),
    unacknowledged: () => double.unconfirmed.length,
    deliverTwice: () => double.misbehave({ next: 1, kind: "duplicate-update" }),
    async botsSpeak({ address }) {
      const chat = { id: Number(destinationOf(address)), type: "private" as const, first_name: "Ada" };
      for (const id of [double.botId, 999]) {
        const from = { id, is_bot: true, first_name: "Bot", username: "some_bot" };
        double.push({ message: { message_id: 900, date: 1, chat, from, text: "I am a bot" } });
      }
    },
    misbehave: (kind) => double.misbehave({ next: 1, kind, retryAfter: 1 }),
    failing: (part, seed) => double.failRate(part, seed, ["429", "500-before"]),
    calls: () => double.calls.filter(({ method }) => /^(send|edit|delete)(?!.*Webhook)/.test(method)).length,
    async cutOff() {
      closed = true;
      await double.close();
    },
    async removes({ address }, message) {
      const found = double.messages(Number(destinationOf(address))).find(({ id }) => String(id) === message);
      if (found === undefined) throw new Error(`There is no message ${message}`);
      found.deleted = true;
    },
    ages: ({ channel }, message) => {
      for (const one of double.messages(Number(channel))) if (String(one.id) === message) one.old = true;
    },
    openCalls: ({ channel }) =>
      double.calls.filter(
        ({ method, payload, status }) =>
          status === 200 && /^(send|edit)/.test(method) && String(payload.chat_id) === channel,
      ).length,
    mentions: () => [],
    async close() {
      await adapter.stop();
      if (!closed) await double.close();
    },
  };
}

function shownOf(message: ChatMessage): Shown {
  const text = message.text ?? message.caption ?? "";
  const buttons = message.keyboard.flat();
  return {
    message: String(message.id),
    text,
    actions: buttons.flatMap((button) =>
      "callback_data" in button ? [{ label: button.text, token: button.callback_data }] : [],
    ),
    links: [
      ...buttons.flatMap((button) => ("url" in button ? [{ label: button.text, url: button.url }] : [])),
      ...message.entities.flatMap((entity) =>
        entity.type === "text_link"
          ? [{ label: text.substr(entity.offset, entity.length), url: entity.url }]
          : [],
      ),
    ],
    pictures: message.photo === undefined ? 0 : 1,
    files: message.document === undefined ? [] : [message.document],
    hidden: false,
  };
}
