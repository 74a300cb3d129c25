import { existsSync } from "node:fs";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import type { Seen, Shopper } from "./shopper.ts";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium: $CHROMIUM, or the one Debian installs (`apt-get install chromium`). */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath))
    throw new Error(`There is no ${executablePath}; install chromium or set CHROMIUM.`);
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A control as a person finds it: by what is written on it, by its full name, or by its card if it is the only one. */
interface Found {
  readonly names: readonly string[];
  readonly kind: "button" | "link" | "option";
  /** Its place among the message's `button, a, option`. */
  readonly index: number;
  readonly href?: string;
}
interface Message {
  readonly id: string;
  readonly from: "shop" | "shopper";
  readonly text: string;
  readonly controls: readonly Found[];
}

/** Messages back from the newest in which a person looks for a control. */
const IN_SIGHT = 8;
const PATIENCE_MS = 5000;

/** Someone with a browser: sees what the page shows, and uses only what it offers. */
export class WebShopper implements Shopper {
  readonly page: Page;
  /** The newest change that was there before the last deed; -1 before any. */
  #since = -1;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens the shop's page as a new visitor. Close it with `leaves`. */
  static async comes(browser: Browser, url: string, locale = "en-US"): Promise<WebShopper> {
    const context = await browser.newContext({ locale, viewport: { width: 1000, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(url);
    await page.locator("#log:not([aria-busy])").waitFor({ state: "attached" });
    return new WebShopper(page);
  }

  async leaves(): Promise<void> {
    await this.page.context().close();
  }

  async says(text: string): Promise<void> {
    await this.#acts(async () => {
      await this.page.locator("#text").fill(text);
      await this.page.locator("#text").press("Enter");
    });
  }

  async sendsPhoto(bytes: Uint8Array): Promise<void> {
    await this.#acts(async () => {
      const file = { name: "photo", mimeType: "image/jpeg", buffer: Buffer.from(bytes) };
      await this.page.locator("#photo").setInputFiles(file);
      await this.page.locator("#attached").waitFor();
      await this.page.locator("#send").click();
    });
  }

  async presses(label: string | RegExp): Promise<void> {
    await this.#reacted();
    const control = await this.#waitFor(`no button ${label}`, async () => {
      const found = best(label, await this.#messages(), "button", "option");
      if (found !== undefined) return { ...found, place: this.#control(found) };
      const quick = this.page
        .locator("#quick")
        .getByRole("button", { name: label, exact: typeof label === "string" });
      return (await quick.count()) > 0 ? { kind: "button" as const, place: quick.first() } : undefined;
    });
    await this.#acts(async () => {
      if (control.kind === "button") return control.place.click();
      const value = await control.place.getAttribute("value");
      const list = control.place.locator("xpath=ancestor::*[@class='chooser']");
      await list.locator("select").selectOption(value);
    });
  }

  async fills(form: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    await this.#reacted();
    const details = this.page.locator("details.form").last();
    await details.waitFor().catch(() => this.#lost("no form"));
    if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
    const fields = details.locator("form");
    for (const [label, value] of Object.entries(form)) {
      const field = fields.getByLabel(new RegExp(`^${label}\\b`, "i"));
      if ((await field.count()) === 0) await this.#lost(`no field ${label}`);
      if (typeof value !== "string") {
        await field.setInputFiles({ name: "photo.png", mimeType: "image/png", buffer: Buffer.from(value) });
        continue;
      }
      const list = await field.evaluate((element) => element instanceof HTMLSelectElement);
      if (!list) await field.fill(value);
      else await field.selectOption({ label: value }).catch(() => field.selectOption(value));
    }
    await this.#acts(() => fields.locator("button[type=submit]").click());
  }

  async sees(text: RegExp, timeoutMs = PATIENCE_MS): Promise<Seen> {
    const seen = await this.#waitFor(
      `nothing matches ${text}`,
      async () =>
        (await this.#messages()).find((message) => message.from === "shop" && text.test(shownOf(message))),
      timeoutMs,
    );
    return { text: seen.text, buttons: seen.controls.map(({ names }) => names[0] ?? "") };
  }

  async link(label: string | RegExp): Promise<string> {
    await this.#reacted();
    return this.#waitFor(`no link ${label}`, async () => best(label, await this.#messages(), "link")?.href);
  }

  /** The conversation as it was last looked at: after the last step. */
  transcript(): string {
    return this.#transcript;
  }
  #transcript = "";

  #control({ message, index }: { message: Message; index: number }): Locator {
    return this.page.locator(`#${message.id}`).locator("button, a, option").nth(index);
  }

  /** Does something, and remembers what was there before, so that the next step waits for the answer. */
  async #acts(deed: () => Promise<void>): Promise<void> {
    await this.#reacted();
    this.#since = await this.page.evaluate(newestChange);
    await deed();
    await this.#messages();
  }

  /** Waits for an answer to the last deed, so that a control of the screen before is not taken for one of the next. */
  async #reacted(): Promise<void> {
    if (this.#since < 0) return;
    const since = this.#since;
    this.#since = -1;
    const answered = this.page.waitForFunction(
      (before) =>
        [...document.querySelectorAll("#log > .shop")].some(
          (one) => Number(one.getAttribute("data-change")) > before,
        ),
      since,
      { timeout: 2000 },
    );
    await answered.catch(() => undefined); // some deeds have no answer
  }

  async #waitFor<T>(
    complaint: string,
    look: () => Promise<T | undefined>,
    timeoutMs = PATIENCE_MS,
  ): Promise<T> {
    for (const end = Date.now() + timeoutMs; ; ) {
      const version = await this.page.evaluate(newestChange);
      const found = await look();
      if (found !== undefined) return found;
      const left = end - Date.now();
      if (left <= 0) return this.#lost(complaint);
      const change = this.page.waitForFunction(
        (before) =>
          [...document.querySelectorAll("#log > .message")].some(
            (one) => Number(one.getAttribute("data-change")) > before,
          ),
        version,
        { timeout: left },
      );
      await change.catch(() => undefined);
    }
  }

  async #lost(complaint: string): Promise<never> {
    await this.#messages();
    throw new Error(`${complaint} in\n${this.#transcript}`);
  }

  /** The messages as they stand now, newest first. */
  async #messages(): Promise<Message[]> {
    const messages = await this.page.evaluate(readMessages);
    this.#transcript = messages
      .map((message) => `${message.from === "shop" ? "shop" : "me"}> ${shownOf(message)}`)
      .join("\n");
    return messages.reverse();
  }
}

const shownOf = ({ text, controls }: Message): string =>
  text + (controls.length > 0 ? `\n${controls.map(({ names }) => `[${names[0]}]`).join(" ")}` : "");

/** How well a name fits what is asked for: 3 whole, 2 but for symbols around it, 1 in part, 0 not. */
function rank(wanted: string | RegExp, name: string): number {
  if (wanted instanceof RegExp) return wanted.test(name) ? 3 : 0;
  if (name === wanted) return 3;
  const bare = (text: string) => text.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
  if (bare(name) === bare(wanted)) return 2;
  return name.toLowerCase().includes(wanted.toLowerCase()) ? 1 : 0;
}

function best(label: string | RegExp, messages: readonly Message[], ...kinds: readonly Found["kind"][]) {
  let found: (Found & { message: Message; rank: number }) | undefined;
  for (const message of messages.filter(({ from }) => from === "shop").slice(0, IN_SIGHT)) {
    for (const control of message.controls.filter(({ kind }) => kinds.includes(kind))) {
      const fit = Math.max(...control.names.map((name) => rank(label, name)));
      if (fit > (found?.rank ?? 0)) found = { ...control, message, rank: fit };
    }
  }
  return found;
}

/* These run in the page. */

function newestChange(): number {
  const changes = [...document.querySelectorAll("#log > .message")].map((one) =>
    Number(one.getAttribute("data-change")),
  );
  return Math.max(0, ...changes);
}

function readMessages(): Message[] {
  const words = (element: Element | null | undefined) => (element?.textContent ?? "").trim();
  const seen = (element: Element) => {
    const copy = element.cloneNode(true) as Element;
    for (const hidden of copy.querySelectorAll(".hidden-text")) hidden.remove();
    return words(copy);
  };
  return [...document.querySelectorAll("#log > .message")].map((message) => {
    const parts = [
      ...message.querySelectorAll(".prose, h3, dl > div, label, .field-hint, .field-problem, .sent-photo"),
    ];
    const lines = parts.map((part) =>
      part.matches("dl > div")
        ? `${words(part.querySelector("dt"))}: ${words(part.querySelector("dd"))}`
        : part instanceof HTMLImageElement
          ? "(picture)"
          : words(part),
    );
    const controls = [...message.querySelectorAll("button, a, option")].flatMap((control, index): Found[] => {
      const use = control.matches("a") ? "link" : control.matches("option") ? "option" : "button";
      if (control.matches(".chooser > button, .state button, .field option, [value='']")) return [];
      const card = control.closest(".card");
      const only = card?.querySelectorAll("button, a.button, option").length === 1;
      const names = [seen(control), words(control), ...(only ? [words(card.querySelector("h3"))] : [])];
      const href = control instanceof HTMLAnchorElement ? { href: control.href } : {};
      return [{ names, kind: use, index, ...href }];
    });
    const from = message.classList.contains("shop") ? "shop" : "shopper";
    return { id: message.id, from, text: lines.filter((line) => line !== "").join("\n"), controls };
  });
}
