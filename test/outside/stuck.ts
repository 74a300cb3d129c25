import { setTimeout as pause } from "node:timers/promises";
import { MongoClient } from "mongodb";

/** How often a server is asked for a write, and how long it may take over one before it counts as stuck. */
const EVERY_MS = 5_000;
const PATIENCE_MS = 60_000;

/**
 * Writes to a server again and again, into a database of its own, until one write is not answered within a minute.
 * Reads would not do: a server whose writers wait for each other may still answer those.
 *
 * @returns true when the server is stuck or gone; false when `over` is aborted first.
 */
export async function getsStuck(
  url: string,
  over: AbortSignal,
  patienceMs = PATIENCE_MS,
  everyMs = EVERY_MS,
): Promise<boolean> {
  const limits = { serverSelectionTimeoutMS: patienceMs, socketTimeoutMS: patienceMs };
  const client = new MongoClient(url, limits);
  const place = client.db("hawker_watch");
  const beats = place.collection<{ _id: string; count: number }>("beats");
  try {
    while (!over.aborted) {
      await beats.updateOne({ _id: "beat" }, { $inc: { count: 1 } }, { upsert: true });
      await pause(everyMs, undefined, { signal: over });
    }
    return false;
  } catch {
    // A write that failed while the run was ending says nothing.
    return !over.aborted;
  } finally {
    // Nothing is left on a server that is somebody's; one that does not answer keeps it.
    if (over.aborted) await place.dropDatabase().catch(() => undefined);
    await client.close();
  }
}
