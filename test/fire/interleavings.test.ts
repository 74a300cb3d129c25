import { describe, expect } from "vitest";
import { readCart } from "../../src/shop/cart/cart-view.ts";
import { StockModel, setStock } from "../../src/shop/inventory/stock.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { HOUR, MINUTE, sessionOf, type World } from "../shop/orders/world.ts";
import { type Act, codeOf, failed, type Scene, useMeetings } from "./interleavings-meeting.ts";
import { comeToRest } from "./interleavings-world.ts";

const meeting = useMeetings();

const waiting = (world: World) => world.placed({ MUG: 2 });
const overdue = async (world: World) => {
  const order = await world.placed({ MUG: 2 });
  world.clock.advance(HOUR);
  return order;
};
const bought = (world: World) => world.paid({ MUG: 2 });

/** The shopper pays, if the page still lets them, and the provider tells the shop. */
const pays: Act = async ({ world, left, order }) => {
  const { raw, headers } = world.provider.pay(sessionOf(order));
  await left.receiveEvent(world.provider, raw, headers);
};
/** So late that what the other has begun counts as left behind. */
const takesOver: Act = async ({ world, right }) => {
  world.clock.advance(MINUTE);
  await right.sweep();
};
const parcel = (tracking: string) => ({ carrier: "DHL", tracking });

const stockIs = async ({ world }: Scene, state: "sold" | "free") =>
  expect(await world.stock()).toEqual(
    state === "sold" ? { available: 8, held: 0, sold: 2 } : { available: 10, held: 0, sold: 0 },
  );
const toldOf = ({ world, order }: Scene) => world.told(order);

/** Bought, or ended with the money back where it was paid. */
async function boughtOrGivenBack(scene: Scene, unpaid: Order["state"]): Promise<void> {
  const { world, order } = scene;
  const paid = world.provider.state(sessionOf(order)).payment === "paid";
  if (!paid) expect(order.state).toBe(unpaid);
  else expect(["paid", "refunded"]).toContain(order.state);
  await stockIs(scene, order.state === "paid" ? "sold" : "free");
}

describe("a payment", () => {
  meeting(
    "and the end of its hold: paid, or expired",
    overdue,
    pays,
    ({ right }) => right.sweep(),
    async (scene) => {
      await boughtOrGivenBack(scene, "expired");
      // The session is closed before the order is: who could pay has bought.
      expect(toldOf(scene)).toEqual([scene.order.state === "paid" ? "order.paid" : "order.expired"]);
    },
  );

  meeting(
    "and the shopper's cancelling: paid and kept, paid and given back, or cancelled",
    waiting,
    pays,
    ({ right, order, world }) => right.cancelOrder(order, world.customer),
    async (scene) => boughtOrGivenBack(scene, "cancelled"),
  );

  meeting(
    "told by the webhook and by the landing page counts once",
    async (world) => {
      const order = await waiting(world);
      world.provider.pay(sessionOf(order));
      return order;
    },
    ({ world, left }) => {
      const { raw, headers } = world.provider.deliveries[0]!;
      return left.receiveEvent(world.provider, raw, headers);
    },
    ({ right, order }) => right.reconcile(order._id),
    async (scene) => {
      expect(scene.order.state).toBe("paid");
      expect(toldOf(scene)).toEqual(["order.paid"]);
      await stockIs(scene, "sold");
    },
  );

  meeting(
    "of a transfer that fails while its hour's check asks after it releases the units once",
    async (world) => {
      const order = await waiting(world);
      await world.receive(world.provider.promise(sessionOf(order)));
      world.clock.advance(HOUR);
      return order;
    },
    async ({ world, left, order }) => {
      const { raw, headers } = world.provider.settle(sessionOf(order), "failed");
      await left.receiveEvent(world.provider, raw, headers);
    },
    ({ right }) => right.sweep(),
    async (scene) => {
      expect(scene.order.state).toBe("cancelled");
      expect(toldOf(scene)).toEqual(["order.payment_failed"]);
      await stockIs(scene, "free");
    },
  );
});

describe("an order that is placed", () => {
  const drafted = (world: World) => world.draft({ MUG: 2 });
  const places: Act = ({ left, order }) => left.placeOrder(order);

  meeting(
    "by a press that came twice is one order with one session and one hold",
    drafted,
    places,
    ({ right, order }) => right.placeOrder(order),
    async ({ world, order }, ...outcomes) => {
      expect(order.state).toBe("awaiting_payment");
      expect(outcomes.map(failed)).toEqual([undefined, undefined]);
      expect(world.provider.sessions).toHaveLength(1);
      expect(await world.stock()).toEqual({ available: 8, held: 2, sold: 0 });
      expect((await readCart(world.shop, world.customer)).lines).toEqual([]);
    },
  );

  meeting(
    "while somebody cancels it holds its units or none",
    drafted,
    places,
    ({ right, order, world }) => right.cancelOrder(order, world.customer),
    async (scene) => {
      expect(scene.order.state).toBe("cancelled");
      expect(scene.world.provider.sessions.map(({ status }) => status)).not.toContain("complete");
      await stockIs(scene, "free");
    },
  );

  meeting(
    "while somebody cancels it holds its units or none, also where hundreds of others end before it goes on",
    drafted,
    places,
    async ({ right, order, world }) => {
      await right.cancelOrder(order, world.customer);
      // As much as that leaves of its mark: only the latest are remembered.
      await StockModel.updateMany({}, { $set: { settled: [] } });
    },
    async (scene) => {
      expect(scene.order.state).toBe("cancelled");
      await stockIs(scene, "free");
    },
  );

  meeting(
    "while somebody cancels it, others end and one thing sells out holds nothing of the rest",
    (world) => world.draft({ LAMP: 1, MUG: 2 }),
    places,
    async ({ right, order, world }) => {
      await right.cancelOrder(order, world.customer);
      await StockModel.updateMany({}, { $set: { settled: [] } });
      await setStock(world.shop, "MUG", 1);
    },
    async ({ world, order }) => {
      expect(order.state).toBe("cancelled");
      expect(await world.stock("LAMP")).toEqual({ available: 3, held: 0, sold: 0 });
      expect(await world.stock()).toEqual({ available: 1, held: 0, sold: 0 });
    },
  );

  meeting(
    "when its hold runs out at once holds its units or none",
    drafted,
    async (scene) => {
      const placed = scene.left.placeOrder(scene.order);
      return placed;
    },
    async ({ world, right }) => {
      world.clock.advance(31 * MINUTE);
      await right.sweep();
    },
    async (scene, placing) => {
      const { world, order } = scene;
      if (order.state === "expired") await stockIs(scene, "free");
      else {
        expect([order.state, codeOf(placing)]).toEqual(["awaiting_payment", undefined]);
        expect(await world.stock()).toMatchObject({ held: 2 });
      }
    },
  );
});

describe("an order that is bought", () => {
  meeting(
    "and cancelled twice is refunded once",
    bought,
    ({ left, order, world }) => left.cancelOrder(order, world.customer),
    ({ right, order }) => right.cancelOrder(order, "shop"),
    async (scene, ...outcomes) => {
      expect(outcomes.map(failed)).toEqual([undefined, undefined]);
      expect(scene.order.state).toBe("refunded");
      expect(toldOf(scene)).toEqual(["order.refunded"]);
      await stockIs(scene, "free");
    },
  );

  meeting(
    "is shipped, or cancelled and refunded",
    bought,
    ({ left, order }) => left.ship(order, parcel("1")),
    ({ right, order, world }) => right.cancelOrder(order, world.customer),
    async (scene, ...outcomes) => {
      const loser = scene.order.state === "shipped" ? 1 : 0;
      expect(["shipped", "refunded"]).toContain(scene.order.state);
      expect(outcomes.map(codeOf)[loser]).toBe("ILLEGAL_TRANSITION");
      expect(failed(outcomes[1 - loser]!)).toBeUndefined();
      await stockIs(scene, loser === 1 ? "sold" : "free");
    },
  );

  meeting(
    "and shipped by two merchants travels under the first number",
    bought,
    ({ left, order }) => left.ship(order, parcel("1"), "Ada"),
    ({ right, order }) => right.ship(order, parcel("2"), "Bob"),
    async (scene, ...outcomes) => {
      expect(outcomes.map(failed)).toEqual([undefined, undefined]);
      expect(scene.order.state).toBe("shipped");
      const told = scene.world.notices.find(({ name }) => name === "order.shipped");
      expect(told?.data.tracking).toBe(scene.order.tracking?.number);
      await stockIs(scene, "sold");
    },
  );
});

describe("a refund", () => {
  meeting(
    "that fails in a process that falls behind does not undo the one that was made since",
    async (world) => {
      const order = await bought(world);
      world.provider.refundStatus = "failed";
      return order;
    },
    ({ left, order }) => left.cancelOrder(order, "shop"),
    async (scene) => {
      const { world, right, order } = scene;
      await takesOver(scene);
      world.provider.refundStatus = "succeeded";
      await right.resolveQuarantine(order, "refund");
    },
    async (scene) => {
      const { world, order } = scene;
      const after = await world.order(order);
      expect([after.state, after.quarantine, after.payment?.refunded]).toEqual([
        "refunded",
        undefined,
        order.total,
      ]);
      expect(world.provider.refunds).toHaveLength(1);
      await stockIs(scene, "free");
    },
    async (scene) => {
      // Whoever asked too early asks again, once the failure is known.
      await takesOver(scene);
      await scene.right.resolveQuarantine(scene.order, "refund");
      await comeToRest(scene);
    },
  );
});

describe("a process that stands still until another takes its work over", () => {
  meeting("sells the units of a payment once", waiting, pays, takesOver, async (scene) => {
    expect(scene.order.state).toBe("paid");
    await stockIs(scene, "sold");
  });

  meeting(
    "refunds once and puts the units back once",
    bought,
    ({ left, order }) => left.cancelOrder(order, "shop"),
    takesOver,
    async (scene) => {
      expect(scene.order.state).toBe("refunded");
      expect(scene.world.provider.refunds).toHaveLength(1);
      await stockIs(scene, "free");
    },
  );
});

describe("two processes that sweep", () => {
  meeting(
    "end a hold once",
    overdue,
    ({ left }) => left.sweep(),
    ({ right }) => right.sweep(),
    async (scene) => {
      expect(scene.order.state).toBe("expired");
      expect(toldOf(scene)).toEqual(["order.expired"]);
      await stockIs(scene, "free");
    },
  );
});
