import { HTTPException } from "hono/http-exception";
import { LRUCache } from "lru-cache";
import {
  type ChannelAddress,
  channelAddress,
  conversationId,
  type DirectAddress,
  directAddress,
  type MemberAddress,
  memberAddress,
} from "../../src/engine/address.ts";
import type { MessageLog } from "../../src/store/message-log.ts";
import type { WebBody } from "./wire.ts";

/** What stands behind "/c/" in the address of a channel's page. */
export const CHANNEL_NAME = "[\\w-]{1,64}";

const WEB = { platform: "web", connection: "web" };

/** Where a visitor talks with the shop: alone, or on the page of a channel. */
export const visitorAt = (visitor: string, channel: string | undefined): DirectAddress | MemberAddress =>
  channel === undefined ? directAddress(WEB, visitor) : memberAddress(WEB, channel, visitor);

export const webChannel = (name: string): ChannelAddress => channelAddress(WEB, name);

/** The channels that have a page: those in which the shop has shown something. */
export class Channels {
  readonly #messages: Pick<MessageLog<WebBody>, "newest">;
  readonly #known = new LRUCache<string, true>({ max: 1000 });

  constructor(messages: Pick<MessageLog<WebBody>, "newest">) {
    this.#messages = messages;
  }

  /** The name again; undefined for none. @throws {HTTPException} 404 if there is no such channel */
  async checked(name: string | undefined): Promise<string | undefined> {
    if (name === undefined || this.#known.has(name)) return name;
    const isThere =
      new RegExp(`^${CHANNEL_NAME}$`).test(name) &&
      (await this.#messages.newest(conversationId(webChannel(name)))) > 0;
    if (!isThere) throw new HTTPException(404, { message: "There is no such page." });
    this.#known.set(name, true);
    return name;
  }
}
