import { describe, expect } from "vitest";
import { createCommerce } from "../../src/shop/commerce.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { type Delivery, PaymentDouble } from "../doubles/payment-provider.ts";
import {
  expectLegalHistory,
  expectStockConserved,
  MINUTE,
  sessionOf,
  type World,
} from "../shop/orders/world.ts";
import { type Act, codeOf, failed, type Scene, useMeetings } from "./interleavings-meeting.ts";
import type { TwoProcesses } from "./interleavings-world.ts";

const meeting = useMeetings();

const bought = (world: World) => world.paid({ MUG: 2 });
const parcel = { carrier: "DHL", tracking: "1" };
const ships: Act = ({ left, order }) => left.ship(order, parcel);
const stockIs = async ({ world }: Scene, state: "sold" | "free") =>
  expect(await world.stock()).toEqual(
    state === "sold" ? { available: 8, held: 0, sold: 2 } : { available: 10, held: 0, sold: 0 },
  );
/** What was told, but for the payment, of which a scene may begin after. */
const toldOf = ({ world, order }: Scene) => world.told(order).filter((name) => name !== "order.paid");

/** The other process is told of what happens at the provider. */
const hears =
  (...happen: ((scene: Scene, session: string) => Delivery)[]): Act =>
  async (scene) => {
    for (const one of happen) {
      const { raw, headers } = one(scene, sessionOf(scene.order));
      await scene.right.receiveEvent(scene.world.provider, raw, headers);
    }
  };

describe("a shop that goes live", () => {
  /** A process with the live key, which knows nothing of test payments. */
  const liveOf = (world: World) => {
    const provider = new PaymentDouble({ now: world.clock.now, live: true });
    const commerce = createCommerce({ provider, live: true, now: world.clock.now });
    commerce.onNotification(async (notice) => void world.notices.push(notice));
    return { commerce, provider };
  };
  const goesLive: Act = async ({ world }) => {
    const { commerce } = liveOf(world);
    await commerce.endTestOrders();
    await commerce.sweep();
  };

  /** The shop is live by now; all that test mode ever told is told again. */
  async function restsLive({ world }: TwoProcesses): Promise<void> {
    const { commerce, provider } = liveOf(world);
    for (let round = 0; round < 3; round += 1) {
      world.clock.advance(2 * MINUTE);
      await commerce.sweep();
      for (const { raw, headers } of world.provider.deliveries)
        await commerce.receiveEvent(world.provider, raw, headers);
    }
    await expectStockConserved();
    expect(provider.calls).toEqual([]);
    for (const order of await OrderModel.find().lean<Order[]>()) {
      expectLegalHistory(order);
      expect(order.tasks.filter(({ at }) => at <= world.clock.now())).toEqual([]);
      expect(order.notices).toEqual([]);
    }
  }

  meeting(
    "while an order is placed for test money: the order ends and holds nothing",
    (world) => world.draft({ MUG: 2 }),
    ({ left, order }) => left.placeOrder(order),
    goesLive,
    async (scene) => {
      expect(scene.order.state).toBe("cancelled");
      expect(toldOf(scene)).toEqual(["order.test_ended"]);
      await stockIs(scene, "free");
    },
    restsLive,
  );

  meeting(
    "while a test payment is settled: it pays for nothing",
    (world) => world.placed({ MUG: 2 }),
    async ({ world, left, order }) => {
      const { raw, headers } = world.provider.pay(sessionOf(order));
      await left.receiveEvent(world.provider, raw, headers);
    },
    goesLive,
    async (scene) => {
      expect(scene.order.state).toBe("cancelled");
      expect(toldOf(scene)).toEqual(["order.test_ended"]);
      expect(scene.world.provider.refunds).toEqual([]);
      await stockIs(scene, "free");
    },
    restsLive,
  );

  meeting(
    "while an order of test money is shipped: it is on its way, or ended and not sent",
    bought,
    ships,
    goesLive,
    async (scene, shipping) => {
      const shipped = scene.order.state === "shipped";
      expect(scene.order.state).toBe(shipped ? "shipped" : "cancelled");
      // Refused as the shop is known to take real money by then, or as the order has ended.
      const refusals = shipped ? [undefined] : ["HELD_BACK", "ILLEGAL_TRANSITION"];
      expect(refusals).toContain(codeOf(shipping));
      expect(toldOf(scene)).toEqual([shipped ? "order.shipped" : "order.test_ended"]);
      await stockIs(scene, shipped ? "sold" : "free");
    },
    restsLive,
  );

  meeting(
    "while an order of test money is cancelled: it ends once",
    bought,
    ({ left, order }) => left.cancelOrder(order, "shop"),
    goesLive,
    async (scene) => {
      expect(["cancelled", "refunded"]).toContain(scene.order.state);
      expect(toldOf(scene)).toHaveLength(1);
      await stockIs(scene, "free");
    },
    restsLive,
  );
});

describe("a refund that is made at the provider", () => {
  meeting(
    "of all, beside shipping: on its way and given back, or ended and not sent",
    bought,
    ships,
    hears(({ world }, session) => world.provider.givesBack(session)),
    async (scene, shipping) => {
      const shipped = scene.order.state === "shipped";
      expect([scene.order.state, codeOf(shipping)]).toEqual(
        shipped ? ["shipped", undefined] : ["refunded", "ILLEGAL_TRANSITION"],
      );
      expect(scene.order.payment?.refunded).toBe(scene.order.total);
      expect(toldOf(scene).filter((name) => name === "order.refunded")).toHaveLength(1);
      await stockIs(scene, shipped ? "sold" : "free");
    },
  );

  meeting(
    "of a part, beside shipping: sent before it was known, or held back",
    bought,
    ships,
    hears(({ world }, session) => world.provider.givesBack(session, 500)),
    async (scene, shipping) => {
      expect([scene.order.state, codeOf(shipping)]).toEqual(
        scene.order.state === "shipped" ? ["shipped", undefined] : ["paid", "HELD_BACK"],
      );
      expect(scene.order.payment?.refunded).toBe(500);
      await stockIs(scene, "sold");
    },
  );

  for (const part of [500, undefined])
    meeting(
      `of ${part === undefined ? "all" : "a part"}, beside the shopper's cancelling: all goes back once`,
      bought,
      ({ left, order, world }) => left.cancelOrder(order, world.customer),
      // Ours may have been faster.
      async (scene) => {
        const session = sessionOf(scene.order);
        const { amount, refunded } = scene.world.provider.state(session);
        if (amount.amount - refunded < (part ?? 1)) return;
        await hears(({ world }) => world.provider.givesBack(session, part))(scene);
      },
      async (scene) => {
        const { order, world } = scene;
        expect(order).toMatchObject({ state: "refunded", payment: { refunded: order.total } });
        expect(world.provider.state(sessionOf(order)).refunded).toBe(order.total);
        expect(toldOf(scene).filter((name) => name === "order.refunded")).toHaveLength(1);
        await stockIs(scene, "free");
      },
    );

  meeting(
    "in two parts, beside a look at the provider's list: both count",
    async (world) => world.commerce.ship(await bought(world), parcel),
    ({ left, order }) => left.reconcile(order._id),
    hears(
      ({ world }, session) => world.provider.givesBack(session, 300),
      ({ world }, session) => world.provider.givesBack(session, 200),
    ),
    async (scene) => {
      expect(scene.order.payment?.refunded).toBe(500);
      await stockIs(scene, "sold");
    },
  );

  meeting(
    "and that a bank sends back, beside a look at the provider's list: nothing counts",
    async (world) => {
      const order = await world.commerce.ship(await bought(world), parcel);
      await world.receive(world.provider.givesBack(sessionOf(order), 300));
      return order;
    },
    ({ left, order }) => left.reconcile(order._id),
    hears(({ world }, session) => world.provider.refundFails(session, 300, "re_page")),
    async (scene) => {
      expect(scene.order.payment).toMatchObject({ refunded: 0, failedRefunds: [{ amount: 300 }] });
      await stockIs(scene, "sold");
    },
  );
});

describe("our own refund that a bank sends back", () => {
  meeting(
    "while the merchant looks: it is made again with their word, once",
    async (world) => {
      const order = await bought(world);
      await world.commerce.cancelOrder(order, "shop");
      return order;
    },
    ({ left, order }) => left.resolveQuarantine(order, "refund"),
    hears(({ world, order }, session) => world.provider.refundFails(session, order.total)),
    async (scene) => {
      const { world, order, right } = scene;
      // Whoever asked too early asks again.
      await right.resolveQuarantine(order, "refund");
      await right.sweep();
      expect(world.provider.state(sessionOf(order)).refunded).toBe(order.total);
      expect((await world.order(order)).payment?.refunded).toBe(order.total);
      await stockIs(scene, "free");
    },
    async ({ world, right }) => {
      for (let round = 0; round < 3; round += 1) {
        world.clock.advance(MINUTE);
        await right.sweep();
      }
    },
  );
});

describe("a dispute", () => {
  meeting(
    "that is opened beside shipping: sent before it was known, or held back",
    bought,
    ships,
    hears(({ world }, session) => world.provider.disputes(session, "open")),
    async (scene, shipping) => {
      expect([scene.order.state, codeOf(shipping)]).toEqual(
        scene.order.state === "shipped" ? ["shipped", undefined] : ["paid", "HELD_BACK"],
      );
      expect(scene.order.disputes).toMatchObject([{ status: "open" }]);
      await stockIs(scene, "sold");
    },
  );

  meeting(
    "that is opened and lost beside the shopper's cancelling: the money goes one way",
    bought,
    ({ left, order, world }) => left.cancelOrder(order, world.customer),
    async (scene) => {
      const { world, order } = scene;
      const session = sessionOf(order);
      if (world.provider.state(session).refunded > 0) return;
      await hears(
        () => world.provider.disputes(session, "open"),
        () => world.provider.disputes(session, "lost"),
      )(scene);
    },
    async (scene, cancelling) => {
      expect(failed(cancelling)).toBeUndefined();
      expect(scene.order.state).toBe("refunded");
      const lost = scene.order.disputes?.length ?? 0;
      expect(scene.world.provider.refunds).toHaveLength(1 - lost);
      await stockIs(scene, "free");
    },
  );
});
