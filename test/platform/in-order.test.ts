import { expect, test } from "vitest";
import { InOrder } from "../../src/platform/in-order.ts";
import { Intake } from "../../src/platform/intake.ts";

/** A promise and what settles it. */
function gate() {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

test("work of one key goes one after another, also after a failure, and no key waits for another", async () => {
  const order = new InOrder();
  const done: string[] = [];
  const { open, passed } = gate();
  const first = order.run("ada", async () => {
    await passed;
    done.push("ada 1");
    throw new Error("failed");
  });
  const second = order.run("ada", async () => done.push("ada 2"));
  await order.run("bob", async () => done.push("bob"));
  expect(done).toEqual(["bob"]);
  open();
  await expect(first).rejects.toThrow("failed");
  await second;
  expect(done).toEqual(["bob", "ada 1", "ada 2"]);
});

test("is settled when all has come to its end, in whatever way", async () => {
  const order = new InOrder();
  const { open, passed } = gate();
  let ended = 0;
  const end = async () => {
    await passed;
    ended += 1;
  };
  const all = [order.run("ada", end), order.run("ada", end), order.run("bob", end)];
  const failing = order.run("eve", () => Promise.reject(new Error("failed"))).catch(() => undefined);
  const settled = order.settled();
  open();
  await settled;
  expect(ended).toBe(3);
  await Promise.all([...all, failing]);
});

test("an intake confirms no number before it is stored, takes each once, and lets no key wait for another", async () => {
  const stopping = new AbortController();
  const told: number[] = [];
  const intake = new Intake(stopping.signal, (_, number) => told.push(number));
  const stored: number[] = [];
  const { open, passed } = gate();
  const store = (number: number) => async () => void stored.push(number);
  expect(intake.next()).toBe(0);
  intake.take(10, "ada", async () => {
    await passed;
    stored.push(10);
  });
  intake.take(11, "ada", store(11));
  intake.take(12, "bob", store(12));
  intake.take(12, "bob", store(12));
  await new Promise(setImmediate);
  expect([stored, intake.next(), intake.busy]).toEqual([[12], 10, true]);
  open();
  await intake.settled();
  expect([stored, intake.next(), intake.busy]).toEqual([[12, 10, 11], 13, false]);
  intake.take(13, "ada", () => Promise.reject(new Error("the store is down")));
  intake.take(14, "bob", store(14));
  await new Promise(setImmediate);
  expect([stored.at(-1), intake.next(), told]).toEqual([14, 13, [13]]);
  stopping.abort();
  await intake.settled();
  expect(intake.next()).toBe(13);
});
