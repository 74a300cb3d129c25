import pino from "pino";
import { slackAdapter } from "../../adapters/slack/index.ts";
import { destinationOf, directAddress, memberAddress } from "../../src/engine/address.ts";
import { slackDouble } from "../doubles/slack.ts";
import { pressables } from "../doubles/slack-checks.ts";
import type { Deed, Standing } from "../doubles/slack-deeds.ts";
import { linksOf, optionsOf, wordsOf } from "../doubles/slack-shown.ts";
import type { SlackMessage } from "../doubles/slack-workspace.ts";
import type { Bench, Shown, Someone } from "./bench.ts";
import { RecordingHost } from "./recording-host.ts";

const CHANNEL = "C0TEAPOTS";
const FREE = { points: 1000, seconds: 1 };
const LIMITS = { channel: FREE, edit: FREE };

/** A Slack app in Socket Mode, beside a strict Slack. */
export async function slackBench(): Promise<Bench> {
  const double = await slackDouble();
  const host = new RecordingHost();
  const adapter = slackAdapter({
    botToken: double.botToken,
    appToken: double.appToken,
    apiRoot: double.url,
    publicUrl: "http://127.0.0.1",
    secret: "a secret of tests, long enough",
    log: pino({ level: "silent" }),
    limits: LIMITS,
  });
  await adapter.start(host);
  await double.until(
    () => double.sockets > 0,
    5000,
    () => "The app did not connect",
  );
  const team = double.team();
  let waiting = 0;
  let people = 0;
  let closed = false;

  /** Counts what a person does as long as Slack has no acknowledgement of it. */
  async function counted(deed: Promise<unknown>): Promise<void> {
    waiting += 1;
    if ((await deed) !== undefined) waiting -= 1;
  }

  function someone(options: { name?: string; locale?: string; channel?: string }): Someone {
    const id = `U0PERSON${++people}`;
    const person = double.person(id, { ...options, hasty: true });
    const channel =
      options.channel === undefined ? double.world.dm(team, id) : double.world.channel(team, options.channel);
    const standing: Standing = { team, channel, user: double.world.user(team, id) };
    const inSight = () =>
      channel.messages.filter(
        ({ from, deleted, onlyFor }) => from === "bot" && !deleted && (onlyFor ?? id) === id,
      );
    const deedOf = (message: SlackMessage, token: string): Deed => {
      for (const { block, element } of pressables(message.blocks)) {
        const option = optionsOf(element).find(({ value }) => value === token);
        if (option !== undefined) return { block, element, option };
        if (element.type === "button" && element.value === token) return { block, element };
      }
      throw new Error(`Nothing on the message hands back ${token}`);
    };
    const there = { platform: "slack", connection: double.teamId };
    return {
      address:
        options.channel === undefined ? directAddress(there, id) : memberAddress(there, options.channel, id),
      says: (text) => person.says(text),
      commands: async (name) => void counted(double.deeds.commands(standing, double.command, name)),
      async presses(ts, token) {
        const message = inSight().find((each) => each.ts === ts);
        if (message === undefined) throw new Error(`There is no message ${ts}`);
        void counted(double.deeds.presses(standing, message, deedOf(message, token)));
      },
      fills: (values) => person.fills(values),
      shown: async () => inSight().map(shownOf),
      leaves: async () => double.leaves(id),
    };
  }

  return {
    adapter,
    host,
    person: async (options = {}) => someone(options),
    personAmongOthers: async (options = {}) => someone({ ...options, channel: CHANNEL }),
    unacknowledged: () => waiting,
    deliverTwice: () => double.misbehave({ next: 1, kind: "duplicate-event" }),
    async botsSpeak({ address }) {
      const { id } = double.world.dm(team, destinationOf(address));
      const about = { type: "message", channel: id, channel_type: "im", text: "I am a bot", team: team.id };
      const ts = double.world.ts();
      double.deeds.event(team, { ...about, user: "U0BOT", bot_id: "B0BOT", ts, event_ts: ts }, false);
    },
    misbehave: (kind) => double.misbehave({ next: 1, kind, retryAfter: 1 }),
    failing: (part, seed) => double.failRate(part, seed, ["429", "500-before"]),
    calls: () => double.calls.filter(({ method }) => method.startsWith("chat.")).length,
    async cutOff() {
      closed = true;
      await double.close();
    },
    async removes({ address }, ts) {
      const found = double.messages(destinationOf(address)).find((message) => message.ts === ts);
      if (found === undefined) throw new Error(`There is no message ${ts}`);
      found.deleted = true;
    },
    ages: ({ channel }, ts) => {
      for (const one of double.messages(channel)) if (one.ts === ts) one.old = true;
    },
    openCalls: ({ channel }) =>
      double.calls.filter(
        ({ method, args, status, error }) =>
          status === 200 &&
          error === undefined &&
          /^chat\.(postMessage|update)$/.test(method) &&
          args.channel === channel,
      ).length,
    mentions: () => double.mentions.filter(({ kind }) => kind !== "link").map(({ text }) => text),
    async close() {
      await adapter.stop();
      if (!closed) await double.close();
    },
  };
}

function shownOf(message: SlackMessage): Shown {
  const pictures = JSON.stringify(message.blocks).match(/"type":"image"/g) ?? [];
  return {
    message: message.ts,
    text: wordsOf(message).replace(/\(picture\) ?/g, ""),
    actions: pressables(message.blocks).flatMap(({ element }) => {
      if (element.type !== "button")
        return optionsOf(element).map(({ text, value }) => ({ label: text.text, token: value }));
      return element.value === undefined ? [] : [{ label: element.text.text, token: element.value }];
    }),
    links: linksOf(message),
    pictures: pictures.length,
    files: message.files.map(({ name, bytes }) => ({ name, text: new TextDecoder().decode(bytes) })),
    hidden: message.onlyFor !== undefined,
  };
}
