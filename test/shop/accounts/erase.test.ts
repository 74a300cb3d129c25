import { describe, expect, test } from "vitest";
import { eraseCustomer, eraseWhenDone, keepCustomer, OrdersOpen } from "../../../src/shop/accounts/erase.ts";
import { exportCustomer } from "../../../src/shop/accounts/privacy.ts";
import { addToCart } from "../../../src/shop/cart/change-cart.ts";
import { getCustomer, saveAddress } from "../../../src/shop/customers/customer.ts";
import { CustomerModel, type Identity } from "../../../src/shop/customers/customer-record.ts";
import { readLinkCode, showLinkCode } from "../../../src/shop/customers/link-code.ts";
import { addressOf } from "../../../src/shop/orders/checkout/order-address.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import { ANONYMOUS, ReviewModel } from "../../../src/shop/reviews/review.ts";
import { seal } from "../../../src/store/secret-box.ts";
import { anAccount, links } from "../customers/accounts.ts";
import { address, DAY, HOUR, useStore } from "../orders/world.ts";
import { ada, adasLife, everything, parcel, shop, traces, web, world } from "./adas-life.ts";

useStore();

describe("after erasure", () => {
  test("no collection has a trace of the person", async () => {
    await adasLife();
    expect((await traces()).length).toBeGreaterThan(5); // the same look finds her before
    await eraseCustomer(shop, ada.id);
    expect(await traces()).toEqual([]);
  });

  test("the order keeps what the books need", async () => {
    const order = await adasLife();
    const before = await world.order(order);
    await eraseCustomer(shop, web.id);
    const { address: _, tracking: __, payment, ...kept } = before;
    const after = await world.order(order);
    expect(after).toMatchObject({
      number: kept.number,
      lines: kept.lines,
      total: kept.total,
      country: "DE",
      history: kept.history,
      payment: { session: payment?.session, paid: payment?.paid, url: "" },
    });
    expect(addressOf(after)).toBeNull();
    expect(after.tracking).toBeUndefined();
    expect((await OrderModel.find().lean()).filter(({ state }) => state === "draft")).toEqual([]);
  });

  test("the order goes on to its end, and nobody is told", async () => {
    const order = await adasLife();
    await eraseCustomer(shop, ada.id);
    const told = world.notices.length;
    world.clock.advance(30 * DAY);
    await world.commerce.sweep();
    expect((await world.order(order)).state).toBe("completed");
    expect(world.notices.length).toBe(told);
    expect(world.errors).toEqual([]);
  });

  test("news that was still waiting is told to nobody", async () => {
    const order = await adasLife();
    world.commerce.onNotification(async () => {
      throw new Error("the chat is down");
    });
    await world.commerce.confirmReceived(await world.order(order));
    world.clock.advance(30 * DAY);
    await world.commerce.sweep();
    expect((await world.order(order)).notices).not.toEqual([]);
    await eraseCustomer(shop, ada.id);
    expect((await world.order(order)).notices).toEqual([]);
  });

  test("the review stays, by nobody", async () => {
    await adasLife();
    await eraseCustomer(shop, ada.id);
    expect(await ReviewModel.find().lean()).toMatchObject([
      { text: "A fine mug", rating: 5, customer: ANONYMOUS },
    ]);
  });

  test("who comes back from any of the accounts is somebody new, and not linked", async () => {
    await adasLife();
    const { code } = await showLinkCode(shop, ada.id);
    await eraseCustomer(shop, ada.id);
    const [one, other] = [await ada.customer(), await web.customer()];
    for (const customer of [one, other]) {
      expect([ada.id, web.id]).not.toContain(customer._id);
      expect(customer.family).toEqual([customer._id]);
      expect(customer.consentAt).toBeUndefined();
    }
    await expect(readLinkCode(shop, other._id, code)).rejects.toMatchObject({ code: "WRONG_CODE" });
  });

  test("others keep everything", async () => {
    await adasLife();
    const eve = await anAccount(shop);
    await saveAddress(shop, eve.id, { ...address, name: "Eve" });
    await addToCart(shop, eve.id, "MUG", 1, "k");
    const before = await exportCustomer(shop, eve.id, world.clock.now());
    await eraseCustomer(shop, ada.id);
    expect(await exportCustomer(shop, eve.id, world.clock.now())).toEqual(before);
  });
});

test("the chats are told to forget while it is still known which they are", async () => {
  await adasLife();
  const forgotten: Identity[] = [];
  const forgetChats = async (identities: readonly Identity[]) => void forgotten.push(...identities);
  await eraseCustomer(shop, web.id, { forgetChats });
  expect(forgotten).toMatchObject([ada.identity, web.identity]);
});

describe("while an order is open", () => {
  test("nothing is erased, and it is said which order it is", async () => {
    await adasLife();
    const placed = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, ada.id));
    const before = await everything();
    const refused = await eraseCustomer(shop, web.id).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OrdersOpen);
    expect(refused).toMatchObject({ code: "ORDERS_OPEN", numbers: [placed.number] });
    expect(await everything()).toEqual(before);
  });

  test("erasure can be asked for, and is done once the last order is", async () => {
    await adasLife();
    const order = await world.paid();
    await links(shop, ada, { ...web, id: world.customer });
    await eraseWhenDone(shop, ada.id, world.clock.now());
    world.clock.advance(2 * HOUR);
    await world.commerce.sweep();
    expect((await ada.customer()).eraseAt).toBeDefined();
    await world.commerce.ship(order, parcel);
    await world.commerce.deliver(order);
    world.clock.advance(2 * HOUR);
    await world.commerce.sweep();
    expect((await getCustomer(shop, ada.id)).identities).toEqual([]);
    expect(await traces()).toEqual([]);
    expect((await CustomerModel.find().lean()).filter(({ eraseAt }) => eraseAt)).toEqual([]);
    expect(world.errors).toEqual([]);
  });

  test("the wish can be taken back, and linking takes it back too", async () => {
    await adasLife();
    const third = await anAccount(shop);
    for (const change of [
      async () => keepCustomer(shop, (await web.customer()).family),
      async () => links(shop, ada, third),
    ]) {
      await eraseWhenDone(shop, ada.id, world.clock.now());
      expect((await web.customer()).eraseAt).toEqual(world.clock.now());
      await change();
      expect((await web.customer()).eraseAt).toBeUndefined();
    }
  });
});

test("an export has everything: accounts, contact, addresses, cart, orders with their address, reviews", async () => {
  const { number } = await adasLife();
  const file = JSON.parse(JSON.stringify(await exportCustomer(shop, web.id, world.clock.now())));
  expect(file).toMatchObject({
    exportedAt: world.clock.now().toISOString(),
    customer: {
      accounts: [ada.id, web.id],
      identities: [ada.identity, web.identity],
      name: address.name,
      email: address.email,
      phone: address.phone,
      language: "en",
      consentAt: world.clock.now().toISOString(),
    },
    addresses: [address, { ...address, street: "Torstraße 2" }],
    reviews: [{ rating: 5, text: "A fine mug", sku: "MUG" }],
  });
  expect(file.cart.map(({ sku, quantity }: { sku: string; quantity: number }) => [sku, quantity])).toEqual([
    ["LAMP", 1],
    ["MUG", 2],
  ]);
  expect(file.orders).toHaveLength(2);
  expect(file.orders.find((order: Order) => order.number === number)).toMatchObject({
    state: "delivered",
    items: [{ sku: "MUG", quantity: 1, unitPrice: 1200 }],
    total: 1690,
    address,
    tracking: { carrier: "DHL", number: "JJD0099" },
    payment: { status: "paid", paid: 1690 },
  });
  expect(JSON.stringify(file)).not.toContain(seal("x", { collection: "", field: "", id: "" }).split(".")[0]);
});
