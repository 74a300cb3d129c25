import type { Hono } from "hono";
import { webAdapter } from "../adapters/web/index.ts";
import type { Config } from "./config.ts";
import type { Adapter } from "./engine/index.ts";
import type { Logger } from "./log.ts";

/** A place where people meet the shop, with what it serves over HTTP. */
export interface Platform {
  readonly adapter: Adapter;
  readonly routes?: Hono;
  /** Where `routes` belongs. */
  readonly path: string;
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
  const web = webAdapter({ secret: secretFor("web"), publicUrl, log, shopName });
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
