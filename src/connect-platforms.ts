import type { Hono } from "hono";
import { LRUCache } from "lru-cache";
import { webAdapter } from "../adapters/web/index.ts";
import type { Config } from "./config.ts";
import type { Adapter } from "./engine/index.ts";
import { fetchPicture, NoPicture } from "./http/fetch-picture.ts";
import type { Logger } from "./log.ts";
import { SizedPictures } from "./pictures/sized-pictures.ts";

/** A place where people meet the shop, with what it serves over HTTP. */
export interface Platform {
  readonly adapter: Adapter;
  readonly routes?: Hono;
  /** Where `routes` belongs. */
  readonly path: string;
}

/** A picture of a catalog that stands elsewhere may take so much. */
const FETCH = { maxBytes: 5 * 1024 * 1024, timeoutMs: 10_000 } as const;
/** An address that gave no picture is asked again after so long, in milliseconds. */
const GONE_MS = 5 * 60_000;

/** Pictures at addresses elsewhere, fetched as an import fetches them and decoded before anybody sees them. */
function farPictures(): SizedPictures {
  const gone = new LRUCache<string, true>({ max: 10_000, ttl: GONE_MS });
  return new SizedPictures(async (url) => {
    if (gone.has(url)) return null;
    try {
      return { bytes: await fetchPicture(url, FETCH), contentType: "" };
    } catch (error) {
      if (!(error instanceof NoPicture)) throw error;
      gone.set(url, true);
      return null;
    }
  });
}

/**
 * The platforms that the configuration connects; the web chat always. What is not connected is not loaded: Discord's
 * and Slack's own clients would cost every start a second.
 *
 * `secretFor` derives a key for one purpose.
 */
export async function connectPlatforms(
  config: Config,
  log: Logger,
  shopName: string,
  secretFor: (purpose: string) => string,
): Promise<Platform[]> {
  const { publicUrl, telegram, discord, slack } = config;
  const web = webAdapter({ secret: secretFor("web"), publicUrl, log, shopName, fetched: farPictures().of });
  const platforms: Platform[] = [{ adapter: web, routes: web.routes, path: "/" }];
  const add = (adapter: Adapter & { routes?: Hono }) =>
    platforms.push({ adapter, routes: adapter.routes, path: `/webhooks/${adapter.name}` });
  if (telegram) {
    const { telegramAdapter } = await import("../adapters/telegram/index.ts");
    const { token, apiRoot, webhookSecret } = telegram;
    const webhook = webhookSecret && { secret: webhookSecret, url: `${publicUrl}/webhooks/telegram` };
    add(telegramAdapter({ token, apiRoot, log, ...(webhook && { webhook }) }));
  }
  if (discord) {
    const { discordAdapter } = await import("../adapters/discord/index.ts");
    add(discordAdapter({ ...discord, log }));
  }
  if (slack) {
    const { slackAdapter } = await import("../adapters/slack/index.ts");
    add(slackAdapter({ ...slack, publicUrl, secret: secretFor("slack"), log }));
  }
  return platforms;
}
