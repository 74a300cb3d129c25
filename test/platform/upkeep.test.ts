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
  const ended = (error: unknown) => void told.push(`ended: ${error}`);
  return { told, failed, ended };
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

test("an error that cannot be waited out ends the bot, which is told once and is no error of its start", async () => {
  const { told, ...hearing } = recorded();
  const upkeep = new Upkeep();
  const giveUp = (error: unknown) => {
    throw error;
  };
  await upkeep.start({ ...hearing, failed: giveUp, connect: () => Promise.reject("revoked") });
  expect(told).toEqual(["ended: revoked"]);
  expect(upkeep.signal.aborted).toBe(true);
  await upkeep.stop();
  expect(told).toEqual(["ended: revoked"]);
});
