import { describe, expect } from "vitest";
import { link } from "../../src/shop/accounts/customer-link.ts";
import { readCart } from "../../src/shop/cart/cart-view.ts";
import { addToCart, removeLine, setQuantity } from "../../src/shop/cart/change-cart.ts";
import { ProductModel } from "../../src/shop/catalog/product.ts";
import { saveProduct } from "../../src/shop/catalog/save-product.ts";
import { linkedAccountIds } from "../../src/shop/customers/linked-accounts.ts";
import { setStock } from "../../src/shop/inventory/stock.ts";
import { DRAFT_MS, setAddress, setShipping, startCheckout } from "../../src/shop/orders/checkout/checkout.ts";
import { findOrder } from "../../src/shop/orders/find-order.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { ReviewModel, writeReview } from "../../src/shop/reviews/review.ts";
import { address, anyCustomer, HOUR, mug, type World } from "../shop/orders/world.ts";
import { type Act, codeOf, failed, type Scene, useMeetings } from "./interleavings-meeting.ts";

const meeting = useMeetings();

const SHOWN = 1200;
const POST = 490;

/** Two mugs in the cart, at the price the shopper was shown. The order is only there to name the customer. */
const cartOfTwo = async (world: World): Promise<Order> => {
  const draft = await world.draft({ LAMP: 1 });
  await removeLine(world.shop, world.customer, "LAMP");
  await addToCart(world.shop, world.customer, "MUG", 2, "two mugs");
  return draft;
};

/** What the shopper's presses do one after the other, up to the payment page. */
const checksOut =
  (key: string): Act =>
  async ({ world, left, right }) => {
    const draft = await startCheckout(world.shop, world.customer, key, {}, world.clock.now());
    await setAddress(draft, address);
    await setShipping(draft, "post");
    return (key === "second press" ? right : left).placeOrder(draft);
  };

const bought = ({ world }: Scene) =>
  OrderModel.find({ shop: world.shop, state: "awaiting_payment" }).lean<Order[]>();

/** Nothing was ordered, for one of these reasons; or an order stands, its session over what the shopper was shown. */
async function asShownOr(
  scene: Scene,
  reasons: readonly string[],
  code: unknown,
  pieces = [2],
): Promise<void> {
  const orders = await bought(scene);
  if (code !== undefined) {
    expect(reasons).toContain(code);
    expect(orders).toEqual([]);
    return;
  }
  expect(orders).toHaveLength(1);
  const [session] = scene.world.provider.sessions.filter(({ status }) => status === "open");
  expect(pieces.map((count) => count * SHOWN + POST)).toContain(orders[0]?.total);
  expect(session?.amount.amount).toBe(orders[0]?.total);
}

describe("a shopper who checks out", () => {
  meeting(
    "while the price changes pays the one that was shown, or is shown the new one",
    cartOfTwo,
    checksOut("press"),
    ({ world }) => saveProduct(mug(world.shop, 1500)),
    (scene, shopper) => asShownOr(scene, ["CART_CHANGED"], codeOf(shopper)),
  );

  meeting(
    "while the last unit is taken from the shelf holds it, or is told",
    cartOfTwo,
    checksOut("press"),
    ({ world }) => setStock(world.shop, "MUG", 0),
    async (scene, shopper) => {
      await asShownOr(scene, ["CART_CHANGED", "OUT_OF_STOCK"], codeOf(shopper));
      const held = failed(shopper) === undefined ? 2 : 0;
      const { available, held: holds } = await scene.world.stock();
      expect(holds).toBe(held);
      // Counted before the hold was taken, counted after, or put back from a hold that was given up.
      expect([0, 2]).toContain(available + held);
    },
  );

  meeting(
    "while the product is taken off sale has it at the price shown, or is told",
    cartOfTwo,
    checksOut("press"),
    ({ world }) => saveProduct({ ...mug(world.shop), status: "archived" }),
    (scene, shopper) => asShownOr(scene, ["CART_CHANGED", "NOT_ON_SALE"], codeOf(shopper)),
  );

  meeting(
    "while the cart is edited elsewhere buys it as it was or as it is",
    cartOfTwo,
    checksOut("press"),
    ({ world }) => setQuantity(world.shop, world.customer, "MUG", 5, "five mugs"),
    (scene, shopper) => asShownOr(scene, [], codeOf(shopper), [2, 5]),
  );

  meeting(
    "while the cart is emptied elsewhere buys it as it was, or nothing",
    cartOfTwo,
    checksOut("press"),
    ({ world }) => removeLine(world.shop, world.customer, "MUG"),
    (scene, shopper) => asShownOr(scene, ["EMPTY_CART"], codeOf(shopper)),
  );

  meeting(
    "by one press that came twice has one order",
    cartOfTwo,
    checksOut("press"),
    async (scene) => checksOut("press")({ ...scene, left: scene.right }),
    async (scene, ...outcomes) => {
      await asShownOr(scene, [], undefined);
      // The one who comes second may find it placed already; whoever pressed sees the same order.
      for (const outcome of outcomes) expect([undefined, "ILLEGAL_TRANSITION"]).toContain(codeOf(outcome));
    },
  );

  meeting(
    "and corrects the address at the same time has one page to pay at",
    (world) => world.draft({ MUG: 2 }),
    ({ left, order }) => left.placeOrder(order),
    ({ order }) => setAddress(order, { ...address, email: "lin@example.com" }),
    async ({ world, order }, placing, correcting) => {
      expect(failed(placing)).toBeUndefined();
      expect([undefined, "ILLEGAL_TRANSITION"]).toContain(codeOf(correcting));
      const open = world.provider.sessions.filter(({ status }) => status === "open");
      expect(open.map(({ id }) => id)).toEqual([order.payment?.session]);
    },
  );

  meeting(
    "while their accounts are linked has one order, and the cart is never more than it was",
    async (world) => {
      const draft = await cartOfTwo(world);
      other = await anyCustomer(world.shop);
      return draft;
    },
    checksOut("press"),
    ({ world }) => link(world.shop, other, world.customer),
    async (scene, shopper) => {
      const { world } = scene;
      await asShownOr(scene, ["EMPTY_CART"], codeOf(shopper));
      const [root = ""] = await linkedAccountIds(world.shop, world.customer);
      expect(root).toBe(other);
      const left = (await readCart(world.shop, root)).lines.map(({ sku, quantity }) => [sku, quantity]);
      // Linked at the very moment when the cart is cleared, what was bought may lie in it still.
      if (failed(shopper) !== undefined || left.length > 0) expect(left).toEqual([["MUG", 2]]);
    },
  );
});

let other = "";

describe("a cart", () => {
  meeting(
    "loses nothing while its accounts are linked, and what comes at that moment at most stays behind",
    async (world) => {
      const draft = await cartOfTwo(world);
      other = await anyCustomer(world.shop);
      return draft;
    },
    ({ world }) => addToCart(world.shop, world.customer, "LAMP", 1, "a lamp"),
    ({ world }) => link(world.shop, other, world.customer),
    async ({ world }) => {
      const [root = ""] = await linkedAccountIds(world.shop, world.customer);
      const skusOf = async (account: string) =>
        (await readCart(world.shop, account)).lines.map(({ sku }) => sku);
      expect(await skusOf(root)).toContain("MUG");
      expect([...(await skusOf(root)), ...(await skusOf(world.customer))]).toContain("LAMP");
    },
  );

  meeting(
    "keeps both of two things put into it at once",
    cartOfTwo,
    ({ world }) => addToCart(world.shop, world.customer, "LAMP", 1, "a lamp"),
    ({ world }) => addToCart(world.shop, world.customer, "MUG", 1, "a third mug"),
    async ({ world }) => {
      const { lines } = await readCart(world.shop, world.customer);
      expect(lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
        ["MUG", 3],
        ["LAMP", 1],
      ]);
    },
  );
});

describe("a draft that was left for two days", () => {
  const stale = async (world: World) => {
    const draft = await world.draft({ MUG: 2 });
    world.clock.advance(DRAFT_MS);
    return draft;
  };

  meeting(
    "is thrown away in the end, though its address is typed at that moment",
    stale,
    ({ order }) => setAddress(order, { ...address, city: "Bonn" }),
    ({ right }) => right.sweep(),
    async ({ world, order }) => {
      world.clock.advance(DRAFT_MS);
      await world.commerce.sweep();
      expect(await findOrder(order._id)).toBeNull();
    },
  );

  meeting(
    "is placed or gone",
    stale,
    ({ left, order }) => left.placeOrder(order),
    ({ right }) => right.sweep(),
    async ({ world, order }, placing) => {
      const now = await findOrder(order._id);
      if (now === null) expect(codeOf(placing)).toBe("NOT_FOUND");
      else expect([now.state, failed(placing)]).toEqual(["awaiting_payment", undefined]);
      expect(await world.stock()).toMatchObject({ held: now === null ? 0 : 2 });
    },
  );
});

describe("a review", () => {
  const review =
    (rating: number): Act =>
    ({ world, order }) =>
      writeReview({ shop: world.shop, order: order._id, sku: "MUG", customer: world.customer, rating });

  meeting(
    "written twice at once is one review, and counts once",
    async (world) => {
      const order = await world.paid({ MUG: 2 });
      await world.commerce.ship(order, { carrier: "DHL", tracking: "1" });
      await world.commerce.deliver(order);
      world.clock.advance(HOUR);
      return order;
    },
    review(5),
    review(1),
    async ({ world }, ...outcomes) => {
      expect(outcomes.map(failed)).toEqual([undefined, undefined]);
      const reviews = await ReviewModel.find().lean();
      expect(reviews).toHaveLength(1);
      const product = await ProductModel.findOne({ shop: world.shop, slug: "mug" }).lean();
      expect(product?.rating).toEqual({ average: reviews[0]?.rating, count: 1 });
    },
  );
});
