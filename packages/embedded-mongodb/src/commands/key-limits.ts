import type { Collection } from "../collection.ts";
import { compare } from "../compare.ts";
import { CommandError } from "../errors.ts";
import { valuesAt } from "../path.ts";
import { findIndex } from "../planner.ts";
import type { Match } from "../query/match.ts";
import { type Doc, toNumber, type Value } from "../value.ts";
import { docField } from "./context.ts";

/**
 * What a find's `min` (from there on) and `max` (up to, but not there) let through: documents whose key in the hinted
 * index lies between them (source: MongoDB manual, "cursor.min()" and "cursor.max()"). Gives undefined without them.
 *
 * @throws {CommandError} 51173 without a hint; 51174 when their fields are not those of the index, in its order.
 */
export function keyLimits(command: Doc, collection: Collection): Match | undefined {
  const [min, max] = [docField(command, "min"), docField(command, "max")];
  if (!min && !max) return undefined;
  if (command.hint === undefined)
    throw new CommandError(51173, "When using min()/max() a hint of which index to use must be provided");
  const index = findIndex(collection, command.hint);
  // A hint that names no index is told by the planner.
  if (!index) return undefined;
  const pattern = Object.entries(index.spec.key as Doc);
  for (const limit of [min, max]) {
    if (limit && Object.keys(limit).join() !== pattern.map(([path]) => path).join())
      throw new CommandError(51174, "The index chosen does not fit the fields of min and max");
  }
  const order = (key: readonly (Value | undefined)[], limit: Doc): number => {
    for (const [at, [path, direction]] of pattern.entries()) {
      const way = compare(key[at] ?? null, limit[path] ?? null) * toNumber(direction as number);
      if (way !== 0) return way;
    }
    return 0;
  };
  return (doc) =>
    keysOf(
      doc,
      pattern.map(([path]) => path),
    ).some((key) => (!min || order(key, min) >= 0) && (!max || order(key, max) < 0));
}

/** The keys of a document: one for each element where a field holds an array. */
function keysOf(doc: Value, paths: readonly string[]): (Value | undefined)[][] {
  return paths.reduce<(Value | undefined)[][]>(
    (keys, path) => {
      const values = valuesAt(doc, path);
      return keys.flatMap((key) =>
        (values.length === 0 ? [undefined] : values).map((value) => [...key, value]),
      );
    },
    [[]],
  );
}
