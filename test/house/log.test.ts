import { describe, expect, test } from "vitest";
import { createLogger, type Logger } from "../../src/log.ts";

const token = "123456789:AAFabcdefghijklmnopqrstuvwxyz012345";

/** What a logger at "trace" writes while `use` runs. */
function written(use: (log: Logger) => void): string {
  const lines: string[] = [];
  use(createLogger("trace", { write: (line) => lines.push(line) }));
  return lines.join("");
}

test("a line is one JSON object with its level, time and message", () => {
  const line = written((log) => log.info({ order: "H-1042" }, "placed"));
  expect(JSON.parse(line)).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    order: "H-1042",
    msg: "placed",
  });
  expect(line.endsWith("\n")).toBe(true);
});

test("lines below the level are not written", () => {
  let lines = 0;
  const log = createLogger("warn", { write: () => void lines++ });
  log.info("no");
  log.warn("yes");
  expect(lines).toBe(1);
});

describe("a field is masked by its name", () => {
  test.each([
    "authorization",
    "cookie",
    "set-cookie",
    "token",
    "secret",
    "webhook_secret",
    "password",
    "email",
    "phone",
    "phone_number",
    "address",
    "street",
    "postalCode",
    "first_name",
    "X-Telegram-Bot-Api-Secret-Token",
  ])("%s, at any depth", (name) => {
    const line = written((log) => {
      log.info({ [name]: "hunter2" });
      log.info({ a: { b: [{ c: { [name]: { deep: "hunter2" } } }] } });
      log.child({ request: { [name]: "hunter2" } }).info("child");
    });
    expect(line).not.toContain("hunter2");
    expect(line.match(/\[redacted\]/g)).toHaveLength(3);
  });
});

test("a person's name is masked, a product's is not", () => {
  const line = written((log) =>
    log.info({
      customer: { name: "Ada Lovelace", _id: "c1" },
      members: [],
      sender: { name: "Grace Hopper" },
      product: { name: "Blue mug" },
    }),
  );
  expect(line).not.toMatch(/Ada|Grace/);
  expect(line).toContain("Blue mug");
  expect(line).toContain("c1");
});

test("a bot token is masked in the request address an error tells", () => {
  const failed = new Error(`request to https://api.telegram.org/bot${token}/sendMessage failed`, {
    cause: new Error(`connect to /file/bot${token}/photo.jpg`),
  });
  const line = written((log) => {
    log.error(failed);
    log.error({ err: failed }, `gave up on ${token}`);
    log.error({ error: failed });
    log.error(`plain ${token}`);
  });
  expect(line).toContain("sendMessage failed");
  expect(line).not.toContain(token);
  expect(line).not.toContain(token.split(":")[1]!);
});

test("an error's own fields are masked too", () => {
  const error = Object.assign(new Error("refused"), { payload: { email: "ada@example.com", chat: 5 } });
  const line = written((log) => log.error(error));
  expect(line).not.toContain("ada@example.com");
  expect(JSON.parse(line).err).toMatchObject({ message: "refused", payload: { chat: 5 } });
});

test.each([
  ["a Stripe live key", "sk_live_51Habcdef0123456789"],
  ["a Stripe test key", "sk_test_51Habcdef0123456789"],
  ["a restricted key", "rk_live_51Habcdef0123456789"],
  ["a webhook secret", "whsec_abcDEF0123456789+/="],
  ["a Slack token", "xoxb-0123456789-abcdefghij"],
  ["a Slack app token", "xapp-1-A0123456789-abcdefghij"],
  ["a Discord token", "MTk4NjIyNDgzNDcxOTI1MjQ4.GabcdE.0123456789abcdefghijklmnop"],
  ["the address that answers a Discord interaction", "/webhooks/1122/aW50ZXJhY3Rpb246abc.0123456789"],
  ["the address that answers a Slack interaction", "hooks.slack.com/actions/T1/0123456789/xyz"],
  ["a bearer", "Bearer abcdefgh.ijklmnop"],
  ["an e-mail address", "ada.lovelace@mail.example.com"],
  ["a password in a connection string", "mongodb+srv://shop:s3cr3tpass@db.example.com/hawker"],
])("%s is masked inside any text", (_, text) => {
  const line = written((log) => {
    log.warn({ note: `saw ${text} here`, list: [text] }, `and ${text} there`);
    log.child({ note: text }).warn("again");
  });
  expect(line).not.toContain(text);
  expect(line).not.toMatch(/0123456789|s3cr3tpass|ijklmnop|lovelace/);
  expect(line).toContain("[redacted]");
});

test("ordinary numbers, times, order numbers and addresses of pages stay readable", () => {
  const text = "order H-1042 of 12:30:05 at https://shop.example.com/p/12?size=xl took 31ms";
  expect(written((log) => log.info(text))).toContain(text);
});
