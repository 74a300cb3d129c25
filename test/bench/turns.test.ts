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
  const prepared = await crowd.prepareCheckouts(4);
  const { turns, unanswered, refused, deeds, paymentLinks } = await crowd.load({ rate: 4, seconds: 20 });
  await close();
  expect({ prepared, turns, unanswered, refused }).toEqual({
    prepared: 1,
    turns: 80,
    unanswered: 0,
    refused: 0,
  });
  expect(deeds.browse).toBeGreaterThan(deeds.search);
  expect(deeds.checkout).toBe(4);
  expect(paymentLinks).toBeGreaterThanOrEqual(1);
});

test("a load far above what the bot bears ends by itself and says so", async () => {
  const { side, close } = await openBenchWorld({ script: "./echo-child.ts" });
  const crowd = new Crowd(side, 100);
  side.webhook = "http://127.0.0.1:1/"; // nobody is there: nothing is ever answered
  const { gaveUp, turns, unanswered } = await crowd.load({ rate: 10, seconds: 60 });
  await close();
  expect({ gaveUp, turns }).toEqual({ gaveUp: true, turns: 0 });
  expect(unanswered).toBeLessThan(600);
});

test("of a flash sale as many payment links go out as there are units, and all others hear that it is sold out", async () => {
  const sale = { shoppers: 12, units: 3, sockets: 8 };
  const { links, soldOut, unanswered, right } = await flashSale(new Figures("smoke", "/nowhere"), sale);
  expect({ links, soldOut, unanswered, right }).toEqual({ links: 3, soldOut: 9, unanswered: 0, right: true });
});
