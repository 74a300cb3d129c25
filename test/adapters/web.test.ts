import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { WebMessages } from "../../adapters/web/messages.ts";
import { WEB_LIMITS } from "../../adapters/web/routes.ts";
import type { WebMessage } from "../../adapters/web/wire.ts";
import { type PictureSender, SendError } from "../../src/engine/adapter.ts";
import {
  conversationId,
  type DirectAddress,
  destinationOf,
  directAddress,
} from "../../src/engine/address.ts";
import { plain } from "../../src/engine/rich-text.ts";
import type { View } from "../../src/engine/view.ts";
import { NETWORK_STREAMS_MAX } from "../../src/http/event-stream.ts";
import { connect, disconnect } from "../../src/store/connect.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { openWebShop, type WebShop } from "./web-shop.ts";

let database: FreshDatabase;
let shop: WebShop;

beforeAll(async () => {
  database = await freshDatabase();
  await connect(database.url);
});
afterAll(async () => {
  await disconnect();
  await database.drop();
});
beforeEach(async () => {
  shop = await openWebShop();
});
afterEach(() => shop.stop());

/** A visitor as a browser would behave: keeps its cookie and tells its origin. A proxy may tell where it comes `from`. */
async function visitor(at = shop, from?: string) {
  const proxied: Record<string, string> = from === undefined ? {} : { "x-forwarded-for": from };
  const language = { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8", ...proxied };
  const page = await fetch(at.url, { headers: language });
  const cookie = page.headers.get("set-cookie")?.split(";")[0] ?? "";
  const headers = { cookie, origin: at.url, ...language };
  const post = (event: unknown, more: Record<string, string> = {}) =>
    fetch(`${at.url}/chat/events`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", ...more },
      body: JSON.stringify(event),
    });
  return {
    page,
    cookie,
    headers,
    post,
    says: (text: string, id: string = randomUUID()) => post({ id, kind: "text", text }),
    history: async (query = "") => {
      const response = await fetch(`${at.url}/chat/history${query}`, { headers });
      return (await response.json()) as { newest: number; earlier: boolean; messages: WebMessage[] };
    },
    /** The visitor's address, learned as the engine learns it. */
    address: async (): Promise<DirectAddress> => {
      await post({ id: randomUUID(), kind: "press", token: "where am I" });
      const { address } = at.accepted.at(-1)!;
      return directAddress(address, destinationOf(address));
    },
  };
}

/** An open stream, and what has come by it. */
async function listening(headers: Record<string, string>, query = "") {
  const gone = new AbortController();
  const response = await fetch(`${shop.url}/chat/events${query}`, { headers, signal: gone.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const events: WebMessage[] = [];
  let text = "";
  return {
    /** All events once `count` have come. */
    async until(count: number): Promise<WebMessage[]> {
      while (events.length < count) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the stream ended after ${events.length} events`);
        const blocks = (text + value).split("\n\n");
        text = blocks.pop()!;
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data !== undefined) events.push(JSON.parse(data));
        }
      }
      return events;
    },
    close: () => gone.abort(),
  };
}

async function streamed(headers: Record<string, string>, query: string, count: number) {
  const stream = await listening(headers, query);
  const events = await stream.until(count);
  stream.close();
  return events;
}

const textOf = (message: WebMessage): string =>
  message.body.kind === "text"
    ? message.body.text
    : message.body.kind === "view"
      ? JSON.stringify(message.body.view.text)
      : "";

describe("a visitor", () => {
  test("gets a page with a strict policy and an unreadable cookie that is renewed, not replaced", async () => {
    const { page, cookie, headers } = await visitor();
    expect(page.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(page.headers.get("set-cookie")).toMatch(/HttpOnly.*SameSite=Lax/);
    expect(await page.text()).not.toMatch(/<script>|<style>| style=| on[a-z]+=/);
    const again = await fetch(shop.url, { headers });
    expect(again.headers.get("set-cookie")!.split(";")[0]).toBe(cookie);
  });

  test("behind https gets a cookie that only travels by https", async () => {
    const secure = await openWebShop({ publicUrl: "https://shop.example" });
    const { page } = await visitor(secure);
    expect(page.headers.get("set-cookie")).toMatch(/^__Host-hawker_visitor=.*; Secure/);
    await secure.stop();
  });

  test("is told by their language, and is the same person in every event", async () => {
    const person = await visitor();
    await person.says("hello");
    await person.says("again");
    const [first, second] = shop.accepted;
    expect(first).toMatchObject({
      address: { kind: "direct", platform: "web", connection: "web", user: first!.sender.id },
      sender: { locale: "zh-CN" },
      body: { kind: "text", text: "hello" },
    });
    expect(second!.sender.id).toBe(first!.sender.id);
  });

  test("without a cookie, or with a forged one, is nobody", async () => {
    const { cookie, headers } = await visitor();
    const someone = `hawker_visitor=${encodeURIComponent(decodeURIComponent(cookie.split("=")[1]!).replace(/^./, "x"))}`;
    for (const forged of ["", someone, "hawker_visitor=abc", "hawker_visitor=abc.def"]) {
      for (const path of ["/chat/history", "/chat/events"]) {
        const response = await fetch(shop.url + path, { headers: { ...headers, cookie: forged } });
        expect(response.status).toBe(401);
      }
    }
    const other = await openWebShop({ secret: "another secret, just as long" });
    const elsewhere = await fetch(`${other.url}/chat/history`, { headers });
    expect(elsewhere.status).toBe(401);
    await other.stop();
  });

  test("sees nothing of another visitor's conversation", async () => {
    const [ann, bob] = [await visitor(), await visitor()];
    await ann.says("my address is Elm Street 4");
    expect((await bob.history()).messages).toEqual([]);
  });
});

test("a product's address leads to the page that asks for it, and others nowhere", async () => {
  const at = (path: string) => fetch(shop.url + path, { redirect: "manual" });
  const found = await at("/p/jade-mug");
  expect([found.status, found.headers.get("location")]).toEqual([302, "/?start=p-jade-mug"]);
  // The longest handle there is: what is offered works.
  const long = "x".repeat(80);
  expect((await at(`/p/${long}`)).headers.get("location")).toBe(`/?start=p-${long}`);
  for (const length of [1, 62, 63, 64, 65, 79, 80])
    expect((await fetch(`${shop.url}/p/${"x".repeat(length)}`)).status, String(length)).toBe(200);
  for (const path of ["/p/", "/p/a%20b", "/p/%2F%2Fevil.example", `/p/${"x".repeat(81)}`])
    expect((await at(path)).status).toBe(404);
});

describe("a post", () => {
  test("from another site is refused, whatever header tells", async () => {
    const person = await visitor();
    const event = () => ({ id: randomUUID(), kind: "text", text: "hello" });
    const refused: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
    ];
    for (const headers of refused) expect((await person.post(event(), headers)).status).toBe(403);
    const { origin: _, ...bare } = person.headers;
    const silent = await fetch(`${shop.url}/chat/events`, {
      method: "POST",
      headers: bare,
      body: JSON.stringify(event()),
    });
    expect(silent.status).toBe(403);
    expect(shop.accepted).toEqual([]);
    expect((await person.post(event(), { "sec-fetch-site": "same-origin" })).status).toBe(202);
  });

  test("that is repeated counts once and is kept once", async () => {
    const person = await visitor();
    const id = randomUUID();
    const answers = await Promise.all([1, 2, 3, 4].map(() => person.says("two mugs please", id)));
    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202, 202]);
    expect(shop.accepted).toHaveLength(1);
    expect(shop.duplicates.count).toBe(3);
    expect((await person.history()).messages).toHaveLength(1);
  });

  test("with a slash is a command", async () => {
    const person = await visitor();
    await person.says("/Shop mugs\nand cups");
    await person.says("/ not one");
    expect(shop.accepted.map(({ body }) => body)).toEqual([
      { kind: "command", name: "shop", rest: "mugs\nand cups" },
      { kind: "text", text: "/ not one" },
    ]);
  });

  test("of a press or a form reaches the engine, and what the form says is not kept", async () => {
    const person = await visitor();
    await person.post({ id: randomUUID(), kind: "press", token: "add:mug", message: "7" });
    await person.post({
      id: randomUUID(),
      kind: "form",
      token: "address",
      values: { street: "Elm Street 4" },
    });
    expect(shop.accepted.map(({ body }) => body)).toEqual([
      { kind: "press", token: "add:mug", message: "7" },
      { kind: "form", token: "address", values: { street: "Elm Street 4" } },
    ]);
    expect((await person.history()).messages).toEqual([]);
  });

  test("that is not one of ours is refused", async () => {
    const person = await visitor();
    const id = randomUUID();
    const wrong = [
      null,
      {},
      { id: "1", kind: "text", text: "x" },
      { id, kind: "text", text: " " },
      { id, kind: "text", text: { $gt: "" } },
      { id, kind: "text", text: "x".repeat(10_001) },
      { id, kind: "press", token: "x".repeat(1025) },
      { id, kind: "press", token: "x", message: { $ne: "" } },
      { id, kind: "press", token: "x", message: "not a number" },
      { id, kind: "form", token: "x", values: { a: 1 } },
      { id, kind: "photo", media: "../../etc/passwd" },
      { id, kind: "photo", media: "picture-404" },
      { id, kind: "signal", name: "order.paid", data: {} },
    ];
    await Promise.all(wrong.map(async (event) => expect((await person.post(event)).status).toBe(400)));
    expect(shop.accepted).toEqual([]);
  });

  test("of more than 256 KB is refused", async () => {
    const person = await visitor();
    expect((await person.says("x".repeat(300_000))).status).toBe(413);
  });

  test("too often is told when to come back", async () => {
    const person = await visitor();
    const answers = await Promise.all(Array.from({ length: 60 }, () => person.says("mug")));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused).toHaveLength(20);
    expect(Number(refused[0]!.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await (await visitor()).says("mug")).status).toBe(202);
  });

  test("before the shop opens or after it closes is for later", async () => {
    const person = await visitor();
    await shop.adapter.stop();
    expect((await person.says("hello")).status).toBe(503);
  });
});

describe("a picture", () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
  const upload = (headers: Record<string, string>, body: Uint8Array<ArrayBuffer>) =>
    fetch(`${shop.url}/chat/photos`, { method: "POST", headers, body });

  test("is kept, sent with a caption, and shown for good", async () => {
    const person = await visitor();
    const { media } = (await (await upload(person.headers, png)).json()) as { media: string };
    await person.post({ id: randomUUID(), kind: "photo", media, caption: "It broke" });
    expect(shop.accepted[0]!.body).toEqual({ kind: "photo", media, caption: "It broke" });
    const shown = await fetch(`${shop.url}/media/${media}`);
    expect(new Uint8Array(await shown.arrayBuffer())).toEqual(png);
    expect(shown.headers.get("content-type")).toBe("image/png");
    expect(shown.headers.get("cache-control")).toContain("immutable");
    expect((await fetch(`${shop.url}/media/none`)).status).toBe(404);
  });

  test("is shown in the size that is asked for, and told to be the same by its tag without being read", async () => {
    const asked: [string, number | undefined][] = [];
    const { media } = shop.host;
    shop.host.media = async (id, side) => {
      asked.push([id, side]);
      return media(id, side);
    };
    shop.pictures.set("picture-x", { bytes: png, contentType: "image/png" });
    const at = `${shop.url}/media/picture-x`;
    const first = await fetch(`${at}?size=320`);
    const etag = first.headers.get("etag") ?? "";
    const again = await fetch(`${at}?size=320`, { headers: { "if-none-match": etag } });
    expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);
    expect(asked).toEqual([["picture-x", 320]]);
    const head = await fetch(at, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(png.byteLength)]);
    for (const size of ["0", "-5", "1e9", "x", "1.5"]) await fetch(`${at}?size=${size}`);
    expect(new Set(asked.slice(1).map(([, side]) => side))).toEqual(new Set([1600]));
  });

  test("that a person sent is kept by nobody for good, and is looked for again", async () => {
    shop.pictures.set("picture-y", { bytes: png, contentType: "image/png", passing: true });
    const at = `${shop.url}/media/picture-y`;
    const first = await fetch(at);
    expect(first.headers.get("cache-control")).toBe("private, max-age=300");
    const headers = { "if-none-match": first.headers.get("etag") ?? "" };
    expect((await fetch(at, { headers })).status).toBe(304);
    shop.pictures.delete("picture-y");
    expect((await fetch(at, { headers })).status).toBe(404);
  });

  test("that cannot be made now is for later", async () => {
    shop.host.media = async () => {
      throw Object.assign(new Error("busy"), { code: "DECODER_BUSY" });
    };
    const answer = await fetch(`${shop.url}/media/picture-x`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
  });

  test("of elsewhere comes by the shop's own server, and only one that the shop has shown", async () => {
    const person = await visitor();
    const to = await person.address();
    const url = "https://pictures.example.com/mug.jpg?a=1&b=2";
    shop.far.set(url, { bytes: png, contentType: "image/png" });
    await shop.send(to, { cards: [{ title: "Mug", image: { url, alt: "A mug" } }] });
    const { messages } = await person.history();
    const body = messages.at(-1)!.body as { view: View };
    const address = body.view.cards[0]?.image?.url ?? "";
    expect(address).toMatch(/^\/media\/far\//);
    const shown = await fetch(`${shop.url}${address}?size=320`);
    expect(new Uint8Array(await shown.arrayBuffer())).toEqual(png);
    const [, , , tag = "", encoded = ""] = address.split("/");
    const others = Buffer.from("https://pictures.example.com/other.jpg").toString("base64url");
    shop.far.set("https://pictures.example.com/other.jpg", { bytes: png, contentType: "image/png" });
    expect((await fetch(`${shop.url}/media/far/${tag}/${others}`)).status).toBe(404);
    expect((await fetch(`${shop.url}/media/far/${"A".repeat(22)}/${encoded}`)).status).toBe(404);
  });

  test("is kept for the visitor and counted for the address it came from", async () => {
    const { keepMedia } = shop.host;
    const senders: PictureSender[] = [];
    shop.host.keepMedia = (bytes, from) => {
      senders.push(from);
      return keepMedia(bytes, from);
    };
    const person = await visitor();
    await upload(person.headers, png);
    const { address, sender, network } = senders[0]!;
    expect(address).toEqual(await person.address());
    expect(sender.id).toBe(destinationOf(address));
    expect(network).toMatch(/127\.0\.0\.1$/);
  });

  test("that is refused says why", async () => {
    const person = await visitor();
    for (const [thrown, status, problem] of [
      [{ code: "BAD_MEDIA", reason: "not-a-picture" }, 415, "unusable"],
      [{ code: "BAD_MEDIA", reason: "too-large" }, 413, "too-large"],
      [{ code: "PICTURE_QUOTA", of: "person", period: "day" }, 429, "too-many"],
      [{ code: "PICTURE_QUOTA", of: "network", period: "day" }, 429, "too-many"],
      [{ code: "PICTURE_QUOTA", of: "person", period: "kept" }, 403, "kept"],
      [{ code: "PICTURE_QUOTA", of: "shop", period: "day" }, 403, "full"],
    ] as const) {
      shop.host.keepMedia = async () => {
        throw Object.assign(new Error("no"), thrown);
      };
      const answer = await upload(person.headers, png);
      expect([answer.status, await answer.json()]).toEqual([status, { error: "no", problem }]);
    }
  });

  test("that is none, is too large or comes from nobody is refused", async () => {
    const person = await visitor();
    expect((await upload(person.headers, Uint8Array.of(1, 2, 3))).status).toBe(415);
    expect((await upload(person.headers, new Uint8Array(5 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await upload({ origin: shop.url }, png)).status).toBe(401);
  });
});

describe("a message of the shop", () => {
  test("is sent once per key", async () => {
    const person = await visitor();
    const to = await person.address();
    const view = { text: plain("Paid, thank you") };
    const sent = await Promise.all([1, 2, 3].map(() => shop.send(to, view, { key: "order-1/paid" })));
    expect(new Set(sent).size).toBe(1);
    expect((await person.history()).messages).toHaveLength(1);
  });

  test("takes the place of an earlier one, or is a new one where that is gone", async () => {
    const person = await visitor();
    const to = await person.address();
    const first = await shop.says(to, "Cart: 1");
    await shop.says(to, "Something else");
    expect(await shop.send(to, { text: plain("Cart: 2") }, { replaces: first, key: "edit" })).toBe(first);
    expect(await shop.send(to, { text: plain("Cart: 2") }, { replaces: first, key: "edit" })).toBe(first);
    const late = await shop.send(to, { text: plain("Late") }, { replaces: "999" });
    const { messages, newest } = await person.history();
    expect(messages.map(({ seq, change }) => [String(seq), change])).toEqual([
      [first, 3],
      ["2", 2],
      [late, 4],
    ]);
    expect(textOf(messages[0]!)).toContain("Cart: 2");
    expect(newest).toBe(4);
  });

  test("cannot take the place of what the shopper said", async () => {
    const person = await visitor();
    await person.says("I said this");
    await shop.send(shop.accepted[0]!.address, { text: plain("No, this") }, { replaces: "1" });
    expect((await person.history()).messages.map(textOf)[0]).toBe("I said this");
  });

  test("gets the next number however many write at once", async () => {
    const person = await visitor();
    const to = await person.address();
    await Promise.all(Array.from({ length: 20 }, (_, n) => shop.says(to, `message ${n}`)));
    const { messages } = await person.history();
    expect(messages.map(({ change }) => change)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  test("is kept unreadable, and cannot be moved to another conversation", async () => {
    const [ann, bob] = [await visitor(), await visitor()];
    await shop.says(await ann.address(), "Elm Street 4");
    const rows = await WebMessages.find({}).sort({ _id: -1 }).limit(1).lean();
    expect(JSON.stringify(rows)).not.toContain("Elm");
    const conversation = conversationId(await bob.address());
    await WebMessages.create({ ...rows[0], _id: undefined, conversation });
    const { status } = await fetch(`${shop.url}/chat/history`, { headers: bob.headers });
    expect(status).toBe(503);
  });

  test("that cannot be kept may be sent again", async () => {
    const person = await visitor();
    const to = await person.address();
    await disconnect();
    const failed = await shop.says(to, "hello").catch((error: unknown) => error);
    await connect(database.url);
    expect(failed).toBeInstanceOf(SendError);
    expect(failed).toMatchObject({ fate: "unsent" });
  });
});

describe("the stream", () => {
  test("resumes after the last event, with what was sent and edited meanwhile", async () => {
    const person = await visitor();
    const to = await person.address();
    const first = await shop.says(to, "one");
    await shop.says(to, "two");
    const before = await streamed(person.headers, "", 2);
    expect(before.map(({ change }) => change)).toEqual([1, 2]);
    await shop.says(to, "three");
    await shop.send(to, { text: plain("one, edited") }, { replaces: first });
    const resumed = await streamed({ ...person.headers, "last-event-id": "2" }, "?after=0", 2);
    expect(resumed.map(({ seq, change }) => [seq, change])).toEqual([
      [3, 3],
      [1, 4],
    ]);
  });

  test("tells of messages as they are sent, in order, each once", async () => {
    const person = await visitor();
    const to = await person.address();
    const [stream, second] = [await listening(person.headers), await listening(person.headers)];
    for (let n = 1; n <= 30; n += 1) {
      await shop.says(to, `message ${n}`);
      if (n % 3 === 0) await stream.until(n);
    }
    for (const { until, close } of [stream, second]) {
      expect((await until(30)).map(({ change }) => change)).toEqual(
        Array.from({ length: 30 }, (_, n) => n + 1),
      );
      close();
    }
  });

  test("tells of what another process sent", async () => {
    const person = await visitor();
    const to = await person.address();
    const other = await openWebShop();
    const stream = await listening(person.headers);
    await shop.says(to, "from here");
    await stream.until(1);
    await other.says(to, "from over there");
    expect(textOf((await stream.until(2))[1]!)).toContain("from over there");
    stream.close();
    await other.stop();
  }, 8_000); // well before the heartbeat, which would look too

  test("starts over for a page whose numbers are from before the messages were forgotten", async () => {
    const person = await visitor();
    await shop.says(await person.address(), "after a long time");
    expect(await streamed(person.headers, "?after=500", 1)).toHaveLength(1);
  });
});

test("history comes a hundred at a time", async () => {
  const person = await visitor();
  const to = await person.address();
  for (let n = 1; n <= 130; n += 1) await shop.says(to, String(n));
  const last = await person.history();
  expect([last.messages.length, last.messages[0]!.seq, last.earlier]).toEqual([100, 31, true]);
  const rest = await person.history(`?before=${last.messages[0]!.seq}`);
  expect([rest.messages.length, rest.messages.at(-1)!.seq, rest.earlier]).toEqual([30, 30, false]);
});

test("a forgotten conversation is empty, and goes on where open pages are listening", async () => {
  const person = await visitor();
  const to = await person.address();
  for (const word of ["first", "second"]) await shop.says(to, word);
  await shop.adapter.forget?.(to);
  await shop.adapter.forget?.(to);
  await shop.says(to, "you are new here");
  const { messages, newest } = await person.history();
  expect(messages.map(({ seq }) => seq)).toEqual([3]);
  expect(JSON.stringify(messages)).not.toMatch(/first|second/);
  expect(newest).toBe(3);
});

describe("a network", () => {
  let proxied: WebShop;
  beforeEach(async () => {
    proxied = await openWebShop({ trustedProxies: ["127.0.0.1"] });
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await proxied.stop();
  });
  const counted = (answers: readonly Response[], status: number): number =>
    answers.filter((answer) => answer.status === status).length;
  const many = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => make(index)));

  test("says so much at a time, however many cookies it has gathered", async () => {
    // All of one /64, each from an address of its own.
    const crowd = await many(90, (index) => visitor(proxied, `2001:db8:1:2::${index.toString(16)}`));
    const answers = await Promise.all(crowd.map((one) => one.says("hello")));
    expect(counted(answers, 202)).toBe(WEB_LIMITS.networkEvents.points);
    expect(counted(answers, 429)).toBe(90 - WEB_LIMITS.networkEvents.points);
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    const neighbour = await visitor(proxied, "2001:db8:1:3::1");
    expect((await neighbour.says("hello")).status).toBe(202);
    vi.setSystemTime(Date.now() + WEB_LIMITS.networkEvents.seconds * 1000);
    expect((await crowd[0]!.says("hello")).status).toBe(202);
  });

  test("is not another's because a visitor says so", async () => {
    const direct = await openWebShop();
    const crowd = await many(90, (index) => visitor(direct, `198.51.100.${index}`));
    const answers = await Promise.all(crowd.map((one) => one.says("hello")));
    expect(counted(answers, 202)).toBe(WEB_LIMITS.networkEvents.points);
    await direct.stop();
  });

  test("sends so many new visitors; those who are known still come in", async () => {
    const known = await visitor(proxied, "198.51.100.1");
    const { points } = WEB_LIMITS.newVisitors;
    const pages = await many(points + 20, async () => (await visitor(proxied, "198.51.100.1")).page);
    expect(counted(pages, 200)).toBe(points - 1);
    const refused = pages.find(({ status }) => status === 429);
    expect(refused?.headers.get("set-cookie")).toBeNull();
    expect((await fetch(proxied.url, { headers: known.headers })).status).toBe(200);
    const asBrowser = { accept: "text/html", "x-forwarded-for": "198.51.100.1" };
    expect(await (await fetch(proxied.url, { headers: asBrowser })).text()).toMatch(/<h1>Too many requests/);
    expect((await visitor(proxied, "198.51.100.2")).page.status).toBe(200);
  });

  test("has so many streams open over all its visitors, and as many again when they have gone", async () => {
    const gone = new AbortController();
    const crowd = await many(10, () => visitor(proxied, "198.51.100.1"));
    const open = (one: (typeof crowd)[number]) =>
      fetch(`${proxied.url}/chat/events`, { headers: one.headers, signal: gone.signal });
    const answers = (await Promise.all(crowd.map((one) => many(8, () => open(one))))).flat();
    expect(counted(answers, 200)).toBe(NETWORK_STREAMS_MAX);
    expect(counted(answers, 429)).toBe(80 - NETWORK_STREAMS_MAX);
    const neighbour = await visitor(proxied, "198.51.100.2");
    const alone = await fetch(`${proxied.url}/chat/events`, { headers: neighbour.headers });
    expect(alone.status).toBe(200);
    await alone.body?.cancel();
    gone.abort();
    const again = async () => {
      const answer = await fetch(`${proxied.url}/chat/events`, { headers: crowd[9]!.headers });
      await answer.body?.cancel();
      return answer.status;
    };
    await expect.poll(again).toBe(200);
  });

  test("sends so many pictures", async () => {
    const crowd = await many(4, () => visitor(proxied, "198.51.100.1"));
    const send = (one: (typeof crowd)[number]) =>
      fetch(`${proxied.url}/chat/photos`, {
        method: "POST",
        headers: one.headers,
        body: new Uint8Array([0x89]),
      });
    const answers = (await Promise.all(crowd.map((one) => many(10, () => send(one))))).flat();
    expect(counted(answers, 201)).toBe(WEB_LIMITS.networkPhotos.points);
    expect(counted(answers, 429)).toBe(40 - WEB_LIMITS.networkPhotos.points);
  });
});

test("of a burst of streams of one conversation the newest eight stay", async () => {
  const { headers } = await visitor();
  const bodies = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const { body } = await fetch(`${shop.url}/chat/events`, { headers });
      return body!.getReader();
    }),
  );
  let ended = 0;
  const reading = bodies.map(async (reader) => {
    while (!(await reader.read()).done);
    ended += 1;
  });
  await expect.poll(() => ended).toBe(52);
  // The others live until the shop closes.
  await shop.stop();
  await Promise.all(reading);
  expect(ended).toBe(60);
});
