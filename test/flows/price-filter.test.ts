import { expect, test } from "vitest";
import { saveCategory } from "../../src/shop/catalog/category.ts";
import { saveProduct } from "../../src/shop/catalog/save-product.ts";
import { getShop, saveShop } from "../../src/shop/core/shop.ts";
import { mug, useStore, World } from "../shop/orders/world.ts";
import { Chat } from "./chat.ts";

useStore();

test("a category is filtered by round prices of its own, in a currency without decimals as well", async () => {
  const world = await World.create();
  await saveShop({ ...(await getShop(world.shop)), currency: "JPY" });
  const { _id: category } = await saveCategory({
    shop: world.shop,
    slug: "tea",
    title: { en: "Tea" },
    position: 0,
  });
  const [variant] = mug(world.shop).variants;
  for (const [at, price] of [480, 900, 1800, 3200, 4800, 9800].entries())
    await saveProduct({
      ...mug(world.shop),
      _id: `tea-${at}`,
      slug: `tea-${at}`,
      title: { en: `Tea ${at}` },
      category,
      variants: [{ ...variant!, sku: `TEA-${at}`, price }],
    });
  const ada = new Chat(world).person("north", "ada");
  await ada.says("/shop");
  await ada.presses(/^Tea/);
  const upTo = () =>
    (ada.views().at(-1)?.controls ?? []).flatMap((control) =>
      control.kind === "pick"
        ? control.options.map(({ label }) => label).filter((label) => label.startsWith("Up to"))
        : [],
    );
  const steps = upTo();
  expect(steps.length).toBeGreaterThanOrEqual(3);
  // Each parts the six: some are below, some above.
  for (const label of steps) {
    const step = Number(label.replace(/\D/g, ""));
    expect(step).toBeGreaterThanOrEqual(480);
    expect(step).toBeLessThan(9800);
    expect(step % 100).toBe(0);
  }
  const [lowest = ""] = steps;
  await ada.presses(lowest);
  const shown = ada.last().match(/Tea \d/g) ?? [];
  const most = Number(lowest.replace(/\D/g, ""));
  expect([...new Set(shown)].sort()).toEqual(
    [480, 900, 1800, 3200, 4800, 9800].flatMap((price, at) => (price <= most ? [`Tea ${at}`] : [])),
  );
});
