import { expect, test } from "vitest";
import { Figures } from "../../bench/figures.ts";
import { flashSale } from "../../bench/flash/sale.ts";
import { Crowd } from "../../bench/turns/shoppers.ts";
import { openBenchWorld } from "../../bench/turns/world.ts";

test("every update that the load generator sends is answered", async () => {
  const { side, child, close } = await openBenchWorld();
  await child.ask({ ask: "stock", available: 1_000 });
  await child.ask({ ask: "customers", people: 10 });
  const crowd = new Crowd(side, 10);
  expect(await crowd.all("/shop", 4)).toBe(0);
  const { turns, unanswered, refused, deeds } = await crowd.load({ rate: 3, seconds: 10 });
  await close();
  expect({ turns, unanswered, refused }).toEqual({ turns: 30, unanswered: 0, refused: 0 });
  expect(deeds.browse).toBeGreaterThan(deeds.search);
}, 120_000);

test("of a flash sale as many payment links go out as there are units, and all others hear that it is sold out", async () => {
  const sale = { shoppers: 12, units: 3, sockets: 8 };
  const { links, soldOut, unanswered, right } = await flashSale(new Figures("smoke", "/nowhere"), sale);
  expect({ links, soldOut, unanswered, right }).toEqual({ links: 3, soldOut: 9, unanswered: 0, right: true });
}, 120_000);
