import { randomUUID } from "node:crypto";
import pino from "pino";
import { webAdapter, webBodyLimits } from "../../adapters/web/index.ts";
import type { Adapter, Host, StoredPicture } from "../../src/engine/adapter.ts";
import type { Address } from "../../src/engine/address.ts";
import type { Inbound } from "../../src/engine/inbound.ts";
import { plain } from "../../src/engine/rich-text.ts";
import type { View } from "../../src/engine/view.ts";
import { createHttp } from "../../src/http/server.ts";

/** A picture that could not be kept, with the code of the shop's own error. */
class BadMedia extends Error {
  readonly code = "BAD_MEDIA";
}

/** A web chat on a port of its own, with a host that records what it accepts and answers as the test says. */
export interface WebShop {
  readonly url: string;
  readonly adapter: Adapter;
  /** What was accepted, each event once. */
  readonly accepted: Inbound[];
  /** How often an event came that had already been accepted. */
  readonly duplicates: { count: number };
  readonly pictures: Map<string, StoredPicture>;
  /** Pictures at addresses elsewhere. */
  readonly far: Map<string, StoredPicture>;
  /** What the adapter asks of the engine; a test may put another answer in place. */
  readonly host: Host;
  /** Called once for each accepted event. */
  answer: (inbound: Inbound) => Promise<void>;
  /** Sends a view under a key; a new one each time unless given. */
  send(to: Address, view: Partial<View>, options?: { key?: string; replaces?: string }): Promise<string>;
  says(to: Address, text: string): Promise<string>;
  stop(): Promise<void>;
  /** Opens again on the same port, as after a deploy. */
  open(): Promise<void>;
}

export interface WebShopOptions {
  readonly publicUrl?: string;
  readonly secret?: string;
  readonly port?: number;
  /** Whom X-Forwarded-For is believed from; visitors can come from anywhere then. */
  readonly trustedProxies?: readonly string[];
}

export async function openWebShop(options: WebShopOptions = {}): Promise<WebShop> {
  const log = pino({ level: "silent" });
  const accepted: Inbound[] = [];
  const duplicates = { count: 0 };
  const pictures: WebShop["pictures"] = new Map();
  const far: WebShop["far"] = new Map();
  const fetched = async (url: string) => far.get(url) ?? null;
  const secret = options.secret ?? "a secret of tests, long enough";
  const seen = new Set<string>();
  let port = options.port ?? 0;
  let stopNow = async () => {};

  const host: Host = {
    async accept(inbound) {
      if (seen.has(inbound.id)) {
        duplicates.count += 1;
        return "duplicate";
      }
      seen.add(inbound.id);
      accepted.push(inbound);
      setImmediate(() => void shop.answer(inbound));
      return "accepted";
    },
    media: async (id) => pictures.get(id) ?? null,
    async keepMedia(bytes) {
      if (bytes[0] !== 0x89) throw new BadMedia("Only pictures, please.");
      const id = `picture-${pictures.size + 1}`;
      pictures.set(id, { bytes, contentType: "image/png" });
      return id;
    },
    commands: () => [{ name: "shop", description: "Browse" }],
    locales: ["en", "zh"],
    suggest: async () => [],
    problems: () => ({}),
    preview: async () => null,
  };

  const shop: WebShop & { url: string; adapter: Adapter } = {
    url: "",
    adapter: webAdapter({ secret, publicUrl: "http://127.0.0.1", log }),
    accepted,
    duplicates,
    pictures,
    far,
    host,
    answer: async () => {},
    async send(to, view, { key, replaces } = {}) {
      const delivery = { view: { cards: [], controls: [], ...view }, key: key ?? randomUUID(), replaces };
      return (await shop.adapter.send(to, delivery)).message;
    },
    says: (to, text) => shop.send(to, { text: plain(text) }),
    stop: () => stopNow(),
    async open() {
      const publicUrl = options.publicUrl ?? `http://127.0.0.1:${port}`;
      const adapter = webAdapter({ secret, publicUrl, log, shopName: "Lantern Street", fetched });
      const http = createHttp({
        log,
        publicUrl,
        bodyLimits: webBodyLimits,
        trustedProxies: options.trustedProxies ?? [],
      });
      http.app.route("/", adapter.routes);
      await adapter.start(host);
      port = (await http.listen(port, "127.0.0.1")).port;
      shop.adapter = adapter;
      shop.url = `http://127.0.0.1:${port}`;
      stopNow = async () => {
        await adapter.stop();
        await http.close();
      };
    },
  };
  await shop.open();
  return shop;
}
