import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import mongoose from "mongoose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { newId } from "../../src/shop/core/ids.ts";
import { type Stock, StockModel, setStock } from "../../src/shop/inventory/stock.ts";
import { sealAddress } from "../../src/shop/orders/checkout/order-address.ts";
import { OPEN_HOLDS_MAX } from "../../src/shop/orders/checkout/place-order.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { times } from "../setup/long.ts";
import { address, anyCustomer, expectStockConserved, World } from "../shop/orders/world.ts";

const answers = z.array(
  z.object({
    id: z.string(),
    state: z.string().optional(),
    code: z.string().optional(),
    available: z.number().optional(),
  }),
);
type Answers = z.infer<typeof answers>;

/** A process of the shop of its own; see races-process.ts. */
class Process {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(url: string) {
    this.#child = spawn(process.execPath, ["--import", "tsx", "test/fire/races-process.ts", url], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async #line(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the process has ended");
    return JSON.parse(value);
  }

  async ready(): Promise<void> {
    expect(await this.#line()).toBe("ready");
  }

  async places(ids: readonly string[]): Promise<Answers> {
    this.#child.stdin.write(`${JSON.stringify(ids)}\n`);
    return answers.parse(await this.#line());
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.stdin.end();
    await gone;
  }
}

let database: FreshDatabase;
let processes: Process[];
beforeAll(async () => {
  useSecret("a secret that only tests know");
  database = await freshDatabase();
  await connect(database.url);
  await ensureIndexes();
  processes = [new Process(database.url), new Process(database.url)];
  await Promise.all(processes.map((one) => one.ready()));
});
afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  await disconnect();
  await database.drop();
});

let world: World;
let draft: Order;
beforeEach(async () => {
  for (const name of mongoose.modelNames()) await mongoose.model(name).deleteMany({});
  world = await World.create();
  draft = await world.draft({ MUG: 1 });
});

/** Drafts like that of the world, each of a customer of its own or all of one. */
async function drafts(
  count: number,
  quantity: (index: number) => number,
  customer?: string,
): Promise<Order[]> {
  const [line] = draft.lines;
  const made = Array.from({ length: count }, (_, index): Order => {
    const _id = newId("o");
    const pieces = quantity(index);
    return {
      ...draft,
      _id,
      key: `key-${index}`,
      number: `H-${index}`,
      customer: customer ?? `customer-${index}`,
      lines: [{ ...line!, quantity: pieces }],
      subtotal: line!.unitPrice * pieces,
      total: line!.unitPrice * pieces + (draft.shipping?.price ?? 0),
      address: sealAddress(_id, address),
    };
  });
  await OrderModel.create(made);
  return made;
}

/** Places the drafts at the same time, every second one in the other process. */
async function raced(orders: readonly Order[]): Promise<Answers> {
  const shares = processes.map((_, share) => orders.filter((_, index) => index % 2 === share));
  const all = await Promise.all(
    processes.map((one, at) => one.places((shares[at] ?? []).map(({ _id }) => _id))),
  );
  return all.flat();
}

const stock = async (): Promise<Stock> => {
  const found = await StockModel.findById(`${world.shop}/MUG`).lean<Stock>();
  if (found === null) throw new Error("there is no stock");
  return found;
};

describe("two hundred buyers in two processes", () => {
  describe.each(Array.from({ length: times(1, 5) }, (_, round) => round + 1))("(round %i)", () => {
    test.each([1, 7, 50])(
      "share %i units: each is sold once, and every loser is told how many are left",
      async (units) => {
        await setStock(world.shop, "MUG", units);
        const orders = await drafts(200, () => 1);
        const told = await raced(orders);
        expect(told.filter(({ state }) => state === "awaiting_payment")).toHaveLength(units);
        const losers = told.filter(({ state }) => state === undefined);
        expect(losers).toHaveLength(200 - units);
        expect(new Set(losers.map(({ code, available }) => `${code} ${available}`))).toEqual(
          new Set(["OUT_OF_STOCK 0"]),
        );
        const { available, holds } = await stock();
        expect([available, holds.length]).toEqual([0, units]);
        const winners = new Set(told.filter(({ state }) => state !== undefined).map(({ id }) => id));
        expect(new Set(holds.map(({ order }) => order))).toEqual(winners);
        expect((await OrderModel.find().lean()).filter(({ state }) => state === "cancelled").length).toBe(
          200 - units,
        );
        // Who has lost holds nothing of what comes in later.
        await setStock(world.shop, "MUG", 200);
        const lost = new Set(losers.map(({ id }) => id));
        const again = await raced(orders.filter(({ _id }) => lost.has(_id)));
        expect(new Set(again.map(({ code }) => code))).toEqual(new Set(["ILLEGAL_TRANSITION"]));
        expect((await stock()).holds).toHaveLength(units);
        await expectStockConserved();
      },
    );
  });

  test("who want one to three pieces each leave less than any loser wanted", async () => {
    await setStock(world.shop, "MUG", 50);
    const orders = await drafts(200, (index) => 1 + (index % 3));
    const wanted = new Map(orders.map(({ _id, lines }) => [_id, lines[0]?.quantity ?? 0]));
    const told = await raced(orders);
    const { available, holds } = await stock();
    const held = holds.reduce((sum, { quantity }) => sum + quantity, 0);
    expect(held + available).toBe(50);
    expect(held).toBe(
      told.filter(({ state }) => state !== undefined).reduce((sum, { id }) => sum + (wanted.get(id) ?? 0), 0),
    );
    for (const { id, available: left } of told.filter(({ code }) => code === "OUT_OF_STOCK"))
      expect(left).toBeLessThan(wanted.get(id) ?? 0);
    await expectStockConserved();
  });
});

test("one buyer with forty orders in two processes holds stock for five at most, each pressed twice", async () => {
  await setStock(world.shop, "MUG", 100);
  const customer = await anyCustomer(world.shop);
  const orders = await drafts(40, () => 1, customer);
  const told = await Promise.all(
    [...processes, ...processes].map((one) => one.places(orders.map(({ _id }) => _id))),
  );
  const waiting = (await OrderModel.find().lean()).filter(
    (order) => order.customer === customer && order.state === "awaiting_payment",
  ).length;
  expect(waiting).toBeLessThanOrEqual(OPEN_HOLDS_MAX);
  const { holds } = await stock();
  expect(holds).toHaveLength(waiting);
  const codes = new Set(told.flat().map(({ code }) => code));
  codes.delete(undefined);
  expect(
    [...codes].filter((code) => code !== "TOO_MANY_OPEN_ORDERS" && code !== "ILLEGAL_TRANSITION"),
  ).toEqual([]);
  await expectStockConserved();
});
