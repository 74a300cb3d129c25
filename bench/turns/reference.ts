import type { Figures } from "../figures.ts";
import { countCommands, type Load, measure, type Run, type Told, tellCommands, tellRun } from "./telegram.ts";
import { openBenchWorld } from "./world.ts";

/** The bare grammY bot under the same load; `hawker` is what Hawker has shown, if it was measured, told beside it. */
export async function benchReference(figures: Figures, load: Load, hawker?: Told): Promise<void> {
  const options = { script: "grammy-child.ts" };
  const world = await openBenchWorld(options);
  let run: Run;
  try {
    await world.child.ask({ ask: "stock", available: 1_000_000 });
    const idle = await world.child.sample();
    figures.tell("grammY: RSS idle", idle.rssMb, "MB");
    run = await measure(world, load);
    tellRun(figures, "grammY", run);
  } finally {
    await world.close();
  }
  const commands = await countCommands(options);
  tellCommands(figures, "grammY", commands);
  if (hawker === undefined) return;
  tellRun(figures, "hawker beside grammY", hawker.run, run);
  tellCommands(figures, "hawker beside grammY", hawker.commands, commands);
}
