import { type DiscordDouble, discordDouble } from "../doubles/discord.ts";
import { type SlackDouble, slackDouble } from "../doubles/slack.ts";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { openWorld, type World } from "./world.ts";

/** A Hawker on every platform at once. */
export interface Everywhere {
  readonly telegram: TelegramDouble;
  readonly discord: DiscordDouble;
  readonly slack: SlackDouble;
  readonly world: World;
  close(): Promise<void>;
}

/** Starts a shop that people reach on Telegram, Discord and Slack, and on the web. */
export async function openEverywhere(env: Record<string, string> = {}): Promise<Everywhere> {
  const [telegram, discord, slack] = await Promise.all([telegramDouble(), discordDouble(), slackDouble()]);
  const world = await openWorld({
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_APPLICATION_ID: discord.applicationId,
    DISCORD_API_ROOT: discord.url,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_ROOT: slack.url,
    ...env,
  });
  return {
    telegram,
    discord,
    slack,
    world,
    async close() {
      await world.close();
      await Promise.all([telegram.close(), discord.close(), slack.close()]);
    },
  };
}
