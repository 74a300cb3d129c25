import { createHmac } from "node:crypto";
import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import { HTTPException } from "hono/http-exception";
import { streamSSE } from "hono/streaming";
import type { Logger } from "pino";
import type { Host } from "../../src/engine/adapter.ts";
import { conversationId } from "../../src/engine/address.ts";
import { localeOf } from "../../src/http/accept-language.ts";
import { type BoundedBodies, busy } from "../../src/http/bounded-bodies.ts";
import { networkOf } from "../../src/http/client-address.ts";
import { cutOff } from "../../src/http/cut-off.ts";
import { answerException } from "../../src/http/errors.ts";
import type { EventStreams } from "../../src/http/event-stream.ts";
import { bundlePage, type Page } from "../../src/http/page-bundle.ts";
import { pageHeaders } from "../../src/http/page-headers.ts";
import { type Rate, RateLimit } from "../../src/http/rate-limit.ts";
import { Visitors } from "../../src/http/visitor.ts";
import type { InOrder } from "../../src/platform/in-order.ts";
import { pictureProblem } from "../../src/platform/received-photo.ts";
import type { MessageLog } from "../../src/store/message-log.ts";
import { CHANNEL_NAME, Channels, visitorAt, webChannel } from "./channels.ts";
import { pictureRoutes, type ReadPicture } from "./picture-routes.ts";
import type { FarPictures } from "./pictures.ts";
import { bodyOf, type WebBody, type WebMessage, webEvent } from "./wire.ts";

/** What the routes of the chat page work with. */
export interface ChatParts {
  readonly secret: string;
  readonly publicUrl: string;
  readonly log: Logger;
  readonly shopName?: string;
  /** Other limits than `WEB_LIMITS`. */
  readonly limits?: Partial<typeof WEB_LIMITS>;
  readonly messages: MessageLog<WebBody>;
  readonly streams: EventStreams<WebMessage>;
  readonly far: FarPictures;
  readonly fetched?: ReadPicture;
  readonly bodies?: BoundedBodies;
  /** Keeps the messages of a conversation in the order in which they are written. */
  readonly writing: InOrder;
  /** Undefined before the shop opens and after it has closed. */
  readonly host: () => Host | undefined;
}

/** How a picture is refused. The page says why in the visitor's language. */
const PICTURE_STATUS = {
  unusable: 415,
  "too-large": 413,
  "too-many": 429,
  kept: 403,
  full: 403,
} as const;

/**
 * What a visitor may do, and all visitors of a network together: many people share an address (a school, a mobile carrier),
 * so those are wider. Counted by each process.
 */
export const WEB_LIMITS = {
  /** Messages and presses. */
  events: { points: 40, seconds: 20 },
  networkEvents: { points: 80, seconds: 20 },
  photos: { points: 12, seconds: 60 },
  networkPhotos: { points: 30, seconds: 60 },
  /** People who get a cookie. */
  newVisitors: { points: 100, seconds: 600 },
  /** Histories read and streams opened. */
  networkReads: { points: 300, seconds: 20 },
} as const satisfies Record<string, Rate>;

/** Messages the page gets at a time. */
const HISTORY = 100;

let page: Promise<Page> | undefined;
/** The chat page, bundled once in a process. */
export function chatPage(): Promise<Page> {
  page ??= bundlePage(new URL("./page/", import.meta.url), "chat");
  return page;
}

/** The page, and what it asks for: history, the stream of what is new, and a place for events and pictures. */
export function chatRoutes({ messages, streams, writing, log, ...parts }: ChatParts): Hono {
  const visitors = new Visitors({ ...parts, cookie: "hawker_visitor" });
  const rates = { ...WEB_LIMITS, ...parts.limits };
  const events = new RateLimit(rates.events);
  const networkEvents = new RateLimit(rates.networkEvents);
  const photos = new RateLimit(rates.photos);
  const networkPhotos = new RateLimit(rates.networkPhotos);
  const newVisitors = new RateLimit(rates.newVisitors);
  const reads = new RateLimit(rates.networkReads);
  /** Stands for a network where its address is not to be kept. */
  const nameOf = (network: string): string =>
    createHmac("sha256", parts.secret).update(`network ${network}`).digest("base64url").slice(0, 22);
  const opened = (): Host => {
    const host = parts.host();
    if (host === undefined) throw new HTTPException(503, { message: "The shop is opening or closing." });
    return host;
  };

  const channels = new Channels(messages);
  /** The channel whose page asks; undefined where the visitor is alone with the shop. */
  const channelOf = (c: Context) => channels.checked(c.req.query("channel"));

  const routes = new Hono();
  for (const path of ["/", "/c/*", "/chat/*", "/media/*"]) routes.use(path, pageHeaders, visitors.sameOrigin);

  const openPage = async (c: Context) => {
    await visitors.welcome(c, () => newVisitors.count(c, networkOf(c)));
    c.header("Cache-Control", "no-store");
    return c.html((await chatPage()).html({ shop: parts.shopName ?? "Hawker" }));
  };
  routes.get("/", openPage);

  // A channel: what is shown there is seen by everybody who has it open, and each talks with the shop for themselves.
  routes.get(`/c/:channel{${CHANNEL_NAME}}`, async (c) => {
    await reads.count(c, networkOf(c));
    await channels.checked(c.req.param("channel"));
    return await openPage(c);
  });

  // The address of a product, fit for posting anywhere: the page says "/start p-<slug>" when it opens.
  routes.get("/p/:slug{[\\w-]{1,80}}", (c) => c.redirect(`/?start=p-${c.req.param("slug")}`));

  routes.get("/chat/assets/:name", compress(), async (c) => (await chatPage()).file(c, c.req.param("name")));

  /** What is read: the visitor's own conversation, or what everybody in the channel sees ("?of=channel"). */
  const followed = async (c: Context, visitor: string) => {
    const channel = await channelOf(c);
    return channel !== undefined && c.req.query("of") === "channel"
      ? webChannel(channel)
      : visitorAt(visitor, channel);
  };

  routes.get("/chat/history", async (c) => {
    const visitor = await visitors.known(c);
    await reads.count(c, networkOf(c));
    const conversation = conversationId(await followed(c, visitor));
    // Read before the messages: what changes meanwhile comes again by the stream, instead of never.
    const newest = await messages.newest(conversation);
    const before = Number(c.req.query("before")) || Number.MAX_SAFE_INTEGER;
    const found = await messages.before(conversation, before, HISTORY + 1);
    c.header("Cache-Control", "no-store");
    return c.json({ newest, earlier: found.length > HISTORY, messages: found.slice(-HISTORY) });
  });

  routes.get("/chat/events", async (c) => {
    const visitor = await visitors.known(c);
    opened();
    const network = networkOf(c);
    await reads.count(c, network);
    const conversation = conversationId(await followed(c, visitor));
    if (!streams.hasRoom(network)) {
      c.header("Retry-After", "10");
      throw new HTTPException(429, { message: "Too many open pages." });
    }
    const after = Number(c.req.header("last-event-id") ?? c.req.query("after")) || 0;
    c.header("X-Accel-Buffering", "no");
    return streamSSE(c, (out) => streams.follow(conversation, after, out, network, () => cutOff(c), visitor));
  });

  routes.post("/chat/events", async (c) => {
    const visitor = await visitors.known(c);
    const network = networkOf(c);
    await events.count(c, visitor);
    await networkEvents.count(c, network);
    const event = webEvent.safeParse(await c.req.json().catch(() => undefined));
    if (!event.success) throw new HTTPException(400, { message: "Not an event of this page." });
    const { id, ...said } = event.data;
    const engine = opened();
    const address = visitorAt(visitor, await channelOf(c));
    if (said.kind === "photo" && (await engine.media(said.media)) === null)
      throw new HTTPException(400, { message: "There is no such picture." });
    const conversation = conversationId(address);
    const kept =
      said.kind === "text" || said.kind === "photo"
        ? writing.run(conversation, () => messages.append(conversation, "shopper", id, said))
        : undefined;
    const sender = { id: visitor, locale: localeOf(c.req.header("accept-language")) };
    const inbound = {
      id: `web:${visitor}:${id}`,
      address,
      sender,
      at: new Date(),
      body: bodyOf(event.data),
      network: nameOf(network),
    };
    // Beside each other, so that a slow store is waited for once; what answers it is written after it all the same.
    const [status] = await Promise.all([engine.accept(inbound), kept]);
    streams.wake(conversation);
    return c.json({ status }, 202);
  });

  routes.post("/chat/photos", async (c) => {
    const visitor = await visitors.known(c);
    await photos.count(c, visitor);
    await networkPhotos.count(c, networkOf(c));
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const from = {
      address: visitorAt(visitor, await channelOf(c)),
      sender: { id: visitor },
      network: networkOf(c),
    };
    return c.json({ media: await opened().keepMedia(bytes, from) }, 201);
  });

  const stored: ReadPicture = async (id, side) => opened().media(id, side);
  const { far, fetched = async () => null, bodies } = parts;
  routes.route("/", pictureRoutes({ far, stored, fetched, networkOf, ...(bodies && { bodies }) }));

  const answerError = (error: Error, c: Context) => {
    if (error instanceof HTTPException && /^\/(c\/|$)/.test(c.req.path)) return answerException(error, c);
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    if ("code" in error && error.code === "DECODER_BUSY") return busy(c);
    const problem = pictureProblem(error);
    if (problem !== undefined) return c.json({ error: error.message, problem }, PICTURE_STATUS[problem]);
    log.error({ err: error, path: c.req.path }, "web request failed");
    return c.json({ error: "Please try again." }, 503);
  };
  routes.onError(answerError);
  return routes;
}
