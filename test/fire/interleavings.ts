import type { Moment, StoreGate } from "../doubles/store-gate.ts";

/** What became of a request: most of these races have a loser, who is told so by an error. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Two requests that meet, each as one process runs it, and what must be true once everything has come to rest. */
export interface Meeting<World> {
  /** A world just before the two meet. It stands for itself: nothing is left of the one before. */
  readonly world: () => Promise<World>;
  readonly one: (world: World) => Promise<unknown>;
  readonly other: (world: World) => Promise<unknown>;
  readonly rest: (world: World, one: Outcome, other: Outcome) => Promise<void>;
}

/** A place in a request: just before its n-th command (from 1) reaches the store, or just before its answer comes back. */
interface Point {
  readonly command: number;
  readonly moment: Moment;
}

const moments: readonly Moment[] = ["before", "after"];

/**
 * Runs two requests in every order in which one is interrupted once: it stops at each of its commands, before and
 * after, the other runs as a whole, and it goes on; then the same with the roles changed. Answers how many orders
 * there were.
 *
 * A failure names the point, so that it can be run again alone.
 */
export async function everyInterruption<World>(gate: StoreGate, meeting: Meeting<World>): Promise<number> {
  let runs = 0;
  for (const turned of [false, true]) {
    for (let command = 1; ; command += 1) {
      let reached = false;
      for (const moment of moments) {
        runs += 1;
        reached = await run(gate, meeting, turned, [{ command, moment }]);
      }
      if (!reached) break;
    }
  }
  return runs;
}

/**
 * Runs two requests in the orders with two changes between them: the first stops at one of its commands, the second
 * at one of its own, the first ends, the second ends. Of all pairs of points about `most` are run, evenly spread.
 */
export async function pairsOfInterruptions<World>(
  gate: StoreGate,
  meeting: Meeting<World>,
  most: number,
): Promise<number> {
  let runs = 0;
  let pair = 0;
  for (const turned of [false, true]) {
    const [first, second] = await lengths(gate, meeting, turned);
    const stride = Math.max(1, Math.ceil((first * second * bothMoments.length * 2) / most));
    for (let command = 1; command <= first; command += 1) {
      for (let until = 1; until <= second; until += 1) {
        for (const [one, two] of bothMoments) {
          pair += 1;
          if (pair % stride !== 0) continue;
          runs += 1;
          await run(gate, meeting, turned, [
            { command, moment: one },
            { command: until, moment: two },
          ]);
        }
      }
    }
  }
  return runs;
}

const bothMoments = moments.flatMap((one) => moments.map((two) => [one, two] as const));

/** How many commands each of the two sends when it runs alone, the second after the first. */
async function lengths<World>(
  gate: StoreGate,
  meeting: Meeting<World>,
  turned: boolean,
): Promise<[number, number]> {
  const world = await meeting.world();
  const [first, second] = requestsOf(meeting, turned);
  const from = gate.steps.length;
  await outcomeOf(first(world));
  const between = gate.steps.length;
  await outcomeOf(second(world));
  return [between - from, gate.steps.length - between];
}

async function run<World>(
  gate: StoreGate,
  meeting: Meeting<World>,
  turned: boolean,
  points: readonly Point[],
): Promise<boolean> {
  const world = await meeting.world();
  const [first, second] = requestsOf(meeting, turned);
  const { reached, outcomes, where } = await alternate(gate, points, [
    () => first(world),
    () => second(world),
  ]);
  const [one, other] = turned ? outcomes.toReversed() : outcomes;
  try {
    await meeting.rest(world, one as Outcome, other as Outcome);
  } catch (error) {
    const order = `${turned ? "the other" : "the one"} stopped ${where.join(", then ")}`;
    throw new Error(`${order}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return reached;
}

const requestsOf = <World>({ one, other }: Meeting<World>, turned: boolean) =>
  turned ? ([other, one] as const) : ([one, other] as const);

/**
 * Runs the first request to the first point, the second to the second (or to its end), the first to its end, the
 * second to its end. While one is held up, what comes through the gate is the other's: that tells them apart.
 */
async function alternate(
  gate: StoreGate,
  points: readonly Point[],
  requests: readonly [() => Promise<unknown>, () => Promise<unknown>],
): Promise<{ reached: boolean; outcomes: Outcome[]; where: string[] }> {
  const where: string[] = [];
  const releases: (() => void)[] = [];
  const running: Promise<Outcome>[] = [];
  for (const [index, request] of requests.entries()) {
    const point = points[index];
    const stop = point === undefined ? undefined : stopAt(gate, point);
    const outcome = outcomeOf(request());
    running.push(outcome);
    await (stop === undefined ? outcome : Promise.race([stop.arrived, outcome]));
    gate.watch = undefined;
    if (stop?.where() !== undefined) where.push(stop.where() ?? "");
    releases.push(stop?.release ?? (() => {}));
  }
  for (const [index, release] of releases.entries()) {
    release();
    await running[index];
  }
  return { reached: where.length === points.length, outcomes: await Promise.all(running), where };
}

/** Holds up what comes through the gate from now on, at this point. */
function stopAt(gate: StoreGate, { command, moment }: Point) {
  const from = gate.steps.length;
  let where: string | undefined;
  let arrive = () => {};
  let release = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const held = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  gate.watch = (step, when) => {
    if (step.number !== from + command || when !== moment) return undefined;
    where = `${moment} command ${command} (${step.name})`;
    arrive();
    return held;
  };
  return { arrived, release, where: () => where };
}

const outcomeOf = (request: Promise<unknown>): Promise<Outcome> =>
  request.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
