import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Address } from "../../src/engine/address.ts";
import { bold, linked, plain, rich } from "../../src/engine/rich-text.ts";
import type { Button, FormView } from "../../src/engine/view.ts";
import { connect, disconnect } from "../../src/store/connect.ts";
import { launchChromium, WebShopper } from "../journeys/web-shopper.ts";
import { findings } from "../setup/axe.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { openWebShop, type WebShop } from "./web-shop.ts";

let database: FreshDatabase;
let browser: Browser;
let shop: WebShop;
let shopper: WebShopper;
let page: Page;
/** What the browser complained about: errors, and violations of the page's policy. */
let complaints: string[];

beforeAll(async () => {
  database = await freshDatabase();
  await connect(database.url);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await disconnect();
  await database.drop();
});
beforeEach(async () => {
  shop = await openWebShop();
  shop.answer = async ({ address, body }) => {
    await shop.says(
      address,
      body.kind === "text" ? `You said ${body.text}` : `You did ${JSON.stringify(body)}`,
    );
  };
  shopper = await WebShopper.comes(browser, shop.url);
  page = shopper.page;
  complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
});
afterEach(async () => {
  // Whatever a test leaves on the screen can be used by everybody.
  const found = await findings(page);
  await shopper.leaves();
  await shop.stop();
  expect(found).toEqual([]);
});

const button = (label: string, token = label, style?: Button["style"]): Button => ({
  kind: "button",
  label,
  token,
  style,
});

/** Opens the conversation and tells where it is. */
async function hello(): Promise<Address> {
  await shopper.says("/start");
  await shopper.sees(/"name":"start"/);
  return shop.accepted.at(-1)!.address;
}

const address: FormView = {
  token: "address",
  locale: "en",
  title: "Delivery address",
  submit: "Continue",
  fields: [
    { name: "name", label: "Name", input: "text", required: true, maxLength: 80 },
    {
      name: "email",
      label: "Email",
      hint: "For the receipt",
      input: "email",
      required: true,
      maxLength: 120,
    },
    { name: "phone", label: "Phone", input: "phone", required: false, maxLength: 30 },
    { name: "street", label: "Street", input: "text", required: true, maxLength: 120 },
    { name: "city", label: "City", input: "text", required: true, maxLength: 80 },
    { name: "postalCode", label: "Postal code", input: "text", required: true, maxLength: 12 },
    {
      name: "country",
      label: "Country",
      input: "choice",
      required: true,
      maxLength: 2,
      options: [
        { value: "SG", label: "Singapore" },
        { value: "CN", label: "China" },
      ],
    },
    { name: "note", label: "Note", input: "long", required: false, maxLength: 500 },
  ],
};
const filled = {
  Name: "Mei Lin",
  Email: "mei@example.com",
  Street: "Temple Street 4",
  City: "Singapore",
  "Postal code": "058579",
  Country: "Singapore",
};

test("a conversation of every kind of thing breaks no rule of the page's policy", async () => {
  const to = await hello();
  shop.pictures.set("picture-x", { bytes: await picture(), contentType: "image/png" });
  await shop.send(to, {
    text: rich`${bold("Mugs")} and ${linked("a guide", "https://example.com/guide")}`,
    cards: ["Jade", "Ink"].map((title) => ({
      title,
      image: { id: "picture-x", alt: `${title} mug` },
      facts: [["Price", "$24.00"]] as const,
      controls: [button("View", `view:${title}`, "primary")],
    })),
    controls: [
      { kind: "link", label: "Pay", url: "https://pay.example.com/1" },
      {
        kind: "pick",
        label: "Sort by",
        options: Array.from({ length: 9 }, (_, n) => ({ label: `Way ${n}`, token: `sort:${n}` })),
      },
    ],
  });
  await shop.send(to, { form: address });
  await page.getByRole("heading", { name: "Delivery address" }).waitFor();
  await page
    .locator(".card img")
    .first()
    .evaluate((image: HTMLImageElement) => image.decode());
  await shopper.presses("Jade");
  await shopper.sees(/view:Jade/);
  await shopper.presses("Way 7");
  await shopper.sees(/sort:7/);
  await shopper.fills(filled);
  await shopper.sees(/Temple Street 4/);
  await shopper.sendsPhoto(await picture());
  await shopper.sees(/"kind":"photo"/);
  expect(await shopper.link("Pay")).toBe("https://pay.example.com/1");
  const link = page.getByRole("link", { name: /^Pay/ });
  expect(await link.getAttribute("target")).toBe("_blank");
  expect(await link.getAttribute("rel")).toContain("noopener");
  expect(complaints).toEqual([]);
});

const picture = (): Promise<Buffer> =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: "teal" } })
    .png()
    .toBuffer();

test("a document is saved under its name, as it is, and breaks no rule of the page's policy", async () => {
  const to = await hello();
  const file = { name: "my-data.html", contentType: "text/html", text: "<script>alert(1)</script> 艾达" };
  await shop.send(to, { text: plain("Your data"), file });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "my-data.html (download)" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("my-data.html");
  expect(await readFile(await download.path(), "utf8")).toBe(file.text);
  expect(complaints).toEqual([]);
});

test("a link to a product opens the chat and asks for that product, once", async () => {
  await page.goto(`${shop.url}/p/jade-mug`);
  await shopper.sees(/"name":"start","rest":"p-jade-mug"/);
  expect(page.url()).toBe(`${shop.url}/`);
  await page.reload();
  await page.locator("#log:not([aria-busy])").waitFor({ state: "attached" });
  await shopper.says("hello");
  await shopper.sees(/You said hello/);
  expect(shop.accepted.map(({ body }) => body.kind)).toEqual(["command", "text"]);
  expect(await page.locator(".message.shopper").first().textContent()).toContain("Start");
});

test("an address that no link of the shop has says nothing in the visitor's name", async () => {
  await page.goto(`${shop.url}/?start=${encodeURIComponent("x /erase me")}`);
  await page.locator("#log:not([aria-busy])").waitFor({ state: "attached" });
  expect(page.url()).toBe(`${shop.url}/`);
  await shopper.says("hello");
  await shopper.sees(/You said hello/);
  expect(shop.accepted.map(({ body }) => body.kind)).toEqual(["text"]);
});

test("history is there after a reload, and its old buttons still work", async () => {
  const to = await hello();
  await shop.send(to, { text: plain("An old offer"), controls: [button("Take it")] });
  await shopper.says("something else");
  await shopper.sees(/You said something else/);
  await page.reload();
  await shopper.sees(/An old offer/);
  expect(await page.locator(".shopper .bubble").allTextContents()).toEqual(["Start", "something else"]);
  await shopper.presses("Take it");
  await shopper.sees(/"token":"Take it"/);
  expect(shop.accepted.at(-1)!.body).toEqual({ kind: "press", token: "Take it", message: "3" });
});

test("earlier messages come on demand, and what is being read stays in place", async () => {
  const to = await hello();
  for (let n = 1; n <= 120; n += 1) await shop.says(to, `Number ${n}`);
  await page.reload();
  await shopper.sees(/Number 120/);
  expect(await page.getByText("Number 20", { exact: true }).count()).toBe(0);
  await page.getByRole("button", { name: "Earlier messages" }).click();
  await page.getByText("Number 20", { exact: true }).waitFor({ state: "attached" });
  const numbers = await page.locator(".shop .bubble").allTextContents();
  expect(numbers.slice(1)).toEqual(Array.from({ length: 120 }, (_, n) => `Number ${n + 1}`));
  expect(await page.locator("#earlier").isVisible()).toBe(false);
});

test("a screen whose messages are changed and taken away is followed by the open page, and after a reload", async () => {
  const to = await hello();
  const parts = [];
  for (const part of ["first", "second", "third"])
    parts.push(await shop.send(to, { text: plain(`The ${part} part`), controls: [button(`Take ${part}`)] }));
  await shopper.sees(/The third part/);
  await page.getByRole("button", { name: "Take third" }).focus();
  const [first = "", second = "", third = ""] = parts;
  await shop.send(to, { text: plain("Now one part") }, { replaces: first });
  for (const message of [second, third]) await shop.adapter.remove?.(to, { message });
  const standing = async () =>
    (await page.locator("#log > .message.shop .prose").allTextContents()).slice(-2);
  const now = [expect.stringContaining('"name":"start"'), "Now one part"];
  await expect.poll(standing).toEqual(now);
  // Nobody is left without a place.
  expect(await page.evaluate(() => document.activeElement?.closest("#log") !== null)).toBe(true);
  await page.reload();
  await shopper.sees(/Now one part/);
  expect(await standing()).toEqual(now);
  expect(complaints).toEqual([]);
});

test("hostile text is only text", async () => {
  const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202Egnp.exe\u2066 {{7*7}} %s`;
  const long = `${hostile}${"字W".repeat(5000)}`.slice(0, 10_000);
  const to = await hello();
  await shop.send(to, {
    text: rich`${hostile} ${linked("click me", "javascript:document.title='owned'")} ${linked("or me", "data:text/html,owned")}`,
    cards: [
      {
        title: hostile,
        image: { url: "javascript:alert(1)", alt: hostile },
        facts: [[hostile, hostile]],
        controls: [button(hostile)],
      },
    ],
    controls: [
      { kind: "link", label: hostile, url: "javascript:alert(1)" },
      { kind: "pick", label: hostile, options: [{ label: hostile, token: "x" }] },
    ],
    form: {
      ...address,
      title: hostile,
      fields: [{ ...address.fields[0]!, label: hostile, hint: hostile, value: hostile, problem: hostile }],
    },
  });
  await shopper.says(long);
  await shopper.sees(/You said <img/);
  const bubble = page.locator(".shopper .bubble").last();
  expect(await bubble.textContent()).toBe(long);
  expect(await page.locator("#log :is(script, iframe, img)").count()).toBe(0);
  expect(await page.locator("#log a[href]").count()).toBe(0);
  expect(await page.title()).toBe("Lantern Street");
  const { wide, high } = await page.evaluate(() => ({
    wide: document.querySelector("main")!.scrollWidth - document.querySelector("main")!.clientWidth,
    high: document.documentElement.scrollHeight - innerHeight,
  }));
  expect([wide, high]).toEqual([0, 0]);
  expect(complaints).toEqual([]);
});

test("what is written while the shop is away is sent once when it is back, in order", async () => {
  await hello();
  await shop.stop();
  await page.getByText("Connection lost").waitFor();
  await page.locator("#text").fill("first");
  await page.keyboard.press("Enter");
  await page.locator("#text").fill("second");
  await page.keyboard.press("Enter");
  expect(await page.locator(".pending").count()).toBe(2);
  await shop.open();
  await page.getByRole("button", { name: "Try now" }).click();
  await shopper.sees(/You said second/);
  await page.locator("#banner").waitFor({ state: "hidden" });
  expect(await page.locator(".bubble").allTextContents()).toEqual([
    "Start",
    expect.stringContaining("You did"),
    "first",
    expect.stringMatching(/^(second|You said first)$/),
    expect.stringMatching(/^(second|You said first)$/),
    "You said second",
  ]);
  expect(shop.accepted).toHaveLength(3);
});

test("what is unsent when the page is reloaded is still sent, once", async () => {
  await hello();
  let posts = 0;
  // The event arrives, but its answer is lost on the way.
  await page.route("**/chat/events", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    posts += 1;
    if (posts === 1) await route.fetch();
    return route.abort();
  });
  await page.locator("#text").fill("only once");
  await page.keyboard.press("Enter");
  await shopper.sees(/You said only once/);
  await page.unroute("**/chat/events");
  const delivered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.reload();
  expect((await delivered).status()).toBe(202);
  expect(await page.getByText("only once", { exact: true }).count()).toBe(1);
  expect(shop.duplicates.count).toBeGreaterThan(0);
  expect(shop.accepted).toHaveLength(2);
});

test("after a restart of the shop nothing is lost or doubled", async () => {
  const to = await hello();
  const first = await shop.says(to, "one");
  await shopper.sees(/^one/);
  await shop.stop();
  await page.getByText("Connection lost").waitFor();
  // The shop comes back and speaks before the page has noticed.
  await shop.open();
  await shop.says(to, "two");
  await shop.send(to, { text: plain("one, edited") }, { replaces: first });
  await shop.says(to, "three");
  await shopper.sees(/^three/);
  expect((await page.locator(".shop .bubble").allTextContents()).slice(1)).toEqual([
    "one, edited",
    "two",
    "three",
  ]);
});

test("a form tells what is wrong beside its fields, says so aloud, and goes to the first of them", async () => {
  const to = await hello();
  await shop.send(to, { form: address });
  const form = page.getByRole("form", { name: "Delivery address" });
  await form.getByRole("button", { name: "Continue" }).click();
  expect(await form.getByRole("alert").textContent()).toBe("Please look at the marked fields.");
  const name = form.getByLabel("Name");
  expect(await name.getAttribute("aria-invalid")).toBe("true");
  expect(await name.evaluate((field) => field === document.activeElement)).toBe(true);
  expect(await form.getByLabel("Phone").getAttribute("aria-invalid")).toBe(null);

  // What only the shop can know comes back in the form, with what was filled in.
  shop.answer = async ({ address: to, body }) => {
    if (body.kind !== "form") return;
    const fields = address.fields.map((field) => ({
      ...field,
      value: body.values[field.name],
      ...(field.name === "postalCode" && { problem: "This is not a postal code of Singapore." }),
    }));
    await shop.send(to, { form: { ...address, fields } }, { replaces: body.message });
  };
  await shopper.fills(filled);
  const postal = form.getByLabel("Postal code");
  await form.getByText("This is not a postal code of Singapore.").waitFor();
  expect(await postal.evaluate((field) => field === document.activeElement)).toBe(true);
  const described = await postal.getAttribute("aria-describedby");
  expect(await page.locator(`#${described}`).textContent()).toBe("This is not a postal code of Singapore.");
  expect(await form.getByLabel("Street").inputValue()).toBe("Temple Street 4");
  expect(await form.getByLabel("Country").inputValue()).toBe("SG");
});

test("a field that may stay empty says so, but not beside what is wrong with it", async () => {
  const fields = address.fields.map((field) => ({
    ...field,
    ...(field.name === "phone" && { problem: "Please write a number." }),
  }));
  await shop.send(await hello(), { form: { ...address, fields } });
  const form = page.getByRole("form", { name: "Delivery address" });
  await form.getByText("Please write a number.").waitFor();
  expect(await form.locator("label", { hasText: "optional" }).allTextContents()).toEqual(["Note optional"]);
});

test("a form's fields can be filled by the browser and bring up the right keyboard", async () => {
  await shop.send(await hello(), { form: address });
  const form = page.getByRole("form", { name: "Delivery address" });
  const fields = form.locator("input, textarea, select");
  await fields.first().waitFor();
  expect(await fields.evaluateAll((all) => all.map((field) => field.getAttribute("autocomplete")))).toEqual([
    "name",
    "email",
    "tel",
    "address-line1",
    "address-level2",
    "postal-code",
    "country",
    "off",
  ]);
  expect(await form.getByLabel("Email").getAttribute("inputmode")).toBe("email");
  expect(await form.getByLabel("Phone").getAttribute("inputmode")).toBe("tel");
});

test("everything can be done by keyboard alone", async () => {
  shop.answer = async ({ address: to, body }) => {
    if (body.kind === "command")
      await shop.send(to, { text: plain("Hello"), controls: [button("Browse"), button("Help")] });
    else if (body.kind === "press" && body.token === "Browse")
      await shop.send(to, { cards: [{ title: "Mug", controls: [button("Add"), button("More")] }] });
    else if (body.kind === "press")
      await shop.send(
        to,
        { cards: [{ title: "Mug, 1 in cart", controls: [button("Add"), button("More")] }] },
        { replaces: body.message },
      );
    else await shop.says(to, "Thank you");
  };
  const focused = () =>
    page.evaluate(() => document.activeElement!.textContent || document.activeElement!.id);
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Skip to the message box");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  while ((await focused()) !== "text") await page.keyboard.press("Tab");
  await page.keyboard.type("/start");
  await page.keyboard.press("Enter");
  await shopper.sees(/Hello/);
  expect(await focused()).toBe("text");
  while ((await focused()) !== "Browse") await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await shopper.sees(/^Mug/);
  // The answer to a key press has the focus, so that Tab goes on from there.
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Add");
  await page.keyboard.press("Space");
  await shopper.sees(/1 in cart/);
  expect(await focused()).toBe("Add");
  while ((await focused()) !== "text") await page.keyboard.press("Tab");
  await page.keyboard.type("two");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("lines");
  await page.keyboard.press("Enter");
  await shopper.sees(/Thank you/);
  expect(shop.accepted.at(-1)!.body).toEqual({ kind: "text", text: "two\nlines" });
});

test("everything has a name, a role and room for a finger", async () => {
  const to = await hello();
  await shop.send(to, {
    cards: ["Jade", "Ink"].map((title) => ({ title, controls: [button("View", `view:${title}`)] })),
    controls: [
      {
        kind: "pick",
        label: "Colour",
        options: [
          { label: "Jade", token: "jade", selected: true },
          { label: "Ink", token: "ink" },
        ],
      },
    ],
    form: address,
  });
  await page.getByRole("button", { name: "View Ink" }).waitFor();
  await expect(page.getByRole("log", { name: "Conversation" }).count()).resolves.toBe(1);
  for (const [role, name] of [
    ["navigation", "Shop menu"],
    ["textbox", "Write a message…"],
    ["button", "Send"],
    ["button", "Attach a picture"],
    ["region", "Jade"],
    ["group", "Colour"],
  ] as const) {
    expect(await page.getByRole(role, { name, exact: true }).count(), `${role} ${name}`).toBe(1);
  }
  expect(await page.getByRole("button", { name: "Jade", pressed: true }).count()).toBe(1);
  // A bubble grows as it comes in; what it measures counts once it stands.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const faults = await page.evaluate(() => {
    const visible = (element: Element) => element.checkVisibility() && !element.closest(".skip");
    const controls = [
      ...document.querySelectorAll("button, a, input:not([hidden]), select, textarea"),
    ].filter(visible);
    const small = controls.filter((element) => element.getBoundingClientRect().height < 44);
    const unnamed = controls.filter(
      (element) =>
        !element.textContent?.trim() &&
        !element.getAttribute("aria-label") &&
        !(element as HTMLInputElement).labels?.length,
    );
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    const pictures = [...document.querySelectorAll("img:not([alt])")];
    return {
      small: small.map((element) => element.outerHTML),
      unnamed: unnamed.map((element) => element.outerHTML),
      doubled: ids.filter((id, index) => ids.indexOf(id) !== index),
      pictures: pictures.length,
      headings: document.querySelectorAll("h1").length,
      language: document.documentElement.lang,
    };
  });
  expect(faults).toEqual({ small: [], unnamed: [], doubled: [], pictures: 0, headings: 1, language: "en" });
});

/** WCAG 2.1, 1.4.3: contrast of text to what is behind it. */
test.each(["light", "dark"] as const)(
  "text stands out enough from its background when it is %s",
  async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const to = await hello();
    await shop.send(to, {
      text: rich`Text with ${linked("a link", "https://example.com")}`,
      cards: [
        {
          title: "Mug",
          text: plain("A mug"),
          facts: [["Price", "$24"]],
          controls: [button("Buy", "b", "primary"), button("Remove", "r", "danger")],
        },
      ],
      controls: [
        {
          kind: "pick",
          label: "Colour",
          options: [
            { label: "Jade", token: "jade", selected: true },
            { label: "Ink", token: "ink" },
          ],
        },
      ],
      form: { ...address, fields: [{ ...address.fields[1]!, problem: "Wrong" }] },
    });
    await page.getByRole("heading", { name: "Mug" }).waitFor();
    const faint = await page.evaluate(() => {
      const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
      const luminance = (color: string) => {
        const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
          const part = value / 255;
          return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = (element: Element | null): string => {
        for (let one = element; one !== null; one = one.parentElement) {
          const color = getComputedStyle(one).backgroundColor;
          if (channels(color)[3] !== 0) return color;
        }
        return "rgb(255 255 255)";
      };
      const found: string[] = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const element = node.parentElement!;
        if (!node.textContent?.trim() || !element.checkVisibility() || element.closest("option, .pending"))
          continue;
        const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) found.push(`${node.textContent}: ${contrast.toFixed(2)}`);
      }
      return found;
    });
    expect(faint).toEqual([]);
  },
);

test("an answer to one's own press is brought into sight, and one that comes unasked is not", async () => {
  const to = await hello();
  for (let n = 1; n <= 30; n += 1) await shop.says(to, `Number ${n}`);
  await shopper.sees(/Number 30/);
  const scroller = page.locator("main");
  await scroller.evaluate((main) => main.scrollTo(0, 0));
  await page.getByRole("button", { name: "Go to the newest message" }).waitFor();
  await shop.says(to, "News");
  await shopper.sees(/^News/);
  expect(await scroller.evaluate((main) => main.scrollTop)).toBe(0);
  await shopper.says("hello");
  await shopper.sees(/You said hello/);
  await page.getByText("You said hello").waitFor();
  await expect
    .poll(() => page.getByText("You said hello").evaluate((one) => one.getBoundingClientRect().bottom))
    .toBeLessThan(900);
});

test("the shop is seen writing until it has answered", async () => {
  let answer = () => {};
  shop.answer = ({ address: to }) =>
    new Promise((resolve) => {
      answer = () => resolve(void shop.says(to, "At last"));
    });
  await page.locator("#text").fill("hello");
  await page.keyboard.press("Enter");
  const writing = page.getByText("The shop is writing…");
  await writing.waitFor({ state: "attached" });
  await expect.poll(() => shop.accepted.length).toBe(1);
  expect(await writing.isVisible()).toBe(true);
  answer();
  await shopper.sees(/At last/);
  await page.locator("#typing").waitFor({ state: "hidden" });
});

test("a visitor from China is spoken to in Chinese", async () => {
  const visitor = await WebShopper.comes(browser, shop.url, "zh-CN");
  await visitor.page.getByRole("button", { name: "购物车" }).click();
  await visitor.sees(/"name":"cart"/);
  expect(shop.accepted.at(-1)!.sender.locale).toBe("zh-CN");
  expect(await visitor.page.locator("html").getAttribute("lang")).toBe("zh-Hans");
  await visitor.leaves();
});

test("a picture that cannot be used is said to be so, and may be tried again", async () => {
  await hello();
  await page
    .locator("#photo")
    .setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page.locator("#send").click();
  await page.getByText("This picture cannot be used.").waitFor();
  expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(1);
});

test("a page whose visitor is no longer known says so", async () => {
  await hello();
  await page.context().clearCookies();
  await page.locator("#text").fill("hello?");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Load again" }).click();
  await page.getByRole("heading", { name: "Welcome, come on in" }).waitFor();
});

test.each([360, 390, 1280])("nothing sticks out at a width of %i", async (width) => {
  await page.setViewportSize({ width, height: 800 });
  const to = await hello();
  await shop.send(to, {
    text: plain("a".repeat(300)),
    cards: [1, 2, 3].map((n) => ({
      title: "VeryLongProductNameWithoutAnySpace".repeat(3),
      facts: [["Price".repeat(20), "1".repeat(80)]] as const,
      controls: [button(`Label ${n} ${"x".repeat(50)}`)],
    })),
    form: address,
  });
  await page.getByRole("heading", { name: "Delivery address" }).waitFor();
  const wider = await page.evaluate(() =>
    [...document.querySelectorAll("body *")]
      .filter(
        (element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1,
      )
      .map((element) => element.className),
  );
  expect(wider).toEqual([]);
});

test("a list acts as soon as something is chosen, but not while the arrow keys walk through it", async () => {
  const to = await hello();
  const options = Array.from({ length: 9 }, (_, n) => ({ label: `Size ${n}`, token: `size:${n}` }));
  await shop.send(to, { controls: [{ kind: "pick", label: "Size", options }] });
  const list = page.getByRole("combobox", { name: "Size" });
  const choose = page.getByRole("button", { name: "Choose", exact: true });
  await list.waitFor();
  expect(await choose.isVisible()).toBe(false);
  await list.selectOption({ label: "Size 7" });
  await shopper.sees(/size:7/);

  const before = shop.accepted.length;
  await list.focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => list.inputValue()).toBe("size:5");
  await choose.waitFor();
  expect(shop.accepted).toHaveLength(before);
  await page.keyboard.press("Enter");
  await shopper.sees(/size:5/);
  await list.focus(); // it was taken to the answer
  await page.keyboard.press("ArrowUp");
  await choose.click();
  await shopper.sees(/size:4/);
  expect(shop.accepted.slice(before).map(({ body }) => body)).toMatchObject([
    { token: "size:5" },
    { token: "size:4" },
  ]);
});

test("the button to the newest message covers nothing that is being read or filled in", async () => {
  await page.setViewportSize({ width: 360, height: 640 });
  const to = await hello();
  await shop.send(to, { form: address });
  await page.getByRole("heading", { name: "Delivery address" }).waitFor();
  await page.locator("main").evaluate((main) => main.scrollTo(0, 0));
  const latest = page.getByRole("button", { name: "Go to the newest message" });
  await latest.waitFor();
  const shots = process.env.SCREENSHOTS;
  if (shots) await page.screenshot({ path: `${shots}/newest.png` });
  const [button, main] = await Promise.all([latest.boundingBox(), page.locator("main").boundingBox()]);
  expect(button!.y).toBeGreaterThanOrEqual(main!.y + main!.height);
  await latest.click();
  await latest.waitFor({ state: "hidden" });
});

test("a picture is asked for in about the size it is shown in", async () => {
  const to = await hello();
  shop.pictures.set("picture-x", { bytes: await picture(), contentType: "image/png" });
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/media/")) asked.push(request.url());
  });
  const image = { id: "picture-x", alt: "A mug" };
  await shop.send(to, { cards: ["One", "Two", "Three"].map((title) => ({ title, image })) });
  await page
    .locator(".card img")
    .first()
    .evaluate((one: HTMLImageElement) => one.decode());
  expect(new Set(asked)).toEqual(new Set([`${shop.url}/media/picture-x?size=640`]));
});
