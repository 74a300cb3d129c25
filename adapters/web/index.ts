import type { Context } from "hono";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { streamSSE } from "hono/streaming";
import type { Logger } from "pino";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { type Adapter, type Capabilities, type Host, SendError } from "../../src/engine/adapter.ts";
import { type Address, conversationId } from "../../src/engine/inbound.ts";
import { SecretBox } from "../../src/store/secret-box.ts";
import { Messages, WebMessages } from "./messages.ts";
import { buildPage, type Page } from "./page.ts";
import { Streams } from "./streams.ts";
import { localeOf, Visitors } from "./visitor.ts";
import { bodyOf, webEvent } from "./wire.ts";

const can: Capabilities = {
  textMax: 4000,
  captionMax: 4000,
  cardsMax: 12,
  buttonsPerRow: 4,
  controlsMax: 60,
  labelMax: 60,
  picksMax: 100,
  forms: "inline",
  buttons: true,
  images: true,
  edits: true,
  ephemeral: false,
  tokenBytes: 1024,
};

const HISTORY = 100;
/** Bytes of a request body by path, for `createHttp`; what is not named may have the server's usual 256 KB. */
export const webBodyLimits = { "/chat/photos": 5 * 1024 * 1024 } as const;

const FOREVER = "public, max-age=31536000, immutable";

export interface WebOptions {
  /** Signs the visitors' cookies and encrypts the kept messages. */
  readonly secret: string;
  /** Where browsers reach the shop; with https the cookie is `Secure`. */
  readonly publicUrl: string;
  readonly log: Logger;
  readonly shopName?: string;
}

/** The shop as a chat page of its own. Mount `routes` at "/". A message is sent exactly once per delivery key. */
export function webAdapter(options: WebOptions): Adapter & { readonly routes: Hono } {
  const { log, shopName = "Hawker" } = options;
  const messages = new Messages(new SecretBox(options.secret));
  const streams = new Streams(messages, log);
  const visitors = new Visitors(options.secret, options.publicUrl);
  const events = new RateLimiterMemory({ points: 40, duration: 20 });
  const photos = new RateLimiterMemory({ points: 12, duration: 60 });
  let page: Promise<Page> | undefined;
  let host: Host | undefined;

  const pageNow = (): Promise<Page> => {
    page ??= buildPage();
    return page;
  };
  const opened = (): Host => {
    if (host === undefined) throw new HTTPException(503, { message: "The shop is opening or closing." });
    return host;
  };
  const addressOf = (visitor: string): Address => ({ platform: "web", connection: "web", channel: visitor });

  const limit = async (c: Context, limiter: RateLimiterMemory, visitor: string): Promise<void> => {
    const full = await limiter.consume(visitor).then(
      () => undefined,
      (refusal: RateLimiterRes) => refusal,
    );
    if (full === undefined) return;
    c.header("Retry-After", String(Math.ceil(full.msBeforeNext / 1000)));
    throw new HTTPException(429, { message: "Too fast." });
  };

  const routes = new Hono();
  const headers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", "https:", "data:"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: "same-origin",
    strictTransportSecurity: false, // the server's own, where it is reached over https
  });
  for (const path of ["/", "/chat/*", "/media/*"]) routes.use(path, headers, visitors.sameOrigin);

  routes.get("/", async (c) => {
    await visitors.welcome(c);
    c.header("Cache-Control", "no-store");
    return c.html((await pageNow()).html(shopName));
  });

  routes.get("/chat/assets/:name", compress(), async (c) => {
    const asset = (await pageNow()).assets.get(c.req.param("name"));
    return asset
      ? c.body(asset.body, 200, { "Content-Type": asset.type, "Cache-Control": FOREVER })
      : c.notFound();
  });

  routes.get("/chat/history", async (c) => {
    const conversation = conversationId(addressOf(await visitors.known(c)));
    // Read before the messages: what changes meanwhile comes again by the stream, instead of never.
    const newest = await messages.newest(conversation);
    const before = Number(c.req.query("before")) || Number.MAX_SAFE_INTEGER;
    const found = await messages.before(conversation, before, HISTORY + 1);
    c.header("Cache-Control", "no-store");
    return c.json({ newest, earlier: found.length > HISTORY, messages: found.slice(-HISTORY) });
  });

  routes.get("/chat/events", async (c) => {
    const conversation = conversationId(addressOf(await visitors.known(c)));
    opened();
    const after = Number(c.req.header("last-event-id") ?? c.req.query("after")) || 0;
    c.header("X-Accel-Buffering", "no");
    return streamSSE(c, (out) => streams.follow(conversation, after, out));
  });

  routes.post("/chat/events", async (c) => {
    const visitor = await visitors.known(c);
    await limit(c, events, visitor);
    const event = webEvent.safeParse(await c.req.json().catch(() => undefined));
    if (!event.success) throw new HTTPException(400, { message: "Not an event of this page." });
    const { id, ...said } = event.data;
    const engine = opened();
    const address = addressOf(visitor);
    if (said.kind === "photo" && (await engine.media(said.media)) === null) {
      throw new HTTPException(400, { message: "There is no such picture." });
    }
    if (said.kind === "text" || said.kind === "photo") {
      await messages.append(conversationId(address), "shopper", id, said);
      streams.wake(conversationId(address));
    }
    const sender = { id: visitor, locale: localeOf(c.req.header("accept-language")) };
    const inbound = { id: `web:${visitor}:${id}`, address, sender, at: new Date(), body: bodyOf(event.data) };
    return c.json({ status: await engine.accept(inbound) }, 202);
  });

  routes.post("/chat/photos", async (c) => {
    await limit(c, photos, await visitors.known(c));
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    return c.json({ media: await opened().keepMedia(bytes) }, 201);
  });

  routes.get("/media/:id", async (c) => {
    const picture = await opened().media(c.req.param("id"));
    if (picture === null) return c.notFound();
    return c.body(Uint8Array.from(picture.bytes), 200, {
      "Content-Type": picture.contentType,
      "Cache-Control": FOREVER,
    });
  });

  routes.onError((error, c: Context) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    if (error.name === "BadMedia") return c.json({ error: error.message }, 415);
    log.error({ err: error, path: c.req.path }, "web request failed");
    return c.json({ error: "Please try again." }, 503);
  });

  return {
    name: "web",
    can,
    routes,
    async start(given) {
      await Promise.all([pageNow(), WebMessages.createIndexes()]);
      host = given;
    },
    async send(to, { view, key, replaces }) {
      const conversation = conversationId(to);
      const body = { kind: "view", view } as const;
      try {
        const edited =
          replaces !== undefined && (await messages.replace(conversation, Number(replaces), key, body));
        const message = edited ? replaces : String(await messages.append(conversation, "shop", key, body));
        streams.wake(conversation);
        return { message };
      } catch (cause) {
        // The key makes a repeat harmless, so even a lost answer may be tried again.
        throw new SendError("unsent", "The web message could not be kept.", { cause });
      }
    },
    async stop() {
      host = undefined;
      streams.stop();
    },
  };
}
