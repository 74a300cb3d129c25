import type { Seen, Shopper } from "../journeys/shopper.ts";

/** A shopper whose steps are written down as they go: what is done, and what is then to be seen. */
export class Retold implements Shopper {
  readonly #shopper: Shopper;
  readonly #lines: string[] = [];
  constructor(shopper: Shopper) {
    this.#shopper = shopper;
  }

  async says(text: string): Promise<void> {
    this.#lines.push(`\n> says “${text}”`);
    await this.#shopper.says(text);
  }

  async presses(label: string | RegExp): Promise<void> {
    this.#lines.push(`\n> presses ${typeof label === "string" ? `[${label}]` : label}`);
    await this.#shopper.presses(label);
  }

  async fills(form: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    this.tells(form);
    await this.#shopper.fills(form);
  }

  /** Writes down that a form is filled in, by whatever hands. */
  tells(form: Readonly<Record<string, string | Uint8Array>>): void {
    const entries = Object.entries(form).map(([label, value]) => `${label}: ${String(value)}`);
    this.#lines.push(`\n> fills in ${entries.join("; ")}`);
  }

  /** Writes down what a form says is wrong, by field. */
  notes(wrong: Readonly<Record<string, string>>): void {
    for (const [label, problem] of Object.entries(wrong)) this.#lines.push(`${label}: ${problem}`);
  }

  async sees(text: RegExp, timeoutMs?: number): Promise<Seen> {
    const seen = await this.#shopper.sees(text, timeoutMs);
    this.#lines.push(seen.text);
    if (seen.buttons.length > 0) this.#lines.push(seen.buttons.map((label) => `[${label}]`).join(" "));
    return seen;
  }

  async link(label: string | RegExp): Promise<string> {
    this.#lines.push(`\n> opens ${label}`);
    return await this.#shopper.link(label);
  }

  async sendsPhoto(bytes: Uint8Array): Promise<void> {
    this.#lines.push("\n> sends a photo");
    await this.#shopper.sendsPhoto(bytes);
  }

  /** The steps in order, then the conversation as it stands at the end, after what was edited and replaced. */
  transcript(): string {
    return `${this.#lines.join("\n").trim()}\n\n== The conversation as it stands then ==\n\n${this.#shopper.transcript()}`;
  }
}
