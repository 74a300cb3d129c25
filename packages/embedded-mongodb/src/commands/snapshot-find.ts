import { decode } from "../bson-reader.ts";
import { Collection } from "../collection.ts";
import { CommandError } from "../errors.ts";
import type { Found } from "../find.ts";
import type { Patience } from "../patience.ts";
import type { Match } from "../query/match.ts";
import type { Snapshot, Storage } from "../storage.ts";
import { type Doc, Timestamp } from "../value.ts";
import { type CommandContext, docField } from "./context.ts";

/**
 * The time of the snapshot a command wants to read from, opened now unless it names one; undefined for any other read.
 *
 * @throws {CommandError} InvalidOptions for a time that is none.
 */
export function snapshotTime({ command, storage }: CommandContext): Timestamp | undefined {
  const concern = docField(command, "readConcern");
  if (concern?.level !== "snapshot") return undefined;
  const time = concern.atClusterTime;
  if (time === undefined) return storage.snapshots.open();
  if (!(time instanceof Timestamp))
    throw new CommandError("InvalidOptions", "'readConcern.atClusterTime' must be a timestamp");
  return time;
}

/** The documents of a collection that match, as they were in the snapshot, in the order of their insertion. */
export async function* matchingInSnapshot(
  storage: Storage,
  namespace: string,
  time: Timestamp,
  match: Match,
  patience: Patience,
): AsyncGenerator<Found> {
  const { snapshot, done } = storage.snapshots.use(time);
  try {
    const collection = collectionThen(storage, namespace, snapshot);
    if (!collection) return;
    for (const { record, bytes } of collection.scan(undefined, false, undefined, snapshot)) {
      const doc = decode(bytes);
      if (match(doc)) yield { record, bytes, doc };
      if (patience.due()) await patience.pause();
    }
  } finally {
    done();
  }
}

/** The collection that had this name then; it may be gone by now, or another may have the name. */
function collectionThen(storage: Storage, namespace: string, snapshot: Snapshot): Collection | undefined {
  const bytes = storage.catalog.get(Buffer.from(`c:${namespace}`), { transaction: snapshot });
  const meta: Doc | undefined = bytes && decode(bytes);
  return typeof meta?.id === "number" ? new Collection(storage, meta.id, namespace, {}, []) : undefined;
}
