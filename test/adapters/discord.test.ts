import { Writable } from "node:stream";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import pino from "pino";
import sharp from "sharp";
import { afterEach, describe, expect, test } from "vitest";
import { type DiscordOptions, discordAdapter } from "../../adapters/discord/index.ts";
import { type Delivery, SendError } from "../../src/engine/adapter.ts";
import { type Address, directAddress, memberAddress } from "../../src/engine/address.ts";
import type { Inbound } from "../../src/engine/inbound.ts";
import { plain } from "../../src/engine/rich-text.ts";
import type { Control, FormView, View } from "../../src/engine/view.ts";
import { RecordingHost } from "../contract/recording-host.ts";
import { type DiscordDouble, type DoubleOptions, discordDouble } from "../doubles/discord.ts";

const ADA = "501000000000000001";
const EVE = "501000000000000002";

class Shop extends RecordingHost {
  /** Everybody has sent too much. */
  dropping = false;
  override async accept(inbound: Inbound): Promise<"accepted" | "duplicate" | "dropped"> {
    const taken = await super.accept(inbound);
    return this.dropping ? "dropped" : taken;
  }
  suggestions: readonly string[] = [];
  override async suggest(): Promise<readonly string[]> {
    return this.suggestions;
  }
}

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** An adapter beside a double; `of` lets a second process answer for the first. */
async function process(
  options: Partial<DiscordOptions> & { of?: DiscordDouble; world?: DoubleOptions; start?: boolean } = {},
) {
  const { of, world, start = true, ...rest } = options;
  const discord = of ?? (await discordDouble(world));
  if (of === undefined) endings.push(() => discord.close());
  let lines = "";
  const sink = new Writable({
    write(chunk, _, done) {
      lines += chunk;
      done();
    },
  });
  const host = new Shop();
  const adapter = discordAdapter({
    token: discord.token,
    applicationId: discord.applicationId,
    apiRoot: discord.url,
    timeout: 1000,
    ...rest,
    log: pino({ level: "trace" }, sink),
  });
  endings.push(() => adapter.stop());
  if (start) await adapter.start(host);
  const logged = (line: string) => lines.split(line).length - 1;
  return { discord, host, adapter, logged, lines: () => lines };
}

/** Waits for something that shows neither in the double's events nor in the host's. */
const eventually = async (check: () => boolean) => {
  for (let i = 0; i < 250 && !check(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(check()).toBe(true);
};

const button = (label: string, token = label): Control => ({ kind: "button", label, token });
const view = (text: string, parts: Partial<View> = {}): View => ({
  text: plain(text),
  cards: [],
  controls: [],
  ...parts,
});
let keys = 0;
const say = (text: string, parts: Partial<View> & Partial<Delivery> = {}): Delivery => {
  const { key = `key-${++keys}`, replaces, ticket, ...rest } = parts;
  return { view: view(text, rest), key, ...(replaces && { replaces }), ...(ticket && { ticket }) };
};
/** The answer to an event, as the engine sends it. */
const reply = ({ ticket }: Inbound, text: string, parts: Partial<View> & Partial<Delivery> = {}) =>
  say(text, { ...(ticket && { ticket }), ...parts });
const person = (discord: DiscordDouble, options: Parameters<DiscordDouble["person"]>[1] = {}, id = ADA) =>
  discord.person(id, { name: "Ada", hasty: true, ...options });
const addressOf = (discord: DiscordDouble, place: string, member?: string): Address => {
  const there = { platform: "discord", connection: discord.applicationId };
  return member === undefined ? directAddress(there, place) : memberAddress(there, place, member);
};
/** Where somebody who exists is written to directly. */
const direct = (discord: DiscordDouble, id = ADA): Address => {
  discord.person(id);
  return addressOf(discord, id);
};
const fate = (sending: Promise<unknown>) =>
  sending.then(
    () => "sent",
    (error) => (error instanceof SendError ? { fate: error.fate, retryAfterMs: error.retryAfterMs } : error),
  );
const picture = (side = 20) =>
  sharp({ create: { width: side, height: side, channels: 3, background: "teal" } })
    .png()
    .toBuffer();
const answers = (discord: DiscordDouble) =>
  discord.callsOf("POST", /callback$/).map(({ body }) => (body as { type: number }).type);

describe("what comes in by the gateway", () => {
  test("a direct message is of the person, so that news reach the same conversation", async () => {
    const { discord, host } = await process();
    await person(discord, { name: "Ada\u202E\u200B" }).says("red mug");
    expect(await host.next(0)).toMatchObject({
      address: direct(discord),
      sender: { id: ADA, name: "Ada" },
      body: { kind: "text", text: "red mug" },
    });
  });

  test("in a server only what mentions the bot is for the shop, without the mention", async () => {
    const { discord, host } = await process();
    const { id, channels } = discord.guild();
    const ada = person(discord, { guild: id });
    await ada.chats("hello all");
    discord.otherBotSays(channels[0] ?? "", `<@${discord.applicationId}> beep`);
    await ada.says("red mug");
    expect(await host.next(0)).toMatchObject({
      address: addressOf(discord, channels[0] ?? "", ADA),
      body: { kind: "text", text: "red mug" },
    });
    expect(host.attempts).toHaveLength(1);
  });

  test("a command comes with what was typed after it, its language and a ticket", async () => {
    const { discord, host } = await process();
    await person(discord, { locale: "zh-CN" }).says("/search red mug");
    const { body, sender, ticket } = await host.next(0);
    expect(body).toEqual({ kind: "command", name: "search", rest: "red mug" });
    expect(sender.locale).toBe("zh-CN");
    expect(ticket).toContain('"kind":"command"');
  });

  test("a button and an option hand back their token and the message they stand on", async () => {
    const { discord, host, adapter } = await process();
    const pick: Control = { kind: "pick", label: "How many", options: [{ label: "Two", token: "q2" }] };
    const { message } = await adapter.send(
      direct(discord),
      say("Mug", { controls: [button("Add", "a~1"), pick] }),
    );
    const ada = person(discord);
    await ada.presses("Add");
    expect((await host.next(0)).body).toEqual({ kind: "press", token: "a~1", message });
    await ada.presses("Two");
    expect((await host.next(1)).body).toEqual({ kind: "press", token: "q2", message });
  });

  test("a picture is kept with its caption; what is none is something else", async () => {
    const { discord, host } = await process();
    const ada = person(discord);
    await ada.sendsPhoto(await picture(), "look");
    expect((await host.next(0)).body).toEqual({ kind: "photo", media: "kept-picture-1", caption: "look" });
    await ada.sendsPhoto(new TextEncoder().encode("a letter"));
    expect((await host.next(1)).body).toEqual({ kind: "other", what: "file" });
  });

  test("an event is stored in spite of trouble, in order, and delivered twice is one", async () => {
    const { discord, host } = await process();
    host.fail(1);
    const ada = person(discord);
    discord.misbehave({ next: 1, kind: "duplicate-event" });
    await ada.says("first");
    await ada.says("second");
    const texts = [await host.next(0), await host.next(1)].map(({ body }) => body);
    expect(texts).toMatchObject([{ text: "first" }, { text: "second" }]);
    expect(host.accepted).toHaveLength(2);
  });

  test("a session is resumed after a drop, and what was said meanwhile arrives", async () => {
    const { discord, host } = await process();
    await person(discord).says("before");
    await host.next(0);
    discord.gateway.drop();
    await person(discord).says("meanwhile");
    expect((await host.next(1)).body).toMatchObject({ text: "meanwhile" });
    expect(discord.gateway).toMatchObject({ resumed: 1, identified: 1 });
  });

  test("a server that removes the bot is a line in the log, and all else goes on", async () => {
    const { discord, host, logged } = await process();
    const guild = discord.guild();
    await person(discord).says("hello");
    await host.next(0);
    discord.kick(guild.id);
    await eventually(() => logged("A Discord server has removed the bot") === 1);
    await person(discord).says("still there?");
    expect((await host.next(1)).body).toMatchObject({ text: "still there?" });
  });
});

describe("an interaction", () => {
  test("is answered at once by the first message, and below it by the next", async () => {
    const { discord, host, adapter } = await process();
    const ada = person(discord);
    await ada.says("/start");
    const start = await host.next(0);
    const first = await adapter.send(start.address, reply(start, "Welcome"));
    const second = await adapter.send(start.address, reply(start, "Look around"));
    expect(discord.messages(discord.dm(ADA)).map(({ id }) => id)).toEqual([first.message, second.message]);
    expect(answers(discord)).toEqual([4]);
  });

  test("of a button changes the message it stands on, also when two processes share the work", async () => {
    const { discord, host, adapter } = await process({ deferAfter: 0 });
    const other = await process({ of: discord, publicKey: "ab".repeat(32) });
    const { message } = await adapter.send(direct(discord), say("Cart: 1", { controls: [button("More")] }));
    const ada = person(discord);
    await ada.presses("More");
    const press = await host.next(0);
    await eventually(() => discord.unanswered().length === 0);
    expect(await other.adapter.send(press.address, reply(press, "Cart: 2", { replaces: message }))).toEqual({
      message,
    });
    expect((await ada.sees(/Cart/)).text).toBe("Cart: 2");
    expect(answers(discord)).toEqual([6, 7]);
    await adapter.send(press.address, reply(press, "Anything else?"));
    expect(discord.messages(discord.dm(ADA))).toHaveLength(2);
  });

  test("is for one person's eyes in a channel where that is asked for, and an update stays so", async () => {
    const { discord, host, adapter } = await process();
    const { id } = discord.guild();
    const ada = person(discord, { guild: id });
    await ada.says("/start");
    const start = await host.next(0);
    await adapter.send(
      start.address,
      reply(start, "Your cart", { visibility: "user", controls: [button("Pay")] }),
    );
    const { id: cart } = await ada.sees(/only you see this.*Your cart/s);
    await ada.presses("Pay");
    const press = await host.next(1);
    expect(press.body).toEqual({ kind: "press", token: "Pay", message: cart, hidden: true });
    await adapter.send(press.address, reply(press, "Paid", { visibility: "user", replaces: cart }));
    expect((await ada.sees(/only you see this.*Paid/s)).id).toBe(cart);
    await adapter.send(press.address, reply(press, "Thank you", { visibility: "user" }));
    await ada.sees(/only you see this.*Thank you/s);
    const eve = person(discord, { guild: id }, EVE);
    expect(discord.messagesFor(eve.channel, EVE)).toEqual([]);
  });

  test("is promised an answer before Discord gives up, and the answer takes the promise's place", async () => {
    const { discord, host, adapter } = await process({ deferAfter: 30 });
    await person(discord).says("/start");
    const start = await host.next(0);
    await eventually(() => answers(discord).includes(5));
    await adapter.send(start.address, reply(start, "Welcome"));
    await adapter.send(start.address, reply(start, "More"));
    const shown = discord.messages(discord.dm(ADA)).map(({ loading }) => loading);
    expect(shown).toEqual([false, false]);
  });

  test("promised to one person and answered for all is answered for all", async () => {
    const { discord, host, adapter } = await process({ deferAfter: 0 });
    const other = await process({ of: discord, publicKey: "ab".repeat(32) });
    const { id, channels } = discord.guild();
    await person(discord, { guild: id }).says("/start");
    const start = await host.next(0);
    await eventually(() => discord.unanswered().length === 0);
    await other.adapter.send(start.address, reply(start, "Buy together!"));
    expect(discord.messagesFor(channels[0] ?? "", EVE)).toHaveLength(1);
    expect(discord.messages(channels[0] ?? "")).toHaveLength(1);
    await person(discord, { guild: id }).says("/start");
    const again = await host.next(1);
    await eventually(() => discord.unanswered().length === 0);
    await adapter.send(again.address, reply(again, "For you", { visibility: "user" }));
    expect(discord.messagesFor(channels[0] ?? "", EVE)).toHaveLength(1);
    expect(discord.messages(channels[0] ?? "").map(({ loading }) => loading)).toEqual([false, false]);
  });

  test("is not acknowledged before it is stored, and at once when that took long", async () => {
    const { discord, host } = await process({ deferAfter: 0 });
    const release = host.hold();
    await person(discord).says("/start");
    await host.until(() => host.attempts.length === 1);
    await person(discord, {}, EVE).says("/start");
    await host.until(() => host.attempts.length === 2);
    expect(discord.unanswered()).toHaveLength(2);
    release();
    await eventually(() => discord.unanswered().length === 0);
    expect(discord.late).toBe(0);
  });

  test("is acknowledged before the process stops", async () => {
    const { discord, host, adapter } = await process();
    await person(discord).says("/start");
    const start = await host.next(0);
    await adapter.stop();
    expect(discord.unanswered()).toEqual([]);
    await adapter.send(start.address, reply(start, "Welcome"));
    expect(discord.messages(discord.dm(ADA))).toHaveLength(1);
  });

  test("whose ticket has expired is answered in the channel, what is private by direct message", async () => {
    const { discord, host, adapter } = await process();
    const { id, channels } = discord.guild();
    const ada = person(discord, { guild: id });
    await ada.says("/start");
    const start = await host.next(0);
    discord.expire();
    await adapter.send(start.address, reply(start, "For all"));
    await adapter.send(start.address, reply(start, "Your cart", { visibility: "user" }));
    expect(discord.messages(channels[0] ?? "")).toHaveLength(1);
    await person(discord).sees(/Your cart/);
    discord.closeDms(ADA);
    expect(
      await fate(adapter.send(start.address, reply(start, "Your cart", { visibility: "user" }))),
    ).toMatchObject({
      fate: "refused",
    });
  });

  test("that Discord took though its answer was lost is answered once", async () => {
    const { discord, host, adapter } = await process();
    const ada = person(discord);
    await ada.says("/start");
    const start = await host.next(0);
    discord.misbehave({ next: 1, kind: "500-after", route: /callback/ });
    const welcome = reply(start, "Welcome");
    expect(await fate(adapter.send(start.address, welcome))).toMatchObject({ fate: "unsent" });
    const { message } = await adapter.send(start.address, welcome);
    expect(discord.messages(discord.dm(ADA)).map(({ id }) => id)).toEqual([message]);
  });

  test("whose follow-up may have arrived says so", async () => {
    const { discord, host, adapter } = await process();
    await person(discord).says("/start");
    const start = await host.next(0);
    await adapter.send(start.address, reply(start, "Welcome"));
    discord.misbehave({ next: 1, kind: "500-after", route: /webhooks/ });
    expect(await fate(adapter.send(start.address, reply(start, "More")))).toMatchObject({ fate: "unknown" });
  });
});

describe("a form", () => {
  const form: FormView = {
    token: "form~1",
    locale: "en",
    title: "Review",
    submit: "Send",
    fields: [
      { name: "words", label: "Words", input: "long", required: true, maxLength: 500 },
      {
        name: "stars",
        label: "Stars",
        input: "choice",
        required: true,
        maxLength: 1,
        options: [
          { value: "4", label: "Four" },
          { value: "5", label: "Five" },
        ],
      },
      { name: "photo", label: "Photo", input: "photo", required: false, maxLength: 100 },
    ],
  };
  const asked = { form, controls: [button("Fill in", "fill~1")] };

  test("opens in a window, and what was entered comes back with the picture kept", async () => {
    const { discord, host, adapter } = await process();
    const { message } = await adapter.send(direct(discord), say("Review", { controls: asked.controls }));
    const ada = person(discord);
    await ada.presses("Fill in");
    const press = await host.next(0);
    await adapter.send(press.address, reply(press, "Review", { ...asked, replaces: message }));
    expect(await ada.seesModal(/Review/)).toMatchObject({ labels: ["Words", "Stars", "Photo"] });
    await ada.fills({ Words: "Very *good*", Stars: "Five", Photo: await picture() });
    const submitted = await host.next(1);
    expect(submitted.body).toEqual({
      kind: "form",
      token: "form~1",
      values: { words: "Very *good*", stars: "5", photo: "kept-picture-1" },
      message,
    });
    await adapter.send(submitted.address, reply(submitted, "Thank you", { replaces: message }));
    expect((await ada.sees(/Thank you/)).id).toBe(message);
    expect(answers(discord)).toEqual([9, 7]);
  });

  test("whose picture cannot be kept comes without it", async () => {
    const { discord, host, adapter } = await process();
    host.keepMedia = async () => {
      throw Object.assign(new Error("no picture"), { code: "BAD_MEDIA" });
    };
    await person(discord).says("/start");
    const start = await host.next(0);
    await adapter.send(start.address, reply(start, "Review", asked));
    await person(discord).fills({ Words: "Good", Stars: "Four", Photo: await picture() });
    expect((await host.next(1)).body).toMatchObject({ values: { words: "Good", stars: "4" } });
    expect((await host.next(1)).body).not.toHaveProperty("values.photo");
  });

  test("that can no longer be opened is a message with a button that asks for it again", async () => {
    const { discord, host, adapter } = await process({ deferAfter: 0 });
    const ada = person(discord);
    await ada.says("/start");
    const start = await host.next(0);
    await eventually(() => discord.unanswered().length === 0);
    await adapter.send(start.address, reply(start, "Review", asked));
    expect((await ada.sees(/Review/)).buttons).toEqual(["Fill in"]);
  });

  test("that opened though the answer was lost is not shown a second time", async () => {
    const { discord, host, adapter } = await process();
    await person(discord).says("/start");
    const start = await host.next(0);
    discord.misbehave({ next: 1, kind: "500-after", route: /callback/ });
    const opening = reply(start, "Review", asked);
    expect(await fate(adapter.send(start.address, opening))).toMatchObject({ fate: "unsent" });
    expect(await fate(adapter.send(start.address, opening))).toBe("sent");
    expect(discord.messages(discord.dm(ADA))).toEqual([]);
  });
});

describe("what becomes of a message", () => {
  test("sent again after its answer was lost, it is one message", async () => {
    const { discord, adapter } = await process();
    const news = say("Shipped");
    await adapter.send(direct(discord), say("First"));
    discord.misbehave({ next: 1, kind: "500-after", route: /messages/ });
    expect(await fate(adapter.send(direct(discord), news))).toMatchObject({ fate: "unsent" });
    expect(await fate(adapter.send(direct(discord), news))).toBe("sent");
    expect(discord.messages(discord.dm(ADA))).toHaveLength(2);
  });

  test("too many are told when to come back", async () => {
    const { discord, adapter } = await process();
    await adapter.send(direct(discord), say("First"));
    discord.misbehave({ next: 1, kind: "429", retryAfter: 7 });
    const sending = await adapter.send(direct(discord), say("Second")).catch((error: unknown) => error);
    if (!(sending instanceof SendError)) throw sending;
    expect(sending.fate).toBe("unsent");
    expect(sending.retryAfterMs).toBeGreaterThan(6000);
  });

  test("more than a channel takes at once arrive one after another, without the engine having to come back", async () => {
    const { discord, adapter } = await process({ world: { perChannel: 3 } });
    const to = direct(discord);
    await Promise.all(Array.from({ length: 8 }, (_, at) => adapter.send(to, say(`News ${at}`))));
    expect(discord.messages(discord.dm(ADA))).toHaveLength(8);
  });

  test("without an answer nobody waits for long; an older one that is gone is written anew", async () => {
    const { discord, adapter } = await process({ timeout: 200 });
    const { message } = await adapter.send(direct(discord), say("Cart: 1"));
    discord.misbehave({ next: 1, kind: "timeout", route: /PATCH/ });
    const edit = say("Cart: 2", { replaces: message });
    expect(await fate(adapter.send(direct(discord), edit))).toMatchObject({ fate: "unsent" });
    expect(await adapter.send(direct(discord), edit)).toEqual({ message });
    const gone = await adapter.send(direct(discord), say("Cart: 3", { replaces: "600000000000000001" }));
    expect(gone.message).not.toBe(message);
  });

  test("without the permission it is refused, with a line that says which one is missing", async () => {
    const { discord, adapter, logged } = await process();
    const { channels } = discord.guild({ writable: false });
    const to = addressOf(discord, channels[0] ?? "", ADA);
    expect(await fate(adapter.send(to, say("Hello")))).toMatchObject({ fate: "refused" });
    expect(logged("give it View Channel, Send Messages and Attach Files")).toBe(1);
  });

  test("after the token was taken back it waits, with one line for the operator and no token in it", async () => {
    const { discord, adapter, logged, lines } = await process();
    await adapter.send(direct(discord), say("Hello"));
    const old = discord.token;
    discord.revoke();
    for (let i = 0; i < 3; i++)
      expect(await fate(adapter.send(direct(discord), say("Hello?")))).toEqual({
        fate: "unsent",
        retryAfterMs: 60_000,
      });
    await eventually(() => logged("Discord refuses the token") === 1);
    expect(adapter.connections?.()).toEqual([]);
    expect(lines()).not.toContain(old);
  });

  test.each([
    ["by gateway", {}],
    ["by webhook", { publicKey: "ab".repeat(32) }],
  ])(
    "%s, a token that is taken back disconnects the bot, and one that is taken again connects it",
    async (_, way) => {
      const { discord, adapter, logged } = await process({ ...way, recheckAfter: 20 });
      const { token } = discord;
      expect(adapter.connections?.()).toEqual([discord.applicationId]);
      discord.revoke();
      await fate(adapter.send(direct(discord), say("Hello?")));
      expect(adapter.connections?.()).toEqual([]);
      discord.token = token;
      await expect.poll(() => adapter.connections?.()).toEqual([discord.applicationId]);
      expect(await fate(adapter.send(direct(discord), say("Hello!")))).toBe("sent");
      expect(logged("Discord refuses the token")).toBe(1);
    },
  );

  test("nowhere to be reached it was surely not sent", async () => {
    const { discord, adapter } = await process({ publicKey: "ab".repeat(32) });
    await adapter.send(direct(discord), say("Hello"));
    await discord.close();
    await fate(adapter.send(direct(discord), say("Hello?"))); // the open connection breaks, which tells nothing
    expect(await fate(adapter.send(direct(discord), say("Hello?")))).toMatchObject({ fate: "unsent" });
    endings.shift();
  });
});

describe("commands", () => {
  test("are announced when they differ from those Discord has", async () => {
    const { discord } = await process();
    expect(discord.commands().map(({ name }) => name)).toEqual(["start", "search"]);
    await process({ of: discord, publicKey: "ab".repeat(32) });
    expect(discord.callsOf("PUT", /commands/)).toHaveLength(1);
  });

  test("of somebody who sends too much promise no answer, as there will be none", async () => {
    const { discord, host, adapter } = await process();
    host.dropping = true;
    const ada = person(discord);
    await ada.says("/start");
    await host.next(0);
    host.dropping = false;
    await ada.says("/start");
    await host.next(1);
    await adapter.stop(); // which promises whatever has none yet
    expect(answers(discord)).toHaveLength(1);
  });

  test("are completed while they are typed", async () => {
    const { discord, host } = await process();
    host.suggestions = ["Red mug", "Red mug", "Blue mug", ""];
    const choices = await person(discord).autocompletes("search", "mu");
    expect(choices.map(({ name }) => name)).toEqual(["Red mug", "Blue mug"]);
  });
});

describe("a start", () => {
  test("through trouble ends well", async () => {
    const discord = await discordDouble();
    endings.push(() => discord.close());
    discord.misbehave({ next: 1, kind: "500-before", route: /gateway/ });
    discord.misbehave({ next: 1, kind: "500-before", route: /commands/ });
    const { logged } = await process({ of: discord });
    expect(discord.gateway.connected).toBe(1);
    expect(discord.commands()).toHaveLength(2);
    expect(logged("trying again")).toBe(2);
  });

  test("that Discord does not answer can be stopped at once", async () => {
    const { discord, host, adapter } = await process({ start: false, timeout: 600_000 });
    discord.misbehave({ next: 1, kind: "timeout", route: /gateway/ });
    const starting = adapter.start(host);
    await eventually(() => discord.callsOf("GET", /gateway/).length === 1);
    await adapter.stop();
    await starting;
    expect(discord.gateway.connected).toBe(0);
  });

  test("with a refused token is one line in the log", async () => {
    const { logged } = await process({ token: "not.the.token" });
    await eventually(() => logged("Discord refuses the token") === 1);
  });

  test("with options that could never work is refused at once", () => {
    const log = pino({ level: "silent" });
    expect(() => discordAdapter({ token: "t", applicationId: "shop", log })).toThrow(/17 to 20 digits/);
    expect(() =>
      discordAdapter({ token: "t", applicationId: "400000000000000004", publicKey: "ab", log }),
    ).toThrow(/64 hexadecimal digits/);
  });
});

describe("by webhook", () => {
  /** An adapter whose routes are mounted where the double posts to. */
  async function webhook(world?: DoubleOptions) {
    const discord = await discordDouble(world);
    endings.push(() => discord.close());
    const made = await process({ of: discord, publicKey: discord.publicKey });
    const app = new Hono().route("/webhooks/discord", made.adapter.routes ?? new Hono());
    const url = await new Promise<string>((resolve) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
        resolve(`http://127.0.0.1:${port}/webhooks/discord`),
      );
      endings.push(() => new Promise((closed) => server.close(closed)));
    });
    discord.interactionsUrl = url;
    return { ...made, url };
  }

  test("a PING is answered if it is Discord's", async () => {
    const { discord } = await webhook();
    expect(await discord.ping()).toEqual({ status: 200, body: { type: 1 } });
    expect((await discord.ping("forged")).status).toBe(401);
    expect((await discord.ping("missing")).status).toBe(401);
  });

  test("a request made again later, or dated ahead, is refused though its signature is right", async () => {
    let shift = 0;
    const { discord } = await webhook({ now: () => Date.now() + shift });
    for (const minutes of [-6, 6]) {
      shift = minutes * 60_000;
      expect((await discord.ping()).status).toBe(401);
    }
    shift = 4 * 60_000;
    expect((await discord.ping()).status).toBe(200);
  });

  test("interactions are stored, then taken with 202 and answered as ever, without a gateway", async () => {
    const { discord, host, adapter } = await webhook();
    const ada = person(discord);
    await ada.says("/start");
    const start = await host.next(0);
    await adapter.send(start.address, reply(start, "Welcome"));
    await ada.sees(/Welcome/);
    await eventually(() => discord.deliveries[0]?.status === 202);
    expect(discord.gateway.identified).toBe(0);
    host.suggestions = ["Red mug"];
    expect(await ada.autocompletes("search", "r")).toEqual([{ name: "Red mug", value: "Red mug" }]);
  });

  test("an interaction that could not be stored is not acknowledged", async () => {
    const { discord, host } = await webhook();
    host.fail(1);
    await person(discord).says("/start");
    await eventually(() => discord.deliveries[0]?.status === 500);
    expect(discord.unanswered()).toHaveLength(1);
  });

  test("what is old, too large or no interaction is refused before it is looked at", async () => {
    const { discord, url, host } = await webhook();
    const body = JSON.stringify({ id: "1", type: 1, token: "t" });
    const headers = { "X-Signature-Ed25519": "00".repeat(64), "X-Signature-Timestamp": "1" };
    const post = async (sent: string, more = {}) =>
      (await fetch(url, { method: "POST", body: sent, headers: { ...headers, ...more } })).status;
    expect(await post(body)).toBe(401);
    expect(await post(body, { "X-Signature-Timestamp": String(Math.floor(Date.now() / 1000)) })).toBe(401);
    expect(await post("x".repeat(300 * 1024))).toBe(413);
    expect(await post(body, { "X-Signature-Ed25519": "zz" })).toBe(401);
    expect(host.attempts).toEqual([]);
    expect(discord.unanswered()).toEqual([]);
  });
});
