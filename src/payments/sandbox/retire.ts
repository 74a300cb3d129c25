import type { Queue } from "../../jobs/queue.ts";
import { sandboxJobs } from "./events.ts";
import { Session } from "./session.ts";

/**
 * Ends the sandbox, in a shop that takes real money now: its open sessions are over, and what waits to be told of them
 * is thrown away, since nothing of test money counts. Returns how many sessions it ended. Safe to repeat.
 *
 * Registers with the queue in the sandbox's place, so call it before `queue.start()`.
 */
export async function retireSandbox(queue: Queue): Promise<number> {
  for (const job of Object.values(sandboxJobs)) queue.work(job, async () => undefined);
  const ended = await Session.updateMany({ status: "open" }, { $set: { status: "expired", outbox: [] } });
  return ended.modifiedCount;
}
