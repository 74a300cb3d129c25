import ipaddr from "ipaddr.js";
import { z } from "zod";

/** The levels of the log, the chattiest first. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
/** One of `logLevels`. */
export type LogLevel = (typeof logLevels)[number];

/** One environment variable: what it is for and what it may hold. */
export interface Variable {
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
/** `platform:user`; the user id may hold colons of its own. */
export const ownerPattern = /^([a-z][a-z0-9-]*):([^\s,]+)$/;
const isNetwork = (text: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(text) ||
  ipaddr.IPv6.isValid(text) ||
  ipaddr.IPv4.isValidCIDRFourPartDecimal(text) ||
  ipaddr.IPv6.isValidCIDR(text);
const portPattern = /^\d{1,5}$/;

/** The contract with operators: all variables Hawker reads, in the order the documentation lists them. */
export const table = {
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
  ALLOWED_HOSTS: {
    purpose: "other host names that the shop is reached by, beside PUBLIC_URL's and this machine's own",
    shape: "a comma list of host names, like www.example.com,hawker",
    schema: z
      .string()
      .refine((value) =>
        splitList(value).every((host) => URL.canParse(`http://${host}`) && !/[/?#@*\s]/.test(host)),
      ),
  },
  TRUSTED_PROXIES: {
    purpose: "proxies in front, whose X-Forwarded-For is believed (none)",
    shape: "a comma list of IP addresses or networks, like 127.0.0.1,10.0.0.0/8",
    schema: z.string().refine((value) => splitList(value).every(isNetwork)),
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
    schema: z.string().refine((value) => splitList(value).every((owner) => ownerPattern.test(owner))),
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
  DISCORD_BOT_TOKEN: {
    purpose: "the token of your Discord bot, from the developer portal",
    shape: "the bot token of Discord's developer portal: three parts with dots between",
    schema: z.string().regex(/^[\w-]{18,}\.[\w-]{4,}\.[\w-]{20,}$/),
    secret: true,
  },
  DISCORD_APPLICATION_ID: {
    purpose: "the id of your Discord application",
    shape: "the application id of Discord's developer portal, 17 to 20 digits",
    schema: z.string().regex(/^\d{17,20}$/),
  },
  DISCORD_PUBLIC_KEY: {
    purpose: "switches Discord from the gateway to interactions at PUBLIC_URL/webhooks/discord",
    shape: "the public key of Discord's developer portal, 64 hexadecimal digits",
    schema: z.string().regex(/^[0-9a-f]{64}$/i),
  },
  DISCORD_API_ROOT: {
    purpose: "another Discord API server (https://discord.com/api)",
    shape: "an http or https address, like https://discord.com/api",
    schema: root("http:", "https:"),
  },
  SLACK_BOT_TOKEN: {
    purpose: "the bot token of your Slack app, for one workspace",
    shape: "a bot token of Slack, like xoxb-…",
    schema: z.string().regex(/^xoxb-[\w-]+$/),
    secret: true,
  },
  SLACK_APP_TOKEN: {
    purpose: "connects Slack by Socket Mode: no public address is needed",
    shape: "an app-level token of Slack, like xapp-…",
    schema: z.string().regex(/^xapp-[\w-]+$/),
    secret: true,
  },
  SLACK_SIGNING_SECRET: {
    purpose: "connects Slack by requests to PUBLIC_URL/webhooks/slack, where there is no SLACK_APP_TOKEN",
    shape: "the signing secret of your Slack app, 16 or more letters and digits",
    schema: z.string().regex(/^\w{16,}$/),
    secret: true,
  },
  SLACK_CLIENT_ID: {
    purpose: "lets several workspaces install the app at PUBLIC_URL/webhooks/slack/install",
    shape: "the client id of your Slack app, like 1234567890.1234567890",
    schema: z.string().regex(/^[\w.]+$/),
  },
  SLACK_CLIENT_SECRET: {
    purpose: "the secret that goes with SLACK_CLIENT_ID",
    shape: "the client secret of your Slack app, 16 or more letters and digits",
    schema: z.string().regex(/^\w{16,}$/),
    secret: true,
  },
  SLACK_API_ROOT: {
    purpose: "another Slack API server (https://slack.com/api)",
    shape: "an http or https address, like https://slack.com/api",
    schema: root("http:", "https:"),
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
  METRICS_TOKEN: {
    purpose:
      "lets who sends it as a bearer read /metrics (only this machine may, and only a shop without a public address)",
    shape: "16 or more letters, digits, _ and -, like the output of: openssl rand -hex 24",
    schema: z.string().regex(/^[\w-]{16,}$/),
    secret: true,
  },
  LARGE_HOLD_MINUTES: {
    purpose:
      "minutes for which an unpaid order may hold most of what there is of a product (10; others hold for 30)",
    shape: "a whole number from 3 to 30",
    schema: z.string().regex(/^([3-9]|[12]\d|30)$/),
  },
  LOG_LEVEL: {
    purpose: "least severe log line that is written (info)",
    shape: `one of ${logLevels.join(", ")}`,
    schema: z.string().refine((value) => logLevels.some((level) => level === value)),
  },
} as const satisfies Record<string, Variable>;

/** The name of a variable that Hawker reads. */
export type VariableName = keyof typeof table;

/** The entries of a comma list, trimmed. */
export const splitList = (value: string): string[] =>
  value
    .split(",")
    .map((owner) => owner.trim())
    .filter((owner) => owner !== "");
