import type { Hono } from "hono";
import type { Logger } from "pino";
import { type Adapter, type Host, SendError } from "../../src/engine/adapter.ts";
import { conversationId } from "../../src/engine/address.ts";
import { view } from "../../src/engine/turn.ts";
import type { BoundedBodies } from "../../src/http/bounded-bodies.ts";
import { EventStreams } from "../../src/http/event-stream.ts";
import { InOrder } from "../../src/platform/in-order.ts";
import { MessageLog } from "../../src/store/message-log.ts";
import { SecretBox } from "../../src/store/secret-box.ts";
import { capabilities } from "./capabilities.ts";
import { WebMessages } from "./messages.ts";
import type { ReadPicture } from "./picture-routes.ts";
import { FarPictures } from "./pictures.ts";
import { chatPage, chatRoutes, type WEB_LIMITS } from "./routes.ts";
import type { WebBody } from "./wire.ts";

/** Bytes of a request body by path, for `createHttp`; what is not named may have the server's usual 256 KB. */
export const webBodyLimits = { "/chat/photos": 5 * 1024 * 1024 } as const;

/** How the chat page is served. */
export interface WebOptions {
  /** Signs the visitors' cookies and encrypts the kept messages. */
  readonly secret: string;
  /** Where browsers reach the shop; with https the cookie is `Secure`. */
  readonly publicUrl: string;
  readonly log: Logger;
  readonly shopName?: string;
  /** Gets the picture at an https address, at most `side` pixels large; without it none from elsewhere is shown. */
  readonly fetched?: ReadPicture;
  /** What pictures on their way may take. */
  readonly bodies?: BoundedBodies;
  /** Other limits than `WEB_LIMITS`. */
  readonly limits?: Partial<typeof WEB_LIMITS>;
}

/** What stands for a message that is gone. */
const BLANK: WebBody = { kind: "view", view: view({}) };

/** The shop as a chat page of its own. Mount `routes` at "/". A message is sent exactly once per delivery key. */
export function webAdapter(options: WebOptions): Adapter & { readonly routes: Hono } {
  const messages = new MessageLog<WebBody>(WebMessages, new SecretBox(options.secret));
  const streams = new EventStreams(messages, options.log);
  const writing = new InOrder();
  const far = new FarPictures(options.secret);
  let host: Host | undefined;

  /** Writes into a conversation, in order, and has the open pages look. */
  async function written<T>(conversation: string, write: () => Promise<T>): Promise<T> {
    try {
      const result = await writing.run(conversation, write);
      streams.wake(conversation);
      return result;
    } catch (cause) {
      // The key makes a repeat harmless, so even a lost answer may be tried again.
      throw new SendError("unsent", "The web message could not be kept.", { cause });
    }
  }

  return {
    name: "web",
    title: "Web chat",
    can: capabilities,
    connections: () => ["web"],
    routes: chatRoutes({ ...options, messages, streams, writing, far, host: () => host }),
    async start(given) {
      await Promise.all([chatPage(), WebMessages.createIndexes()]);
      host = given;
    },
    async send(to, { view, key, replaces }) {
      const conversation = conversationId(to);
      const body = { kind: "view", view: far.brought(view) } as const;
      return await written(conversation, async () => {
        const edited =
          replaces !== undefined && (await messages.replace(conversation, Number(replaces), key, body));
        if (edited) return { message: replaces };
        return { message: String(await messages.append(conversation, "shop", key, body)) };
      });
    },
    async edit(to, { view, key, replaces }) {
      const conversation = conversationId(to);
      const body = { kind: "view", view: far.brought(view) } as const;
      return await written(conversation, () => messages.replace(conversation, Number(replaces), key, body));
    },
    async remove(to, { message }) {
      const conversation = conversationId(to);
      await written(conversation, () => messages.remove(conversation, Number(message), BLANK));
    },
    async forget(address) {
      await messages.forget(conversationId(address), BLANK);
    },
    async forgetAmongOthers(address) {
      await messages.forget(conversationId(address), BLANK);
    },
    async stop() {
      host = undefined;
      streams.stop();
      await writing.settled();
    },
  };
}
