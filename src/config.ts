import { resolve } from "node:path";
import { z } from "zod";
import { keptSecret, ShortSecret } from "./kept-secret.ts";

/** Everything an operator can choose. Made once, by `readConfig`, and handed to the parts by main. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Where people and webhooks reach this shop; no slash at the end. */
  readonly publicUrl: string;
  /** Absolute path of the folder for the embedded store and the secret. */
  readonly dataDir: string;
  /** An outside MongoDB. Undefined: the embedded store under `dataDir`. */
  readonly mongodbUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** The master key, 32 characters or more. Every other key is derived from it. */
  readonly secret: string;
  readonly owners: readonly Owner[];
  readonly telegram: TelegramConfig | undefined;
  readonly stripe: StripeConfig | undefined;
  readonly logLevel: LogLevel;
}

/** A person who may run the shop from chat. */
export interface Owner {
  readonly platform: string;
  readonly user: string;
}
export interface TelegramConfig {
  readonly token: string;
  readonly apiRoot: string;
  /** Set: updates come by webhook at `publicUrl`/webhooks/telegram. Undefined: long polling. */
  readonly webhookSecret: string | undefined;
}
export interface StripeConfig {
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly apiRoot: string;
}
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

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

interface Variable {
  /** What it is for, as the start banner and docs/operating.md say. */
  readonly purpose: string;
  /** Completes the sentence "NAME should be …". */
  readonly shape: string;
  readonly schema: z.ZodType<string>;
  /** Its value is never repeated in a message. */
  readonly secret?: boolean;
}

const url = (...protocols: string[]) =>
  z.string().refine((value) => {
    const parsed = URL.canParse(value) ? new URL(value) : null;
    return parsed !== null && protocols.includes(parsed.protocol) && parsed.host !== "";
  });
const root = (...protocols: string[]) => url(...protocols).transform((value) => value.replace(/\/+$/, ""));
const ownerPattern = /^([a-z][a-z0-9-]*):([^\s,]+)$/;
const portPattern = /^\d{1,5}$/;

/** The contract with operators: all variables Hawker reads, in the order the documentation lists them. */
const table = {
  PORT: {
    purpose: "port of the web server (3000)",
    shape: "a whole number from 0 to 65535, like 3000",
    schema: z.string().refine((value) => portPattern.test(value) && Number(value) <= 65_535),
  },
  HOST: {
    purpose: "address the web server listens on (127.0.0.1; 0.0.0.0 for every interface)",
    shape: "an IP address or host name without spaces, like 127.0.0.1 or 0.0.0.0",
    schema: z.string().regex(/^[A-Za-z0-9.:_-]+$/),
  },
  PUBLIC_URL: {
    purpose: "where people and webhooks reach this shop (http://localhost:PORT)",
    shape: "an http or https address without a query, like https://shop.example.com",
    schema: root("http:", "https:").refine((value) => !/[?#]/.test(value)),
  },
  DATA_DIR: {
    purpose: "folder of the embedded store and of the secret (./data)",
    shape: "the path of a folder, like ./data",
    schema: z.string().refine((value) => !value.includes("\0")),
  },
  MONGODB_URL: {
    purpose: "an outside MongoDB instead of the embedded store",
    shape: "a connection string, like mongodb://localhost:27017/hawker or mongodb+srv://…",
    schema: z.string().regex(/^mongodb(\+srv)?:\/\/[^\s/]+/),
    secret: true,
  },
  REDIS_URL: {
    purpose: "a Redis for job queues (checked, but not used yet)",
    shape: "a Redis address, like redis://localhost:6379",
    schema: url("redis:", "rediss:"),
    secret: true,
  },
  HAWKER_SECRET: {
    purpose: "master key for personal data, buttons and cookies (made under DATA_DIR on the embedded store)",
    shape: "at least 32 characters that nobody can guess, like the output of: openssl rand -base64 48",
    schema: z.string().min(32),
    secret: true,
  },
  HAWKER_OWNERS: {
    purpose: "people who will run the shop from chat, as platform:userId (not used yet)",
    shape: "a comma list of platform:userId, like telegram:12345678,web:abc",
    schema: z.string().refine((value) => splitOwners(value).every((owner) => ownerPattern.test(owner))),
  },
  TELEGRAM_BOT_TOKEN: {
    purpose: "the token of your Telegram bot, from @BotFather",
    shape: "the token @BotFather gave you, like 123456789:AAF…, digits, a colon and 30 characters or more",
    schema: z.string().regex(/^\d+:[A-Za-z0-9_-]{30,}$/),
    secret: true,
  },
  TELEGRAM_API_ROOT: {
    purpose: "another Bot API server (https://api.telegram.org)",
    shape: "an http or https address, like https://api.telegram.org",
    schema: root("http:", "https:"),
  },
  TELEGRAM_WEBHOOK_SECRET: {
    purpose: "switches Telegram from long polling to a webhook at PUBLIC_URL/webhooks/telegram",
    shape: "1 to 256 characters of A-Z, a-z, 0-9, _ and -",
    schema: z.string().regex(/^[A-Za-z0-9_-]{1,256}$/),
    secret: true,
  },
  STRIPE_SECRET_KEY: {
    purpose: "takes payments by Stripe instead of the sandbox",
    shape: "a secret key of Stripe, like sk_test_… or sk_live_…",
    schema: z.string().regex(/^(sk|rk)_(test|live)_\w+$/),
    secret: true,
  },
  STRIPE_WEBHOOK_SECRET: {
    purpose: "signing secret of the Stripe webhook at PUBLIC_URL/webhooks/stripe",
    shape: "the signing secret of Stripe's webhook page, like whsec_…",
    schema: z.string().regex(/^whsec_[^\s,]+$/),
    secret: true,
  },
  STRIPE_API_ROOT: {
    purpose: "another Stripe API server (https://api.stripe.com)",
    shape: "an http or https address, like https://api.stripe.com",
    schema: root("http:", "https:"),
  },
  LOG_LEVEL: {
    purpose: "least severe log line that is written (info)",
    shape: `one of ${logLevels.join(", ")}`,
    schema: z.string().refine((value) => logLevels.some((level) => level === value)),
  },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof table;
const names = Object.keys(table) as VariableName[];

/** Every variable with what it is for and whether `env` sets it: what the start banner and the docs test read. */
export const variables = (
  env: NodeJS.ProcessEnv,
): readonly { name: VariableName; purpose: string; set: boolean }[] =>
  names.map((name) => ({ name, purpose: table[name].purpose, set: given(env, name) !== undefined }));

/** An empty variable counts as unset: that is what `NAME=` in an .env file and compose's `${NAME:-}` mean. */
const given = (env: NodeJS.ProcessEnv, name: VariableName): string | undefined =>
  env[name]?.trim() || undefined;

const splitOwners = (value: string): string[] =>
  value
    .split(",")
    .map((owner) => owner.trim())
    .filter((owner) => owner !== "");

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
  if (
    value.TELEGRAM_WEBHOOK_SECRET !== undefined &&
    !wrong("PUBLIC_URL") &&
    !value.PUBLIC_URL?.startsWith("https://")
  )
    problems.push(
      "TELEGRAM_WEBHOOK_SECRET needs PUBLIC_URL: set it to the https address Telegram can reach, like https://shop.example.com.",
    );
  if (problems.length > 0) throw new ConfigError(problems);

  const port = Number(value.PORT ?? "3000");
  const dataDir = resolve(value.DATA_DIR ?? defaults.dataDir ?? "data");
  const { TELEGRAM_BOT_TOKEN: token, STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: signing } = value;
  return {
    port,
    host: value.HOST ?? "127.0.0.1",
    publicUrl: value.PUBLIC_URL ?? `http://localhost:${port}`,
    dataDir,
    mongodbUrl: value.MONGODB_URL,
    redisUrl: value.REDIS_URL,
    secret: value.HAWKER_SECRET ?? secretOf(dataDir),
    owners: splitOwners(value.HAWKER_OWNERS ?? "").flatMap((owner) => {
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
    stripe:
      secretKey === undefined || signing === undefined
        ? undefined
        : { secretKey, webhookSecret: signing, apiRoot: value.STRIPE_API_ROOT ?? "https://api.stripe.com" },
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
