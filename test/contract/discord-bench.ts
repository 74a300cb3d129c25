import pino from "pino";
import { discordAdapter } from "../../adapters/discord/index.ts";
import { destinationOf, directAddress, memberAddress } from "../../src/engine/address.ts";
import type { ChatMessage } from "../doubles/discord.ts";
import { discordDouble } from "../doubles/discord.ts";
import { everyComponent } from "../doubles/discord-components.ts";
import { Deed } from "../doubles/discord-interactions.ts";
import { type Pressable, pressables } from "../doubles/discord-sight.ts";
import type { Bench, Shown, Someone } from "./bench.ts";
import { readMarkdown } from "./discord-reading.ts";
import { RecordingHost } from "./recording-host.ts";

const TEXT = 10;
const PICTURES = [11, 12];
const EPHEMERAL = 64;

/** A Discord bot at the gateway, beside a strict Discord. */
export async function discordBench(): Promise<Bench> {
  const double = await discordDouble();
  const host = new RecordingHost();
  const adapter = discordAdapter({
    token: double.token,
    applicationId: double.applicationId,
    apiRoot: double.url,
    timeout: 2000,
    deferAfter: 300,
    log: pino({ level: "silent" }),
  });
  await adapter.start(host);
  await double.until(
    () => double.gateway.connected > 0 && double.commands().length > 0,
    5000,
    () => "The bot did not connect",
  );
  const guild = double.guild();
  let people = 0;
  let twice = false;
  let closed = false;

  function someone(options: { name?: string; locale?: string; guild?: string }): Someone {
    const id = `5010000000000000${String(++people).padStart(2, "0")}`;
    const person = double.person(id, { ...options, hasty: true });
    const { channel } = person;
    const there = { platform: "discord", connection: double.applicationId };
    const inSight = () =>
      double
        .messagesFor(channel, id)
        .filter(({ author, loading }) => author === double.applicationId && !loading);
    return {
      address: options.guild === undefined ? directAddress(there, id) : memberAddress(there, channel, id),
      says: (text) => person.says(text),
      async commands(name) {
        const command = double.commands().find((each) => each.name === name);
        const of = { user: id, locale: options.locale ?? "en-US", channel };
        const data = { id: command?.id, name, type: 1 };
        double.interact({ type: Deed.command, data, ...of }, twice ? 2 : 1);
        twice = false;
      },
      async presses(message, token) {
        const source = inSight().find((each) => each.id === message);
        const found = source && pressables(source).find((each) => tokenOf(each) === token);
        if (found === undefined) throw new Error(`Nothing on ${message} hands back ${token}`);
        const data =
          found.kind === "button"
            ? { custom_id: found.customId, component_type: 2 }
            : { custom_id: found.customId, component_type: 3, values: [found.value] };
        const of = { user: id, locale: options.locale ?? "en-US", channel, source };
        double.interact({ type: Deed.component, data, ...of });
      },
      fills: (values) => person.fills(values),
      shown: async () => await Promise.all(inSight().map(shownOf)),
      leaves: async () => double.closeDms(id),
    };
  }

  return {
    adapter,
    host,
    person: async (options = {}) => someone(options),
    personAmongOthers: async (options = {}) => someone({ ...options, guild: guild.id }),
    unacknowledged: () => double.unanswered().length,
    deliverTwice: () => {
      twice = true;
    },
    async botsSpeak({ address }) {
      double.otherBotSays(double.dm(destinationOf(address)), "I am a bot");
    },
    misbehave: (kind) => double.misbehave({ next: 1, kind, retryAfter: 3 }),
    failing: (part, seed) => double.failRate(part, seed, ["429", "500-before"]),
    calls: () => double.calls.filter(({ method, path }) => isOfMessages(method, path)).length,
    async cutOff() {
      closed = true;
      await double.close();
    },
    async removes({ address }, message) {
      const channel = "channel" in address ? address.channel : double.dm(address.user);
      const found = double.messages(channel).find(({ id }) => id === message);
      if (found === undefined) throw new Error(`There is no message ${message}`);
      found.deleted = true;
    },
    openCalls: ({ channel }) =>
      double.calls.filter(
        ({ method, path, status }) =>
          status === 200 && method !== "GET" && path.includes(`/channels/${channel}/messages`),
      ).length,
    mentions: () => double.mentioned.map((mention) => JSON.stringify(mention)),
    async close() {
      await adapter.stop();
      if (!closed) await double.close();
    },
  };
}

const isOfMessages = (method: string, path: string): boolean =>
  method !== "GET" && /messages|callback|webhooks/.test(path);

const tokenOf = (pressable: Pressable): string =>
  pressable.kind === "button" ? pressable.customId : pressable.value;

async function shownOf(message: ChatMessage): Promise<Shown> {
  const components = everyComponent(message.components);
  const read = components.flatMap(({ type, content }) =>
    type === TEXT ? [readMarkdown(String(content))] : [],
  );
  const shownFiles = components.flatMap(({ type, file }) => (type === 13 ? [JSON.stringify(file)] : []));
  const documents = message.attachments.filter(({ filename, url }) =>
    shownFiles.some((file) => file.includes(filename) || file.includes(url)),
  );
  return {
    message: message.id,
    text: read.map(({ text }) => text).join("\n"),
    actions: pressables(message).map((each) => ({ label: each.label, token: tokenOf(each) })),
    links: [
      ...components.flatMap(({ url, label }) =>
        url === undefined ? [] : [{ label: String(label), url: String(url) }],
      ),
      ...read.flatMap(({ links }) => links),
    ],
    pictures: components.filter(({ type }) => PICTURES.includes(Number(type))).length,
    files: await Promise.all(
      documents.map(async ({ filename, url }) => ({
        name: filename,
        text: await (await fetch(url)).text(),
      })),
    ),
    hidden: (message.flags & EPHEMERAL) !== 0,
  };
}
