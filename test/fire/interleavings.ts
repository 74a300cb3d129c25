import type { Moment, StoreGate } from "../doubles/store-gate.ts";

/** What became of a request: most of these races have a loser, who is told so by an error. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Two requests that meet, each as one process runs it, and what must be true once everything has come to rest. */
export interface Meeting<World> {
  /** A world just before the two meet. It stands for itself: nothing is left of the one before. */
  readonly world: () => Promise<World>;
  readonly one: (world: World) => Promise<unknown>;
  readonly other: (world: World) => Promise<unknown>;
  /** How many calls went elsewhere than to the store so far; without it, the two only speak to the store. */
  readonly elsewhere?: (world: World) => number;
  readonly rest: (world: World, one: Outcome, other: Outcome) => Promise<void>;
}

/** A place in a request: just before its n-th command (from 1) reaches the store, or just before its answer comes back. */
interface Point {
  readonly command: number;
  readonly moment: Moment;
}

/**
 * Runs two requests in every order in which one is interrupted once: it stops at each of its points, the other runs as
 * a whole, and it goes on; then the same with the roles changed. Returns how many orders there were.
 *
 * A failure names the point, so that it can be run again alone.
 */
export async function everyInterruption<World>(gate: StoreGate, meeting: Meeting<World>): Promise<number> {
  let runs = 0;
  for (const turned of [false, true]) {
    const [points] = await pointsOf(gate, meeting, turned);
    for (const point of points) {
      runs += 1;
      await run(gate, meeting, turned, [point]);
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
    const [first, second] = await pointsOf(gate, meeting, turned);
    const stride = Math.max(1, Math.ceil((2 * first.length * second.length) / most));
    for (const one of first) {
      for (const two of second) {
        pair += 1;
        if (pair % stride !== 0) continue;
        runs += 1;
        await run(gate, meeting, turned, [one, two]);
      }
    }
  }
  return runs;
}

/**
 * The points of each of the two, as each runs alone, the second after the first: before each command, and after it
 * where that differs from before the next one, as a call went elsewhere in between or there is no next one.
 */
async function pointsOf<World>(
  gate: StoreGate,
  meeting: Meeting<World>,
  turned: boolean,
): Promise<[Point[], Point[]]> {
  const world = await meeting.world();
  const [first, second] = requestsOf(meeting, turned);
  return [await pointsAlone(gate, meeting, world, first), await pointsAlone(gate, meeting, world, second)];
}

async function pointsAlone<World>(
  gate: StoreGate,
  { elsewhere = () => 0 }: Meeting<World>,
  world: World,
  request: (world: World) => Promise<unknown>,
): Promise<Point[]> {
  const from = gate.steps.length;
  const calls = new Map<string, number>();
  gate.watch = (step, moment) => {
    calls.set(`${moment} ${step.number - from}`, elsewhere(world));
    return undefined;
  };
  await outcomeOf(request(world));
  gate.watch = undefined;
  const commands = Array.from({ length: gate.steps.length - from }, (_, index) => index + 1);
  return commands.flatMap((command): Point[] => {
    const sameAsNext = calls.get(`after ${command}`) === calls.get(`before ${command + 1}`);
    return [{ command, moment: "before" }, ...(sameAsNext ? [] : [{ command, moment: "after" } as const])];
  });
}

async function run<World>(
  gate: StoreGate,
  meeting: Meeting<World>,
  turned: boolean,
  points: readonly Point[],
): Promise<void> {
  const world = await meeting.world();
  const [first, second] = requestsOf(meeting, turned);
  const { outcomes, where } = await alternate(gate, points, [() => first(world), () => second(world)]);
  const [one, other] = turned ? outcomes.toReversed() : outcomes;
  try {
    await meeting.rest(world, one as Outcome, other as Outcome);
  } catch (error) {
    const order = `${turned ? "the other" : "the one"} stopped ${where.join(", then ")}`;
    throw new Error(`${order}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
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
): Promise<{ outcomes: Outcome[]; where: string[] }> {
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
  return { outcomes: await Promise.all(running), where };
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
