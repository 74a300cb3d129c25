import type { Figures } from "../figures.ts";
import { cpuOf, type Load, measure } from "./telegram.ts";
import { openBenchWorld } from "./world.ts";

/**
 * What a turn costs as the shop grows: the same load at several sizes, each `[products, customers, conversations]`, in
 * one store that is filled up from size to size. The smallest is the reference.
 */
export async function benchGrowth(
  figures: Figures,
  load: Load,
  sizes: readonly (readonly number[])[],
): Promise<void> {
  const world = await openBenchWorld();
  let least: { cpu: number; p99: number } | undefined;
  try {
    await world.child.ask({ ask: "stock", available: 1_000_000 });
    await world.child.ask({ ask: "customers", people: load.people });
    for (const [products = 0, customers = 0, conversations = 0] of sizes) {
      if (least) await world.child.ask({ ask: "grow", products, customers, conversations });
      const run = await measure(world, load);
      const about = `${[products, customers, conversations].map((n) => n.toLocaleString("en")).join("/")}`;
      const against = (reference: number | undefined) => (reference === undefined ? {} : { reference });
      const cpu = cpuOf(run);
      const { p99 } = run.load.latency;
      figures.tell(
        `grown to ${about}: CPU a turn`,
        cpu * 1000,
        "us",
        against(least?.cpu && least.cpu * 1000),
      );
      figures.tell(`grown to ${about}: time to reply p99`, p99, "ms", against(least?.p99));
      figures.tell(`grown to ${about}: unanswered`, run.load.unanswered, "", { most: 0 });
      figures.tell(`grown to ${about}: RSS`, run.after.rssMb, "MB");
      least ??= { cpu, p99 };
    }
  } finally {
    await world.close();
  }
}
