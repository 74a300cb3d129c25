import { expect, test } from "vitest";
import { customerFor, saveAddress } from "../../src/shop/customers/customer.ts";
import { setShipping } from "../../src/shop/orders/checkout/checkout.ts";
import { getOrder } from "../../src/shop/orders/find-order.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { Chat } from "../flows/chat.ts";
import { address, World } from "../shop/orders/world.ts";
import { useGatedStore } from "./interleavings-world.ts";

const store = useGatedStore();

test("a turn that is overtaken by another run of itself shows the order that was placed", async () => {
  const world = await World.create();
  const mei = new Chat(world).person("north", "mei");
  const { customer } = await customerFor(world.shop, mei.identity, { language: "en" });
  await saveAddress(world.shop, customer._id, address);
  await mei.says("/search mug");
  await mei.presses("View");
  await mei.presses("Buy now");
  await mei.presses(/^Mei Lin, Unter den Linden 1/);
  const draft = await OrderModel.findOne({ shop: world.shop, customer: customer._id }).orFail().lean();
  // As the turn has read the draft, the other run chooses the shipping and places it.
  const { gate } = store();
  gate.watch = async ({ name }, moment) => {
    if (name !== "find orders" || moment === "before") return undefined;
    gate.watch = undefined;
    await setShipping(draft, "post");
    await world.commerce.placeOrder(await getOrder(world.shop, draft._id));
    return undefined;
  };
  const courier = mei
    .views()
    .flatMap(({ controls }) => controls)
    .flatMap((control) => (control.kind === "button" ? control.label : []))
    .findLast((label) => label.startsWith("Courier"));
  await mei.presses(courier ?? "");
  // The other run was first, so the parcel goes by post; what counts is that the order is shown.
  expect(mei.transcript()).not.toContain("has ended");
  expect(mei.transcript()).toContain("Waiting for payment");
});
