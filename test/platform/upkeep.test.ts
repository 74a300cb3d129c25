import { expect, test } from "vitest";
import { Upkeep } from "../../src/platform/upkeep.ts";

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

/** What happens to a bot, in order. */
function recorded() {
  const told: string[] = [];
  const failed = (error: unknown) => {
    told.push(`failed: ${error}`);
    return 1;
  };
  const refused = (error: unknown) => void told.push(`refused: ${error}`);
  return { told, failed, refused };
}

test("a bot is introduced, works until it is stopped, and is stopped when its work has ended", async () => {
  const { told, ...hearing } = recorded();
  const upkeep = new Upkeep();
  let tries = 0;
  await upkeep.start({
    ...hearing,
    connect: async () => {
      tries += 1;
      if (tries === 1) throw "no answer";
      told.push("connected");
    },
    work: async (signal) => {
      told.push("works");
      await untilAborted(signal);
      told.push("done");
    },
  });
  expect(told).toEqual(["failed: no answer", "connected", "works"]);
  await upkeep.stop();
  expect(told.at(-1)).toBe("done");
});

const giveUp = (error: unknown) => {
  throw error;
};

test("a bot that is refused is told of once, is no error of its start, and is tried again later", async () => {
  const { told, ...hearing } = recorded();
  const upkeep = new Upkeep(1);
  let good = false;
  let tries = 0;
  const connect = async () => {
    tries += 1;
    if (!good) throw "revoked";
    told.push("connected");
  };
  await upkeep.start({ ...hearing, failed: giveUp, connect });
  expect(upkeep.connected).toBe(false);
  await expect.poll(() => tries).toBeGreaterThan(3);
  expect(told).toEqual(["refused: revoked"]);
  good = true;
  await expect.poll(() => upkeep.connected).toBe(true);
  await upkeep.stop();
  expect(told).toEqual(["refused: revoked", "connected"]);
});

test("a refusal that somebody else meets ends the work until the bot is taken again", async () => {
  const { told, ...hearing } = recorded();
  const upkeep = new Upkeep(1);
  const work = async (signal: AbortSignal) => {
    told.push("works");
    await untilAborted(signal);
    told.push("rests");
  };
  await upkeep.start({ ...hearing, failed: giveUp, connect: async () => undefined, work });
  expect(upkeep.connected).toBe(true);
  upkeep.refuse("revoked");
  expect(upkeep.connected).toBe(false);
  await expect.poll(() => told).toEqual(["works", "rests", "refused: revoked", "works"]);
  expect(upkeep.connected).toBe(true);
  await upkeep.stop();
});

test("a bot counts as connected as soon as messages can be sent, and not before", async () => {
  const { told: _, ...hearing } = recorded();
  const upkeep = new Upkeep();
  let finish = () => {};
  const connect = async (established: () => void) => {
    expect(upkeep.connected).toBe(false);
    established();
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
  };
  const starting = upkeep.start({ ...hearing, connect });
  expect(upkeep.connected).toBe(true);
  finish();
  await starting;
  await upkeep.stop();
});
