import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { shopRouter } from "../../flows/index.ts";
import type { Adapter, Capabilities, Change, Delivery } from "../../src/engine/adapter.ts";
import { type Address, destinationOf, directAddress } from "../../src/engine/address.ts";
import { viewText } from "../../src/engine/fit.ts";
import { Engine, type Inbound, textOf, type View } from "../../src/engine/index.ts";
import type { Identity } from "../../src/shop/customers/customer.ts";
import { CatalogSearch } from "../../src/shop/search/search.ts";
import { capabilities } from "../engine/harness.ts";
import type { World } from "../shop/orders/world.ts";

/** A platform that keeps what it is given. */
class Platform implements Adapter {
  readonly name: string;
  readonly title: string;
  readonly can: Capabilities;
  readonly sent: { to: Address; view: View }[] = [];
  constructor(name: string, title: string, can: Partial<Capabilities>) {
    this.name = name;
    this.title = title;
    this.can = { ...capabilities, picksMax: 10, ...can };
  }
  async start() {}
  async stop() {}
  async send(to: Address, { view }: Delivery) {
    this.sent.push({ to, view });
    return { message: String(this.sent.length) };
  }
  async edit(to: Address, { view, replaces }: Change) {
    const standing = this.sent[Number(replaces) - 1];
    if (standing === undefined || destinationOf(standing.to) !== destinationOf(to)) return false;
    standing.view = view;
    return true;
  }
}

/** The shop's own conversations on two platforms, on the store and clock of a `World`. */
export class Chat {
  readonly platforms: readonly Platform[];
  readonly engine: Engine;
  /** Keys of news that was told across platforms. */
  readonly told: string[] = [];
  /** Errors that became a sentence, in their order. */
  readonly refusals: Error[] = [];

  /** @param can what its platforms can, other than the harness's */
  constructor(world: World, can: Partial<Capabilities> = {}) {
    this.platforms = [new Platform("north", "North", can), new Platform("south", "South", can)];
    const chatOf = (identity: Identity) => directAddress(identity, identity.user);
    const forgetChats = async (identities: readonly Identity[]) => {
      for (const identity of identities) await this.engine.forget(chatOf(identity));
    };
    world.commerce.onErase(forgetChats);
    this.engine = new Engine({
      router: shopRouter({
        commerce: world.commerce,
        search: new CatalogSearch({ now: () => world.clock.now().getTime() }),
        publicUrl: "https://shop.example",
        shopOf: () => world.shop,
        platformTitle: (name) => this.platforms.find((one) => one.name === name)?.title ?? name,
        tell: async (to, id, name, data) => {
          this.told.push(id);
          await this.engine.signal(chatOf(to), id, name, data);
        },
        tellCards: (...about) => this.engine.signalCards(...about),
        refused: (error) => void this.refusals.push(error),
        forgetChats,
      }),
      adapters: this.platforms,
      secret: "a secret of the shop",
      log: pino({ level: "silent" }),
      media: async () => null,
      keepMedia: async () => "",
      now: world.clock.now,
    });
  }

  person(platform: "north" | "south", user: string, locale = "en"): Person {
    const found = this.platforms.find(({ name }) => name === platform);
    if (!found) throw new Error(`no platform ${platform}`);
    return new Person(this, found, user, locale);
  }
}

/** Somebody in their own chat with the shop. */
export class Person {
  readonly #chat: Chat;
  readonly #platform: Platform;
  readonly #locale: string;
  readonly identity: Identity;

  constructor(chat: Chat, platform: Platform, user: string, locale: string) {
    this.#locale = locale;
    this.#chat = chat;
    this.#platform = platform;
    this.identity = { platform: platform.name, connection: "1", user };
  }

  async #does(body: Inbound["body"]): Promise<void> {
    const { user } = this.identity;
    await this.#chat.engine.accept({
      id: randomUUID(),
      address: directAddress(this.identity, user),
      sender: { id: user, locale: this.#locale },
      at: new Date(),
      body,
    });
    await this.#chat.engine.idle();
  }

  /** Writes a message; commands start with "/". */
  says(text: string): Promise<void> {
    const command = /^\/(\w+)(?:\s+(.*))?$/s.exec(text);
    return this.#does(
      command ? { kind: "command", name: command[1] ?? "", rest: command[2] ?? "" } : { kind: "text", text },
    );
  }

  /** Presses the newest button, or option of a pick, of this label. */
  presses(label: string | RegExp): Promise<void> {
    const tokens: { label: string; token: string }[] = [];
    for (const { cards, controls } of this.views())
      for (const control of [...cards.flatMap((card) => card.controls ?? []), ...controls]) {
        if (control.kind === "button") tokens.push(control);
        if (control.kind === "pick") tokens.push(...control.options);
      }
    const fits = (one: string) => (typeof label === "string" ? one === label : label.test(one));
    const token = tokens.findLast((one) => fits(one.label))?.token;
    if (token === undefined) throw new Error(`No button ${label} in:\n${this.transcript()}`);
    return this.#does({ kind: "press", token });
  }

  /** What was sent to them, oldest first. */
  views(): View[] {
    return this.#platform.sent
      .filter(({ to }) => destinationOf(to) === this.identity.user)
      .map(({ view }) => view);
  }

  /** The text of the newest message, and of what was said `back` messages before it. */
  last(back = 0): string {
    const view = this.views().at(-1 - back);
    return view === undefined ? "" : textOf(viewText(view));
  }

  transcript(): string {
    return this.views()
      .map((view) => textOf(viewText(view)))
      .join("\n---\n");
  }
}
