import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { SendError } from "../../src/engine/adapter.ts";
import { type Failure, Failures } from "../../src/platform/failures.ts";

class Refused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super("https://api.example/bot123:SECRET/send");
    this.failure = failure;
  }
}
const failures = new Failures((error) => (error instanceof Refused ? error.failure : {}));
const fate = (error: unknown, repeatable = false) => {
  const { fate: became, retryAfterMs } = failures.toSendError(error, repeatable);
  return { fate: became, retryAfterMs };
};

describe("a failed call", () => {
  test("that the platform asks to make later is unsent until then", () => {
    expect(fate(new Refused({ status: 429, retryAfterMs: 7000 }))).toEqual({
      fate: "unsent",
      retryAfterMs: 7000,
    });
  });

  test("with a refused token is unsent, for a new one may be in place in a minute", () => {
    expect(fate(new Refused({ status: 401, refusesToken: true }))).toEqual({
      fate: "unsent",
      retryAfterMs: 60_000,
    });
  });

  test("without an answer may have arrived, unless a repeat does no harm", () => {
    expect(fate(new Error("socket hang up")).fate).toBe("unknown");
    expect(fate(new Error("socket hang up"), true).fate).toBe("unsent");
  });

  test("whose fate is known keeps it", () => {
    const known = new SendError("refused", "gone");
    expect(failures.toSendError(known, true)).toBe(known);
  });

  test("of an unknown kind is told without its message, in which a token may stand", () => {
    expect(failures.line(new Refused({}))).not.toContain("SECRET");
  });

  test("is waited out as long as it is asked for, but never with a refused token", () => {
    const failed = failures.waitOut(pino({ level: "silent" }), "Trouble, trying again");
    expect(failed(new Refused({ retryAfterMs: 3000 }))).toBe(3000);
    expect(failed(new Error("no connection"))).toBeUndefined();
    const refused = new Refused({ refusesToken: true });
    expect(() => failed(refused)).toThrow(refused);
  });
});
