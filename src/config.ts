import { resolve } from "node:path";
import {
  type LogLevel,
  logLevels,
  ownerPattern,
  splitList,
  table,
  type Variable,
  type VariableName,
} from "./config-variables.ts";
import { keptSecret, ShortSecret } from "./kept-secret.ts";

/** Everything an operator can choose. Made once, by `readConfig`, and handed to the parts by main. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Where people and webhooks reach this shop; no slash at the end. */
  readonly publicUrl: string;
  /** Host names that the shop answers to beside those of `publicUrl` and of this machine. */
  readonly allowedHosts: readonly string[];
  /** Addresses and networks (CIDR) of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Whoever sends it may read the metrics. */
  readonly metricsToken: string | undefined;
  /** Absolute path of the folder for the embedded store and the secret. */
  readonly dataDir: string;
  /** An outside MongoDB. Undefined: the embedded store under `dataDir`. */
  readonly mongodbUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** The master key, 32 characters or more. Every other key is derived from it. */
  readonly secret: string;
  readonly owners: readonly Owner[];
  readonly telegram: TelegramConfig | undefined;
  readonly discord: DiscordConfig | undefined;
  readonly slack: SlackConfig | undefined;
  readonly stripe: StripeConfig | undefined;
  /** For how long an unpaid order may hold most of what there is of a product. */
  readonly largeHoldMinutes: number;
  readonly logLevel: LogLevel;
}

/** A person who may run the shop from chat. */
export interface Owner {
  readonly platform: string;
  readonly user: string;
}
/** How the Telegram bot is reached. */
export interface TelegramConfig {
  readonly token: string;
  readonly apiRoot: string;
  /** Set: updates come by webhook at `publicUrl`/webhooks/telegram. Undefined: long polling. */
  readonly webhookSecret: string | undefined;
}
/** How the Discord application is reached. */
export interface DiscordConfig {
  readonly token: string;
  readonly applicationId: string;
  /** Hexadecimal. Set: interactions come to `publicUrl`/webhooks/discord. Undefined: the gateway. */
  readonly publicKey: string | undefined;
  readonly apiRoot: string;
}
/** `appToken` or `signingSecret` is set, and `botToken` or both of the client's. */
export interface SlackConfig {
  readonly botToken: string | undefined;
  readonly appToken: string | undefined;
  readonly signingSecret: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly apiRoot: string;
}
/** How payments are taken by Stripe. */
export interface StripeConfig {
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly apiRoot: string;
}
/** The environment cannot be used. The message is one sentence a problem, each naming its variable. */
export class ConfigError extends Error {
  readonly code = "CONFIG";
  readonly problems: readonly string[];
  constructor(problems: readonly string[], options?: { cause?: unknown }) {
    super(problems.join("\n"), options);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const names = Object.keys(table) as VariableName[];

/** Every variable with what it is for and whether `env` sets it: what the start banner and the docs test read. */
export const variables = (
  env: NodeJS.ProcessEnv,
): readonly { name: VariableName; purpose: string; set: boolean }[] =>
  names.map((name) => ({ name, purpose: table[name].purpose, set: given(env, name) !== undefined }));

/** An empty variable counts as unset: that is what `NAME=` in an .env file and compose's `${NAME:-}` mean. */
const given = (env: NodeJS.ProcessEnv, name: VariableName): string | undefined =>
  env[name]?.trim() || undefined;

/**
 * Reads and checks the environment. On the embedded store a missing HAWKER_SECRET is made and kept in the file
 * `secret` of the data folder; nothing is written when there is a problem. `dataDir` stands in for DATA_DIR's default.
 *
 * @throws {ConfigError} with one sentence for every problem there is
 */
export function readConfig(env: NodeJS.ProcessEnv, defaults: { dataDir?: string } = {}): Config {
  const problems: string[] = [];
  const value: Partial<Record<VariableName, string>> = {};
  for (const name of names) {
    const raw = given(env, name);
    if (raw === undefined) continue;
    const entry: Variable = table[name];
    const parsed = entry.schema.safeParse(raw);
    if (parsed.success) value[name] = parsed.data;
    else problems.push(`${name} should be ${entry.shape}${entry.secret ? "" : `, but is ${shown(raw)}`}.`);
  }

  const wrong = (name: VariableName) => value[name] === undefined && given(env, name) !== undefined;
  const needs = (name: VariableName, other: VariableName, why: string) => {
    if (value[name] !== undefined && value[other] === undefined && !wrong(other))
      problems.push(`${name} needs ${other}: ${why}.`);
  };
  needs("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", `set it to ${table.STRIPE_WEBHOOK_SECRET.shape}`);
  needs("STRIPE_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", `set it to ${table.STRIPE_SECRET_KEY.shape}`);
  needs("TELEGRAM_WEBHOOK_SECRET", "TELEGRAM_BOT_TOKEN", `set it to ${table.TELEGRAM_BOT_TOKEN.shape}`);
  needs(
    "MONGODB_URL",
    "HAWKER_SECRET",
    `with an outside store the secret is yours to keep; set it to ${table.HAWKER_SECRET.shape}`,
  );
  needs("DISCORD_BOT_TOKEN", "DISCORD_APPLICATION_ID", `set it to ${table.DISCORD_APPLICATION_ID.shape}`);
  needs("DISCORD_APPLICATION_ID", "DISCORD_BOT_TOKEN", `set it to ${table.DISCORD_BOT_TOKEN.shape}`);
  needs("DISCORD_PUBLIC_KEY", "DISCORD_BOT_TOKEN", `set it to ${table.DISCORD_BOT_TOKEN.shape}`);
  needs("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", `set it to ${table.SLACK_CLIENT_SECRET.shape}`);
  needs("SLACK_CLIENT_SECRET", "SLACK_CLIENT_ID", `set it to ${table.SLACK_CLIENT_ID.shape}`);
  const either = (has: readonly VariableName[], one: VariableName, or: VariableName) => {
    const set = has.find((name) => value[name] !== undefined);
    if (set !== undefined && ![one, or].some((name) => given(env, name) !== undefined))
      problems.push(`${set} needs ${one} or ${or}: set ${one} to ${table[one].shape}.`);
  };
  either(["SLACK_BOT_TOKEN", "SLACK_CLIENT_ID"], "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET");
  either(["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"], "SLACK_BOT_TOKEN", "SLACK_CLIENT_ID");
  const reached = (name: VariableName, by: string) => {
    if (value[name] !== undefined && !wrong("PUBLIC_URL") && !value.PUBLIC_URL?.startsWith("https://"))
      problems.push(
        `${name} needs PUBLIC_URL: set it to the https address ${by} can reach, like https://shop.example.com.`,
      );
  };
  reached("TELEGRAM_WEBHOOK_SECRET", "Telegram");
  if (problems.length > 0) throw new ConfigError(problems);

  const port = Number(value.PORT ?? "3000");
  const dataDir = resolve(value.DATA_DIR ?? defaults.dataDir ?? "data");
  const { TELEGRAM_BOT_TOKEN: token, STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: signing } = value;
  return {
    port,
    host: value.HOST ?? "127.0.0.1",
    publicUrl: value.PUBLIC_URL ?? `http://localhost:${port}`,
    allowedHosts: splitList(value.ALLOWED_HOSTS ?? ""),
    trustedProxies: splitList(value.TRUSTED_PROXIES ?? ""),
    metricsToken: value.METRICS_TOKEN,
    dataDir,
    mongodbUrl: value.MONGODB_URL,
    redisUrl: value.REDIS_URL,
    secret: value.HAWKER_SECRET ?? secretOf(dataDir),
    owners: splitList(value.HAWKER_OWNERS ?? "").flatMap((owner) => {
      const [, platform, user] = ownerPattern.exec(owner) ?? [];
      return platform !== undefined && user !== undefined ? [{ platform, user }] : [];
    }),
    telegram:
      token === undefined
        ? undefined
        : {
            token,
            apiRoot: value.TELEGRAM_API_ROOT ?? "https://api.telegram.org",
            webhookSecret: value.TELEGRAM_WEBHOOK_SECRET,
          },
    discord:
      value.DISCORD_BOT_TOKEN === undefined || value.DISCORD_APPLICATION_ID === undefined
        ? undefined
        : {
            token: value.DISCORD_BOT_TOKEN,
            applicationId: value.DISCORD_APPLICATION_ID,
            publicKey: value.DISCORD_PUBLIC_KEY,
            apiRoot: value.DISCORD_API_ROOT ?? "https://discord.com/api",
          },
    slack:
      value.SLACK_BOT_TOKEN === undefined && value.SLACK_CLIENT_ID === undefined
        ? undefined
        : {
            botToken: value.SLACK_BOT_TOKEN,
            appToken: value.SLACK_APP_TOKEN,
            signingSecret: value.SLACK_SIGNING_SECRET,
            clientId: value.SLACK_CLIENT_ID,
            clientSecret: value.SLACK_CLIENT_SECRET,
            apiRoot: value.SLACK_API_ROOT ?? "https://slack.com/api",
          },
    stripe:
      secretKey === undefined || signing === undefined
        ? undefined
        : { secretKey, webhookSecret: signing, apiRoot: value.STRIPE_API_ROOT ?? "https://api.stripe.com" },
    largeHoldMinutes: Number(value.LARGE_HOLD_MINUTES ?? "10"),
    logLevel: logLevels.find((level) => level === value.LOG_LEVEL) ?? "info",
  };
}

const shown = (raw: string): string => JSON.stringify(raw.length > 60 ? `${raw.slice(0, 60)}…` : raw);

/** @throws {ConfigError} where the data folder or the secret in it cannot be used */
function secretOf(dataDir: string): string {
  try {
    return keptSecret(dataDir);
  } catch (cause) {
    if (cause instanceof ShortSecret)
      throw new ConfigError([`HAWKER_SECRET should be at least 32 characters, but ${cause.message}.`], {
        cause,
      });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      [`DATA_DIR should be a folder that Hawker can write to, but ${dataDir} is not (${why}).`],
      { cause },
    );
  }
}
