import { expect, test } from "vitest";
import { saveCategory } from "../../src/shop/catalog/category.ts";
import { saveProduct } from "../../src/shop/catalog/save-product.ts";
import { customerFor, saveAddress } from "../../src/shop/customers/customer.ts";
import { address, HOUR, mug, useStore, World } from "../shop/orders/world.ts";
import { Chat, type Person } from "./chat.ts";

useStore();

/** A world whose mug costs 9.00 instead of 12.00 from one hour on until two. */
async function withSale(): Promise<{ world: World; ada: Person; pass: (ms: number) => void }> {
  const world = await World.create();
  const now = world.clock.now().getTime();
  const category = await saveCategory({ shop: world.shop, slug: "home", title: { en: "Home" }, position: 0 });
  const [variant] = mug(world.shop).variants;
  const sale = { price: 900, from: new Date(now + HOUR), until: new Date(now + 2 * HOUR) };
  await saveProduct(
    { ...mug(world.shop), category: category._id, variants: [{ ...variant!, sale }] },
    world.clock.now(),
  );
  const ada = new Chat(world).person("north", "ada");
  await ada.says("/start");
  return { world, ada, pass: (ms) => world.clock.advance(ms) };
}

test("each page shows the price of the moment it is opened at", async () => {
  const { ada, pass } = await withSale();
  const pages = async () => {
    const seen: string[] = [];
    await ada.says("mug");
    seen.push(ada.last());
    await ada.presses("View");
    seen.push(ada.last());
    await ada.says("/shop");
    await ada.presses("Home (1)");
    seen.push(ada.last());
    await ada.presses("Lowest price");
    seen.push(ada.last());
    return seen.map((text) => /€\d+\.\d\d/.exec(text)?.[0]);
  };
  expect(await pages()).toEqual(["€12.00", "€12.00", "€12.00", "€12.00"]);
  pass(HOUR);
  expect(await pages()).toEqual(["€9.00", "€9.00", "€9.00", "€9.00"]);
  await ada.says("mug");
  await ada.presses("View");
  expect(ada.last()).toMatch(/€9\.00.*€12\.00/);
  pass(HOUR);
  expect(await pages()).toEqual(["€12.00", "€12.00", "€12.00", "€12.00"]);
});

test("a price that ends while it is on the screen is asked about, in the cart and past it", async () => {
  const { ada, pass } = await withSale();
  pass(HOUR);
  await ada.says("mug");
  await ada.presses("View");
  pass(HOUR);
  await ada.presses("Buy now");
  expect(ada.last(1)).toContain("changed");
  expect(ada.last()).toContain("€12.00");
  await ada.presses("Buy now");
  expect(ada.last()).not.toContain("changed");
});

test("what is bought past the cart and gets dearer on the way is shown again, not an empty cart", async () => {
  const { world, ada, pass } = await withSale();
  pass(HOUR);
  await ada.says("mug");
  await ada.presses("View");
  const { customer } = await customerFor(world.shop, ada.identity, { language: "en" });
  await saveAddress(world.shop, customer._id, address);
  await ada.presses("Buy now");
  // However an address is printed, its button is the first.
  const [saved] = ada.views().at(-1)?.controls ?? [];
  await ada.presses(saved?.kind === "button" ? saved.label : "");
  pass(HOUR);
  await ada.presses("Post: €4.90, 2–4 days");
  expect(ada.last(1)).toContain("changed");
  expect(ada.last()).toContain("€12.00");
  expect(world.provider.calls).not.toContain("createSession");
});
