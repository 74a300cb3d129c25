import type { CommandInfo, Host } from "../../src/engine/adapter.ts";
import type { Inbound } from "../../src/engine/inbound.ts";
import { view } from "../../src/engine/turn.ts";

/** Stands in for the engine: records what it is given, and can be told to hold it back or to fail. */
export class RecordingHost implements Host {
  /** Every call of `accept`, also those that failed or were repeats. */
  readonly attempts: Inbound[] = [];
  /** What was accepted, each event once. */
  readonly accepted: Inbound[] = [];
  readonly pictures = new Map<string, { bytes: Uint8Array; contentType: string }>();
  readonly locales = ["en", "zh"];
  /** What `problems` finds in a form. */
  wrong: Readonly<Record<string, string>> = {};
  readonly #ids = new Set<string>();
  #watchers: (() => void)[] = [];
  #hold: Promise<void> | undefined;
  #failures = 0;

  async accept(inbound: Inbound): Promise<"accepted" | "duplicate" | "dropped"> {
    this.attempts.push(inbound);
    this.#changed();
    await this.#hold;
    if (this.#failures > 0) {
      this.#failures -= 1;
      throw new Error("The store is down");
    }
    if (this.#ids.has(inbound.id)) return "duplicate";
    this.#ids.add(inbound.id);
    this.accepted.push(inbound);
    this.#changed();
    return "accepted";
  }

  /** From now on nothing is stored until the answered function is called. */
  hold(): () => void {
    let release = () => {};
    this.#hold = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      this.#hold = undefined;
      release();
    };
  }

  /** The next `count` events cannot be stored. */
  fail(count: number): void {
    this.#failures = count;
  }

  /** Waits, up to five seconds, until `find` finds something in what has come. */
  async until<T>(find: () => T | undefined | false): Promise<T> {
    let look = () => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        const complain = () => reject(new Error(`Waited in vain; came: ${JSON.stringify(this.attempts)}`));
        timer = setTimeout(complain, 5000);
        look = () => {
          const found = find();
          if (found !== undefined && found !== false) resolve(found);
        };
        this.#watchers.push(look);
        look();
      });
    } finally {
      clearTimeout(timer);
      this.#watchers = this.#watchers.filter((each) => each !== look);
    }
  }

  /** The first event accepted after the first `after` of them. */
  async next(after: number): Promise<Inbound> {
    return await this.until(() => this.accepted[after]);
  }

  async media(id: string) {
    return this.pictures.get(id) ?? null;
  }

  async keepMedia(bytes: Uint8Array): Promise<string> {
    const id = `kept-picture-${this.pictures.size + 1}`;
    this.pictures.set(id, { bytes, contentType: "image/png" });
    return id;
  }

  commands(locale: string): readonly CommandInfo[] {
    return [
      { name: "start", description: `Start over (${locale})` },
      {
        name: "search",
        description: `Search (${locale})`,
        option: { name: "words", description: "What for", suggests: true },
      },
    ];
  }

  async suggest(): Promise<readonly string[]> {
    return [];
  }

  problems(): Readonly<Record<string, string>> {
    return this.wrong;
  }

  async preview() {
    return view({});
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }
}
