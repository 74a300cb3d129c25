import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JobModel } from "../../src/jobs/store-queue.ts";
import { change, Session } from "../../src/payments/sandbox/session.ts";
import { anOrder } from "./an-order.ts";
import { PlainBrowser } from "./plain-browser.ts";
import { openSandbox } from "./sandbox-bench.ts";

let at: Date;
const now = () => at;
let bench: Awaited<ReturnType<typeof openSandbox>>;
let page: PlainBrowser;

beforeEach(async () => {
  at = new Date("2026-11-23T12:00:00Z");
  bench = await openSandbox(now);
  page = new PlainBrowser();
});
afterEach(() => bench.close());

const open = (changes: Parameters<typeof anOrder>[1] = {}) =>
  bench.provider.createSession(anOrder(now, changes));
const choose = async (method: string, changes = {}) => {
  const session = await open(changes);
  await page.open(session.url);
  await page.submit('name="method"', { method });
  return session;
};
const state = (session: { id: string }) => bench.provider.readSession(session.id);
const good = { number: "4242 4242 4242 4242", expiry: "12 / 34", cvc: "123" };

describe("the page without scripts", () => {
  test("shows what is bought, what it costs, and that it is only a test", async () => {
    await page.open((await open()).url);
    expect(page.status).toBe(200);
    for (const shown of ["TEST", "H-1042", "Mug", "2 × €14.50", "€29.00", "Shipping", "€4.50", "€42.50"])
      expect(page.text).toContain(shown);
    expect(page.html).not.toContain("<script");
  });

  test("pays by card and leads back to the shop, which knows it is paid", async () => {
    const session = await choose("card");
    await page.submit("/card", good);
    expect(page.url).toContain("/pay/return?order=order1");
    expect(page.text).toContain("Paid");
    expect(await state(session)).toMatchObject({ status: "complete", payment: "paid", method: "card" });
  });

  test.each([
    ["4000 0000 0000 0002", "The card was declined"],
    ["4000-0000-0000-9995", "not enough money"],
  ])("says why the card %s was not taken, and lets the shopper try again", async (number, why) => {
    const session = await choose("card");
    await page.submit("/card", { ...good, number });
    expect(page.status).toBe(402);
    expect(page.text).toContain(why);
    expect(await state(session)).toMatchObject({ status: "open" });
    await page.submit("/card", good);
    expect(await state(session)).toMatchObject({ payment: "paid" });
  });

  test.each([
    [{ number: "4242" }, "all digits"],
    [{ number: "4242 4242 4242 4241" }, "not right"],
    [{ number: "4111 1111 1111 1111" }, "Only test cards"],
    [{ expiry: "13 / 34" }, "month and year"],
    [{ expiry: "" }, "month and year"],
    [{ expiry: "10/26" }, "run out"],
    [{ cvc: "12" }, "3 digits"],
  ])("checks the card form: %o", async (wrong, why) => {
    const session = await choose("card");
    await page.submit("/card", { ...good, ...wrong });
    expect(page.status).toBe(422);
    expect(page.text).toContain(why);
    expect(page.html).toContain('aria-invalid="true"');
    expect(await state(session)).toMatchObject({ status: "open" });
  });

  test("puts no card number back into the page and keeps none", async () => {
    const session = await choose("card");
    await page.submit("/card", { ...good, cvc: "1" });
    expect(page.html).not.toMatch(/value="4242/);
    await page.submit("/card", good);
    expect(JSON.stringify(await Session.findOne({ _id: session.id }).lean())).not.toContain(
      "4242424242424242",
    );
  });

  test("takes a card that runs out this month", async () => {
    const session = await choose("card");
    await page.submit("/card", { ...good, expiry: "11/2026" });
    expect(await state(session)).toMatchObject({ payment: "paid" });
  });

  test.each(["alipay", "wechat_pay"])("pays with %s by scanning a code", async (method) => {
    const session = await choose(method);
    expect(page.html).toContain("<svg");
    await page.submit("action", { action: "refuse" });
    expect(page.status).toBe(402);
    expect(page.text).toContain("refused in the app");
    await page.submit("action", { action: "pay" });
    expect(page.text).toContain("Paid");
    expect(await state(session)).toMatchObject({ payment: "paid", method });
  });

  test.each([
    ["arrived", "paid", "This order is paid"],
    ["failed", "failed", "did not arrive"],
  ])("waits for a bank transfer that %s", async (outcome, payment, says) => {
    const session = await choose("bank_transfer");
    await page.submit("bank_transfer");
    expect(page.text).toContain("waiting for your transfer");
    expect(await state(session)).toMatchObject({ status: "complete", payment: "pending" });
    await page.submit("settle", { outcome });
    expect(await state(session)).toMatchObject({ status: "complete", payment, method: "bank_transfer" });
    await page.open(session.url);
    expect(page.text).toContain(says);
  });

  test("asks again when no way to pay was chosen", async () => {
    await page.open((await open()).url);
    await page.submit('name="method"', {});
    expect(page.text).toContain("Please choose one");
  });

  test("lets the shopper walk away and come back", async () => {
    const session = await open();
    await page.open(session.url);
    await page.follow("Cancel and go back");
    expect(page.url).toContain("cancelled=1");
    expect(page.text).toContain("Not paid yet");
    expect(await state(session)).toMatchObject({ status: "open" });
    expect((await page.open(session.url)).status).toBe(200);
  });

  test("says that a paid order is paid, with a way back, and takes no second payment", async () => {
    const session = await choose("card");
    const second = await new PlainBrowser().open(page.url);
    await page.submit("/card", good);
    await second.submit("/card", good);
    expect(second.text).toContain("This order is paid");
    expect(second.html).toContain("/pay/return?order=order1");
    await bench.delivered();
    expect(bench.shop.events.filter((event) => event.session?.id === session.id)).toHaveLength(1);
  });

  test("says that a page has run out, also to a form that was still open", async () => {
    const session = await choose("card");
    at = new Date(session.expiresAt.getTime());
    await page.submit("/card", good);
    expect(page.status).toBe(410);
    expect(page.text).toContain("has run out");
    expect(await state(session)).toMatchObject({ status: "expired", payment: "unpaid" });
  });

  test("can be made to run out by hand", async () => {
    const session = await open();
    await page.open(session.url);
    await page.submit("/expire");
    expect(page.text).toContain("has run out");
    await bench.delivered();
    expect(bench.shop.events.map((event) => event.session?.status)).toEqual(["expired"]);
    expect(await state(session)).toMatchObject({ status: "expired" });
  });

  test("knows no session but those whose address it gave out", async () => {
    const { id } = await open();
    for (const other of [`${id}x`, id.toUpperCase(), "sbx_", "%00", "../../etc"]) {
      await page.open(`${bench.shop.url}/sandbox/pay/${other}`);
      expect(page.status).toBe(404);
    }
    expect(id.length).toBeGreaterThan(28);
  });
});

describe("what keeps the page safe", () => {
  test("hostile titles are shown as text", async () => {
    const title = `</th><script>alert(1)</script>" onload='x' &amp; \u202Egnp`;
    const lines = [{ title, quantity: 1, unitPrice: { amount: 3800, currency: "EUR" } }];
    await page.open((await open({ lines, orderNumber: '"><img src=x>' })).url);
    expect(page.html).not.toMatch(/<script|<img|onload='/);
    expect(page.html).toContain("&lt;/th&gt;&lt;script&gt;");
    for (const method of ["card", "alipay", "bank_transfer"]) {
      await page.submit('name="method"', { method });
      expect(page.html).not.toMatch(/<script|<img|onload='/);
      await page.follow("Choose another");
    }
  });

  test("a form without its token, with another session's, or sent from elsewhere does nothing", async () => {
    const other = await open({ order: "order2" });
    await page.open(other.url);
    const { token } = page.form('name="method"').hidden;
    const session = await choose("alipay");
    const { action } = page.form("alipay");
    const send = (fields: Record<string, string>) =>
      fetch(new URL(action, page.url), {
        method: "POST",
        body: new URLSearchParams(fields),
        redirect: "manual",
      });
    expect((await send({ action: "pay" })).status).toBe(403);
    for (const wrong of ["", token ?? "", "x".repeat(43)])
      expect((await send({ action: "pay", token: wrong })).status).toBe(403);
    await page.submit("action", { action: "pay" }, { "sec-fetch-site": "cross-site" });
    expect(page.status).toBe(403);
    expect(await state(session)).toMatchObject({ status: "open" });
  });

  test("the policy allows no script, no frame and no form to foreign places", async () => {
    await page.open((await open()).url);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`form-action 'self' ${bench.shop.url}`);
    expect(policy).not.toContain("unsafe");
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect((await fetch(`${bench.shop.url}/sandbox/style.css`)).headers.get("content-type")).toContain(
      "text/css",
    );
  });

  test.each([
    ["without a boundary", "multipart/form-data", "x"],
    ["with a boundary that never comes", "multipart/form-data; boundary=here", "x"],
    [
      "that breaks off",
      "multipart/form-data; boundary=here",
      '--here\r\nContent-Disposition: form-data; name="a"',
    ],
    ["with headers that are none", "multipart/form-data; boundary=here", "--here\r\n\u0000\r\n\r\n--here--"],
  ])("a form %s is the sender's fault, not ours", async (_, type, body) => {
    const { url } = await open();
    const answer = await fetch(url, { method: "POST", headers: { "content-type": type }, body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toMatch(/\bat \w/);
  });

  test("a form of more than 16 KB is turned away", async () => {
    await choose("card");
    await page.submit("/card", { ...good, number: "4".repeat(20_000) });
    expect(page.status).toBe(413);
  });
});

describe("its languages", () => {
  test("are that of the order, the one asked for, or the browser's", async () => {
    const session = await open({ locale: "zh-CN" });
    expect((await page.open(session.url)).text).toContain("请选择支付方式");
    expect((await page.open(session.url.replace("lang=zh", "lang=en"))).text).toContain(
      "How would you like to pay?",
    );
    const bare = session.url.replace("?lang=zh", "");
    expect((await page.open(bare, { "accept-language": "en-GB" })).text).toContain(
      "How would you like to pay?",
    );
    expect((await page.open(bare, { "accept-language": "fr" })).text).toContain("微信支付");
  });

  test("stay the same from step to step and back in the shop", async () => {
    await choose("card", { locale: "zh" });
    expect(page.text).toContain("卡号");
    await page.submit("/card", { ...good, number: "4000000000000002" });
    expect(page.text).toContain("该卡被拒绝");
    await page.submit("/card", good);
    expect(page.text).toContain("支付成功");
  });
});

describe("its events", () => {
  test("are sent again until the shop has taken them, signed anew each time", async () => {
    let refusals = 2;
    const take = bench.shop.app.fetch;
    bench.shop.app.fetch = (request, ...rest) => {
      if (!new URL(request.url).pathname.startsWith("/webhooks") || refusals === 0)
        return take(request, ...rest);
      refusals -= 1;
      return new Response("no", { status: 503 });
    };
    await choose("alipay");
    await page.submit("action", { action: "pay" });
    for (const failures of [1, 2]) {
      await expect.poll(() => bench.failures.length).toBe(failures);
      // Longer than a signature is good for: each try is signed anew.
      at = new Date(at.getTime() + 400_000);
    }
    await bench.delivered();
    expect(bench.shop.events).toHaveLength(1);
  });

  test("that a crash left in the session are handed over when it is next looked at", async () => {
    const session = await open();
    await change(session.id, "paid", now(), "card");
    expect(await JobModel.countDocuments({ name: "sandbox.event" })).toBe(0);
    expect(await state(session)).toMatchObject({ payment: "paid" });
    await bench.delivered();
    expect(bench.shop.events).toMatchObject([
      { session: { id: session.id, payment: "paid", method: "card" } },
    ]);
  });

  test("tell of a page that nobody looks at running out", async () => {
    const session = await open();
    at = new Date(session.expiresAt.getTime());
    bench.queue.wake();
    await bench.delivered();
    await expect.poll(() => bench.shop.events.length).toBe(1);
    expect(bench.shop.events[0]?.session).toMatchObject({ id: session.id, status: "expired" });
  });
});

test("the sandbox does not start without a secret", async () => {
  const { sandboxProvider } = await import("../../src/payments/sandbox/index.ts");
  expect(() => sandboxProvider({ publicUrl: () => "", secret: "", queue: bench.queue })).toThrow(/secret/);
});
