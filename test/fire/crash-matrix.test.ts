import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chance } from "../doubles/chance.ts";
import { type Bundle, bundle } from "../setup/bundle.ts";
import { long, times } from "../setup/long.ts";
import { Children } from "./child.ts";
import { CrashWorld } from "./crash-world.ts";
import { checkPromises, mayBeDoubled, missingFrom, saidIn } from "./promises.ts";
import { parts, Shopping } from "./scenario.ts";

let program: Bundle;
let children: Children;
let world: CrashWorld;
beforeAll(async () => {
  program = await bundle("test/fire/child-main.ts");
  children = new Children(program.file);
  world = await CrashWorld.open(children);
  await world.start();
  await world.restock(100_000);
});
afterAll(async () => {
  await world.close();
  await children.close();
  await program.remove();
});

/** One moment of a life: the n-th time that a point is passed in a step. */
interface Moment {
  readonly step: string;
  readonly point: string;
  readonly nth: number;
}
const nameOf = ({ step, point, nth }: Moment): string => `${step} | ${point}${nth > 1 ? ` #${nth}` : ""}`;

/** What came of one part of a life. */
interface Lived {
  readonly passed: readonly Moment[];
  readonly died: readonly Moment[];
  readonly said: readonly string[];
  /** How many messages may have come twice. */
  readonly doubled: number;
}

let person = 1000;

/** Lives a part of a life, and dies at most once in each step, where `plan` says so. */
async function lives(
  part: string,
  plan: (step: string) => Moment | undefined = () => undefined,
): Promise<Lived> {
  if (part === "first order") person += 1;
  const passed: Moment[] = [];
  const died: Moment[] = [];
  const from = world.kills.length;
  const before = world.telegram.messages(person).at(-1)?.id ?? 0;
  const ada = world.telegram.person(person, { name: "Ada", locale: "en" });
  const shopping = new Shopping(world, ada, async (step, deed) => {
    const planned = plan(step);
    const counts = new Map<string, number>();
    let dead = false;
    world.reaper = (point) => {
      const nth = (counts.get(point) ?? 0) + 1;
      counts.set(point, nth);
      if (!dead) passed.push({ step, point, nth });
      if (dead || planned?.point !== point || planned.nth !== nth) return false;
      dead = true;
      died.push(planned);
      return true;
    };
    await deed();
    await world.quiet();
    world.reaper = undefined;
  });
  try {
    await parts[part]?.(shopping);
  } catch (cause) {
    throw new Error(`Killed at ${died.map(nameOf).join("; ")}:\n${ada.transcript().slice(-3000)}`, { cause });
  }
  return { passed, died, said: saidIn(world, person, before), doubled: mayBeDoubled(world, person, from) };
}

/** Holds a part of a life with deaths in it to the same part without. */
function expectSame({ said, died, doubled }: Lived, whole: Lived): void {
  const deaths = died.map(nameOf).join("; ");
  expect(missingFrom(said, whole.said), `lost after ${deaths}`).toEqual([]);
  const again = missingFrom(whole.said, said);
  expect(again.length, `doubled after ${deaths}:\n${again.join("\n---\n")}`).toBeLessThanOrEqual(doubled);
}

/** The points of a life, with how often each is passed. */
function table(moments: Iterable<Moment>): string {
  const counts = new Map<string, number>();
  for (const { point } of moments) counts.set(point, (counts.get(point) ?? 0) + 1);
  return [...counts].map(([point, count]) => `${String(count).padStart(4)}  ${point}`).join("\n");
}

/** Everyday each part of a life is lived once more, dying in each of its steps; the long run goes on until it has died at every moment. */
const rounds = times(1, Number.POSITIVE_INFINITY);

test("a shop that is killed at any step, and started again, keeps every promise", {
  timeout: 7_200_000,
}, async () => {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
  const random = chance(seed);
  // The first review changes what everybody sees after it.
  await lives("first order");
  const whole = new Map<string, Lived>();
  const pending = new Map<string, Moment>();
  for (const part of Object.keys(parts)) {
    const lived = await lives(part);
    whole.set(part, lived);
    // What two parts have in common need not die twice.
    for (const moment of lived.passed) pending.set(nameOf(moment), moment);
  }
  await checkPromises(world);
  const all = pending.size;
  console.log(`seed ${seed}: ${all} moments at these points:\n${table(pending.values())}`);
  let doubled = 0;
  for (let round = 0; round < rounds && pending.size > 0; round++) {
    const left = pending.size;
    for (const [part, before] of whole) {
      if (!before.passed.some((moment) => pending.has(nameOf(moment)))) continue;
      const lived = await lives(part, (step) => {
        const open = [...pending.values()].filter((moment) => moment.step === step);
        return open[Math.floor(random() * open.length)];
      });
      for (const moment of lived.died) pending.delete(nameOf(moment));
      expectSame(lived, before);
      await checkPromises(world);
      doubled += missingFrom(before.said, lived.said).length;
    }
    // A moment that a part of its own timing passes only now and then may be missed, but not all that are left.
    if (pending.size === left) break;
  }
  console.log(`died at ${all - pending.size} of ${all} moments; ${doubled} messages came twice`);
  const missed = [...pending.keys()].join("\n");
  if (long) expect(pending.size, missed).toBeLessThan(all / 50);
});
