import { expect, test } from "vitest";
import { eraseCustomer } from "../../../src/shop/accounts/erase.ts";
import { dieAnywhere, everywhere, killedAfter } from "../dying.ts";
import { useStore } from "../orders/world.ts";
import { adasLife, shop, traces, web } from "./adas-life.ts";

useStore();
dieAnywhere();

test("a death at any write of an erasure is made good by the person's next try", {
  timeout: 300_000,
}, async () => {
  const points = await everywhere(async (at) => {
    await adasLife();
    // As the chat does it: for whoever the account is now, and that account last.
    const erase = async () => eraseCustomer(shop, (await web.customer())._id, { last: web.id });
    const died = await killedAfter(at, [erase]);
    await erase();
    expect(await traces(), `at ${at}`).toEqual([]);
    return died;
  });
  expect(points).toBeGreaterThan(5);
});
