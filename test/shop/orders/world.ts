import mongoose from "mongoose";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { addToCart } from "../../../src/shop/cart/change-cart.ts";
import type { ProductInput } from "../../../src/shop/catalog/product.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { type Commerce, createCommerce } from "../../../src/shop/commerce.ts";
import { newId } from "../../../src/shop/core/ids.ts";
import { saveShop } from "../../../src/shop/core/shop.ts";
import { customerFor } from "../../../src/shop/customers/customer.ts";
import { type Stock, StockModel, setStock } from "../../../src/shop/inventory/stock.ts";
import { setAddress, setShipping, startCheckout } from "../../../src/shop/orders/checkout/checkout.ts";
import { getOrder } from "../../../src/shop/orders/find-order.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { can, orderEvents } from "../../../src/shop/orders/order-machine.ts";
import type { Notification } from "../../../src/shop/orders/order-worker.ts";
import { connect, disconnect, ensureIndexes } from "../../../src/store/connect.ts";
import { useSecret } from "../../../src/store/secret-box.ts";
import { PaymentDouble } from "../../doubles/payment-provider.ts";
import { type FreshDatabase, freshDatabase } from "../../setup/database.ts";
import { Clock } from "./clock.ts";

/** Gives the test file a database of its own, empty before each test. */
export function useStore(): void {
  let database: FreshDatabase;
  beforeAll(async () => {
    useSecret("a secret that only tests know");
    database = await freshDatabase();
    await connect(`${database.url}${database.url.includes("?") ? "&" : "?"}monitorCommands=true`);
    await ensureIndexes();
  });
  beforeEach(async () => {
    for (const name of mongoose.modelNames()) await mongoose.model(name).deleteMany({});
  });
  afterAll(async () => {
    await disconnect();
    await database.drop();
  });
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const address = {
  name: "Mei Lin",
  email: "mei@example.com",
  phone: "+4930901820",
  street: "Unter den Linden 1",
  city: "Berlin",
  postalCode: "10117",
  country: "DE",
};

/** A shop with a mug (stock 10) and a lamp (stock 3), a customer, a provider and a clock. */
export class World {
  readonly shop: string;
  readonly customer: string;
  readonly clock: Clock;
  provider: PaymentDouble;
  readonly notices: Notification[] = [];
  readonly errors: unknown[] = [];
  commerce: Commerce;
  #keys = 0;

  private constructor(shop: string, customer: string, clock: Clock, provider: PaymentDouble) {
    this.shop = shop;
    this.customer = customer;
    this.clock = clock;
    this.provider = provider;
    this.commerce = this.restart();
  }

  /** The same shop at the same moment, to go its own way from here. The store is not copied, nor what was told. */
  copy(): World {
    const clock = new Clock(this.clock.now());
    return new World(this.shop, this.customer, clock, this.provider.copy(clock.now));
  }

  static async create(): Promise<World> {
    const shop = "house";
    await saveShop({
      _id: shop,
      name: { en: "House of mugs" },
      currency: "EUR",
      languages: ["en", "zh"],
      zones: [
        {
          id: "de",
          countries: ["DE"],
          options: [
            { id: "post", name: { en: "Post" }, price: 490, days: [2, 4], freeFrom: 10_000 },
            { id: "courier", name: { en: "Courier" }, price: 990, days: [1, 1] },
          ],
        },
        {
          id: "rest",
          countries: ["*"],
          options: [{ id: "air", name: { en: "Air" }, price: 1900, days: [5, 9] }],
        },
      ],
    });
    await saveProduct(mug(shop));
    await saveProduct(lamp(shop));
    await setStock(shop, "MUG", 10);
    await setStock(shop, "LAMP", 3);
    const clock = new Clock();
    return new World(shop, await anyCustomer(shop), clock, new PaymentDouble({ now: clock.now }));
  }

  /** The shop's process started anew: nothing is left but the store, the provider and the clock. */
  restart(): Commerce {
    this.commerce = createCommerce({
      provider: this.provider,
      live: false,
      now: this.clock.now,
      onError: (error) => this.errors.push(error),
    });
    this.commerce.onNotification(async (notice) => {
      this.notices.push(notice);
    });
    return this.commerce;
  }

  key(): string {
    this.#keys += 1;
    return `turn-${this.#keys}`;
  }

  /** A draft that only needs to be placed. */
  async draft(lines: Record<string, number> = { MUG: 1 }, customer = this.customer): Promise<Order> {
    for (const [sku, quantity] of Object.entries(lines))
      await addToCart(this.shop, customer, sku, quantity, this.key(), {}, this.clock.now());
    const draft = await startCheckout(this.shop, customer, this.key(), {}, this.clock.now());
    await setAddress(draft, address);
    return setShipping(draft, "post");
  }

  /** An order that waits for its payment. */
  async placed(lines: Record<string, number> = { MUG: 1 }): Promise<Order> {
    return this.commerce.placeOrder(await this.draft(lines));
  }

  async paid(lines: Record<string, number> = { MUG: 1 }): Promise<Order> {
    const order = await this.placed(lines);
    await this.receive(this.provider.pay(sessionOf(order)));
    return this.order(order);
  }

  /** A second session of an order's, which somebody pays although the order has its own. Returns its id. */
  async paidTwice(order: Order, amount = 500, which = "another"): Promise<string> {
    const { id } = await this.provider.createSession({
      order: order._id,
      orderNumber: order.number,
      amount: { amount, currency: "EUR" },
      lines: [],
      shipping: { amount, currency: "EUR" },
      expiresAt: new Date(this.clock.now().getTime() + HOUR),
      locale: "en",
      idempotencyKey: `${which} of ${order._id}`,
    });
    await this.receive(this.provider.pay(id));
    return id;
  }

  receive({ raw, headers }: { raw: Buffer; headers: Headers }) {
    return this.commerce.receiveEvent(this.provider, raw, headers);
  }

  order({ _id }: Order): Promise<Order> {
    return getOrder(this.shop, _id);
  }

  /** Names of the news told so far, repeats left out as a receiver does. */
  told(order: Order): string[] {
    const ids = new Map(
      this.notices.filter((one) => one.order === order._id).map((one) => [one.id, one.name]),
    );
    return [...ids.values()];
  }

  async stock(sku = "MUG"): Promise<{ available: number; held: number; sold: number }> {
    const stock = await StockModel.findById(`${this.shop}/${sku}`).lean<Stock>();
    const { available = 0, holds = [], sold = 0 } = stock ?? {};
    return { available, held: holds.reduce((sum, { quantity }) => sum + quantity, 0), sold };
  }
}

export const sessionOf = (order: Order): string => order.payment!.session;

export async function anyCustomer(shop: string): Promise<string> {
  const identity = { platform: "telegram", connection: "bot", user: newId() };
  return (await customerFor(shop, identity, { language: "en" })).customer._id;
}

const product = (shop: string, slug: string, title: string, sku: string, price: number): ProductInput => ({
  shop,
  slug,
  title: { en: title },
  description: { en: title },
  category: "home",
  tags: [],
  options: [],
  variants: [{ sku, values: [], price }],
  images: [],
  status: "active",
});
export const mug = (shop: string, price = 1200): ProductInput => ({
  ...product(shop, "mug", "Mug", "MUG", price),
  _id: "p-mug",
});
export const lamp = (shop: string, price = 4500): ProductInput => ({
  ...product(shop, "lamp", "Lamp", "LAMP", price),
  _id: "p-lamp",
});

/** `available + holds + sold = adjustments`, none below zero, for every SKU there is. */
export async function expectStockConserved(): Promise<void> {
  for (const { _id, available, holds, sold, adjustments, sales } of await StockModel.find().lean<Stock[]>()) {
    const held = holds.reduce((sum, { quantity }) => sum + quantity, 0);
    expect(available, _id).toBeGreaterThanOrEqual(0);
    expect(sold, _id).toBeGreaterThanOrEqual(sales.reduce((sum, { quantity }) => sum + quantity, 0));
    expect(available + held + sold, _id).toBe(adjustments);
  }
}

/** Every step the order took is an edge of the state machine. */
export function expectLegalHistory({ history, state }: Order): void {
  expect(history[0]?.state).toBe("draft");
  expect(history.at(-1)?.state).toBe(state);
  history.slice(1).forEach((step, index) => {
    const from = history[index]!.state;
    expect(
      orderEvents.some((event) => can(from, event)),
      `${from} to ${step.state}`,
    ).toBe(true);
  });
}
