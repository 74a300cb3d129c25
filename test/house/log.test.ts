import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createLogger, type Logger } from "../../src/log.ts";
import { redactText } from "../../src/redact.ts";

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

test("no part makes a logger of its own, whose lines nothing would mask", () => {
  const files = ["src", "adapters", "flows"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file)),
  );
  const own = files.filter((file) =>
    /import (?!type\b)(?!\{ type \w+ \} from)[^;]*from "pino(-\w+)?"/.test(readFileSync(file, "utf8")),
  );
  expect(own).toEqual([join("src", "log.ts")]);
  // The embedded server has a plain one for others than us.
  const starts = files.flatMap(
    (file) => readFileSync(file, "utf8").match(/(startEmbedded|serveAlone)\(.*/g) ?? [],
  );
  expect(starts.length).toBeGreaterThanOrEqual(4);
  expect(starts.filter((start) => !/\blog\b|toolLog\(/.test(start))).toEqual([]);
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

test.each([
  "+49 170 1234567",
  "+49 (170) 123-45-67",
  "0049 170 1234567",
  "tel:+8613812345678",
  "phone=%2B491701234567",
  "＋８６ １３８ １２３４ ５６７８",
  "+49\u2011170\u20111234567",
  "\u202a+90 532 123 45 67\u202c",
  "(555) 123-4567",
  "555-123-4567",
  "phone number: 5551234567",
  "手机 5551234567",
  "0170 1234567",
  "01701234567",
  "06 12 34 56 78",
  "030/12345678",
  "13812345678",
  "138-1234-5678",
])("the phone number %s is masked inside an error's message", (phone) => {
  const line = written((log) => log.error(new Error(`refused: ${phone} cannot be called`)));
  expect(line.replace(/"(time|stack)":"[^"]*"/g, "").replace(/[\s-]/g, "")).not.toMatch(/\p{Nd}{3}/u);
  expect(JSON.parse(line).msg).toContain("[redacted]");
  expect(JSON.parse(line).msg).toMatch(/cannot be called$/);
});

test("a phone number or an address in an error's cause is masked, however deep it is", () => {
  const deepest = new Error("ada@example.com at +49 170 1234567", { cause: "call 0170 1234567" });
  const error = new Error("refused", { cause: new Error("no answer", { cause: deepest }) });
  const lines =
    written((log) => log.error({ err: error }, "A turn failed")) + written((log) => log.warn(error));
  expect(lines).not.toMatch(/170 ?123|ada@/);
  expect(lines).toContain("no answer");
});

test.each([
  "conversation telegram/123456789/5551234567",
  "took 1732999999123 ms, since 1732999999",
  "on 2026-11-30T21:00:00.000Z and 01.02.2026 12:30:00",
  "550e8400-e29b-41d4-a716-446655440000 and 0123456789abcdef0123",
  "message 1122334455667788990 of update 713812345, u713812345",
  "127.0.0.1:27017 and 10.0.0.1 at node:internal/x:123:45",
  "price 0.00000001234, sum 2000000000, -0.5, 1.5.0 -> 2.0.0",
])("%s is no phone number", (text) => {
  expect(redactText(text)).toBe(text);
});

test("an e-mail address is masked in any script, and inside an address of the net", () => {
  expect(redactText("to jörg@bücher.example, ada@例子.中国 and ?to=ada%40mail.example")).toBe(
    "to [redacted], [redacted] and ?to=[redacted]",
  );
});

test.each(
  [
    ..."a 1 - é a- a. 1: a@ a@b. 1. ://a: x: webhooks/1 a%40 00 013 sk_live_ whsec_ _. 1- + +1".split(" "),
    ...["Bearer ", " 0", "+1 ", "phone ", "phone 1 ", "tel ", " (", " 1", "1 3", "\u200b", " ", "(0"],
  ].map((unit) => [unit]),
)("%j, again and again, is masked in a time that grows with the length of the text only", (unit) => {
  // Where the time grows with the square, this much takes minutes.
  const text = unit.repeat(Math.ceil((256 * 1024) / unit.length));
  const started = performance.now();
  redactText(text);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("ordinary numbers, times, order numbers and addresses of pages stay readable", () => {
  const text = "order H-1042 of 12:30:05 at https://shop.example.com/p/12?size=xl took 31ms";
  expect(written((log) => log.info(text))).toContain(text);
});
