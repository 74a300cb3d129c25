import { afterEach, expect, test, vi } from "vitest";
import { Pace } from "../../src/platform/pace.ts";

afterEach(() => {
  vi.useRealTimers();
});

const outcome = (turn: Promise<void>): Promise<unknown> =>
  turn.then(
    () => "sent",
    (error: unknown) => error,
  );

test("a turn that is far away is refused with the wait, and other keys and limits go on", async () => {
  const pace = new Pace({ chat: { points: 1, seconds: 60 }, overall: { points: 2, seconds: 60 } });
  expect(await outcome(pace.turn("chat", "ada"))).toBe("sent");
  const refused = await outcome(pace.turn("chat", "ada"));
  expect(refused).toMatchObject({ fate: "unsent", retryAfterMs: expect.any(Number) });
  expect(refused).toHaveProperty(
    "retryAfterMs",
    expect.toSatisfy((ms: number) => ms > 50_000),
  );
  expect(await outcome(pace.turn("chat", "bob"))).toBe("sent");
  expect(await outcome(pace.turn("overall"))).toBe("sent");
  expect(await outcome(pace.turn("overall"))).toBe("sent");
  expect(await outcome(pace.turn("overall"))).toMatchObject({ fate: "unsent" });
});

test("a turn that is near is waited for", async () => {
  vi.useFakeTimers();
  const pace = new Pace({ chat: { points: 1, seconds: 1 } });
  await pace.turn("chat", "ada");
  let over = false;
  const second = pace.turn("chat", "ada").then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(900);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  await second;
  expect(over).toBe(true);
});

test("a burst passes on top of the steady pace", async () => {
  const pace = new Pace({ chat: { points: 1, seconds: 60, burst: { points: 2, seconds: 60 } } });
  const turns = await Promise.all([1, 2, 3, 4].map(() => outcome(pace.turn("chat", "ada"))));
  expect(turns.filter((turn) => turn === "sent")).toHaveLength(3);
  expect(turns.at(-1)).toMatchObject({ fate: "unsent" });
});

test("a hushed key is left alone for the time the platform asked for, and only that key", async () => {
  vi.useFakeTimers();
  const pace = new Pace({ chat: { points: 100, seconds: 1 } });
  await pace.hush("ada", 7000);
  expect(await outcome(pace.turn("chat", "ada"))).toMatchObject({ fate: "unsent", retryAfterMs: 7000 });
  expect(await outcome(pace.turn("chat", "bob"))).toBe("sent");
  await vi.advanceTimersByTimeAsync(7000);
  expect(await outcome(pace.turn("chat", "ada"))).toBe("sent");
});

test("of many that wait under one limit none waits longer than four seconds; the rest come back when those are through", async () => {
  vi.useFakeTimers();
  const pace = new Pace({ overall: { points: 30, seconds: 1 } });
  const started = performance.now();
  const ends: { outcome: unknown; ms: number }[] = [];
  const turns = Array.from({ length: 500 }, async () => {
    ends.push({ outcome: await outcome(pace.turn("overall")), ms: performance.now() - started });
  });
  await vi.advanceTimersByTimeAsync(6_000);
  expect(ends).toHaveLength(500);
  await Promise.all(turns);
  expect(Math.max(...ends.map(({ ms }) => ms))).toBeLessThanOrEqual(4_000);
  const sent = ends.filter((end) => end.outcome === "sent");
  expect(sent.length).toBeGreaterThanOrEqual(90);
  expect(sent.length).toBeLessThanOrEqual(150);
  const refused = ends.find((end) => end.outcome !== "sent")?.outcome;
  expect(refused).toMatchObject({ fate: "unsent", paced: true, retryAfterMs: expect.any(Number) });
});
