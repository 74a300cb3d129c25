import type { Document } from "mongodb";
import { expect } from "vitest";
import { type OrderState, transitions } from "../../src/shop/orders/order-machine.ts";
import type { ChatMessage } from "../doubles/telegram.ts";
import { all, type CrashWorld, leftToDo } from "./crash-world.ts";

const FULFILLED: readonly OrderState[] = ["paid", "packed", "shipped", "delivered", "completed"];

/**
 * Holds a quiet world to what the shop promises (the numbers are those of the project's list of promises): 1 stock, 3
 * fulfilled or refunded, 4 and 9 once each, 5 and 13 the order's life, 7 and 15 nothing lost or left, 8 refunds.
 */
export async function checkPromises(world: CrashWorld): Promise<void> {
  const orders = await world.db.collection("orders").find(all).toArray();
  expect(world.crashes).toEqual([]);
  expect(await leftToDo(world.db, world.clock.now())).toEqual([]);
  await checkStock(world, orders);
  for (const order of orders) checkLife(order);
  checkMoney(world, orders);
  await checkMailboxes(world);
  await checkJournals(world);
}

/** 1: what is free, held and sold is what was put in, and is what the orders say. */
async function checkStock(world: CrashWorld, orders: readonly Document[]): Promise<void> {
  const units = (of: readonly Document[], sku: string): number =>
    of
      .flatMap(({ lines }) => lines)
      .filter((line: Document) => line.sku === sku)
      .reduce((sum: number, { quantity }: Document) => sum + quantity, 0);
  for (const stock of await world.db.collection("stocks").find(all).toArray()) {
    const { sku, available, holds, sold, adjustments } = stock;
    const held = holds.reduce((sum: number, { quantity }: Document) => sum + quantity, 0);
    expect(available, sku).toBeGreaterThanOrEqual(0);
    expect(available + held + sold, sku).toBe(adjustments);
    expect(sold, `${sku} sold`).toBe(
      units(
        orders.filter(({ state }) => FULFILLED.includes(state)),
        sku,
      ),
    );
    expect(held, `${sku} held`).toBe(
      units(
        orders.filter(({ holdUntil, payment }) => holdUntil !== null && payment?.status !== "paid"),
        sku,
      ),
    );
  }
}

/** 5 and 13: every step of an order is an edge of its state machine, and none is taken twice. */
function checkLife({ number, history, state, tasks, notices }: Document): void {
  const states: OrderState[] = history.map((step: Document) => step.state);
  expect(states.at(-1), number).toBe(state);
  expect(new Set(states).size, `${number}: ${states.join(", ")}`).toBe(states.length);
  for (const [index, reached] of states.slice(1).entries()) {
    const from = states[index] ?? "draft";
    expect(Object.values(transitions[from]), `${number}: ${from} to ${reached}`).toContain(reached);
  }
  expect(notices, number).toEqual([]);
  const waiting = ["discard", "expire", "check", "invite", "complete"];
  expect(
    tasks.map(({ name }: Document) => name).filter((name: string) => !waiting.includes(name)),
    number,
  ).toEqual([]);
}

/** 3, 4, 8: each paid session is fulfilled or refunded, never both; one charge an order; no refund twice. */
function checkMoney({ stripe }: CrashWorld, orders: readonly Document[]): void {
  const byOrder = new Map(orders.map((order) => [order._id, order]));
  const kept = new Map<string, number>();
  for (const session of stripe.sessions()) {
    if (session.payment_status !== "paid") continue;
    const order = byOrder.get(String(session.metadata.order));
    const refunds = stripe.refunds.filter(({ payment_intent }) => payment_intent === session.payment_intent);
    const back = refunds.reduce((sum, { amount }) => sum + amount, 0);
    const about = `${order?.number} ${session.id}`;
    const fulfilled = FULFILLED.includes(order?.state) && order?.payment.session === session.id;
    expect(refunds.length, `${about}: refunds`).toBe(fulfilled ? 0 : 1);
    expect(back, `${about}: refunded`).toBe(fulfilled ? 0 : session.amount_total);
    if (fulfilled) kept.set(order?._id, (kept.get(order?._id) ?? 0) + 1);
  }
  for (const order of orders) {
    const paid = FULFILLED.includes(order.state);
    expect(kept.get(order._id) ?? 0, `${order.number}: charges of an order that is ${order.state}`).toBe(
      paid ? 1 : 0,
    );
  }
  // A session that nobody can be shown any more may not stay open.
  for (const session of stripe.sessions().filter(({ status }) => status === "open")) {
    const order = byOrder.get(String(session.metadata.order));
    expect(order?.state, `the order of the open ${session.id}`).toMatch(/draft|awaiting_payment/);
  }
}

/** 7, 9, 15: each delivery was handled by one turn, and nobody waits. */
async function checkMailboxes({ db, telegram }: CrashWorld): Promise<void> {
  expect(telegram.unconfirmed).toEqual([]);
  for (const one of await db.collection("conversations").find(all).toArray()) {
    const { inbox, outbox, owner, due, seen, heard, revision } = one;
    const _id = String(one._id);
    expect({ inbox, outbox, owner, due }, _id).toEqual({ inbox: [], outbox: [], owner: null, due: null });
    const ids = seen.map(({ id }: { id: string }) => id);
    expect(new Set(ids).size, `${_id}: repeated deliveries`).toBe(ids.length);
    // One commit a delivery that was taken; they are counted anew after 128.
    if (heard < 128) expect(revision, `${_id}: turns`).toBe(heard);
  }
}

async function checkJournals({ db }: CrashWorld): Promise<void> {
  for (const journal of ["importundos"]) {
    expect(await db.collection(journal).countDocuments(all), journal).toBe(0);
  }
}

/** What a person sees of a message, without the numbers, which differ from order to order. */
const shown = ({ text, caption, keyboard }: ChatMessage): string =>
  `${text ?? caption ?? ""} ${keyboard
    .flat()
    .map((button) => `[${button.text}]`)
    .join("")}`
    .replaceAll(/\d+/g, "#")
    .replaceAll("reviews)", "review)");

/** What the bot has said in a chat after the message of this id, as it stands there now. */
export const saidIn = ({ telegram }: CrashWorld, chat: number, after = 0): string[] =>
  telegram
    .messages(chat)
    .filter(({ from, id }) => from === "bot" && id > after)
    .map(shown);

const SENDS = /^send(?:Message|Photo|Document)$/;

/**
 * How many messages the kills since `from` may have doubled in a chat: those that were sent, and not yet known to be.
 * Telegram takes no nonce (see docs/architecture.md).
 */
export function mayBeDoubled({ kills, telegram }: CrashWorld, chat: number, from = 0): number {
  return kills.slice(from).reduce((sum, { calls, settled }) => {
    const since = telegram.calls.slice(settled.get(chat) ?? 0, calls);
    const sent = since.filter(
      ({ method, status, payload }) =>
        SENDS.test(method) && status === 200 && Number(payload.chat_id) === chat,
    );
    return sum + sent.length;
  }, 0);
}

/** Each in `one` that is not in `other`, counted. */
export function missingFrom(one: readonly string[], other: readonly string[]): string[] {
  const left = [...one];
  return other.filter((text) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** What a customer is told when their order comes to a state. */
const NEWS: Readonly<Partial<Record<OrderState, RegExp>>> = {
  paid: /is paid/,
  shipped: /is on its way with/,
  delivered: /was delivered/,
  expired: /was not paid in time/,
  cancelled: /is cancelled|did not go through/,
  refunded: /is on its way back to you/,
};

/** 4 and 7: the customer in a chat was told of each turn of their orders, and once, but for what may be doubled. */
export async function checkNews(world: CrashWorld, chat: number): Promise<void> {
  const orders = await ordersOf(world, chat);
  // As they were sent: a message whose button is pressed becomes what was asked for.
  const told = world.telegram
    .callsOf("sendMessage")
    .filter(({ payload, status }) => status === 200 && Number(payload.chat_id) === chat)
    .map(({ payload }) => String(payload.text));
  let again = 0;
  for (const { number, history } of orders) {
    for (const { state } of history as { state: OrderState }[]) {
      const news = NEWS[state];
      if (news === undefined) continue;
      const times = told.filter((text) => text.includes(`${number} `) && news.test(text)).length;
      expect(times, `${number}: news of ${state}`).toBeGreaterThanOrEqual(1);
      again += times - 1;
    }
  }
  expect(again, "news that came twice").toBeLessThanOrEqual(mayBeDoubled(world, chat));
}

/** The orders of the customer in a chat with the bot, the latest first. */
export async function ordersOf({ db }: CrashWorld, chat: number): Promise<Document[]> {
  const customers = await db
    .collection("customers")
    .find({ ...all, "identities.user": String(chat) })
    .toArray();
  return db
    .collection("orders")
    .find({ ...all, customer: { $in: customers.map(({ _id }) => _id) } })
    .sort({ createdAt: -1 })
    .toArray();
}
