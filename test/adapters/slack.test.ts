import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { Writable } from "node:stream";
import { serve } from "@hono/node-server";
import fc from "fast-check";
import { Hono } from "hono";
import mongoose from "mongoose";
import pino from "pino";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { render } from "../../adapters/slack/blocks.ts";
import { capabilities } from "../../adapters/slack/capabilities.ts";
import { typed } from "../../adapters/slack/inbound.ts";
import { type SlackOptions, slackAdapter } from "../../adapters/slack/index.ts";
import { EVENTS, SCOPES } from "../../adapters/slack/scopes.ts";
import type { Adapter, Delivery, Host } from "../../src/engine/adapter.ts";
import { type Address, directAddress, memberAddress } from "../../src/engine/address.ts";
import { fit as fitted } from "../../src/engine/fit.ts";
import type { Inbound } from "../../src/engine/inbound.ts";
import { bold, linked, plain, rich } from "../../src/engine/rich-text.ts";
import type { FormView, View } from "../../src/engine/view.ts";
import { isVisible, wellFormed } from "../../src/platform/names.ts";
import { connect, disconnect } from "../../src/store/connect.ts";
import { type SlackDouble, type SlackDoubleOptions, slackDouble } from "../doubles/slack.ts";
import { checkBlocks } from "../doubles/slack-checks.ts";
import { mentionsIn, mentionsInBlocks, mrkdwnIn } from "../doubles/slack-mrkdwn.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";

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
  readonly locales = ["en", "de"];
  mediaReads = 0;
  /** Called before an event counts as stored; may throw or wait. */
  before: (inbound: Inbound) => Promise<void> | void = () => undefined;
  problems: Host["problems"] = () => ({});
  preview: Host["preview"] = async () => null;
  readonly #ids = new Set<string>();
  readonly #waiting = new Set<() => void>();

  async accept(inbound: Inbound): Promise<"accepted" | "duplicate"> {
    this.attempts.push(inbound);
    this.#rang();
    await this.before(inbound);
    if (this.#ids.has(inbound.id)) return "duplicate";
    this.#ids.add(inbound.id);
    this.accepted.push(inbound);
    this.#rang();
    return "accepted";
  }
  /** Resolves with the events once there are `count`. */
  async until(count: number): Promise<readonly Inbound[]> {
    await this.#wait(() => this.accepted.length >= count);
    return this.accepted;
  }
  /** Resolves once events have come `count` times, whatever became of them. */
  async tried(count: number): Promise<void> {
    await this.#wait(() => this.attempts.length >= count);
  }
  #rang(): void {
    for (const look of this.#waiting) look();
  }
  async #wait(found: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(new Error(`waited in vain; tried ${this.attempts.length}, stored ${this.accepted.length}`)),
        5000,
      );
      const look = () => {
        if (!found()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
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
  async suggest() {
    return [];
  }
  commands() {
    return [
      { name: "start", description: "Start over" },
      { name: "cart", description: "Your cart" },
    ];
  }
}

interface World {
  readonly double: SlackDouble;
  readonly host: RecordingHost;
  readonly adapter: Adapter & { routes?: Hono };
  readonly url: string;
  readonly logged: () => string;
}
const SECRET = "a secret of the tests, long enough";
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await connect(database.url);
});
afterAll(async () => {
  await disconnect();
  await database.drop();
});

type Setup = Partial<SlackOptions> & {
  mode?: "socket" | "http";
  several?: boolean;
  double?: SlackDoubleOptions;
  start?: boolean;
};

async function world({
  mode = "socket",
  several,
  double: how,
  start,
  ...options
}: Setup = {}): Promise<World> {
  const double = await slackDouble(how);
  endings.push(() => double.close());
  const host = new RecordingHost();
  let lines = "";
  const sink = new Writable({
    write(chunk, _, done) {
      lines += chunk;
      done();
    },
  });
  const mounted = new Hono();
  const { server, port } = await new Promise<{ server: ReturnType<typeof serve>; port: number }>(
    (resolve) => {
      const listening = serve({ fetch: mounted.fetch, port: 0, hostname: "127.0.0.1" }, (info) =>
        resolve({ server: listening, port: info.port }),
      );
    },
  );
  endings.push(() => new Promise((resolve) => server.close(resolve)));
  const publicUrl = `http://127.0.0.1:${port}`;
  const adapter = slackAdapter({
    ...(several
      ? { clientId: double.clientId, clientSecret: double.clientSecret }
      : { botToken: double.botToken }),
    ...(mode === "socket" ? { appToken: double.appToken } : { signingSecret: double.signingSecret }),
    apiRoot: double.url,
    publicUrl,
    secret: SECRET,
    ...options,
    log: pino({ level: "trace" }, sink),
  });
  if (adapter.routes) mounted.route("/webhooks/slack", adapter.routes);
  if (mode === "http") double.requestUrl = `${publicUrl}/webhooks/slack`;
  endings.push(() => adapter.stop());
  if (start !== false) await adapter.start(host);
  return { double, host, adapter, url: `${publicUrl}/webhooks/slack`, logged: () => lines };
}

const until = <T>({ double }: World, find: () => T | undefined | false): Promise<T> =>
  double.until(
    find,
    5000,
    () =>
      `waited in vain; calls: ${double.calls.map(({ method, error }) => `${method} ${error ?? ""}`).join(", ")}`,
  );

/** The words of rich text blocks. */
const blocksText = (blocks: readonly unknown[]): string =>
  [...JSON.stringify(blocks).matchAll(/"text":("(?:[^"\\]|\\.)*")/g)]
    .map(([, text]) => JSON.parse(text!))
    .join("");

const say = (text: string, more: Partial<View> = {}): View => ({
  text: plain(text),
  cards: [],
  controls: [],
  ...more,
});
let sent = 0;
const deliver = (view: View, more: Partial<Delivery> = {}): Delivery => ({
  view,
  key: `k${++sent}`,
  ...more,
});
const directly = ({ double }: World, user: string): Address =>
  directAddress({ platform: "slack", connection: double.teamId }, user);

describe("what comes in", () => {
  test("a direct message is text from the person, as it was typed", async () => {
    const at = await world();
    await at.double.person("U1", { name: "Ada\u202e", locale: "de-DE" }).says("two mugs & <b>");
    const [event] = await at.host.until(1);
    expect(event).toMatchObject({
      address: { kind: "direct", platform: "slack", connection: at.double.teamId, user: "U1" },
      sender: { id: "U1", name: "Ada", locale: "de-DE" },
      body: { kind: "text", text: "two mugs & <b>" },
    });
    expect(at.double.lost).toEqual([]);
  });

  test("an e-mail address and a link come without the markup Slack puts around them", () => {
    expect(typed("<mailto:ada@shop.example|ada@shop.example>")).toBe("ada@shop.example");
    expect(typed("<http://shop.example/p/mug|shop.example/p/mug>")).toBe("shop.example/p/mug");
    expect(typed("<https://shop.example/p/mug|mug>")).toBe("https://shop.example/p/mug");
    expect(typed("see <https://shop.example/a?b=1&amp;c=2>")).toBe("see https://shop.example/a?b=1&c=2");
    expect(typed("&lt;mailto:x|y&gt; &amp;lt;")).toBe("<mailto:x|y> &lt;");
  });

  test("the slash command gives a command, a search, or the start", async () => {
    const at = await world();
    const ada = at.double.person("U1", { hasty: true });
    for (const [index, typed] of ["/shop cart", "/shop Teapots for two", "/shop"].entries()) {
      await ada.says(typed);
      await at.host.until(index + 1);
    }
    expect(at.host.accepted.map(({ body }) => body)).toEqual([
      { kind: "command", name: "cart", rest: "" },
      { kind: "text", text: "Teapots for two" },
      { kind: "command", name: "start", rest: "" },
    ]);
  });

  test("in a channel the app is called by name, and everyone has a conversation of their own", async () => {
    const at = await world();
    at.double.channel("C1");
    await at.double.person("U1", { channel: "C1", hasty: true }).says("cart");
    const [event] = await at.host.until(1);
    expect(event?.address).toMatchObject({ channel: "C1", user: "U1" });
    expect(event?.body).toEqual({ kind: "command", name: "cart", rest: "" });
  });

  test("the app does not hear itself, neither when it writes nor when it edits", async () => {
    const at = await world();
    const ada = at.double.person("U1", { hasty: true });
    const { message } = await at.adapter.send(directly(at, "U1"), deliver(say("Hello")));
    await at.adapter.send(directly(at, "U1"), deliver(say("Hello again"), { replaces: message }));
    await ada.says("hi");
    await at.host.until(1);
    expect(at.host.attempts.map(({ body }) => body)).toEqual([{ kind: "text", text: "hi" }]);
  });

  test("a photo is kept, with its caption; another file is something the shop cannot use", async () => {
    const at = await world();
    const ada = at.double.person("U1", { hasty: true });
    await ada.sendsPhoto(await picture(), "like this");
    await at.host.until(1);
    await ada.sendsPhoto(Buffer.from("plain words"));
    const [photo, other] = await at.host.until(2);
    expect(photo?.body).toEqual({ kind: "photo", media: "m1", caption: "like this" });
    expect(other?.body.kind).toBe("other");
  });

  test("a photo that cannot be had is no photo, and the log says why", async () => {
    const at = await world();
    at.double.misbehave({ next: 1, kind: "500-before", method: "download" });
    await at.double.person("U1", { hasty: true }).sendsPhoto(await picture());
    const [photo] = await at.host.until(1);
    expect(photo?.body).toEqual({ kind: "other", what: "photo" });
    expect(at.logged()).toMatch(/HTTP 500.*A picture could not be fetched/);
  });

  test("a press hands back its token and says where it stood; a choice is a press of its option", async () => {
    const at = await world();
    const ada = at.double.person("U1", { hasty: true });
    const { message } = await at.adapter.send(
      directly(at, "U1"),
      deliver(
        say("Well?", {
          controls: [
            { kind: "button", label: "Buy", token: "t".repeat(150), style: "primary" },
            {
              kind: "pick",
              label: "Size",
              options: [
                { label: "S", token: "s1" },
                { label: "XL", token: "s2", selected: true },
              ],
            },
          ],
        }),
      ),
    );
    await ada.presses("Buy");
    await at.host.until(1);
    await ada.presses("XL");
    const events = await at.host.until(2);
    expect(events.map(({ body }) => body)).toEqual([
      { kind: "press", token: "t".repeat(150), message, hidden: false },
      { kind: "press", token: "s2", message, hidden: false },
    ]);
    expect(events[0]?.address).toEqual(directly(at, "U1"));
  });

  test("opening the Home tab asks for the front page, which is published there; its buttons speak to the person", async () => {
    const at = await world();
    const ada = at.double.person("U1", { hasty: true });
    const opened = ada.opensHome();
    const [front] = await at.host.until(1);
    expect(front?.body).toEqual({ kind: "front" });
    const controls = [{ kind: "button", label: "Browse", token: "b" } as const];
    await at.adapter.send(front!.address, deliver(say("Our shop", { controls })));
    expect(await opened).toContain("Our shop");
    await ada.pressesInHome("Browse");
    const [, press] = await at.host.until(2);
    expect(press).toMatchObject({ address: directly(at, "U1"), body: { kind: "press", token: "b" } });
  });

  test("who wrote is not waited for longer than half a second", async () => {
    const at = await world();
    at.double.misbehave({ next: 1, kind: "timeout", method: "users.info" });
    await at.double.person("U1", { hasty: true }).says("hi");
    const [event] = await at.host.until(1);
    expect(event?.sender).toEqual({ id: "U1" });
    expect([...at.double.late, ...at.double.lost]).toEqual([]);
  });

  test("an address of the shop shows what it leads to; another stays as it is", async () => {
    const at = await world();
    at.double.channel("C1");
    at.host.preview = async (_, url) =>
      url === "https://shop.example/mug?a=1&b=2"
        ? say("A mug", { controls: [{ kind: "button", label: "Look", token: "look" }] })
        : null;
    const ada = at.double.person("U1", { channel: "C1", hasty: true });
    await ada.postsLink("https://elsewhere.example/");
    await ada.postsLink("https://shop.example/mug?a=1&b=2");
    await until(at, () => at.double.unfurls.length > 0);
    expect(at.double.unfurls).toHaveLength(1);
    await ada.presses("Look");
    const [press] = await at.host.until(1);
    expect(press?.body).toMatchObject({ kind: "press", token: "look" });
  });

  test.each([
    { refused: 1, images: 1, as: "with its picture once Slack has taken it in" },
    { refused: 9, images: 0, as: "without its picture where Slack never does" },
  ])("an address is shown $as", async ({ refused, images }) => {
    const at = await world();
    at.double.channel("C1");
    at.double.refuseNewFiles(refused);
    at.host.pictures.set("p1", await picture());
    at.host.preview = async () => ({
      cards: [{ title: "A mug", image: { id: "p1", alt: "A mug" } }],
      controls: [],
    });
    await at.double.person("U1", { channel: "C1", hasty: true }).postsLink("https://shop.example/mug");
    await until(at, () => at.double.unfurls.length > 0);
    expect(at.double.unfurls).toHaveLength(1);
    expect(JSON.stringify(at.double.unfurls).split('"slack_file"')).toHaveLength(images + 1);
  });

  test("an event of a workspace that is not ours is acknowledged and dropped", async () => {
    const at = await world();
    const other = at.double.addTeam({ name: "other" });
    await at.double.person("U9", { team: other.id, hasty: true }).says("hi");
    await at.double.person("U1", { hasty: true }).says("hello");
    await at.host.until(1);
    expect(at.host.accepted[0]?.address.connection).toBe(at.double.teamId);
    await at.adapter.stop();
    expect(at.double.lost).toEqual([]);
  });
});

describe.each(["socket", "http"] as const)("acknowledging (%s)", (mode) => {
  test("nothing is acknowledged before it is stored; what is refused comes again and counts once", async () => {
    const at = await world({ mode });
    let failures = 2;
    at.host.before = () => {
      if (failures-- > 0) throw new Error("the store is away");
    };
    await at.double.person("U1", { hasty: true }).says("hi");
    if (mode === "socket") {
      // Slack waits for 3 s before it sends again; losing the connection makes it do so at once.
      await at.host.tried(1);
      at.double.dropSockets();
      await at.host.tried(2);
      at.double.dropSockets();
    }
    await at.host.until(1);
    expect(at.host.attempts.map(({ id }) => id)).toEqual(Array(3).fill(at.host.accepted[0]?.id));
    expect(at.host.accepted).toHaveLength(1);
    expect(at.double.lost).toEqual([]);
  });

  test("an event is acknowledged only once the store has it", async () => {
    const at = await world({ mode, double: { ackMs: 50 } });
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    at.host.before = () => gate;
    await at.double.person("U1", { hasty: true }).says("hi");
    // The double, not having been answered, sends it again; by itself Bolt would have acknowledged the first.
    await at.host.tried(2);
    release();
    await at.host.until(1);
    await until(at, () => at.double.late.length + at.double.lost.length > 0);
    expect(new Set(at.host.attempts.map(({ id }) => id)).size).toBe(1);
  });

  test("with the store two seconds slow everything is acknowledged in time", async () => {
    const at = await world({ mode });
    const ada = at.double.person("U1", { hasty: true });
    await at.adapter.send(
      directly(at, "U1"),
      deliver(say("Well?", { controls: [{ kind: "button", label: "Go", token: "g" }] })),
    );
    at.host.before = () => new Promise((resolve) => setTimeout(resolve, 2000));
    await Promise.all([ada.says("hi"), ada.presses("Go"), ada.says("/shop")]);
    await at.host.until(3);
    await at.adapter.stop();
    expect([...at.double.late, ...at.double.lost]).toEqual([]);
  });

  test("stopping waits for what is under way, and takes nothing more", async () => {
    const at = await world({ mode });
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    at.host.before = () => gate;
    await at.double.person("U1", { hasty: true }).says("hi");
    await at.host.tried(1);
    let stopped = false;
    const stopping = at.adapter.stop().then(() => {
      stopped = true;
    });
    await at.double.person("U2", { hasty: true }).says("too late");
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect(at.host.accepted.map(({ sender }) => sender.id)).toEqual(["U1"]);
  });
});

describe("posted events", () => {
  const body = JSON.stringify({ type: "event_callback", team_id: "T1", event: { type: "message" } });
  const signed = (secret: string, text: string, at = Math.floor(Date.now() / 1000)) => ({
    "Content-Type": "application/json",
    "X-Slack-Request-Timestamp": String(at),
    "X-Slack-Signature": `v0=${createHmac("sha256", secret).update(`v0:${at}:${text}`).digest("hex")}`,
  });
  const post = async (at: World, text: string, headers: Record<string, string>) =>
    (await fetch(at.url, { method: "POST", body: text, headers })).status;
  const seconds = () => Math.floor(Date.now() / 1000);

  test("the address is verified by its challenge", async () => {
    const at = await world({ mode: "http" });
    expect(await at.double.verifiesRequestUrl()).toBe(true);
  });

  test("what is not signed, signed for other words, or at another time is not even read", async () => {
    const at = await world({ mode: "http" });
    const { signingSecret: secret } = at.double;
    const good = signed(secret, "not json");
    const { "X-Slack-Signature": _, ...unsigned } = good;
    const { "X-Slack-Request-Timestamp": __, ...undated } = good;
    for (const [text, headers] of [
      ["not json", unsigned],
      ["not json", undated],
      ["not json.", good],
      ["not json", signed("another secret", "not json")],
      ["not json", signed(secret, "not json", seconds() - 310)],
      ["not json", signed(secret, "not json", seconds() + 310)],
      ["not json", { ...good, "X-Slack-Signature": "v0=" }],
      ["not json", { ...good, "X-Slack-Signature": `${good["X-Slack-Signature"]}0` }],
      ["not json", { ...good, "X-Slack-Request-Timestamp": "NaN" }],
    ] as const)
      expect(await post(at, text, headers)).toBe(401);
    // The same words with the right signature are read, and found to be nothing.
    expect(await post(at, "not json", good)).toBe(400);
    expect(await post(at, "[]", signed(secret, "[]"))).toBe(400);
    expect(await post(at, body, signed(secret, body, seconds() - 290))).toBe(200);
    expect(at.host.attempts).toEqual([]);
  });

  test("more than 256 KB is refused unread", async () => {
    const at = await world({ mode: "http" });
    const long = "x".repeat(256 * 1024 + 1);
    expect(await post(at, long, signed(at.double.signingSecret, long))).toBe(413);
  });

  const pressed = async (at: World, action: Record<string, unknown>, container: Record<string, unknown>) => {
    const payload = JSON.stringify({
      type: "block_actions",
      trigger_id: "1.2.3",
      user: { id: "U1" },
      team: { id: at.double.teamId },
      container: { message_ts: "1.1", channel_id: "C1", ...container },
      actions: [{ type: "button", action_id: "a1", block_id: "b", ...action }],
    });
    const text = new URLSearchParams({ payload }).toString();
    const type = { "Content-Type": "application/x-www-form-urlencoded" };
    return await post(at, text, { ...signed(at.double.signingSecret, text), ...type });
  };

  test("a button below a link stands on the person's own message, which nothing of the app's may replace", async () => {
    const at = await world({ mode: "http" });
    expect(await pressed(at, { value: "t" }, { type: "message_attachment", is_app_unfurl: true })).toBe(200);
    expect(at.host.accepted[0]?.body).toEqual({ kind: "press", token: "t" });
    expect(at.host.accepted[0]?.address).toMatchObject({ channel: "C1", user: "U1" });
  });

  test("a pressed link button is acknowledged, and nothing else", async () => {
    const at = await world({ mode: "http" });
    expect(await pressed(at, { url: "https://shop.example" }, { type: "message" })).toBe(200);
    expect(at.host.attempts).toEqual([]);
  });

  test("any signed payload is answered, whatever it holds", async () => {
    const at = await world({ mode: "http" });
    await fc.assert(
      fc.asyncProperty(fc.object({ maxDepth: 2 }), async (made) => {
        const text = JSON.stringify(made);
        expect([200, 500]).toContain(await post(at, text, signed(at.double.signingSecret, text)));
      }),
      { numRuns: 30 },
    );
    await at.double.person("U1", { hasty: true }).says("still there?");
    await at.host.until(1);
  });
});

const go = { kind: "button", label: "Go", token: "go" } as const;
const form = (more: Partial<FormView> = {}): FormView => ({
  token: "f1",
  locale: "en",
  title: "Where shall we send your order to?",
  submit: "Save",
  fields: [
    { name: "name", label: "Name", input: "text", required: true, maxLength: 60, value: "Ada" },
    { name: "email", label: "E-mail", input: "email", required: true, maxLength: 100 },
    { name: "note", label: "Note", input: "long", required: false, maxLength: 9000, hint: "If you like" },
  ],
  ...more,
});

describe("what goes out", () => {
  test("a message, its edit, and a new message where the old one is gone", async () => {
    const at = await world();
    const ada = at.double.person("U1", { hasty: true });
    const { message } = await at.adapter.send(directly(at, "U1"), deliver(say("One")));
    expect(await at.adapter.send(directly(at, "U1"), deliver(say("Two"), { replaces: message }))).toEqual({
      message,
    });
    expect(at.double.messages("U1").map(({ text }) => text)).toEqual(["Two"]);
    const gone = await at.adapter.send(directly(at, "U1"), deliver(say("Three"), { replaces: "1.000001" }));
    expect(gone.message).not.toBe("1.000001");
    await ada.sees(/Three/);
  });

  test("news open the conversation with a person, which is asked for once", async () => {
    const at = await world();
    at.double.person("U1");
    await at.adapter.send(directly(at, "U1"), deliver(say("Your order is on its way")));
    await at.adapter.send(directly(at, "U1"), deliver(say("It is there")));
    expect(at.double.callsOf("conversations.open")).toHaveLength(1);
    expect(at.double.messages("U1")).toHaveLength(2);
  });

  test("pictures are uploaded once, and a card shows its title, text, facts and buttons", async () => {
    const at = await world();
    const ada = at.double.person("U1", { hasty: true });
    at.host.pictures.set("p1", await picture());
    const card = {
      title: "Mug *blue*",
      text: plain("Holds 0.3 l"),
      image: { id: "p1", alt: "A mug" },
      facts: [["Price", "€12.00"]] as const,
      controls: [go],
    };
    await at.adapter.send(
      directly(at, "U1"),
      deliver({ cards: [card, { ...card, title: "" }], controls: [] }),
    );
    await at.adapter.send(directly(at, "U1"), deliver({ cards: [card], controls: [] }));
    expect(at.double.callsOf("files.completeUploadExternal")).toHaveLength(1);
    const { text } = await ada.sees(/Mug \*blue\*/);
    expect(text).toMatch(/Holds 0\.3 l[\s\S]*Price[\s\S]*€12\.00/);
  });

  test("a picture that Slack cannot show is left out; the words arrive", async () => {
    const at = await world();
    const ada = at.double.person("U1", { hasty: true });
    at.host.pictures.set("p1", await picture());
    at.double.misbehave({ next: 1, kind: "500-before", method: "files.getUploadURLExternal" });
    const cards = [
      { title: "A mug", image: { id: "p1", alt: "" } },
      { title: "A pot", image: { id: "p2", alt: "" } },
    ];
    await at.adapter.send(directly(at, "U1"), deliver({ cards, controls: [] }));
    await ada.sees(/A mug[\s\S]*A pot/);
    // The next message tries again.
    await at.adapter.send(directly(at, "U1"), deliver({ cards, controls: [] }));
    expect(at.double.callsOf("files.completeUploadExternal")).toHaveLength(1);
  });

  test("a document is put into the conversation; what is for one person's eyes goes to that person alone", async () => {
    const at = await world();
    at.double.channel("C1");
    at.double.person("U1", { channel: "C1" });
    at.double.person("U1");
    const file = { name: "orders.csv", contentType: "text/csv", text: "id,total\n1,€12" };
    await at.adapter.send(directly(at, "U1"), deliver(say("Here", { file })));
    const named = at.double
      .messages("U1")
      .flatMap(({ files }) => files.map(({ name, bytes }) => [name, Buffer.from(bytes ?? []).toString()]));
    expect(named).toEqual([["orders.csv", file.text]]);
    const inChannel = memberAddress(directly(at, "U1"), "C1", "U1");
    await at.adapter.send(inChannel, deliver({ file, cards: [], controls: [], visibility: "user" }));
    expect(at.double.messages("C1").flatMap(({ files }) => files)).toEqual([]);
    expect(at.double.messages("U1").flatMap(({ files }) => files)).toHaveLength(2);
  });

  test("among others, what is for one person's eyes is seen by that person only, and stays so when it changes", async () => {
    const at = await world();
    at.double.channel("C1");
    const ada = at.double.person("U1", { channel: "C1", hasty: true });
    const bob = at.double.person("U2", { channel: "C1", hasty: true });
    const to = memberAddress(directly(at, "U1"), "C1", "U1");
    await at.adapter.send(to, deliver(say("Your basket", { controls: [go], visibility: "user" })));
    await ada.presses("Go");
    const [press] = await at.host.until(1);
    expect(press?.body).toMatchObject({ kind: "press", hidden: true });
    const { message } = press!.body as { message: string };
    await at.adapter.send(
      to,
      deliver(say("Your order", { visibility: "user" }), { replaces: message, ticket: press!.ticket! }),
    );
    await ada.sees(/Your order/);
    expect(ada.transcript()).not.toContain("Your basket");
    expect(bob.transcript()).not.toMatch(/basket|order/);
    // Without the ticket the old one cannot be reached, and nobody else sees the new one either.
    await at.adapter.send(to, deliver(say("Your order 2", { visibility: "user" }), { replaces: message }));
    await ada.sees(/Your order 2/);
    expect(bob.transcript()).not.toMatch(/basket|order/);
  });

  test("what is for one person's eyes never takes the place of what all see", async () => {
    const at = await world();
    at.double.channel("C1");
    const ada = at.double.person("U1", { channel: "C1", hasty: true });
    const bob = at.double.person("U2", { channel: "C1", hasty: true });
    const to = memberAddress(directly(at, "U1"), "C1", "U1");
    const { message } = await at.adapter.send(to, deliver(say("For all")));
    await at.adapter.send(to, deliver(say("For Ada", { visibility: "user" }), { replaces: message }));
    await ada.sees(/For Ada/);
    expect(bob.transcript()).toMatch(/For all/);
    expect(bob.transcript()).not.toMatch(/For Ada/);
  });

  test("where the app is no member a command is answered all the same, and secrets go to the person", async () => {
    const at = await world();
    at.double.channel("C2", { member: false });
    const ada = at.double.person("U1", { channel: "C2", hasty: true });
    await ada.says("/shop");
    const [command] = await at.host.until(1);
    const ticket = command!.ticket!;
    await at.adapter.send(command!.address, deliver(say("Welcome"), { ticket }));
    await ada.sees(/Welcome/);
    await at.adapter.send(command!.address, deliver(say("A secret", { visibility: "user" })));
    await at.double.person("U1").sees(/A secret/);
    await expect(at.adapter.send(command!.address, deliver(say("News")))).rejects.toMatchObject({
      fate: "refused",
    });
  });
});

describe("windows", () => {
  const opened = async (at: World, view: FormView = form()) => {
    const ada = at.double.person("U1", { hasty: true });
    await at.adapter.send(directly(at, "U1"), deliver(say("Well?", { controls: [go] })));
    await ada.presses("Go");
    const press = (await at.host.until(1)).at(-1)!;
    const shown = say("Fill in this form", { form: view, controls: [{ ...go, label: "Fill in" }] });
    await at.adapter.send(press.address, deliver(shown, { ticket: press.ticket! }));
    return { ada, press, shown };
  };

  test("a press opens the form, a mistake is shown beside its field, and what is right comes in once", async () => {
    const at = await world();
    at.host.problems = ({ values, locale }): Record<string, string> =>
      values.name === "Eve" ? { name: `Missing (${locale})`, other: "?" } : {};
    const { ada, press } = await opened(at);
    expect(await ada.seesModal(/Name/)).not.toContain("Fill in this form");
    expect(await ada.fillsWrong({ Name: "Eve", "E-mail": "ada@shop.example" })).toEqual({
      Name: "Missing (en)",
    });
    expect(at.host.attempts).toHaveLength(1);
    await ada.fills({ Name: "Ada <3", "E-mail": "ada@shop.example" });
    const [, filled] = await at.host.until(2);
    expect(filled).toMatchObject({
      address: press.address,
      body: {
        kind: "form",
        token: "f1",
        values: { name: "Ada <3", email: "ada@shop.example", note: "" },
        message: (press.body as { message: string }).message,
      },
    });
    expect(ada.modal).toBeUndefined();
    // A further page opens by the ticket of the one before.
    await at.adapter.send(
      press.address,
      deliver(say("Go on", { form: form({ title: "More" }) }), { ticket: filled!.ticket! }),
    );
    await ada.seesModal(/More|Name/);
    expect(at.double.refusedAcks).toEqual([]);
  });

  test("with a ticket that is too old, used or missing the message leads to the form", async () => {
    const at = await world();
    const { ada, press, shown } = await opened(at);
    ada.closesModal();
    await at.adapter.send(press.address, deliver(shown, { ticket: press.ticket! }));
    await ada.sees(/Fill in this form/);
    const before = at.double.callsOf("views.open").length;
    const old = JSON.stringify({ ...JSON.parse(press.ticket!), at: Date.now() - 3000 });
    await at.adapter.send(press.address, deliver(shown, { ticket: old }));
    await at.adapter.send(press.address, deliver(shown));
    expect(at.double.callsOf("views.open")).toHaveLength(before);
    expect(at.double.messages("U1").filter(({ text }) => text === "Fill in this form")).toHaveLength(3);
  });

  test("every kind of field finds its input, also a choice among hundreds", async () => {
    const at = await world();
    const options = Array.from({ length: 250 }, (_, i) => ({ value: `v${i}`, label: `Country ${i}` }));
    const begun: Record<string, string> = { number: "12.5", email: "ada@shop.example" };
    const inputs = ["text", "email", "phone", "long", "number", "choice"] as const;
    const { ada } = await opened(
      at,
      form({
        fields: inputs.map((input) => ({
          name: input,
          label: `A ${input}`,
          input,
          required: false,
          maxLength: 100,
          ...(input === "choice" ? { options, value: "v249" } : { value: begun[input] ?? "x" }),
        })),
      }),
    );
    await ada.seesModal(/A choice/);
    await ada.fills({ "A choice": "Country 101", "A phone": "+49 1" });
    const [, filled] = await at.host.until(2);
    expect(filled?.body).toMatchObject({
      values: {
        text: "x",
        email: "ada@shop.example",
        phone: "+49 1",
        long: "x",
        number: "12.5",
        choice: "v101",
      },
    });
  });

  test("a photo put into a form is kept; one that is no picture is told of beside its field", async () => {
    const at = await world();
    const photo = { name: "photo", label: "Photo", input: "photo", required: true, maxLength: 1 } as const;
    at.host.problems = ({ values }): Record<string, string> =>
      values.photo === "" ? { photo: "A picture, please" } : {};
    const { ada } = await opened(at, form({ fields: [photo] }));
    await ada.seesModal(/Photo/);
    expect(await ada.fillsWrong({ Photo: Buffer.from("\x89PNG, or so it says", "latin1") })).toEqual({
      Photo: "A picture, please",
    });
    await ada.fills({ Photo: await picture() });
    const [, filled] = await at.host.until(2);
    expect(filled?.body).toMatchObject({ values: { photo: "m1" } });
    expect(at.host.kept).toHaveLength(1);
  });

  test("a form opened in a channel comes back to that conversation", async () => {
    const at = await world();
    at.double.channel("C1");
    const ada = at.double.person("U1", { channel: "C1", hasty: true });
    await ada.says("/shop cart");
    const [command] = await at.host.until(1);
    await at.adapter.send(
      command!.address,
      deliver(say("?", { form: form() }), { ticket: command!.ticket! }),
    );
    await ada.seesModal(/Name/);
    await ada.fills({ "E-mail": "ada@shop.example" });
    const [, filled] = await at.host.until(2);
    expect(filled?.address).toEqual(command!.address);
  });
});

describe("what becomes of a message", () => {
  const fate = async (at: World, more: Partial<Delivery> = {}, user = "U1") =>
    await at.adapter.send(directly(at, user), deliver(say("Hello"), more)).then(
      () => "sent",
      ({ fate, retryAfterMs }: { fate: string; retryAfterMs?: number }) => [fate, retryAfterMs],
    );
  const begun = async () => {
    const at = await world();
    at.double.person("U1");
    const { message } = await at.adapter.send(directly(at, "U1"), deliver(say("First")));
    return { at, message };
  };

  test("too many: unsent, for as long as Slack says, and nothing is asked meanwhile", async () => {
    const { at } = await begun();
    at.double.misbehave({ next: 1, kind: "429", method: "chat.postMessage", retryAfter: 7 });
    expect(await fate(at)).toEqual(["unsent", 7000]);
    const calls = at.double.callsOf("chat.postMessage").length;
    const [word, wait] = await fate(at);
    expect(word).toBe("unsent");
    expect(Number(wait)).toBeGreaterThan(5000);
    expect(at.double.callsOf("chat.postMessage")).toHaveLength(calls);
  });

  test.each([
    ["500-before", ["unknown", undefined], ["unsent", undefined]],
    ["500-after", ["unknown", undefined], ["unsent", undefined]],
    ["reset", ["unknown", undefined], ["unsent", undefined]],
  ] as const)("%s: a new message may have arrived, an edit is made again", async (kind, posted, edited) => {
    const { at, message } = await begun();
    at.double.misbehave({ next: 1, kind, method: "chat.postMessage" });
    expect(await fate(at)).toEqual(posted);
    at.double.misbehave({ next: 1, kind, method: "chat.update" });
    expect(await fate(at, { replaces: message })).toEqual(edited);
    // The client tries nothing again by itself.
    expect(at.double.callsOf("chat.update")).toHaveLength(1);
  });

  test("somebody who left, or whom nobody knows, is refused", async () => {
    const { at } = await begun();
    at.double.leaves("U1");
    expect(await fate(at)).toEqual(["refused", undefined]);
    expect(await fate(at, {}, "U404")).toEqual(["refused", undefined]);
  });

  test("a refused token is told once, and the messages wait for a new one", async () => {
    const { at } = await begun();
    at.double.team().gone = "token_revoked";
    expect(await fate(at)).toEqual(["unsent", 60_000]);
    expect(await fate(at)).toEqual(["unsent", 60_000]);
    expect(at.logged().match(/"level":50/g)).toHaveLength(1);
  });

  test.each(["token_revoked", "account_inactive", "invalid_auth"])(
    "a token refused by %s disconnects its workspace until it is taken again",
    async (word) => {
      const at = await world({ recheckAfter: 20 });
      at.double.person("U1");
      expect(at.adapter.connections?.()).toEqual([at.double.teamId]);
      at.double.team().gone = word;
      expect(await fate(at)).toEqual(["unsent", 60_000]);
      expect(at.adapter.connections?.()).toEqual([]);
      at.double.team().gone = undefined;
      await expect.poll(() => at.adapter.connections?.()).toEqual([at.double.teamId]);
      expect(await fate(at)).toBe("sent");
      expect(at.logged().match(/"level":50/g)).toHaveLength(1);
    },
  );

  test("without a connection nothing was sent", async () => {
    const { at } = await begun();
    await at.double.close();
    await fate(at); // over the connection that was just lost, which may have carried it
    expect(await fate(at)).toEqual(["unsent", undefined]);
  });

  test("a channel gets a message a second after a burst; the engine comes back for the rest", async () => {
    const at = await world({
      limits: { channel: { points: 1, seconds: 60, burst: { points: 2, seconds: 60 } } },
    });
    at.double.person("U1");
    expect([await fate(at), await fate(at), await fate(at)]).toEqual(["sent", "sent", "sent"]);
    expect((await fate(at))[0]).toBe("unsent");
  });
});

describe("several workspaces", () => {
  /** Walks through the installation like a browser with one cookie. */
  const install = async (at: World, more: { cookie?: string; cancel?: boolean } = {}) => {
    const first = await fetch(`${at.url}/install`, { redirect: "manual" });
    const cookie = more.cookie ?? first.headers.get("set-cookie")?.split(";")[0] ?? "";
    const agreed = await fetch(`${first.headers.get("location")}${more.cancel ? "&cancel=1" : ""}`, {
      redirect: "manual",
    });
    return await fetch(agreed.headers.get("location")!, { headers: { cookie }, redirect: "manual" });
  };

  test("an installation is kept sealed, used by another process, and ends with the app's removal", async () => {
    const at = await world({ several: true, mode: "http" });
    const team = at.double.addTeam({ installed: false });
    const asked = new URL(
      (await fetch(`${at.url}/install`, { redirect: "manual" })).headers.get("location")!,
    );
    expect(asked.searchParams.get("scope")?.split(",")).toEqual([...SCOPES]);
    expect((await install(at)).status).toBe(200);
    const stored = JSON.stringify(
      await mongoose.connection.collection("slack_installations").find().toArray(),
    );
    expect(stored).toContain(team.id);
    expect(stored).not.toContain("xoxb");

    const to = directAddress({ platform: "slack", connection: team.id }, "U7");
    at.double.person("U7", { team: team.id });
    const { adapter: another } = await world({ several: true, mode: "http", apiRoot: at.double.url });
    await another.send(to, deliver(say("Hello")));
    expect(at.double.messages("U7", team.id).map(({ text }) => text)).toEqual(["Hello"]);

    await at.double.person("U7", { team: team.id, hasty: true }).says("hi");
    expect((await at.host.until(1))[0]?.address).toEqual(to);
    at.double.revoke(team.id);
    await expect.poll(() => mongoose.connection.collection("slack_installations").countDocuments()).toBe(0);
    await expect(at.adapter.send(to, deliver(say("Hello")))).rejects.toMatchObject({ fate: "refused" });
    expect(at.adapter.refused?.()).toEqual([team.id]);
  });

  test("of several workspaces one that has removed the app waits until it is installed again, in any process", async () => {
    const at = await world({ several: true, mode: "http", recheckAfter: 20 });
    const team = at.double.addTeam({ installed: false });
    expect((await install(at)).status).toBe(200);
    const { adapter: another } = await world({
      several: true,
      mode: "http",
      apiRoot: at.double.url,
      recheckAfter: 20,
    });
    const to = directAddress({ platform: "slack", connection: team.id }, "U7");
    at.double.person("U7", { team: team.id });
    at.double.revoke(team.id);
    await expect.poll(() => at.adapter.refused?.()).toEqual([team.id]);
    await expect(another.send(to, deliver(say("Hello")))).rejects.toThrow();
    expect(another.refused?.()).toEqual([team.id]);
    team.installed = false;
    expect((await install(at)).status).toBe(200);
    await expect.poll(() => another.refused?.()).toEqual([]);
    expect(at.adapter.refused?.()).toEqual([]);
    await another.send(to, deliver(say("Back")));
  });

  test("what is for a workspace that removed the app waits for some time, and then no longer, in any process", async () => {
    const waits = 1_000_000;
    await mongoose.connection.collection("slack_removals").deleteMany({});
    const at = await world({ several: true, mode: "http", recheckAfter: 20, waits });
    const team = at.double.addTeam({ installed: false });
    expect((await install(at)).status).toBe(200);
    at.double.revoke(team.id);
    await expect.poll(() => mongoose.connection.collection("slack_removals").countDocuments()).toBe(1);
    await expect.poll(() => at.adapter.refused?.()).toEqual([team.id]);
    const to = directAddress({ platform: "slack", connection: team.id }, "U7");

    // A process that starts later, when the time is over.
    const apiRoot = at.double.url;
    const later = await world({ several: true, mode: "http", apiRoot, recheckAfter: 20, waits: -2000 });
    await expect(later.adapter.send(to, deliver(say("Hello")))).rejects.toMatchObject({ fate: "refused" });
    expect(later.adapter.refused?.(), "it is served, so that what waits is told elsewhere").toEqual([]);
    expect(at.adapter.refused?.()).toEqual([team.id]);

    // Installed again, it is as if nothing had been.
    team.installed = false;
    team.gone = undefined;
    expect((await install(at)).status).toBe(200);
    at.double.person("U7", { team: team.id });
    await later.adapter.send(to, deliver(say("Back")));
    await mongoose.connection.collection("slack_installations").deleteMany({});
  });

  test("a refused token of the configured workspace leaves the installed ones served", async () => {
    const at = await world({ several: true, mode: "http" });
    const team = at.double.addTeam({ installed: false });
    expect((await install(at)).status).toBe(200);
    const { clientId, clientSecret, url: apiRoot } = at.double;
    const both = await world({ mode: "http", clientId, clientSecret, apiRoot, botToken: "xoxb-refused" });
    at.double.person("U7", { team: team.id });
    await both.adapter.send(
      directAddress({ platform: "slack", connection: team.id }, "U7"),
      deliver(say("Hello")),
    );
    expect(both.adapter.refused?.()).toEqual([]);
  });

  test("that the configured workspace removed the app is told in one clear line", async () => {
    const at = await world();
    const { teamId } = at.double;
    at.double.revoke(teamId);
    await expect.poll(() => at.logged()).toMatch(/has removed the app or revoked its token/);
    await at.adapter.stop();
    const lines = at
      .logged()
      .split("\n")
      .filter((line) => line.includes("has removed the app"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`"level":50`);
    expect(lines[0]).toContain(teamId);
  });

  test("late news of a removal do not undo a newer installation", async () => {
    const at = await world({ several: true, mode: "http" });
    const team = at.double.addTeam({ installed: false });
    expect((await install(at)).status).toBe(200);
    const hour = 3600;
    const event = {
      type: "event_callback",
      event_id: "Ev1",
      event_time: Math.floor(Date.now() / 1000) - hour,
    };
    const body = JSON.stringify({ ...event, team_id: team.id, event: { type: "app_uninstalled" } });
    const time = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", at.double.signingSecret)
      .update(`v0:${time}:${body}`)
      .digest("hex");
    const headers = {
      "X-Slack-Request-Timestamp": time,
      "X-Slack-Signature": `v0=${signature}`,
      "Content-Type": "application/json",
    };
    expect((await fetch(at.url, { method: "POST", body, headers })).status).toBe(200);
    expect(await mongoose.connection.collection("slack_installations").countDocuments()).toBe(1);
    await mongoose.connection.collection("slack_installations").deleteMany({});
  });

  test("nobody can be made to install what another began, and nothing happens without a yes", async () => {
    const at = await world({ several: true, mode: "http" });
    at.double.addTeam({ installed: false });
    const foreign =
      (await fetch(`${at.url}/install`, { redirect: "manual" })).headers.get("set-cookie")?.split(";")[0] ??
      "";
    expect(foreign).toContain("slack_install=");
    expect((await install(at, { cookie: foreign })).status).toBe(400);
    expect((await install(at, { cookie: "" })).status).toBe(400);
    expect((await install(at, { cookie: "slack_install=made.up" })).status).toBe(400);
    expect((await install(at, { cancel: true })).status).toBe(400);
    expect(at.double.callsOf("oauth.v2.access")).toEqual([]);
    at.double.misbehave({ next: 1, kind: "500-before", method: "oauth.v2.access" });
    expect((await install(at)).status).toBe(502);
    expect(await mongoose.connection.collection("slack_installations").countDocuments()).toBe(0);
  });
});

describe("starting and going on", () => {
  test("connections that break or are asked to go are made anew", async () => {
    const at = await world();
    at.double.dropSockets();
    await until(at, () => at.double.sockets === 1);
    at.double.disconnect();
    await until(at, () => at.double.callsOf("apps.connections.open").length === 3 && at.double.sockets === 1);
    await at.double.person("U1", { hasty: true }).says("hi");
    await at.host.until(1);
  });

  test("while Slack cannot be reached it is tried again", async () => {
    const at = await world({ start: false });
    at.double.misbehave({ next: 2, kind: "500-before", method: "apps.connections.open" });
    at.double.misbehave({ next: 2, kind: "reset", method: "auth.test" });
    await at.adapter.start(at.host);
    await at.double.person("U1", { hasty: true }).says("hi");
    await at.host.until(1);
  });

  test.each([
    [{ botToken: "xoxb-1-wrong-token" }, /bot token/],
    [{ appToken: "xapp-1-wrong-token" }, /app-level token/],
  ])("a refused token (%o) is one clear line, and nothing else fails", async (wrong, line) => {
    const at = await world({ ...wrong, start: false });
    await at.adapter.start(at.host);
    expect(at.logged().match(/"level":[56]0/g)).toHaveLength(1);
    expect(at.logged()).toMatch(line);
    await at.adapter.stop();
  });

  test("options that could never work are refused at once", () => {
    const rest = { publicUrl: "http://localhost", secret: SECRET, log: pino({ level: "silent" }) };
    expect(() => slackAdapter({ ...rest, botToken: "xoxb-1" })).toThrow(/signing secret/);
    expect(() => slackAdapter({ ...rest, signingSecret: "s", clientId: "1" })).toThrow(/bot token/);
  });

  test("no token and nobody's words stand in the log", async () => {
    const at = await world({ mode: "http" });
    at.double.person("U1");
    for (const kind of ["500-before", "reset", "429"] as const) {
      at.double.misbehave({ next: 1, kind, method: "chat.postMessage" });
      await at.adapter.send(directly(at, "U1"), deliver(say("my secret words"))).catch(() => undefined);
    }
    at.host.before = () => {
      throw new Error("the store is away");
    };
    await at.double.person("U1", { hasty: true }).says("other words");
    await at.host.tried(4);
    await at.adapter.stop();
    expect(at.logged()).toMatch(/could not be stored/);
    expect(at.logged()).not.toMatch(/xoxb-|xapp-|words/);
  });
});

describe("printing", () => {
  const pictures = { loopback: false, hasFile: () => true };
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom(
      "<!channel> *bold* _i_ ~s~ `c` :smile:",
      "<@U1|x>",
      "&lt;!here&gt;",
      "> quote",
      "<https://x.example|y>",
    ),
  );

  test("people's words come out as they were typed: no mention, no link, no markup", () => {
    fc.assert(
      fc.property(text, text, text, (title, words, fact) => {
        const card = { title, text: rich`${bold(words)} ${words}`, facts: [[fact, words]] as const };
        for (const view of [
          say(words),
          { cards: [card], controls: [] },
          { cards: [{ ...card, facts: [] }], controls: [] },
        ]) {
          const { blocks, text: fallback } = render(view);
          const checked = checkBlocks(blocks, pictures);
          expect(mentionsInBlocks(checked)).toEqual([]);
          expect(mentionsIn(fallback)).toEqual([]);
          for (const mrkdwn of mrkdwnIn(blocks)) {
            // Signs that mrkdwn reads stand only where we put them: around what is bold.
            expect(mrkdwn.replace(/\*(?=\S)([^*]*)(?<=\S)\*/g, "$1")).not.toMatch(/[*_~`]|:\S+:/);
          }
        }
        const seen = blocksText(render(say(words)).blocks);
        if (isVisible(words)) expect(seen).toBe(wellFormed(words));
      }),
      { numRuns: 500 },
    );
  });

  const control = fc.oneof(
    fc.record({
      kind: fc.constant("button" as const),
      label: text,
      token: fc.string({ minLength: 1, maxLength: 150 }),
    }),
    fc.record({
      kind: fc.constant("link" as const),
      label: text,
      url: fc.constantFrom("https://a.example", "javascript:1", "tel:1"),
    }),
    fc.record({
      kind: fc.constant("pick" as const),
      label: text,
      options: fc.array(fc.record({ label: text, token: fc.string({ minLength: 1, maxLength: 150 }) }), {
        maxLength: 130,
      }),
    }),
  );
  const long = fc.oneof(text, fc.string({ minLength: 1, maxLength: 9000 }));
  const views = fc.record({
    text: long.map(plain),
    cards: fc.array(
      fc.record({
        title: text,
        text: long.map(plain),
        facts: fc.array(fc.tuple(text, text), { maxLength: 14 }),
        image: fc.constantFrom(undefined, { id: "p", alt: "" }),
        controls: fc.array(control, { maxLength: 6 }),
      }),
      { maxLength: 14 },
    ),
    controls: fc.array(control, { maxLength: 60 }),
  });

  test("whatever a view holds, Slack takes it, and every action is in it", () => {
    fc.assert(
      fc.property(views, (view) => {
        const shown = fitted(view, capabilities).map((part) => {
          const images = new Map(
            part.cards.flatMap(({ image }) => (image ? [[image, { slack_file: { id: "F1" } }]] : [])),
          );
          return checkBlocks(render(part, images).blocks, pictures);
        });
        const all = JSON.stringify(shown);
        for (const each of [...view.controls, ...view.cards.flatMap(({ controls }) => controls)]) {
          if (each.kind === "link") expect(all).toContain(each.url);
          const tokens =
            each.kind === "button"
              ? [each.token]
              : each.kind === "pick"
                ? each.options.map(({ token }) => token)
                : [];
          for (const token of tokens) expect(all).toContain(JSON.stringify(token));
        }
      }),
      { numRuns: 150 },
    );
  });

  test("text keeps its styles and links; what is no web address is written out", () => {
    const { blocks } = render(
      say("", { text: rich`${bold("a")}${linked("b", "https://b.example")}${linked("c", "javascript:c")}` }),
    );
    expect(blocks).toEqual([
      {
        type: "rich_text",
        elements: [
          {
            type: "rich_text_section",
            elements: [
              { type: "text", text: "a", style: { bold: true } },
              { type: "link", url: "https://b.example", text: "b" },
              { type: "text", text: "c" },
              { type: "text", text: " (javascript:c)" },
            ],
          },
        ],
      },
    ]);
  });
});

test("the manifest asks for what the app uses and no more, and announces what it hears", () => {
  const manifest = readFileSync("docs/slack-manifest.yaml", "utf8");
  const listed = (key: string) =>
    [...(new RegExp(`\\n *${key}:\\n((?: +- .*\\n)+)`).exec(manifest)?.[1] ?? "").matchAll(/- (\S+)/g)].map(
      ([, item]) => item,
    );
  expect(listed("bot")).toEqual([...SCOPES]);
  expect(listed("bot_events")).toEqual([...EVENTS]);
  const heard = [...readFileSync("adapters/slack/events.ts", "utf8").matchAll(/app\.event\("(\w+)"/g)].map(
    ([, name]) => name,
  );
  const removal = ["app_uninstalled", "tokens_revoked"];
  expect([...heard, ...removal].sort()).toEqual(EVENTS.map((event) => event.replace(/\.im$/, "")).sort());
  const commands = [...manifest.matchAll(/- command: (\S+)/g)].map(([, name]) => name);
  expect(commands).toEqual(["/shop"]);
});
