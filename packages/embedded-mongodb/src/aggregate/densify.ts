import { add, type Numeric } from "../arithmetic.ts";
import { compare } from "../compare.ts";
import { CommandError, failedToParse } from "../errors.ts";
import { encodeValue } from "../key-encoding.ts";
import { place, splitPath, valueAt } from "../path.ts";
import { sortDocs } from "../query/sort.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import { plus, type Unit, unitOf } from "./calendar.ts";
import type { MakeStage, Stage } from "./stage.ts";
import { utc } from "./time-zone.ts";

/** MongoDB's parameter internalQueryMaxAllowedDensifyDocs. */
const most = 500_000;

/** From where to where the steps go: over all documents, over those of the same partition, or as given. */
type Bounds = "full" | "partition" | readonly [Value, Value];

/** How far the steps have come among the documents of one partition. */
interface Row {
  fields: Doc;
  next: Value;
}

/**
 * `$densify`: adds documents for the steps between the values of a field (source: MongoDB manual, "$densify").
 *
 * Given bounds end before the upper one; "full" reaches the highest value in every partition. What lies off the steps
 * is kept and does not shift them.
 */
export const densify: MakeStage = (operand): Stage => {
  if (!isDoc(operand)) throw failedToParse("The $densify stage specification must be an object");
  const { field } = operand;
  if (typeof field !== "string" || field === "" || field.startsWith("$"))
    throw failedToParse("$densify needs a 'field', which is a path without '$'");
  const partitions = partitionFields(operand, field);
  const { bounds, step, unit } = readRange(operand.range);
  if (bounds === "partition" && partitions.length === 0)
    throw new CommandError(
      5733408,
      "One cannot specify the bounds as 'partition' without specifying a non-empty array of partitionByFields. You may have meant to specify 'full' bounds.",
    );
  const parts = splitPath(field);
  const after = (value: Value): Value =>
    value instanceof Date
      ? new Date(plus(value.getTime(), toNumber(step), unit as Unit, utc))
      : (add(value as Numeric, step) ?? Number.POSITIVE_INFINITY);
  const order = bounds === "full" ? [field] : [...partitions, field];
  const sort = Object.fromEntries(order.map((path) => [path, 1]));
  return (docs) => {
    const results: Doc[] = [];
    const rows = new Map<string, Row>();
    let made = 0;
    const reach = (row: Row, ends: (value: Value) => boolean): void => {
      for (; !ends(row.next); row.next = after(row.next)) {
        if (++made > most)
          throw new CommandError(
            5897900,
            `Generated ${made} documents in $densify, which is over the limit of ${most}.`,
          );
        results.push(withField(row.fields, parts, row.next));
      }
    };
    let first: Value | undefined;
    let last: Value | undefined;
    const rowOf = (doc: Doc, value: Value): Row => {
      const fields: Doc = {};
      for (const path of partitions) {
        const own = valueAt(doc, splitPath(path));
        if (own !== undefined) place(fields, splitPath(path), own);
      }
      const key = encodeValue(fields).toString("latin1");
      const start = bounds === "partition" ? value : bounds === "full" ? (first as Value) : bounds[0];
      const row = rows.get(key) ?? { fields, next: start };
      rows.set(key, row);
      return row;
    };
    if (typeof bounds !== "string" && partitions.length === 0) rowOf({}, bounds[0]);
    const isOver = (value: Value): boolean => typeof bounds !== "string" && compare(value, bounds[1]) >= 0;
    for (const doc of sortDocs([...docs], sort, (one) => one)) {
      const value = valueAt(doc, parts);
      if (value !== undefined && value !== null) {
        checkType(value, unit);
        first ??= value;
        last = value;
        const row = rowOf(doc, value);
        reach(row, (next) => isOver(next) || compare(next, value) >= 0);
        if (compare(row.next, value) === 0) row.next = after(row.next);
      }
      results.push(doc);
    }
    if (bounds === "full") for (const row of rows.values()) reach(row, (next) => compare(next, last) > 0);
    else if (bounds !== "partition") for (const row of rows.values()) reach(row, isOver);
    return results;
  };
};

function partitionFields({ partitionByFields: given = [] }: Doc, field: string): string[] {
  if (!Array.isArray(given))
    throw failedToParse("'partitionByFields' of $densify must be an array of strings");
  return given.map((path) => {
    if (typeof path !== "string")
      throw failedToParse("'partitionByFields' of $densify must be an array of strings");
    if (path.startsWith(field))
      throw new CommandError(
        8993000,
        `partitionByFields '${path}' cannot include field '${field}' that is being densified.`,
      );
    return path;
  });
}

function readRange(range: Value | undefined): { bounds: Bounds; step: Numeric; unit: Unit | undefined } {
  if (!isDoc(range)) throw failedToParse("$densify needs a 'range', which is an object");
  const { step, bounds, unit: given } = range;
  if (!isNumber(step) || !(toNumber(step) > 0))
    throw new CommandError(
      5733401,
      "the step parameter in a range statement must be a strictly positive numeric value",
    );
  if (given !== undefined && typeof given !== "string")
    throw failedToParse("'unit' of a range must be a string");
  const unit = given === undefined ? undefined : unitOf(given);
  if (unit && !Number.isInteger(toNumber(step)))
    throw new CommandError(
      6586400,
      "The step parameter in a range satement must be a whole number when densifying a date range",
    );
  if (bounds === "full" || bounds === "partition") return { bounds, step, unit };
  if (!Array.isArray(bounds))
    throw failedToParse('\'bounds\' of a range must be "full", "partition" or an array');
  const [lower, upper] = bounds;
  if (bounds.length !== 2 || lower === undefined || upper === undefined)
    throw new CommandError(5733403, "a bounding array in a range statement must have exactly two elements");
  const alike = (isNumber(lower) && isNumber(upper)) || (lower instanceof Date && upper instanceof Date);
  if (!alike || compare(lower, upper) > 0)
    throw new CommandError(
      5733402,
      "a bounding array must be an ascending array of either two dates or two numbers",
    );
  if (isNumber(lower) && unit) throw new CommandError(5733409, "numeric bounds may not have unit parameter");
  if (!isNumber(lower) && !unit) throw new CommandError(5733410, "date bounds must have a unit parameter");
  return { bounds: [lower, upper], step, unit };
}

function checkType(value: Value, unit: Unit | undefined): void {
  if (unit ? value instanceof Date : isNumber(value)) return;
  throw new CommandError(
    6053600,
    "Densify field type must be numeric with 'unit' unspecified, or a date with 'unit' specified.",
  );
}

/** A new document with the fields of its partition and the one that is densified. */
function withField(fields: Doc, parts: readonly string[], value: Value): Doc {
  const doc: Doc = { ...fields };
  place(doc, parts, value);
  return doc;
}
