import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Db, type Document, MongoClient } from "mongodb";
import { openGate, type Step, type StoreGate } from "../doubles/store-gate.ts";
import { type StripeDouble, startStripe } from "../doubles/stripe.ts";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import type { Child, Children } from "./child.ts";
import { FastClock } from "./child-clock.ts";
import { type CallGate, type HttpCall, openCallGate } from "./crash-calls.ts";

/** A place where the shop's process was killed. */
export interface Kill {
  readonly point: string;
  /** Calls to Telegram that had taken effect by then. */
  readonly calls: number;
  /** By chat: calls to Telegram that were settled in the store by then. What lies between may be sent again. */
  readonly settled: ReadonlyMap<number, number>;
}

/** Names each moment at which the shop's process is seen from outside; answers whether it dies there. */
export type Reaper = (point: string) => boolean;

/** Longer than the leases of conversations and orders, so that what a dead process had in hand is free for the next. */
const LEASES_MS = 31_000;
const PATIENCE_MS = 60_000;
/** Holds of half an hour outlast what people do on a busy machine; sweeps come several times a second. */
const SPEED = 4;

/** Everything of one database: the shop's process, which may die, and all that outlives it. */
export class CrashWorld {
  readonly clock = new FastClock(SPEED);
  readonly kills: Kill[] = [];
  /** Asked at every point; nothing dies while it is undefined. */
  reaper: Reaper | undefined;
  /** The shop's processes that ended by themselves, with what they printed. */
  readonly crashes: string[] = [];
  readonly #children: Children;
  readonly #database: FreshDatabase;
  readonly #client: MongoClient;
  readonly #dataDir: string;
  readonly #secret = randomBytes(32).toString("hex");
  readonly #webhooks: boolean;
  readonly #settled = new Map<number, number>();
  #telegram!: TelegramDouble;
  #stripe!: StripeDouble;
  #store!: StoreGate;
  #merchantStore!: StoreGate;
  #toTelegram!: CallGate;
  #toStripe!: CallGate;
  #toShop!: CallGate;
  #shop: Child | undefined;
  #merchant: Child | undefined;
  #target: string | undefined;
  #starting: Promise<void> = Promise.resolve();
  #posted = 0;
  #posting: Promise<void> | undefined;
  #closed = false;

  private constructor(
    children: Children,
    database: FreshDatabase,
    client: MongoClient,
    dataDir: string,
    webhooks: boolean,
  ) {
    this.#children = children;
    this.#database = database;
    this.#client = client;
    this.#dataDir = dataDir;
    this.#webhooks = webhooks;
  }

  /** Opens a world without a shop; `webhooks` says how updates of Telegram come. */
  static async open(children: Children, webhooks = true): Promise<CrashWorld> {
    const database = await freshDatabase();
    const client = await MongoClient.connect(database.url);
    const world = new CrashWorld(
      children,
      database,
      client,
      await mkdtemp(join(tmpdir(), "hawker-crash-")),
      webhooks,
    );
    await world.#build();
    return world;
  }

  async #build(): Promise<void> {
    this.#telegram = await telegramDouble();
    this.#toShop = await openCallGate(() => this.#target);
    this.#stripe = await startStripe({
      webhook: () => `${this.#toShop.url}/webhooks/stripe`,
      now: this.clock.now,
    });
    // The post is this world's own, since the double does not deliver again.
    this.#stripe.delivery = "never";
    this.#store = await openGate(this.#database.url, async (step, moment) => {
      const name = idle(step) ? undefined : `store: ${step.name}, ${moment}`;
      const calls = this.#telegram.calls.length;
      if (name !== undefined && (await this.#dies(name))) return "drop";
      if (moment === "before") settles.set(step, calls);
      else this.#noteSettled(step, settles.get(step) ?? 0);
      return undefined;
    });
    const settles = new WeakMap<Step, number>();
    this.#merchantStore = await openGate(this.#database.url, async (step, moment) =>
      (await this.#dies(`merchant: ${step.name}, ${moment}`, this.#merchant)) ? "drop" : undefined,
    );
    const calls = async (to: string, nameOf: (call: HttpCall) => string | undefined) => {
      const target = to === "telegram" ? this.#telegram.url : this.#stripe.url;
      const gate = await openCallGate(() => target);
      gate.watch = async (call, moment) => {
        const name = nameOf(call);
        const dies = name !== undefined && (await this.#dies(`${to}: ${name}, ${moment}`));
        // The shop's own calls have events of their own.
        if (to === "stripe" && moment === "after") this.#post();
        return dies ? "drop" : undefined;
      };
      return gate;
    };
    this.#toTelegram = await calls("telegram", ({ path }) => {
      const method = path.split("/").at(-1);
      return method === "getUpdates" ? undefined : method;
    });
    this.#toStripe = await calls("stripe", ({ method, path }) =>
      `${method} ${path.split("?")[0]}`.replace(/\b(?:cs|pi)_\w+/, "ID"),
    );
    // Whether it was acknowledged is all that counts: before, the delivery has not reached it.
    this.#toShop.watch = async (call, moment) =>
      moment === "after" && (await this.#dies(`${call.method} ${call.path}, answered`)) ? "drop" : undefined;
  }

  get telegram(): TelegramDouble {
    return this.#telegram;
  }
  get stripe(): StripeDouble {
    return this.#stripe;
  }
  get db(): Db {
    return this.#client.db();
  }

  /** Puts as many units more of everything into the stock. */
  async restock(units: number): Promise<void> {
    await this.db.collection("stocks").updateMany(all, { $inc: { available: units, adjustments: units } });
  }

  /** Starts the shop. Resolves when it is up, however often it dies on the way. */
  async start(): Promise<void> {
    this.#starting = this.#starting.then(() => this.#run());
    await this.up();
  }

  /** Resolves when the shop runs. */
  async up(): Promise<void> {
    while (this.#target === undefined) {
      await this.#starting;
      if (this.crashes.length > 0) throw new Error(`The shop ended by itself:\n${this.crashes.join("\n")}`);
    }
  }

  async #run(): Promise<void> {
    if (this.#closed) return;
    const child = await this.#children.take();
    this.#shop = child;
    child.told({
      do: "shop",
      env: {
        PORT: "1",
        HOST: "127.0.0.1",
        DATA_DIR: this.#dataDir,
        MONGODB_URL: this.#store.url,
        HAWKER_SECRET: this.#secret,
        LOG_LEVEL: "warn",
        TELEGRAM_BOT_TOKEN: this.#telegram.token,
        TELEGRAM_API_ROOT: this.#toTelegram.url,
        STRIPE_SECRET_KEY: this.#stripe.secretKey,
        STRIPE_WEBHOOK_SECRET: this.#stripe.webhookSecret,
        STRIPE_API_ROOT: this.#toStripe.url,
      },
      publicUrl: this.#toShop.url,
      ...(this.#webhooks && { webhookSecret: "a_secret_that_only_telegram_knows" }),
      clock: this.clock.setting,
    });
    const word = await child.hears("up");
    if (child !== this.#shop) return;
    if (word?.is === "up") this.#target = word.url;
    else if (!this.#closed) this.crashes.push(child.printed);
  }

  /** Puts the clock forward, for everybody. */
  forward(ms: number): void {
    this.clock.forward(ms);
    this.#shop?.told({ do: "clock", clock: this.clock.setting });
  }

  /** Kills the shop where it stands and starts it again, when all leases of the dead are over. */
  async kill(point: string): Promise<void> {
    const child = this.#shop;
    if (child === undefined || this.#closed) return;
    this.#shop = undefined;
    this.#target = undefined;
    await child.kill();
    this.kills.push({ point, calls: this.#telegram.calls.length, settled: new Map(this.#settled) });
    this.clock.forward(LEASES_MS);
    this.#starting = this.#starting.then(() => this.#run());
  }

  async #dies(point: string, other?: Child): Promise<boolean> {
    if (this.reaper?.(point) !== true) return false;
    if (other === undefined) await this.kill(point);
    else await other.kill();
    return true;
  }

  /** Runs a command of the merchant beside the shop; one that was killed is given again. */
  async merchant(...args: string[]): Promise<string> {
    for (;;) {
      const child = await this.#children.take();
      this.#merchant = child;
      child.told({ do: "merchant", storeUrl: this.#merchantStore.url, args, clock: this.clock.setting });
      const word = await child.hears("done");
      await child.exited;
      if (word?.is === "done") return word.printed;
      if (child.printed !== "") throw new Error(`The merchant's command failed:\n${child.printed}`);
    }
  }

  /** Delivers Stripe's events in their order, each until it is taken, and once more if the shop died meanwhile. */
  #post(): void {
    this.#posting ??= this.#deliverAll().finally(() => {
      this.#posting = undefined;
    });
  }

  async #deliverAll(): Promise<void> {
    for (let event = this.stripe.events[this.#posted]; event && !this.#closed; ) {
      const before = this.kills.length;
      const status = await this.stripe.deliver(event).catch(() => 0);
      const taken = status >= 200 && status < 300;
      if (!taken || this.kills.length > before) await pause(10);
      else event = this.stripe.events[++this.#posted];
    }
  }

  /** Waits until nothing is left to do for one person on Telegram, while others go on. */
  async quietFor(chat: number): Promise<void> {
    const patience = performance.now() + PATIENCE_MS;
    for (let calm = 0; calm < 2; ) {
      const left = await this.#leftFor(chat);
      calm = left.length === 0 ? calm + 1 : 0;
      if (this.crashes.length > 0) throw new Error(`The shop ended by itself:\n${this.crashes.join("\n")}`);
      if (performance.now() > patience) throw new Error(await this.#unrest());
      if (calm < 2) await pause(10);
    }
  }

  async #leftFor(chat: number): Promise<string[]> {
    this.#post();
    if (this.stripe.events.length > this.#posted) return ["an event of Stripe"];
    const waits = this.telegram.unconfirmed.some((update) =>
      JSON.stringify(update).includes(`"id":${chat},`),
    );
    if (waits) return ["an update of Telegram"];
    return leftToDo(this.db, this.clock.now(), chat);
  }

  /** Whether everybody has been heard and nothing is left to do: in the mailboxes, in the orders, in the journals. */
  async isQuiet(): Promise<boolean> {
    if (this.#target === undefined) return false;
    this.#post();
    if (this.telegram.unconfirmed.length > 0 || this.stripe.events.length > this.#posted) return false;
    return (await leftToDo(this.db, this.clock.now())).length === 0;
  }

  /** Waits until it is quiet, twice over: work that passes from an order to a mailbox is seen in one of them. */
  async quiet(): Promise<void> {
    const patience = performance.now() + PATIENCE_MS;
    for (let calm = 0; calm < 2; ) {
      calm = (await this.isQuiet()) ? calm + 1 : 0;
      if (this.crashes.length > 0) throw new Error(`The shop ended by itself:\n${this.crashes.join("\n")}`);
      if (performance.now() > patience) throw new Error(await this.#unrest());
      if (calm < 2) await pause(5);
    }
  }

  async #unrest(): Promise<string> {
    const left = await leftToDo(this.db, this.clock.now());
    const printed = this.#shop?.printed ?? "";
    return [
      "It does not become quiet.",
      `up: ${this.#target !== undefined}; updates: ${this.telegram.unconfirmed.length}; events: ${this.stripe.events.length - this.#posted}`,
      ...left,
      printed.slice(-4000),
    ].join("\n");
  }

  /** What a settling write let go of in the store: what was sent before it is never sent again. */
  #noteSettled({ collection, body }: Step, calls: number): void {
    if (collection !== "conversations") return;
    for (const { filter, update } of writesOf(body)) {
      const chat = Number(String(filter._id).split("/").at(-1));
      if (update?.$pull?.outbox !== undefined) this.#settled.set(chat, calls);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.reaper = undefined;
    this.#target = undefined;
    await this.#starting.catch(() => undefined);
    await this.#shop?.kill();
    await this.telegram.close();
    await this.#toTelegram.close();
    await this.#toStripe.close();
    await this.#toShop.close();
    await this.#posting;
    await this.stripe.close();
    await this.#store.close();
    await this.#merchantStore.close();
    await this.#client.close();
    await this.#database.drop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

/** The writes to single documents in a command. */
function writesOf(body: Document): { filter: Document; update: Document | undefined }[] {
  if (body.findAndModify !== undefined) return [{ filter: body.query, update: body.update }];
  return (body.updates ?? []).map(({ q, u }: Document) => ({ filter: q, update: u }));
}

/** Looking whether anything is due, many times a second: to die there is to die while nothing happens. */
function idle({ command, collection, body }: Step): boolean {
  const filter: Document = body.filter ?? body.query ?? {};
  if (command === "find" && collection === "orders")
    return filter.attendAt !== undefined || filter["payment.reconcileAt"] !== undefined;
  if (command === "find" && collection === "paymentevents") return filter.appliedAt === null;
  if (command === "find" && collection === "conversations") return filter.due !== undefined;
  if (command === "find" && collection === "customers") return filter.eraseAt !== undefined;
  if (command === "delete") return collection === "paymentevents" || collection === "jobs";
  return command === "findAndModify" && collection === "jobs";
}

/** Finds every document whose id is a text, by the index of ids: the store may refuse to read without one. */
export const all = { _id: { $gte: "" } } as Document;

/** What is left to do in a store, for everybody or for one person on Telegram, in words; nothing where all has come to its end. */
export async function leftToDo(db: Db, now: Date, chat?: number): Promise<string[]> {
  const one = chat !== undefined;
  const mine = one && {
    customer: {
      $in: (
        await db
          .collection("customers")
          .find({ ...all, "identities.user": String(chat) })
          .toArray()
      ).map(({ _id }) => _id),
    },
  };
  const mailboxes = await db
    .collection("conversations")
    .find({
      ...all,
      $or: [{ "inbox.0": { $exists: true } }, { "outbox.0": { $exists: true } }, { owner: { $ne: null } }],
    })
    .project({ inbox: 1, outbox: 1, owner: 1, due: 1 })
    .toArray();
  const orders = await db
    .collection("orders")
    .find({ ...all, ...mine, attendAt: { $ne: null } })
    .project({ number: 1, tasks: 1, notices: 1, attendAt: 1 })
    .toArray();
  const events = await db
    .collection("paymentevents")
    .find({ ...all, appliedAt: null })
    .toArray();
  const due = orders.filter(
    ({ tasks, notices, attendAt }) =>
      notices.length > 0 || tasks.some(({ at }: { at: Date }) => at <= now) || attendAt <= now,
  );
  const boxes = mailboxes.filter(({ _id }) => !one || String(_id).endsWith(`/${chat}`));
  return [...boxes, ...due, ...(one ? [] : events)].map((one) => JSON.stringify(one).slice(0, 400));
}
