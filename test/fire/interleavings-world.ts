import { MongoClient } from "mongodb";
import mongoose from "mongoose";
import { afterAll, beforeAll, expect } from "vitest";
import type { Commerce } from "../../src/shop/commerce.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import { openGate, type StoreGate } from "../doubles/store-gate.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { expectLegalHistory, expectStockConserved, MINUTE, World } from "../shop/orders/world.ts";

/** A database whose every command passes a gate, and a way past it to set the scene. */
export interface GatedStore {
  readonly gate: StoreGate;
  /** What the store holds now, to be put back any number of times. */
  picture(): Promise<() => Promise<void>>;
}

/** Gives the file such a database. */
export function useGatedStore(): () => GatedStore {
  let database: FreshDatabase;
  let gate: StoreGate;
  let beside: MongoClient;
  beforeAll(async () => {
    useSecret("a secret that only tests know");
    database = await freshDatabase();
    gate = await openGate(database.url);
    beside = await MongoClient.connect(database.url);
    await connect(gate.url);
    await ensureIndexes();
  });
  afterAll(async () => {
    await disconnect();
    await beside.close();
    await gate.close();
    await database.drop();
  });
  return () => ({ gate, picture: () => picture(beside) });
}

async function picture(client: MongoClient): Promise<() => Promise<void>> {
  const names = mongoose.modelNames().map((name) => mongoose.model(name).collection.collectionName);
  const kept = await Promise.all(
    names.map(async (name) => ({ name, documents: await client.db().collection(name).find().toArray() })),
  );
  return async () => {
    await Promise.all(
      kept.map(async ({ name, documents }) => {
        await client.db().collection(name).deleteMany({});
        if (documents.length > 0) await client.db().collection(name).insertMany(documents);
      }),
    );
  };
}

/** One shop served by two processes, which share nothing but the store, the provider and the time. */
export interface TwoProcesses {
  readonly world: World;
  readonly left: Commerce;
  readonly right: Commerce;
}

/** The shop of `World` on an empty store. */
export async function freshWorld(): Promise<World> {
  for (const name of mongoose.modelNames()) await mongoose.model(name).deleteMany({});
  return World.create();
}

/** Two processes that serve a copy of this shop. */
export function twoProcesses(original: World): TwoProcesses {
  const world = original.copy();
  return { world, left: world.commerce, right: world.restart() };
}

/**
 * Lets everything come to its end, as it does in a shop that goes on running: a third process sweeps, the provider
 * sends all its events once more, and time passes. Then checks what is true of every shop at rest.
 */
export async function comeToRest({ world }: TwoProcesses): Promise<void> {
  world.restart();
  for (const delivery of world.provider.deliveries) await world.receive(delivery);
  for (let round = 0; round < 3; round += 1) {
    world.clock.advance(MINUTE);
    await world.commerce.sweep();
  }
  await expectStockConserved();
  for (const order of await OrderModel.find().lean<Order[]>()) expectSettled(world, order);
}

const owed = new Set<Order["state"]>(["paid", "packed", "shipped", "delivered", "completed"]);

/**
 * An order at rest: nothing is due, no news is left to tell, and what the provider kept of the shopper's money is the
 * order's total if the order counts as bought, and nothing otherwise.
 */
function expectSettled(world: World, order: Order): void {
  const due = order.tasks.filter(({ at }) => at <= world.clock.now()).map(({ name }) => name);
  expect(due, "tasks that are due").toEqual([]);
  expect(order.notices, "news nobody was told").toEqual([]);
  const sessions = world.provider.sessions.filter((session) => session.order === order._id);
  const captured = sessions.filter(({ payment }) => payment === "paid");
  const kept = captured.reduce((sum, { amount, refunded }) => sum + amount.amount - refunded, 0);
  const taken = captured.map(({ id }) => world.provider.taken(id));
  const lost = taken.reduce((sum, one) => sum + one.lost, 0);
  // The goods of an order that goes on stay the shopper's, whatever was given back elsewhere.
  const elsewhere = taken.reduce((sum, one) => sum + one.elsewhere, 0);
  expect(kept - lost, `money kept for an order that is ${order.state}`).toBe(
    owed.has(order.state) ? order.total - elsewhere - lost : 0,
  );
  if (order.state === "refunded") expect(captured, "refunded, though nobody paid").not.toEqual([]);
  expectLegalHistory(order);
}
