import { createHmac, randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { serve } from "@hono/node-server";
import fc from "fast-check";
import { Hono } from "hono";
import pino from "pino";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { typed } from "../../adapters/slack/inbound.ts";
import { type SlackOptions, slackAdapter } from "../../adapters/slack/index.ts";
import type { Adapter, Delivery, Host } from "../../src/engine/adapter.ts";
import { fit } from "../../src/engine/fit.ts";
import type { Address, Inbound } from "../../src/engine/inbound.ts";
import { bold, plain, rich } from "../../src/engine/rich-text.ts";
import type { FormView, View } from "../../src/engine/view.ts";
import { connect, disconnect } from "../../src/store/connect.ts";
import { type SlackDouble, type SlackDoubleOptions, slackDouble } from "../doubles/slack.ts";
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
const directly = ({ double }: World, user: string): Address => ({
  platform: "slack",
  connection: double.teamId,
  channel: user,
});

describe("what comes in", () => {
  test("a direct message is text from the person, as it was typed", async () => {
    const at = await world();
    await at.double.person("U1", { name: "Ada\u202e", locale: "de-DE" }).says("two mugs & <b>");
    const [event] = await at.host.until(1);
    expect(event).toMatchObject({
      address: { platform: "slack", connection: at.double.teamId, channel: "U1" },
      sender: { id: "U1", name: "Ada", locale: "de-DE" },
      body: { kind: "text", text: "two mugs & <b>" },
    });
    expect(event?.address.user).toBeUndefined();
    expect(at.double.lost).toEqual([]);
  });

  test("an e-mail address and a link come without the markup Slack puts around them", () => {
    expect(typed("<mailto:ada@shop.example|ada@shop.example>")).toBe("ada@shop.example");
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
    // The message is the person's own: nothing of the app's may take its place.
    expect(press?.body).toMatchObject({ kind: "press", token: "look" });
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

  test("a pressed link button is acknowledged, and nothing else", async () => {
    const at = await world({ mode: "http" });
    const payload = JSON.stringify({
      type: "block_actions",
      trigger_id: "1.2.3",
      user: { id: "U1" },
      team: { id: at.double.teamId },
      container: { type: "message", message_ts: "1.1", channel_id: "D1" },
      actions: [{ type: "button", action_id: "a1", block_id: "b", url: "https://shop.example" }],
    });
    const text = new URLSearchParams({ payload }).toString();
    const headers = {
      ...signed(at.double.signingSecret, text),
      "Content-Type": "application/x-www-form-urlencoded",
    };
    expect(await post(at, text, headers)).toBe(200);
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
