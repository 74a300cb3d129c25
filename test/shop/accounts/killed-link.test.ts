import { beforeEach, describe, expect, test } from "vitest";
import { link, linkByCode, unlink } from "../../../src/shop/accounts/customer-link.ts";
import { addToCart } from "../../../src/shop/cart/change-cart.ts";
import {
  type Account,
  anAccount,
  familyOf,
  ids,
  proofFor,
  quantities,
  rootOf,
} from "../customers/accounts.ts";
import { dieAnywhere, everywhere, killedAfter } from "../dying.ts";
import { useStore, World } from "../orders/world.ts";

useStore();
dieAnywhere();

const shop = "house";
beforeEach(async () => {
  await World.create();
});

describe("a process that dies at any write", { timeout: 300_000 }, () => {
  test("while linking has linked once it is run again, with the cart added once", async () => {
    const points = await everywhere(async (at) => {
      await World.create();
      const [a, b, c] = [await anAccount(shop), await anAccount(shop), await anAccount(shop)];
      await addToCart(shop, a.id, "MUG", 1, "k1");
      await addToCart(shop, b.id, "MUG", 2, "k2");
      await link(shop, b.id, c.id);
      const proof = await proofFor(shop, a.id, c.id);
      const run = () => linkByCode(shop, c.id, proof, "turn");
      const died = await killedAfter(at, [run]);
      const { family } = await a.customer();
      expect(family.length === 1 || family.length === 3, `at ${at}: ${family}`).toBe(true);
      await run();
      expect(await familyOf(c)).toEqual(ids(a, b, c));
      expect(await rootOf(b)).toBe(a.id);
      expect(await quantities(shop, a.id)).toEqual({ MUG: 3 });
      return died;
    });
    expect(points).toBeGreaterThan(4);
  });

  test.each([0, 1])("while account %i leaves has the family whole or parted, never lost", async (leaving) => {
    const points = await everywhere(async (at) => {
      await World.create();
      const all = [
        await anAccount(shop, "web", 0),
        await anAccount(shop, "web", 1),
        await anAccount(shop, "web", 2),
        await anAccount(shop, "web", 3),
      ];
      const [a, b, c, d] = all as [Account, Account, Account, Account];
      await link(shop, b.id, c.id);
      await link(shop, a.id, b.id);
      await link(shop, a.id, d.id);
      const leaver = leaving === 0 ? a : b;
      const others = all.filter((account) => account !== leaver);
      const died = await killedAfter(at, [() => unlink(shop, leaver.id)]);
      const now = await familyOf(leaver);
      expect(now.length === 4 || now.length === 1, `at ${at}: ${now}`).toBe(true);
      if (now.length === 4) expect(await familyOf(d)).toEqual(ids(...all));
      await unlink(shop, leaver.id);
      expect(await familyOf(leaver)).toEqual([leaver.id]);
      for (const account of others) expect(await familyOf(account)).toEqual(ids(...others));
      return died;
    });
    expect(points).toBeGreaterThan(2);
  });
});
