import { beforeEach, describe, expect, test } from "vitest";
import { runShopCommand } from "../../../../src/cli/shop.ts";
import { listOpenOrders } from "../../../../src/shop/orders/find-order.ts";
import type { Order } from "../../../../src/shop/orders/order.ts";
import { OrderModel } from "../../../../src/shop/orders/order-model.ts";
import { PaymentError } from "../../../../src/shop/orders/payments/payment.ts";
import { RECONCILE_LEAST_MS } from "../../../../src/shop/orders/payments/reconcile-pace.ts";
import { dieAnywhere, everywhere, killedAfter } from "../../dying.ts";
import { HOUR, MINUTE, useStore, World } from "../world.ts";

useStore();
dieAnywhere();

let world: World;
beforeEach(async () => {
  world = await World.create();
});

const refusal = new PaymentError("refused", "Refunds of this kind of payment are not possible.", {
  reason: "refund_not_supported",
  fault: "merchant",
});
const refunds = () => world.provider.calls.filter((call) => call === "refund").length;
async function hoursPass(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) {
    world.clock.advance(HOUR);
    await world.commerce.sweep();
  }
}

describe("the refund of a second payment that the provider refuses for good", () => {
  async function refused(): Promise<Order> {
    const order = await world.paid();
    world.provider.refusesRefunds = refusal;
    await world.paidTwice(order);
    await hoursPass(48);
    return order;
  }

  test("is tried once, told once, and waits for the merchant, while the order goes on", async () => {
    const order = await refused();
    expect(refunds()).toBe(1);
    expect(world.errors.map((error) => (error as Error).cause)).toEqual([refusal]);
    expect(world.told(order)).toEqual(["order.paid", "order.quarantined"]);
    expect(await world.order(order)).toMatchObject({
      state: "paid",
      strays: [{ refused: true }],
      attendAt: null,
    });
    expect(await runShopCommand(["list", "--shop", world.shop], world.clock.now())).toContain(
      "!stray-refused",
    );
  });

  test("is tried once more when the merchant says so", async () => {
    const order = await refused();
    world.provider.refusesRefunds = undefined;
    const say = ["resolve", order.number, "--refund", "--shop", world.shop];
    for (let time = 0; time < 2; time += 1) await runShopCommand(say, world.clock.now());
    await world.commerce.sweep();
    expect(refunds()).toBe(2);
    const [stray] = (await world.order(order)).strays;
    expect(stray).toMatchObject({ refund: expect.any(String), refundsFailed: 1 });
    expect(stray?.refused).toBeUndefined();
  });

  test("is told once more where it is refused once more", async () => {
    const order = await refused();
    await world.commerce.resolveQuarantine(order, "refund");
    await hoursPass(3);
    expect(refunds()).toBe(2);
    expect(world.told(order)).toEqual(["order.paid", "order.quarantined", "order.quarantined"]);
  });

  test("may be said to have been made elsewhere", async () => {
    const order = await refused();
    await world.commerce.resolveQuarantine(order, "accept");
    await hoursPass(3);
    expect(refunds()).toBe(1);
    const [stray] = (await world.order(order)).strays;
    expect(stray).toMatchObject({ refund: "elsewhere" });
    expect(stray?.refused).toBeUndefined();
  });

  test("is listed also where its order has ended", async () => {
    const order = await refused();
    await OrderModel.updateOne({ _id: order._id }, { $set: { state: "completed" } });
    expect((await listOpenOrders(world.shop)).orders.map(({ _id }) => _id)).toEqual([order._id]);
  });
});

test("what became of one second payment is written whatever becomes of another", async () => {
  const order = await world.paid();
  world.provider.breakOnce("refund", "before");
  const first = await world.paidTwice(order);
  world.provider.disputes(first, "open");
  await world.paidTwice(order, 300, "a third");
  const refunded = async () => (await world.order(order)).strays.map(({ refund }) => refund !== undefined);
  expect(await refunded()).toEqual([false, true]);
  world.provider.disputes(first, "won");
  await hoursPass(3);
  expect(await refunded()).toEqual([true, true]);
  expect(world.told(order)).toEqual(["order.paid"]);
});

test("what the merchant gave back by hand at the provider counts as given back", async () => {
  const order = await world.paid();
  world.provider.breakOnce("refund", "before");
  const session = await world.paidTwice(order);
  world.provider.givesBack(session);
  await hoursPass(3);
  expect((await world.order(order)).strays).toMatchObject([{ refund: "elsewhere" }]);
  expect(world.told(order)).toEqual(["order.paid"]);
});

test("a second payment of an order that was never paid is asked after, also if an earlier version kept it", async () => {
  const order = await world.placed();
  const session = await world.paidTwice(order);
  await OrderModel.updateOne({ _id: order._id }, { $unset: { "payment.reconcileAt": 1 } });
  expect(await world.commerce.reconcileOlder()).toBe(1);
  const [{ refund = "" } = {}] = (await world.order(order)).strays;
  world.provider.refundFails(session, 500, refund);
  world.clock.advance(RECONCILE_LEAST_MS + MINUTE);
  await world.commerce.sweep();
  await hoursPass(2);
  expect((await world.order(order)).strays).toMatchObject([{ refundsFailed: 1 }]);
});

test("a process that dies at any write of a refusal has told it once when it was started again", async () => {
  const points = await everywhere(async (at) => {
    world = await World.create();
    const order = await world.paid();
    world.provider.refusesRefunds = refusal;
    const died = await killedAfter(at, [() => world.paidTwice(order)]);
    world.restart();
    // What it did not acknowledge is told again.
    for (const delivery of world.provider.deliveries) await world.receive(delivery);
    await hoursPass(3);
    expect((await world.order(order)).strays, `at ${at}`).toMatchObject([{ refused: true }]);
    expect(world.told(order), `at ${at}`).toEqual(["order.paid", "order.quarantined"]);
    return died;
  });
  expect(points).toBeGreaterThan(4);
});

test("a second refusal does not tell of the first once more", async () => {
  const order = await world.paid();
  world.provider.refusesRefunds = refusal;
  await world.paidTwice(order);
  await world.commerce.sweep();
  await world.paidTwice(order, 300, "a third");
  await hoursPass(3);
  const ids = world.notices.filter(({ name }) => name === "order.quarantined").map(({ id }) => id);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(2);
});
