import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chance } from "../doubles/chance.ts";
import { type Bundle, bundle } from "../setup/bundle.ts";
import { times } from "../setup/long.ts";
import { Children } from "./child.ts";
import { CrashWorld } from "./crash-world.ts";
import { checkNews, checkPromises } from "./promises.ts";
import { Shopping } from "./scenario.ts";

let program: Bundle;
let children: Children;
beforeAll(async () => {
  program = await bundle("test/fire/child-main.ts");
  children = new Children(program.file);
});
afterAll(async () => {
  await children.close();
  await program.remove();
});

const DAY = 24 * 60 * 60_000;
/** People who shop at the same time. */
const PEOPLE = 3;
/** At most so many points lie between two deaths: some turns after a start, which passes about 130. */
const APART = 600;
/** Every fourth time they are so few that the next start, or what it has to make up for, is not over. */
const SOON = 200;

const endings: ((shopping: Shopping) => Promise<void>)[] = [
  (shopping) => shopping.cancelsUnpaid(),
  (shopping) => shopping.paysAndCancels(),
  (shopping) => shopping.paysByTransfer(true),
  (shopping) => shopping.paysByTransfer(false),
  (shopping) => shopping.isServed(),
  // Nobody pays; the hold ends with the day.
  async () => {},
];

test.each([
  ["webhooks", true],
  ["long polling", false],
])(
  "several people's orders survive deaths at random moments, with updates by %s",
  { timeout: 7_200_000 },
  async (_, webhooks) => {
    const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
    const random = chance(seed);
    const pick = (count: number) => Math.floor(random() * count);
    const deaths = times(16, 500);
    const world = await CrashWorld.open(children, webhooks);
    console.log(`seed ${seed}`);
    await world.start();
    await world.restock(100_000);
    const started = performance.now();
    let left = 1 + pick(APART);
    const reaper = () => {
      left -= 1;
      if (left > 0) return false;
      left = 1 + pick(random() < 0.25 ? SOON : APART);
      return true;
    };
    for (let chat = 2000; world.kills.length < deaths; chat += PEOPLE) {
      world.reaper = reaper;
      const people = Array.from({ length: PEOPLE }, (_, index) => chat + index);
      await Promise.all(people.map((id) => shops(world, id, [pick(endings.length), pick(endings.length)])));
      // So that the day is over for everybody: holds end, reviews are asked for.
      await world.quiet();
      world.forward(DAY + 60_000);
      await world.quiet();
      world.reaper = undefined;
      await world.quiet();
      await checkPromises(world);
      for (const id of people) await checkNews(world, id);
    }
    const orders = await world.db
      .collection("orders")
      .find({ _id: { $gte: "" } } as object)
      .toArray();
    const each = (performance.now() - started) / world.kills.length;
    console.log(
      `${world.kills.length} deaths among ${orders.length} orders, ${Math.round(each)} ms each, with recovery and life between`,
    );
    expect(world.kills.length).toBeGreaterThanOrEqual(deaths);
    await world.close();
  },
);

/** Somebody places two orders, which end in one way or another. */
async function shops(world: CrashWorld, id: number, ends: readonly number[]): Promise<void> {
  const person = world.telegram.person(id, { name: "Ada", locale: "en" });
  const shopping = new Shopping(world, person, async (name, deed) => {
    // Time is everybody's, and passes at the end.
    if (name.endsWith("passes")) return;
    await deed();
    await world.quietFor(id);
  });
  try {
    await shopping.placesFromCart();
    await endings[ends[0] ?? 0]?.(shopping);
    await shopping.buysAgain();
    await endings[ends[1] ?? 0]?.(shopping);
  } catch (cause) {
    const points = world.kills.slice(-12).map(({ point }) => point);
    throw new Error(`After deaths at ${points.join("; ")}:\n${person.transcript().slice(-3000)}`, { cause });
  }
}
