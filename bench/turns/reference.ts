import type { Figures } from "../figures.ts";
import { type Load, measure, type Run, tellRun } from "./telegram.ts";
import { openBenchWorld } from "./world.ts";

/** The bare grammY bot under the same load; `hawker` is Hawker's run, if there was one, told beside it. */
export async function benchReference(figures: Figures, load: Load, hawker?: Run): Promise<void> {
  const world = await openBenchWorld({ script: "grammy-child.ts" });
  try {
    await world.child.ask({ ask: "stock", available: 1_000_000 });
    const idle = await world.child.sample();
    figures.tell("grammY: RSS idle", idle.rssMb, "MB");
    const run = await measure(world, load);
    tellRun(figures, "grammY", run);
    if (hawker) tellRun(figures, "hawker beside grammY", hawker, run);
  } finally {
    await world.close();
  }
}
