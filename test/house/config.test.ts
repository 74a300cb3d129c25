import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { banner } from "../../src/banner.ts";
import { ConfigError, readConfig, variables } from "../../src/config.ts";

const secret = "a secret that is long enough to be a key";
const token = "123456789:AAFabcdefghijklmnopqrstuvwxyz012345";
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "hawker-config-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const read = (env: Record<string, string>) => readConfig(env, { dataDir });
const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

test("an empty environment is enough", () => {
  const config = read({});
  expect(config).toMatchObject({
    port: 3000,
    host: "127.0.0.1",
    publicUrl: "http://localhost:3000",
    dataDir,
    owners: [],
    logLevel: "info",
  });
  expect(config.mongodbUrl).toBeUndefined();
  expect(config.telegram).toBeUndefined();
  expect(config.stripe).toBeUndefined();
});

test("the public address follows the port and loses its last slash", () => {
  expect(read({ PORT: "8080" }).publicUrl).toBe("http://localhost:8080");
  expect(read({ PUBLIC_URL: "https://shop.example.com/" }).publicUrl).toBe("https://shop.example.com");
});

test("an empty variable counts as unset", () => {
  expect(read({ PORT: "", STRIPE_SECRET_KEY: " ", MONGODB_URL: "" }).port).toBe(3000);
});

test("lists are read with blanks and without empty entries", () => {
  const config = read({
    ALLOWED_HOSTS: "hawker, www.example.com:8443,",
    TRUSTED_PROXIES: "127.0.0.1, ::1 ,10.0.0.0/8",
  });
  expect(config.allowedHosts).toEqual(["hawker", "www.example.com:8443"]);
  expect(config.trustedProxies).toEqual(["127.0.0.1", "::1", "10.0.0.0/8"]);
  expect(read({}).trustedProxies).toEqual([]);
});

test("a shop that strangers reach and that gives its goods away says so in capitals", () => {
  const shown = (env: Record<string, string>) => banner(read(env), env, "http://localhost:3000");
  const stripe = { STRIPE_SECRET_KEY: "sk_live_a", STRIPE_WEBHOOK_SECRET: "whsec_a" };
  for (const url of [
    "https://shop.example.com",
    "http://shop.example.com",
    "https://localhost.example.com",
  ]) {
    expect(shown({ PUBLIC_URL: url })).toMatch(/^ {2}!+\n {2}!! WARNING: THIS SHOP GIVES ITS GOODS AWAY/m);
    expect(shown({ PUBLIC_URL: url, ...stripe })).not.toContain("WARNING");
  }
  for (const url of [
    "http://localhost:3000",
    "http://127.0.0.1:3000",
    "http://[::1]:3000",
    "http://localhost",
  ])
    expect(shown({ PUBLIC_URL: url })).not.toContain("WARNING");
});

describe("a wrong value stops the start with a sentence that names it", () => {
  const cases: [string, string][] = [
    ["PORT", "eighty"],
    ["PORT", "70000"],
    ["PORT", "-1"],
    ["PORT", "3000.5"],
    ["HOST", "not a host"],
    ["PUBLIC_URL", "shop.example.com"],
    ["PUBLIC_URL", "ftp://shop.example.com"],
    ["PUBLIC_URL", "https://shop.example.com/?a=1"],
    ["ALLOWED_HOSTS", "https://shop.example.com"],
    ["ALLOWED_HOSTS", "shop.example.com/path"],
    ["ALLOWED_HOSTS", "*"],
    ["TRUSTED_PROXIES", "nginx"],
    ["TRUSTED_PROXIES", "10.0.0.0/33"],
    ["TRUSTED_PROXIES", "10.0.0.1, true"],
    ["METRICS_TOKEN", "short"],
    ["MONGODB_URL", "localhost:27017"],
    ["REDIS_URL", "http://localhost"],
    ["HAWKER_SECRET", "short"],
    ["HAWKER_OWNERS", "telegram"],
    ["HAWKER_OWNERS", "telegram:1 2"],
    ["TELEGRAM_BOT_TOKEN", "my-bot"],
    ["TELEGRAM_API_ROOT", "api.telegram.org"],
    ["DISCORD_BOT_TOKEN", "my-bot"],
    ["DISCORD_APPLICATION_ID", "my-bot"],
    ["DISCORD_PUBLIC_KEY", "abc"],
    ["DISCORD_API_ROOT", "discord.com"],
    ["SLACK_BOT_TOKEN", "xapp-1"],
    ["SLACK_APP_TOKEN", "xoxb-1"],
    ["SLACK_SIGNING_SECRET", "short"],
    ["SLACK_CLIENT_ID", "with space"],
    ["SLACK_CLIENT_SECRET", "short"],
    ["SLACK_API_ROOT", "slack.com"],
    ["STRIPE_API_ROOT", "nowhere"],
    ["LOG_LEVEL", "loud"],
  ];
  test.each(cases)("%s=%s", (name, value) => {
    const [problem, ...others] = problemsOf({ HAWKER_SECRET: secret, [name]: value });
    expect(problem).toMatch(new RegExp(`^${name} should be .+\\.$`));
    expect(others).toEqual([]);
  });
});

test("all problems are told at once", () => {
  expect(problemsOf({ PORT: "x", LOG_LEVEL: "loud", REDIS_URL: "?" })).toHaveLength(3);
});

test("the value of a secret variable is never repeated", () => {
  const values = {
    HAWKER_SECRET: "hunter2",
    STRIPE_SECRET_KEY: "pk_live_hunter2",
    STRIPE_WEBHOOK_SECRET: "hunter2",
    TELEGRAM_BOT_TOKEN: "hunter2",
    TELEGRAM_WEBHOOK_SECRET: "hunter2!",
    DISCORD_BOT_TOKEN: "hunter2",
    METRICS_TOKEN: "hunter2",
    SLACK_BOT_TOKEN: "hunter2",
    SLACK_APP_TOKEN: "hunter2",
    SLACK_SIGNING_SECRET: "hunter2",
    SLACK_CLIENT_SECRET: "hunter2",
    MONGODB_URL: "http://me:hunter2@host",
    REDIS_URL: "http://me:hunter2@host",
  };
  expect(problemsOf(values).length).toBeGreaterThanOrEqual(12);
  expect(problemsOf(values).join(" ")).not.toContain("hunter2");
});

test("a Stripe key needs the webhook's secret, and the other way round", () => {
  expect(problemsOf({ STRIPE_SECRET_KEY: "sk_test_abc" })).toEqual([
    expect.stringMatching(/^STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET: .*whsec_/),
  ]);
  expect(problemsOf({ STRIPE_WEBHOOK_SECRET: "whsec_abc" })).toEqual([
    expect.stringMatching(/^STRIPE_WEBHOOK_SECRET needs STRIPE_SECRET_KEY: .*sk_test_/),
  ]);
  expect(read({ STRIPE_SECRET_KEY: "sk_test_abc", STRIPE_WEBHOOK_SECRET: "whsec_abc" }).stripe).toEqual({
    secretKey: "sk_test_abc",
    webhookSecret: "whsec_abc",
    apiRoot: "https://api.stripe.com",
  });
});

test("a Telegram webhook needs a public https address and a token", () => {
  expect(problemsOf({ TELEGRAM_WEBHOOK_SECRET: "s", TELEGRAM_BOT_TOKEN: token })).toEqual([
    expect.stringMatching(/^TELEGRAM_WEBHOOK_SECRET needs PUBLIC_URL: .*https/),
  ]);
  expect(
    problemsOf({
      TELEGRAM_WEBHOOK_SECRET: "s",
      TELEGRAM_BOT_TOKEN: token,
      PUBLIC_URL: "http://shop.example.com",
    }),
  ).toHaveLength(1);
  expect(problemsOf({ TELEGRAM_WEBHOOK_SECRET: "s", PUBLIC_URL: "https://shop.example.com" })).toEqual([
    expect.stringMatching(/needs TELEGRAM_BOT_TOKEN/),
  ]);
  const env = {
    TELEGRAM_WEBHOOK_SECRET: "s".repeat(256),
    TELEGRAM_BOT_TOKEN: token,
    PUBLIC_URL: "https://shop.example.com",
    TELEGRAM_API_ROOT: "http://127.0.0.1:8081/",
  };
  expect(read(env).telegram).toEqual({
    token,
    apiRoot: "http://127.0.0.1:8081",
    webhookSecret: "s".repeat(256),
  });
  expect(problemsOf({ ...env, TELEGRAM_WEBHOOK_SECRET: "s".repeat(257) })).toHaveLength(1);
  expect(problemsOf({ ...env, TELEGRAM_WEBHOOK_SECRET: "with space" })).toHaveLength(1);
});

test("Discord needs a token and an application id, and takes a public key", () => {
  const env = {
    DISCORD_BOT_TOKEN: `${"M".repeat(24)}.GabcdE.${"x".repeat(38)}`,
    DISCORD_APPLICATION_ID: "112233445566778899",
  };
  const { DISCORD_BOT_TOKEN: bot, DISCORD_APPLICATION_ID: applicationId } = env;
  expect(problemsOf({ DISCORD_BOT_TOKEN: bot })).toEqual([
    expect.stringMatching(/^DISCORD_BOT_TOKEN needs DISCORD_APPLICATION_ID: /),
  ]);
  expect(problemsOf({ DISCORD_APPLICATION_ID: applicationId })).toEqual([
    expect.stringMatching(/^DISCORD_APPLICATION_ID needs DISCORD_BOT_TOKEN: /),
  ]);
  const apiRoot = "https://discord.com/api";
  expect(read(env).discord).toEqual({ token: bot, applicationId, publicKey: undefined, apiRoot });
  const publicKey = "0f".repeat(32);
  expect(read({ ...env, DISCORD_PUBLIC_KEY: publicKey }).discord?.publicKey).toBe(publicKey);
});

test("Slack needs a way in and the token of a workspace, or what lets workspaces install it", () => {
  const way = { SLACK_APP_TOKEN: "xapp-1-abc" };
  expect(problemsOf({ SLACK_BOT_TOKEN: "xoxb-1-abc" })).toEqual([
    expect.stringMatching(/^SLACK_BOT_TOKEN needs SLACK_APP_TOKEN or SLACK_SIGNING_SECRET: /),
  ]);
  expect(problemsOf(way)).toEqual([
    expect.stringMatching(/^SLACK_APP_TOKEN needs SLACK_BOT_TOKEN or SLACK_CLIENT_ID: /),
  ]);
  expect(problemsOf({ ...way, SLACK_CLIENT_ID: "12.34" })).toEqual([
    expect.stringMatching(/^SLACK_CLIENT_ID needs SLACK_CLIENT_SECRET: /),
  ]);
  expect(read({ ...way, SLACK_BOT_TOKEN: "xoxb-1-abc" }).slack).toMatchObject({
    botToken: "xoxb-1-abc",
    appToken: "xapp-1-abc",
    apiRoot: "https://slack.com/api",
  });
  const several = {
    SLACK_SIGNING_SECRET: "0123456789abcdef",
    SLACK_CLIENT_ID: "12.34",
    SLACK_CLIENT_SECRET: "fedcba9876543210",
  };
  expect(read(several).slack).toMatchObject({ botToken: undefined, signingSecret: "0123456789abcdef" });
});

test("owners are platform and user, and a user's id may hold a colon", () => {
  expect(read({ HAWKER_OWNERS: "telegram:123, slack:T1:U2," }).owners).toEqual([
    { platform: "telegram", user: "123" },
    { platform: "slack", user: "T1:U2" },
  ]);
});

describe("the secret", () => {
  test("is made once, kept with mode 0600 and read again", () => {
    const first = read({}).secret;
    expect(first.length).toBeGreaterThanOrEqual(64);
    expect(statSync(join(dataDir, "secret")).mode & 0o777).toBe(0o600);
    expect(read({}).secret).toBe(first);
  });

  test("differs from shop to shop", () => {
    const other = mkdtempSync(join(tmpdir(), "hawker-config-"));
    expect(readConfig({}, { dataDir: other }).secret).not.toBe(read({}).secret);
    rmSync(other, { recursive: true });
  });

  test("is closed to others again when its file was opened to them", () => {
    read({});
    chmodSync(join(dataDir, "secret"), 0o644);
    read({});
    expect(statSync(join(dataDir, "secret")).mode & 0o777).toBe(0o600);
  });

  test("is never written over, even when it is damaged", () => {
    writeFileSync(join(dataDir, "secret"), "half");
    expect(problemsOf({})).toEqual([expect.stringMatching(/^HAWKER_SECRET should be at least 32 .*secret/)]);
    expect(readFileSync(join(dataDir, "secret"), "utf8")).toBe("half");
  });

  test("of the environment goes first and writes no file", () => {
    expect(read({ HAWKER_SECRET: secret }).secret).toBe(secret);
    expect(existsSync(join(dataDir, "secret"))).toBe(false);
  });

  test("is required with an outside store", () => {
    const env = { MONGODB_URL: "mongodb://localhost:27017/hawker" };
    expect(problemsOf(env)).toEqual([expect.stringMatching(/^MONGODB_URL needs HAWKER_SECRET: /)]);
    expect(read({ ...env, HAWKER_SECRET: secret }).mongodbUrl).toBe(env.MONGODB_URL);
    expect(existsSync(join(dataDir, "secret"))).toBe(false);
  });

  test("is not made when another variable is wrong", () => {
    expect(problemsOf({ PORT: "x" })).toHaveLength(1);
    expect(existsSync(join(dataDir, "secret"))).toBe(false);
  });
});

test("a data folder that cannot be one is a problem of DATA_DIR", () => {
  writeFileSync(join(dataDir, "file"), "");
  expect(problemsOf({ DATA_DIR: join(dataDir, "file") })).toEqual([
    expect.stringMatching(/^DATA_DIR should be a folder/),
  ]);
});

test("the list of variables says which are set", () => {
  const list = variables({ PORT: "1", REDIS_URL: "" });
  expect(list.find(({ name }) => name === "PORT")).toMatchObject({ set: true });
  expect(list.find(({ name }) => name === "REDIS_URL")).toMatchObject({ set: false });
  expect(list.map(({ name }) => name)).toEqual([
    "PORT",
    "HOST",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "DATA_DIR",
    "MONGODB_URL",
    "REDIS_URL",
    "HAWKER_SECRET",
    "HAWKER_OWNERS",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_API_ROOT",
    "TELEGRAM_WEBHOOK_SECRET",
    "DISCORD_BOT_TOKEN",
    "DISCORD_APPLICATION_ID",
    "DISCORD_PUBLIC_KEY",
    "DISCORD_API_ROOT",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_API_ROOT",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_API_ROOT",
    "METRICS_TOKEN",
    "LARGE_HOLD_MINUTES",
    "LOG_LEVEL",
  ]);
});
