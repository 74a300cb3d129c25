import { badValue, CommandError, notImplemented } from "../errors.ts";
import { type DeclaredKind, hasPlaces, textIndexOf } from "../index-kinds.ts";
import { remember } from "../metadata.ts";
import type { Doc, Value } from "../value.ts";
import type { FilterContext } from "./filter-context.ts";
import { nearest, readNear } from "./geo.ts";
import type { Match } from "./match.ts";
import { textSearch } from "./text.ts";

/**
 * Compiles `$text`. A match remembers its score, for sorts and for `$meta`.
 *
 * @throws {CommandError} IndexNotFound when the collection has no text index; BadValue where `$text` may not stand.
 */
export function textMatch(operand: Value, { words }: FilterContext): Match {
  if (!words) throw badValue("$text is not allowed in this context");
  const index = words.indexes && textIndexOf(words.indexes);
  if (words.indexes && !index) throw new CommandError("IndexNotFound", "text index required for $text query");
  const { scoreOf } = textSearch(operand, index?.spec ?? {});
  if (!index)
    return () => {
      throw notImplemented("$text in a nested pipeline");
    };
  return (doc) => {
    const textScore = scoreOf(doc);
    if (textScore !== undefined) remember(doc, { textScore });
    return textScore !== undefined;
  };
}

/**
 * Compiles `$near` and its like, with the distances that stand beside it. A match remembers its distance, for the
 * order and for `$geoNear`.
 *
 * @throws {CommandError} NoQueryExecutionPlans when the collection has no index of places on the path; BadValue where
 * `$near` may not stand.
 */
export function nearMatch(
  parts: readonly string[],
  name: string,
  operand: Value,
  beside: Doc,
  { places }: FilterContext,
): Match {
  if (!places) throw badValue("$geoNear, $near, and $nearSphere are not allowed in this context");
  if (places === "deeper") throw badValue("geoNear must be top-level expr");
  const asked = readNear(name, operand, beside);
  const kinds: readonly DeclaredKind[] =
    asked.unit === "plane" ? ["2d"] : asked.unit === "metres" ? ["2dsphere"] : ["2dsphere", "2d"];
  if (places.indexes && !hasPlaces(places.indexes, parts.join("."), kinds))
    throw new CommandError(
      "NoQueryExecutionPlans",
      `error processing query: ns=${places.namespace} planner returned error :: caused by :: unable to find index for $geoNear query`,
    );
  const find = nearest(parts, asked);
  return (doc) => {
    const found = find(doc);
    if (found) remember(doc, { geoNearDistance: found.distance, geoNearPoint: found.place });
    return found !== undefined;
  };
}
