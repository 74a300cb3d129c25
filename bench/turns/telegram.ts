import { type Figures, spread } from "../figures.ts";
import type { Sample } from "./questions.ts";
import { Crowd, type LoadResult } from "./shoppers.ts";
import { type BenchOptions, type BenchWorld, openBenchWorld } from "./world.ts";

/** How much load, for how long. */
export interface Load {
  /** Updates a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly people: number;
}

/** Conversations that a warm-up opens at a time. */
const WARMING = 32;

/** One run of load and what it cost the bot. */
export interface Run {
  readonly crowd: Crowd;
  readonly load: LoadResult;
  readonly before: Sample;
  readonly after: Sample;
}

/** Everybody says hello (not measured), then the load. */
export async function measure({ side, child }: BenchWorld, { rate, seconds, people }: Load): Promise<Run> {
  const crowd = new Crowd(side, people);
  const lost = await crowd.all("/shop", WARMING);
  if (lost > 0) throw new Error(`${lost} of ${people} got no reply to their first message.`);
  await crowd.prepareCheckouts(WARMING);
  await crowd.load({ rate, seconds: Math.min(5, seconds / 4) });
  const before = await child.sample(true);
  const load = await crowd.load({ rate, seconds });
  return { crowd, load, before, after: await child.sample(false) };
}

/** Commands to the store a turn, by name and collection. */
export type Commands = Readonly<Record<string, number>>;

/** What a bot has shown, for comparison. */
export interface Told {
  readonly run: Run;
  readonly commands: Commands;
}

/** Counts them by the same mix at leisure, since a process that counts is slower. */
export async function countCommands(options: BenchOptions): Promise<Commands> {
  const world = await openBenchWorld({ ...options, counting: true });
  try {
    await world.child.ask({ ask: "stock", available: 1_000_000 });
    await world.child.ask({ ask: "customers", people: COUNTED.people });
    const { load, before, after } = await measure(world, COUNTED);
    return Object.fromEntries(
      Object.entries(after.commands)
        .map(([kind, count]) => [kind, (count - (before.commands[kind] ?? 0)) / load.turns] as const)
        .filter(([, count]) => count > 0)
        .sort((one, two) => two[1] - one[1]),
    );
  } finally {
    await world.close();
  }
}

/** So slow that nothing waits, and long enough for some tens of checkout steps. */
const COUNTED: Load = { rate: 50, seconds: 12, people: 200 };

/** Prints them: the sum, and of Hawker's every kind. */
export function tellCommands(figures: Figures, name: string, commands: Commands, reference?: Commands): void {
  const sum = (all: Commands) => Object.values(all).reduce((total, count) => total + count, 0);
  figures.tell(
    `${name}: commands to the store a turn`,
    sum(commands),
    "",
    reference ? { reference: sum(reference) } : {},
  );
  if (reference) return;
  for (const [kind, count] of Object.entries(commands))
    if (count >= 0.01) figures.tell(`${name}:   ${kind}`, count, "");
}

/** Milliseconds of CPU a turn. */
export const cpuOf = ({ load, before, after }: Run): number => (after.cpuMs - before.cpuMs) / load.turns;

/** Prints what a run has shown; `reference` is the same of the bot it is compared with. */
export function tellRun(figures: Figures, name: string, run: Run, reference?: Run): void {
  const { load, after } = run;
  const other = reference?.load;
  const against = (value: number | undefined) => (value === undefined ? {} : { reference: value });
  figures.tell(
    `${name}: turns a second`,
    load.turns / load.seconds,
    "/s",
    against(other && other.turns / other.seconds),
  );
  for (const part of ["p50", "p95", "p99", "p999", "max"] as const)
    figures.tell(`${name}: time to reply ${part}`, load.latency[part], "ms", {
      ...(part === "p99" && !name.startsWith("grammY") && { most: AT_ONCE }),
      ...against(other?.latency[part]),
    });
  figures.tell(`${name}: CPU a turn`, cpuOf(run) * 1000, "us", against(reference && cpuOf(reference) * 1000));
  figures.tell(`${name}: RSS under load`, after.rssMb, "MB", against(reference?.after.rssMb));
  figures.tell(`${name}: event loop lag p99`, after.lagP99, "ms", against(reference?.after.lagP99));
  if (reference) return;
  figures.tell(`${name}: event loop lag max`, after.lagMax, "ms");
  figures.tell(`${name}: refused`, load.refused, "", { most: 0 });
  figures.tell(`${name}: unanswered`, load.unanswered, "", { most: 0 });
  figures.tell(`${name}: generator late p99`, load.late.p99, "ms");
  const { browse, search, cart, checkout } = load.deeds;
  console.log(`   mix: browse ${browse}, search ${search}, cart ${cart}, checkout ${checkout}`);
  if (checkout > 0) figures.tell(`${name}: payment links shown`, load.paymentLinks, "", { least: 1 });
}

/** Hawker in a process of its own, on the embedded store or on an outside server. */
export async function benchHawker(
  figures: Figures,
  name: string,
  load: Load,
  mongodbUrl?: string,
): Promise<Told> {
  const options = mongodbUrl ? { mongodbUrl } : {};
  const world = await openBenchWorld(options);
  let run: Run;
  try {
    await world.child.ask({ ask: "stock", available: 1_000_000 });
    const idle = await world.child.sample();
    figures.tell(`${name}: RSS idle`, idle.rssMb, "MB", { most: 250 });
    await world.child.ask({ ask: "customers", people: load.people });
    run = await measure(world, load);
    tellRun(figures, name, run);
    if (!borne(run.load, load.rate)) await stepDown(figures, name, run, load.rate);
  } finally {
    await world.close();
  }
  const commands = await countCommands(options);
  tellCommands(figures, name, commands);
  return { run, commands };
}

const STEPS = 8;
const STEP_SECONDS = 8;
/** What people take for at once, in milliseconds: the bound on the time to reply of 99 in 100. */
const AT_ONCE = 250;

/** Whether everything was answered, at the rate that was asked for. */
const borne = ({ turns, seconds, unanswered, gaveUp }: LoadResult, rate: number): boolean =>
  unanswered === 0 && !gaveUp && turns / seconds > 0.95 * rate;

/** After a rate above what the machine bears: the highest rate, in steps of a tenth, at which all are answered at once. */
async function stepDown(figures: Figures, name: string, { crowd, load }: Run, asked: number): Promise<void> {
  console.log(`   ${asked}/s is above what this machine bears now; stepping down`);
  let rate = Math.min(0.9 * asked, load.turns / load.seconds);
  for (let step = 0; step < STEPS; step++, rate *= 0.9) {
    await crowd.quiet(20_000);
    const tried = await crowd.load({ rate, seconds: STEP_SECONDS });
    if (!borne(tried, rate) || tried.latency.p99 > AT_ONCE) continue;
    figures.tell(`${name}: highest rate answered at once`, rate, "/s");
    figures.tell(`${name}: time to reply p50 at that rate`, tried.latency.p50, "ms");
    figures.tell(`${name}: time to reply p99 at that rate`, tried.latency.p99, "ms", { most: AT_ONCE });
    return;
  }
  console.log(`   nor at ${Math.round(rate / 0.9)}/s`);
}

/** How much memory grows with the conversations that there have been: RSS at each of `steps`, and the slope. */
export async function benchMemory(figures: Figures, steps: readonly number[]): Promise<void> {
  const world = await openBenchWorld();
  try {
    const most = steps.at(-1) ?? 0;
    const crowd = new Crowd(world.side, most);
    await crowd.all("/shop", WARMING, 1, 1_000); // code and caches of the first turns are no conversation's
    const base = await world.child.sample();
    figures.tell("memory: RSS at 1,000 conversations", base.rssMb, "MB");
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at] ?? 0;
      await crowd.all("/shop", WARMING, (steps[at - 1] ?? 1_000) + 1, step);
      const { rssMb, heapMb } = await world.child.sample();
      const about = `${step.toLocaleString("en")} conversations`;
      figures.tell(`memory: RSS at ${about}`, rssMb, "MB");
      figures.tell(`memory: heap at ${about}`, heapMb, "MB");
      if (at === steps.length - 1) {
        const slope = (now: number, then: number) => ((now - then) * 1024) / (step - 1_000);
        figures.tell("memory: RSS a conversation", slope(rssMb, base.rssMb), "KB", { most: 10 });
        figures.tell("memory: heap a conversation", slope(heapMb, base.heapMb), "KB");
      }
    }
  } finally {
    await world.close();
  }
}

/** What the generator and Telegram's side bear, with a bot that does nothing but answer. */
export async function benchCeiling(figures: Figures, seconds: number): Promise<void> {
  const world = await openBenchWorld({ script: "echo-child.ts" });
  try {
    const crowd = new Crowd(world.side, 256);
    await crowd.all("/shop", WARMING);
    const until = performance.now() + seconds * 1000;
    const times: number[] = [];
    const worker = async (person: number) => {
      while (performance.now() < until) {
        const sent = performance.now();
        if (await crowd.exchange(person, { say: "hello" })) times.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, at) => worker(at + 1)));
    figures.tell("harness: turns a second of an echo", times.length / seconds, "/s");
    figures.tell("harness: time to reply p99, 64 at a time", spread(times).p99, "ms");
  } finally {
    await world.close();
  }
}
