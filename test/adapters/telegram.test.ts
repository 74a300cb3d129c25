import { Writable } from "node:stream";
import { serve } from "@hono/node-server";
import fc from "fast-check";
import { Hono } from "hono";
import pino from "pino";
import sharp from "sharp";
import { afterEach, describe, expect, test } from "vitest";
import { capabilities } from "../../adapters/telegram/capabilities.ts";
import { readUpdate } from "../../adapters/telegram/inbound.ts";
import { type TelegramOptions, telegramAdapter } from "../../adapters/telegram/index.ts";
import { render } from "../../adapters/telegram/render.ts";
import type { Adapter, Host } from "../../src/engine/adapter.ts";
import { type Address, destinationOf, directAddress } from "../../src/engine/address.ts";
import { fit as fitted } from "../../src/engine/fit.ts";
import type { Inbound } from "../../src/engine/inbound.ts";
import { bold, code, italic, linked, plain, rich, strike } from "../../src/engine/rich-text.ts";
import type { Control, View } from "../../src/engine/view.ts";
import { type DoubleOptions, type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { checkKeyboard, checkText } from "../doubles/telegram-rules.ts";

const picture = (side = 40): Promise<Uint8Array> =>
  sharp({ create: { width: side, height: side, channels: 3, background: "teal" } })
    .jpeg()
    .toBuffer();

/** Records what it is given, and can be told to fail or to dawdle. */
class RecordingHost implements Host {
  readonly accepted: Inbound[] = [];
  readonly attempts: Inbound[] = [];
  readonly kept: Uint8Array[] = [];
  readonly pictures = new Map<string, Uint8Array>();
  locales: readonly string[] = ["en", "zh"];
  announced = [{ name: "start", description: "Start over" }];
  mediaReads = 0;
  /** Called before an event counts as stored; may throw or wait. */
  before: (inbound: Inbound) => Promise<void> | void = () => undefined;
  readonly #ids = new Set<string>();

  async accept(inbound: Inbound): Promise<"accepted" | "duplicate"> {
    this.attempts.push(inbound);
    await this.before(inbound);
    if (this.#ids.has(inbound.id)) return "duplicate";
    this.#ids.add(inbound.id);
    this.accepted.push(inbound);
    return "accepted";
  }
  async media(id: string) {
    this.mediaReads += 1;
    const bytes = this.pictures.get(id);
    return bytes === undefined ? null : { bytes, contentType: "image/jpeg" };
  }
  async keepMedia(bytes: Uint8Array): Promise<string> {
    if (bytes[0] !== 0xff) throw Object.assign(new Error("not a picture"), { code: "BAD_MEDIA" });
    this.kept.push(bytes);
    return `m${this.kept.length}`;
  }
  commands(locale: string) {
    return this.announced.map(({ name, description }) => ({
      name,
      description: `${description} (${locale})`,
    }));
  }
  async suggest() {
    return [];
  }
  problems() {
    return {};
  }
  async preview() {
    return null;
  }
}

interface World {
  double: TelegramDouble;
  host: RecordingHost;
  adapter: Adapter & { routes?: Hono };
  logged: () => string;
}
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function world(
  options: Partial<TelegramOptions> & { double?: DoubleOptions; host?: RecordingHost; start?: boolean } = {},
): Promise<World> {
  const double = await telegramDouble(options.double);
  endings.push(() => double.close());
  const host = options.host ?? new RecordingHost();
  let lines = "";
  const sink = new Writable({
    write(chunk, _, done) {
      lines += chunk;
      done();
    },
  });
  const log = pino({ level: "trace" }, sink);
  const adapter = telegramAdapter({
    token: double.token,
    apiRoot: double.url,
    timeoutSeconds: 1,
    ...options,
    log,
  });
  endings.push(() => adapter.stop());
  if (options.start !== false) await adapter.start(host);
  return { double, host, adapter, logged: () => lines };
}

/** Waits until the double has seen enough for `find` to hold. */
const until = <T>({ double }: World, find: () => T | undefined | false): Promise<T> =>
  double.until(
    find,
    5000,
    () => `waited in vain; calls: ${double.calls.map(({ method }) => method).join(" ")}`,
  );

/** Waits, by polling the host, since accepting is silent towards Telegram. */
async function accepted({ host }: World, count: number): Promise<readonly Inbound[]> {
  for (let i = 0; i < 500 && host.accepted.length < count; i++) await new Promise((r) => setTimeout(r, 10));
  expect(host.accepted.length).toBeGreaterThanOrEqual(count);
  return host.accepted;
}

const to = (chat: number | string): Address =>
  directAddress({ platform: "telegram", connection: "4242" }, String(chat));
const view = (text: string, controls: Control[] = []): View => ({ text: plain(text), cards: [], controls });
const card = (title: string, image: View["cards"][number]["image"], controls: Control[] = []): View => ({
  cards: [{ title, image, controls }],
  controls: [],
});
const button = (label: string, token = label): Control => ({ kind: "button", label, token });
const fate = (sending: Promise<unknown>) =>
  sending.then(
    () => "sent",
    (error) => ({ fate: error.fate, retryAfterMs: error.retryAfterMs, message: error.message }),
  );

describe("what comes in", () => {
  test("every kind of message becomes its event, once, with who and where", async () => {
    const it = await world();
    const ada = it.double.person(77, { hasty: true, name: "Ada\u202E\u200B", locale: "zh-hans" });
    const bytes = await picture(200);
    await ada.says("red mug");
    await ada.says("/Start@HAWKER_test_bot  p_1234 ");
    await ada.says("/start p_ab12");
    await ada.sendsPhoto(bytes, "like this");
    await ada.sendsContact("+4930123456");
    await ada.sendsLocation(52.5, 13.4);
    await ada.sendsOther({ sticker: { file_id: "x" } });
    await ada.sendsOther({ voice: { file_id: "x" } });
    ada.forges("tok:en", 5);

    const events = await accepted(it, 9);
    expect(events.map(({ body }) => body)).toEqual([
      { kind: "text", text: "red mug" },
      { kind: "command", name: "start", rest: "p_1234" },
      { kind: "command", name: "start", rest: "p_ab12" },
      { kind: "photo", media: "m1", caption: "like this" },
      { kind: "contact", phone: "+4930123456" },
      { kind: "location", latitude: 52.5, longitude: 13.4 },
      { kind: "other", what: "sticker" },
      { kind: "other", what: "voice" },
      { kind: "press", token: "tok:en", message: "5" },
    ]);
    expect(it.host.kept[0]).toEqual(Buffer.from(bytes));
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => `u${1000 + i}`));
    for (const event of events) {
      expect(event.address).toEqual({ kind: "direct", platform: "telegram", connection: "4242", user: "77" });
      expect(event.sender).toEqual({ id: "77", name: "Ada", locale: "zh-hans" });
    }
  });

  test("in a group every person has a conversation, and other bots' commands are not ours", async () => {
    const it = await world();
    const ada = it.double.person(77, { hasty: true, group: -100500 });
    const bob = it.double.person(78, { hasty: true, group: -100500 });
    await ada.says("/cart@another_bot");
    await ada.says("/cart");
    await bob.says("@hawker_test_bot mugs");
    const [first, second] = await accepted(it, 2);
    expect(first).toMatchObject({ address: { channel: "-100500", user: "77" }, body: { name: "cart" } });
    expect(second).toMatchObject({ address: { channel: "-100500", user: "78" }, body: { text: "mugs" } });
  });

  test("an address that stands behind words is read in their place", () => {
    const chat = { id: 1, type: "private" as const, first_name: "A" };
    const url = "https://shop.example/p/mug";
    const entities = [
      { type: "bold", offset: 0, length: 2 },
      { type: "text_link", offset: 3, length: 4, url },
      { type: "text_link", offset: 12, length: 2, url },
    ];
    const message = { message_id: 1, date: 1, chat, from: { id: 1, is_bot: false, first_name: "A" } };
    const update = { update_id: 1, message: { ...message, text: "🙂 this and 🙂!", entities } };
    const { inbound } = readUpdate(update as never, { id: "4242", username: "hawker_test_bot" });
    expect(inbound?.body).toEqual({ kind: "text", text: `🙂 ${url} and ${url}!` });
  });

  test("edits, bots, channel posts and service messages are nothing to the shop", () => {
    const me = { id: "4242", username: "hawker_test_bot" };
    const chat = { id: 1, type: "private" as const, first_name: "A" };
    const from = { id: 1, is_bot: false, first_name: "A" };
    const message = { message_id: 1, date: 1, chat, from, text: "x" };
    const ignored = [
      { edited_message: { ...message, edit_date: 2 } },
      { channel_post: message },
      { message: { ...message, from: { ...from, id: 4242, is_bot: true } } },
      { message: { ...message, from: undefined } },
      { message: { ...message, text: undefined, new_chat_title: "t" } },
      { my_chat_member: {} },
    ];
    for (const content of ignored) expect(readUpdate({ update_id: 1, ...content } as never, me)).toEqual({});
  });

  test("a file that is no picture, or is gone, is something the shop cannot use", async () => {
    const it = await world();
    const ada = it.double.person(77, { hasty: true });
    await ada.sendsPhoto(new Uint8Array([1, 2, 3]));
    await ada.sendsOther({ photo: [{ file_id: "gone", file_unique_id: "g", width: 1, height: 1 }] });
    await ada.sendsOther({
      photo: [{ file_id: "big", file_unique_id: "b", width: 1, height: 1, file_size: 6 * 1024 * 1024 }],
    });
    const big = it.double.keepFile(new Uint8Array(5 * 1024 * 1024 + 1).fill(0xff));
    await ada.sendsOther({ photo: [{ file_id: big, file_unique_id: "l", width: 1, height: 1 }] });
    expect((await accepted(it, 4)).map(({ body }) => body)).toEqual(
      Array(4).fill({ kind: "other", what: "photo" }),
    );
    expect(it.host.kept).toHaveLength(0);
  });

  test("a picture whose download fails is fetched again, and the token is in no log line", async () => {
    const it = await world();
    it.double.misbehave({ next: 1, kind: "500-before", method: "download" });
    it.double.misbehave({ next: 1, kind: "reset", method: "download" });
    await it.double.person(77, { hasty: true }).sendsPhoto(await picture());
    expect((await accepted(it, 1))[0]?.body).toMatchObject({ kind: "photo" });
    expect(it.logged()).not.toContain(it.double.token);
  });

  test("a picture that cannot be had is no picture, and the log says why", async () => {
    const it = await world();
    it.double.misbehave({ next: 3, kind: "500-before", method: "download" });
    await it.double.person(77, { hasty: true }).sendsPhoto(await picture());
    expect((await accepted(it, 1))[0]?.body).toEqual({ kind: "other", what: "photo" });
    expect(it.logged()).toMatch(/HTTP 500.*A picture could not be fetched/);
    expect(it.logged()).not.toContain(it.double.token);
  });

  test("every press is answered once it is stored, also a repeated one", async () => {
    const it = await world();
    const ada = it.double.person(77, { hasty: true });
    let release = () => {};
    it.host.before = () => new Promise((resolve) => (release = resolve));
    ada.forges("a");
    await until(it, () => it.double.callsOf("getUpdates").length > 1);
    for (let i = 0; i < 200 && it.host.attempts.length < 1; i++) await new Promise((r) => setTimeout(r, 5));
    expect(it.double.callsOf("answerCallbackQuery")).toHaveLength(0);
    it.host.before = () => undefined;
    release();
    await until(it, () => it.double.unanswered().length === 0);
    it.double.misbehave({ next: 1, kind: "duplicate-update" });
    ada.forges("b");
    ada.forges("c");
    await until(it, () => it.double.callsOf("answerCallbackQuery").length === 3);
    expect(it.double.unanswered()).toEqual([]);
    expect(it.host.accepted).toHaveLength(3);
  });
});

describe("polling", () => {
  test("nothing is confirmed before it is stored, and a chat in trouble holds up no other", async () => {
    const it = await world();
    let broken = true;
    it.host.before = ({ address }) => {
      if (broken && destinationOf(address) === "77") throw new Error("the store is down");
    };
    await it.double.person(77, { hasty: true }).says("first");
    await it.double.person(77, { hasty: true }).says("second");
    await it.double.person(78, { hasty: true }).says("other chat");
    expect((await accepted(it, 1))[0]?.address).toEqual(to(78));
    const polls = it.double.callsOf("getUpdates").length;
    await until(it, () => it.double.callsOf("getUpdates").length > polls);
    expect(it.double.unconfirmed.map(({ update_id }) => update_id)).toEqual([1000, 1001, 1002]);
    broken = false;
    await until(it, () => it.double.unconfirmed.length === 0);
    expect(it.host.accepted.map(({ id }) => id)).toEqual(["u1002", "u1000", "u1001"]);
  });

  test("what was not stored when the bot stops comes again after a restart", async () => {
    const it = await world();
    it.host.before = ({ id }) => {
      if (id === "u1001") throw new Error("the store is down");
    };
    await it.double.person(77, { hasty: true }).says("stored");
    await it.double.person(77, { hasty: true }).says("not stored");
    await accepted(it, 1);
    await it.adapter.stop();
    expect(it.double.unconfirmed.map(({ update_id }) => update_id)).toEqual([1001]);
    const again = telegramAdapter({
      token: it.double.token,
      apiRoot: it.double.url,
      log: pino({ level: "silent" }),
    });
    it.host.before = () => undefined;
    await again.start(it.host);
    await accepted(it, 2);
    await again.stop();
    expect(it.host.accepted.map(({ id }) => id)).toEqual(["u1000", "u1001"]);
    expect(it.double.unconfirmed).toEqual([]);
  });

  test("polling survives errors, floods and silence of the server", async () => {
    const it = await world();
    for (const kind of ["500-before", "429", "reset"] as const)
      it.double.misbehave({ next: 1, kind, method: "getUpdates" });
    await it.double.person(77, { hasty: true }).says("one");
    await it.double.person(77, { hasty: true }).says("two");
    expect(await accepted(it, 2)).toHaveLength(2);
    await it.double.person(77, { hasty: true }).says("three");
    expect((await accepted(it, 3)).map(({ id }) => id)).toEqual(["u1000", "u1001", "u1002"]);
    expect(it.logged()).not.toContain(it.double.token);
  });

  test("updates delivered twice or out of order arrive at the shop once each", async () => {
    const it = await world();
    it.double.misbehave({ next: 1, kind: "duplicate-update" });
    it.double.misbehave({ next: 2, kind: "reorder" });
    const ada = it.double.person(77, { hasty: true });
    for (const word of ["a", "b", "c", "d"]) await ada.says(word);
    await accepted(it, 4);
    await until(it, () => it.double.unconfirmed.length === 0);
    expect(it.host.accepted.map(({ id }) => id).sort()).toEqual(["u1000", "u1001", "u1002", "u1003"]);
  });

  test("a revoked token stops the bot with a clear line and without the token", async () => {
    const it = await world();
    const token = it.double.token;
    it.double.person(77, { hasty: true });
    it.double.revoke();
    for (let i = 0; i < 300 && !it.logged().includes("revoked"); i++)
      await new Promise((r) => setTimeout(r, 10));
    expect(it.logged()).toContain("Telegram refuses the token of this bot");
    expect(it.logged()).not.toContain(token);
    expect(await fate(it.adapter.send(to(77), { view: view("x"), key: "k" }))).toMatchObject({
      fate: "unsent",
    });
    expect(it.adapter.connections?.()).toEqual([]);
    const calls = it.double.callsOf("getUpdates").length;
    await it.adapter.stop();
    expect(it.double.callsOf("getUpdates").length).toBe(calls);
  });

  test("a message that is refused for its token disconnects the bot, and a token that is taken again connects it", async () => {
    const it = await world({
      webhook: { secret: "s", url: "https://shop.example/telegram" },
      recheckAfter: 20,
    });
    it.double.person(77, { hasty: true });
    const { token } = it.double;
    expect(it.adapter.connections?.()).toHaveLength(1);
    it.double.revoke();
    expect(await fate(it.adapter.send(to(77), { view: view("x"), key: "k" }))).toMatchObject({
      fate: "unsent",
    });
    expect(it.adapter.connections?.()).toEqual([]);
    await expect.poll(() => it.double.callsOf("getMe").length).toBeGreaterThan(0);
    it.double.token = token;
    await expect.poll(() => it.adapter.connections?.()).toHaveLength(1);
    expect(it.logged().split("Telegram refuses the token of this bot")).toHaveLength(2);
  });

  test("a bot that is refused from the start lets the others start", async () => {
    const it = await world({ token: "4242:never_valid" });
    expect(it.logged()).toContain("Telegram refuses the token of this bot");
    expect(it.adapter.connections?.()).toEqual([]);
  });
});

describe("commands", () => {
  test("are announced per language, and only when they have changed", async () => {
    const it = await world();
    expect(it.double.commandsOf()).toEqual([{ command: "start", description: "Start over (en)" }]);
    expect(it.double.commandsOf("zh")).toEqual([{ command: "start", description: "Start over (zh)" }]);
    expect(it.double.callsOf("setMyCommands")).toHaveLength(3);
    const restart = async () => {
      const again = telegramAdapter({
        token: it.double.token,
        apiRoot: it.double.url,
        log: pino({ level: "silent" }),
      });
      await again.start(it.host);
      await again.stop();
    };
    await it.adapter.stop();
    await restart();
    expect(it.double.callsOf("setMyCommands")).toHaveLength(3);
    it.host.announced = [...it.host.announced, { name: "cart", description: "Your cart" }];
    await restart();
    expect(it.double.callsOf("setMyCommands")).toHaveLength(6);
  });
});

describe("what goes out", () => {
  const HOSTILE = [
    "<b>*@everyone*</b> _x_ [a](tg://user?id=1) `c` &amp; \\",
    "\u202Eevil\u2066 \u200Btext",
    "👩‍👩‍👧 购物车里有 3 件商品 😀",
    "half a pair \uD83D here",
    "x".repeat(10_000),
    "😀".repeat(5_000),
  ];

  test.for(HOSTILE)("hostile text is shown as text, with entities in their place: %#", async (text) => {
    const it = await world();
    const ada = it.double.person(77);
    const words = rich`😀 Hi ${bold(text)} and ${italic(rich`购${code("物")}`)}`;
    await it.adapter.send(to(77), { view: { text: words, cards: [], controls: [] }, key: "k" });
    const message = await ada.sees(/Hi/);
    const strong = message.entities.find(({ type }) => type === "bold")!;
    const shown = message.text.slice(strong.offset, strong.offset + strong.length);
    const well = text.replace(/\p{Surrogate}/gu, "\uFFFD");
    if (text.length < 4000) {
      expect(shown).toBe(well);
      const inner = message.entities.map(({ type, offset, length }) => [
        type,
        message.text.slice(offset, offset + length),
      ]);
      expect(inner).toEqual([
        ["bold", well],
        ["italic", "购物"],
        ["code", "物"],
      ]);
    } else {
      expect(well.startsWith(shown)).toBe(true);
      expect(message.text.length).toBeGreaterThan(4090);
      expect(message.text.endsWith("…")).toBe(true);
    }
  });

  test("a card without a picture, facts, links and picks", async () => {
    const shown = render({
      text: rich`  ${strike("9 €")} ${linked("shop", "https://shop.example/a")} ${linked("here", "http://localhost:3000/x")}`,
      cards: [
        { title: "Mug", text: plain("Holds tea"), facts: [["Price", "8 €"]], controls: [button("Buy")] },
      ],
      controls: [
        { kind: "link", label: "Pay", url: "https://pay.example/1" },
        { kind: "link", label: "Try", url: "http://localhost:3000/pay" },
        {
          kind: "pick",
          label: "Size",
          options: [
            { label: "S", token: "s" },
            { label: "M", token: "m", selected: true },
          ],
        },
        button("Back"),
      ],
    });
    expect(shown.text).toBe(
      "9 € shop here (http://localhost:3000/x)\n\nMug\nHolds tea\nPrice: 8 €\n\nTry: http://localhost:3000/pay",
    );
    expect(shown.entities).toEqual([
      { type: "strikethrough", offset: 0, length: 3 },
      { type: "text_link", url: "https://shop.example/a", offset: 4, length: 4 },
      { type: "bold", offset: 41, length: 3 },
    ]);
    expect(shown.keyboard).toEqual([
      [
        { text: "Buy", callback_data: "Buy" },
        { text: "Pay", url: "https://pay.example/1" },
      ],
      [
        { text: "S", callback_data: "s" },
        { text: "✓ M", callback_data: "m" },
      ],
      [{ text: "Back", callback_data: "Back" }],
    ]);
  });

  test("whatever the engine lets through, Telegram takes, with every action in it", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.constantFrom("", " \n", "\u200B", "\uD83D", "😀".repeat(600), "x ".repeat(3000)),
    );
    const rich = fc
      .array(fc.tuple(fc.constantFrom(plain, bold, italic, code, strike), text), { maxLength: 4 })
      .map((parts) => parts.flatMap(([mark, words]) => mark(words)));
    const token = fc.stringMatching(/^[\w-]{1,64}$/);
    const url = fc.constantFrom("https://a.example/x", "http://localhost:1/", "nonsense", "javascript:x", "");
    const control: fc.Arbitrary<Control> = fc.oneof(
      fc.record({ kind: fc.constant("button" as const), label: text, token }),
      fc.record({ kind: fc.constant("link" as const), label: text, url }),
      fc.record({
        kind: fc.constant("pick" as const),
        label: text,
        options: fc.array(fc.record({ label: text, token, selected: fc.boolean() }), { maxLength: 40 }),
      }),
    );
    const controls = fc.array(control, { maxLength: 40 });
    const image = fc.constantFrom(undefined, { id: "m", alt: "" });
    const cards = fc.array(fc.record({ title: text, text: rich, image, controls }), { maxLength: 3 });
    const views: fc.Arbitrary<View> = fc.record({ text: rich, cards, controls });
    fc.assert(
      fc.property(views, (whole) => {
        const pressed = fitted(whole, capabilities).flatMap((part) => {
          const { text: words, entities, photo, keyboard } = render(part);
          checkText(words || "…", entities, photo ? 1024 : 4096, false);
          return checkKeyboard({ inline_keyboard: keyboard }).flat();
        });
        const tokens = [...whole.cards.flatMap((each) => each.controls ?? []), ...whole.controls].flatMap(
          (each) =>
            each.kind === "button"
              ? [each.token]
              : each.kind === "pick"
                ? each.options.map((o) => o.token)
                : [],
        );
        const offered = pressed.flatMap((each) => ("callback_data" in each ? [each.callback_data] : []));
        expect(offered.sort()).toEqual(tokens.sort());
      }),
      { numRuns: 300 },
    );
  });

  test("short labels share a row of three, long ones do not", () => {
    const labels = ["A", "B", "C", "D", "A rather long label indeed", "Another long one"];
    const shown = render(
      view(
        "x",
        labels.map((label) => button(label)),
      ),
    );
    expect(shown.keyboard.map((row) => row.length)).toEqual([3, 2, 1]);
  });

  test("people press what is there, and find links in buttons and in text", async () => {
    const it = await world();
    const ada = it.double.person(77);
    await it.adapter.send(to(77), {
      view: view("Welcome", [
        button("🛍 Browse", "b1"),
        { kind: "link", label: "Pay", url: "https://pay.example/1" },
        { kind: "link", label: "Try", url: "http://localhost:3000/pay" },
      ]),
      key: "k",
    });
    expect(await ada.link("Pay")).toBe("https://pay.example/1");
    expect(await ada.link(/try/i)).toBe("http://localhost:3000/pay");
    await ada.presses("Browse");
    expect((await accepted(it, 1))[0]?.body).toEqual({ kind: "press", token: "b1", message: "1" });
  });

  test("a stored picture is uploaded once, whoever it is shown to, also at the same moment", async () => {
    const it = await world();
    const people = [77, 78, 79].map((id) => it.double.person(id));
    it.host.pictures.set("mug", await picture());
    await Promise.all(
      people.map(({ id }) =>
        it.adapter.send(to(id), { view: card("Mug", { id: "mug", alt: "" }), key: `k${id}` }),
      ),
    );
    await it.adapter.send(to(77), { view: card("Mug again", { id: "mug", alt: "" }), key: "k" });
    expect(it.double.uploads).toBe(1);
    expect(it.host.mediaReads).toBe(1);
    for (const person of people) expect((await person.sees(/Mug/)).photo).toMatch(/^AgAC/);
    it.double.forgetFiles();
    await it.adapter.send(to(77), { view: card("Mug anew", { id: "mug", alt: "" }), key: "k2" });
    expect(it.double.uploads).toBe(2);
  });

  test("words go out without a picture that is missing, broken or too large for its caption", async () => {
    const it = await world();
    const ada = it.double.person(77);
    const gone = "https://pictures.example/gone.jpg";
    it.double.brokenUrls.add(gone);
    it.host.pictures.set("noise", new Uint8Array([1, 2, 3]));
    it.host.pictures.set("mug", await picture());
    const send = (shown: View) => it.adapter.send(to(77), { view: shown, key: "k" });
    await send(card("One", { url: gone, alt: "" }));
    await send(card("Two", { id: "missing", alt: "" }));
    await send(card("Three", { id: "noise", alt: "" }));
    await send({ ...card("Four", { id: "mug", alt: "" }), text: plain("y".repeat(1100)) });
    await send(card("Five", { url: "https://pictures.example/mug.jpg", alt: "" }));
    for (const word of [/One/, /Two/, /Three/, /Four/]) expect((await ada.sees(word)).photo).toBeUndefined();
    expect((await ada.sees(/Five/)).photo).toBe("https://pictures.example/mug.jpg");
  });
});

describe("a document", () => {
  const file = { name: "my-data.json", contentType: "application/json", text: '{"name":"艾达"}' };

  test("comes by its name, as it is, and before the words with the buttons", async () => {
    const it = await world();
    const ada = it.double.person(77);
    const shown = { ...view("Your data", [button("Back", "b")]), file };
    const { message } = await it.adapter.send(to(77), { view: shown, key: "k" });
    expect(it.double.messages(77).map(({ document }) => document)).toEqual([
      { name: file.name, text: file.text },
      undefined,
    ]);
    expect(ada.transcript()).toBe("bot> (file my-data.json) \nbot> Your data\n[Back]");
    expect(message).toBe("2");
  });

  test("stays when the message with its buttons becomes another", async () => {
    const it = await world();
    const ada = it.double.person(77);
    const shown = { ...view("Your data", [button("Back", "b")]), file };
    const { message } = await it.adapter.send(to(77), { view: shown, key: "k" });
    await it.adapter.send(to(77), { view: view("The shop"), key: "k2", replaces: message });
    expect(ada.transcript()).toBe("bot> (file my-data.json) \nbot> The shop");
  });

  test("can come without words, and in place of another message", async () => {
    const it = await world();
    const ada = it.double.person(77);
    const { message } = await it.adapter.send(to(77), { view: view("One moment"), key: "k" });
    const alone = { cards: [], controls: [], file };
    await it.adapter.send(to(77), { view: alone, key: "k2", replaces: message });
    expect(ada.transcript()).toBe("bot> (file my-data.json) ");
  });

  test("that Telegram does not take is refused", async () => {
    const it = await world();
    it.double.person(77);
    const empty = { ...view("Your data"), file: { ...file, text: "" } };
    expect(await fate(it.adapter.send(to(77), { view: empty, key: "k" }))).toMatchObject({ fate: "refused" });
  });
});

describe("editing in place", () => {
  const kinds: [string, View][] = [
    ["text", view("Before", [button("Old")])],
    ["picture", card("Before", { id: "mug", alt: "" }, [button("Old")])],
  ];
  const targets: [string, View][] = [
    ["text", view("After")],
    ["picture", card("After", { id: "cup", alt: "" })],
  ];
  for (const [was, before] of kinds)
    for (const [is, after] of targets)
      test(`a ${was} becomes a ${is}, and only that is left`, async () => {
        const it = await world();
        const ada = it.double.person(77);
        it.host.pictures.set("mug", await picture(30));
        it.host.pictures.set("cup", await picture(50));
        const { message } = await it.adapter.send(to(77), { view: before, key: "k1" });
        const sent = await it.adapter.send(to(77), { view: after, key: "k2", replaces: message });
        const seen = await ada.sees(/After/);
        expect(String(seen.id)).toBe(sent.message);
        expect(sent.message === message).toBe(!(was === "picture" && is === "text"));
        expect(seen.photo !== undefined).toBe(is === "picture");
        expect(seen.keyboard).toEqual([]);
        expect(it.double.messages(77)).toHaveLength(1);
      });

  test("showing the same again is success", async () => {
    const it = await world();
    it.double.person(77);
    it.host.pictures.set("mug", await picture());
    for (const shown of [view("Same"), card("Same", { id: "mug", alt: "" })]) {
      const { message } = await it.adapter.send(to(77), { view: shown, key: "k1" });
      expect(await it.adapter.send(to(77), { view: shown, key: "k2", replaces: message })).toEqual({
        message,
      });
    }
    expect(it.double.messages(77)).toHaveLength(2);
  });

  test("a message that is gone, or was never ours, is replaced by a new one", async () => {
    const it = await world();
    const ada = it.double.person(77);
    await ada.says("mine");
    for (const replaces of ["1", "99", "nonsense"])
      await it.adapter.send(to(77), { view: view(`Instead of ${replaces}`), key: replaces, replaces });
    for (const word of [/Instead of 1/, /Instead of 99/, /Instead of nonsense/]) await ada.sees(word);
  });

  test("an edit that may have arrived may be made again", async () => {
    const it = await world();
    const ada = it.double.person(77);
    const { message } = await it.adapter.send(to(77), { view: view("Before"), key: "k1" });
    for (const kind of ["500-after", "timeout"] as const) {
      const edit = () =>
        it.adapter.send(to(77), { view: view(`After ${kind}`), key: "k2", replaces: message });
      it.double.misbehave({ next: 1, kind });
      expect(await fate(edit())).toMatchObject({ fate: "unsent" });
      expect(await edit()).toEqual({ message });
      await ada.sees(new RegExp(`After ${kind}`));
    }
  });
});

describe("what became of a message", () => {
  const send = (it: World, channel = 77) =>
    fate(it.adapter.send(to(channel), { view: view("Hello"), key: "k" }));

  test.for([
    ["500-before", "unknown"],
    ["500-after", "unknown"],
    ["timeout", "unknown"],
    ["reset", "unknown"],
  ] as const)("%s: %s", async ([kind, expected]) => {
    const it = await world();
    it.double.person(77);
    it.double.misbehave({ next: 1, kind, method: "sendMessage" });
    const outcome = await send(it);
    expect(outcome).toMatchObject({ fate: expected });
    expect(JSON.stringify(outcome)).not.toContain(it.double.token);
    expect(await send(it)).toBe("sent");
  });

  test("a flood is unsent, with the wait Telegram asks for, which is then kept to", async () => {
    const it = await world();
    it.double.person(77);
    it.double.person(78);
    it.double.misbehave({ next: 1, kind: "429", retryAfter: 7 });
    expect(await send(it)).toMatchObject({ fate: "unsent", retryAfterMs: 7000 });
    const calls = it.double.callsOf("sendMessage").length;
    const again = (await send(it)) as { fate: string; retryAfterMs: number };
    expect(again.fate).toBe("unsent");
    expect(again.retryAfterMs).toBeGreaterThan(5000);
    expect(it.double.callsOf("sendMessage")).toHaveLength(calls);
    expect(await send(it, 78)).toBe("sent");
  });

  test("blocked and unknown chats are refused", async () => {
    const it = await world();
    it.double.person(77).blocks();
    expect(await send(it)).toMatchObject({ fate: "refused", message: expect.stringContaining("blocked") });
    expect(await send(it, 123)).toMatchObject({ fate: "refused" });
  });

  test("without a connection it is unsent, and the token is in neither error nor log", async () => {
    const it = await world();
    it.double.person(77);
    await it.double.close();
    endings.shift();
    const outcome = await send(it);
    expect(outcome).toMatchObject({ fate: "unsent" });
    expect(JSON.stringify(outcome) + it.logged()).not.toContain(it.double.token.split(":")[1]);
  });

  test("a chat gets short bursts, then what is too much waits its turn", async () => {
    const it = await world({
      limits: { chat: { points: 1, seconds: 60, burst: { points: 2, seconds: 60 } } },
    });
    it.double.person(77);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => send(it)));
    expect(outcomes.slice(0, 3)).toEqual(["sent", "sent", "sent"]);
    expect(outcomes[3]).toMatchObject({ fate: "unsent" });
    expect(it.double.callsOf("sendMessage")).toHaveLength(3);
  });

  test("the double itself refuses more than a chat takes", async () => {
    const clock = { now: 0 };
    const it = await world({ double: { perChat: 1, now: () => clock.now } });
    it.double.person(77);
    expect(await send(it)).toBe("sent");
    expect(await send(it)).toMatchObject({ fate: "unsent", retryAfterMs: 1000 });
  });
});

describe("the webhook", () => {
  const SECRET = "a-long_secret";

  async function hooked() {
    const app = new Hono();
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    endings.push(() => new Promise((resolve) => server.close(resolve)));
    await new Promise<void>((resolve) => (server.listening ? resolve() : server.once("listening", resolve)));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}/webhooks/telegram`;
    const it = await world({ webhook: { secret: SECRET, url }, start: false });
    app.route("/webhooks/telegram", it.adapter.routes!);
    await it.adapter.start(it.host);
    const post = (body: BodyInit, secret?: string) =>
      fetch(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          ...(secret !== undefined && { "X-Telegram-Bot-Api-Secret-Token": secret }),
        },
      });
    return { it, post, url };
  }

  test("updates arrive in order, and again until they are stored", async () => {
    const { it, url } = await hooked();
    expect(it.double.webhook).toEqual({ url, secret: SECRET });
    let failures = 2;
    it.host.before = () => {
      if (failures-- > 0) throw new Error("the store is down");
    };
    const ada = it.double.person(77, { hasty: true });
    await ada.says("one");
    await ada.says("two");
    ada.forges("three");
    await until(it, () => it.double.unconfirmed.length === 0 && it.double.unanswered().length === 0);
    expect(it.double.deliveries.map(({ status }) => status)).toEqual([500, 500, 200, 200, 200]);
    expect(it.host.accepted.map(({ id }) => id)).toEqual(["u1000", "u1001", "u1002"]);
    expect(it.double.callsOf("getUpdates")).toHaveLength(0);
  });

  const inProcess = (it: World, secret: string, body: BodyInit) =>
    it.adapter.routes!.request("/", {
      method: "POST",
      body,
      headers: { "X-Telegram-Bot-Api-Secret-Token": secret },
      ...(body instanceof ReadableStream && { duplex: "half" }),
    });

  test("is closed to whoever does not know the secret, before the body is looked at", async () => {
    const { it, post } = await hooked();
    const update = JSON.stringify({ update_id: 1, message: { text: "x" } });
    for (const secret of [undefined, "", "wrong", `${SECRET}x`]) {
      expect((await post(update, secret)).status).toBe(401);
      expect((await post("{ not json", secret)).status).toBe(401);
    }
    let pulls = 0;
    const body = () =>
      new ReadableStream(
        {
          pull(controller) {
            pulls += 1;
            controller.enqueue(new TextEncoder().encode(pulls % 2 === 1 ? update : ""));
            if (pulls > 1) controller.close();
          },
        },
        { highWaterMark: 0 },
      );
    expect((await inProcess(it, "wrong", body())).status).toBe(401);
    expect(pulls).toBe(0);
    expect(it.host.attempts).toHaveLength(0);
  });

  test("takes up to 256 KB and only updates", async () => {
    const { it, post } = await hooked();
    const sized = (bytes: number) => {
      const [start, end] = ['{"update_id":6,"pad":"', '"}'];
      return `${start}${"x".repeat(bytes - start.length - end.length)}${end}`;
    };
    const streamed = (text: string) => new Blob([text]).stream();
    expect((await inProcess(it, SECRET, sized(256 * 1024))).status).toBe(200);
    expect((await inProcess(it, SECRET, sized(256 * 1024 + 1))).status).toBe(413);
    expect((await inProcess(it, SECRET, streamed(sized(256 * 1024 + 1)))).status).toBe(413);
    expect((await post("{ not json", SECRET)).status).toBe(400);
    expect((await post(JSON.stringify({ message: {} }), SECRET)).status).toBe(400);
    expect((await post(JSON.stringify({ update_id: 5 }), SECRET)).status).toBe(200);
    expect(it.host.attempts).toHaveLength(0);
  });

  test("is not opened without a secret", async () => {
    const log = pino({ level: "silent" });
    const open = (secret: string) =>
      telegramAdapter({ token: "1:a", webhook: { secret, url: "https://x.example/" }, log });
    expect(() => open("")).toThrow(/secret/);
    expect(() => open("with space")).toThrow(/secret/);
    expect(() => telegramAdapter({ token: "nonsense-secret", log })).toThrow(/^((?!nonsense).)*$/);
  });
});

describe("the person of the double", () => {
  test("fills in a form that is asked question by question", async () => {
    const it = await world();
    const ada = it.double.person(77);
    const asked = [
      view("Your name?", [button("Cancel")]),
      view("Street and house number (City comes next)"),
      view("City?"),
      view("Country?", [button("Germany", "de"), button("China", "cn")]),
      view("Thank you"),
    ];
    let next = 0;
    const ask = async () => void (await it.adapter.send(to(77), { view: asked[next++]!, key: `q${next}` }));
    it.host.before = ask;
    await ask();
    await ada.fills({ City: "Berlin", Name: "Ada", Country: "Germany", Street: "Weg 1" });
    await ada.sees(/Thank you/);
    expect((await accepted(it, 4)).map(({ body }) => body)).toEqual([
      { kind: "text", text: "Ada" },
      { kind: "text", text: "Weg 1" },
      { kind: "text", text: "Berlin" },
      { kind: "press", token: "de", message: expect.any(String) },
    ]);
  });

  test("complains with the transcript about a button that is not there", async () => {
    const it = await world();
    const ada = it.double.person(77);
    await it.adapter.send(to(77), { view: view("Welcome", [button("Browse")]), key: "k" });
    await ada.says("hi");
    await expect(ada.sees(/Goodbye/, 50)).rejects.toThrow(/Welcome\n\[Browse\]\nme> hi/);
    await expect(ada.pressesOld("Buy", 0)).rejects.toThrow(/no old button Buy/);
  });

  test("a part of all calls fails the same way for the same seed", async () => {
    const outcomes = async () => {
      const it = await world({
        limits: { chat: { points: 100, seconds: 1, burst: { points: 0, seconds: 1 } } },
      });
      for (let id = 1; id <= 20; id++) it.double.person(id);
      await it.adapter.stop();
      it.double.failRate(0.5, 42);
      const fates: unknown[] = [];
      for (let id = 1; id <= 20; id++)
        fates.push(await fate(it.adapter.send(to(id), { view: view("x"), key: `${id}` })));
      return JSON.stringify(fates);
    };
    const first = await outcomes();
    expect(first).toContain("unsent");
    expect(first).toContain("sent");
    expect(await outcomes()).toBe(first);
  });
});
