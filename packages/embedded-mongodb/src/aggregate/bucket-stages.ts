import { collationIn, compareBy } from "../collation.ts";
import { CommandError } from "../errors.ts";
import { type Doc, isDoc, isNumber, setField, toNumber, type Value } from "../value.ts";
import { compileAccumulator } from "./accumulators.ts";
import { evaluate, type Scope } from "./expression.ts";
import type { MakeStage } from "./stage.ts";

function outputs(output: Value | undefined, variables: Scope | undefined): (docs: Doc[]) => Doc {
  const spec: Doc = isDoc(output) ? output : { count: { $sum: 1 } };
  const fields = Object.keys(spec).map((field) => ({
    field,
    accumulate: compileAccumulator(field, spec[field] as Value, variables),
  }));
  return (docs) => {
    const result: Doc = {};
    for (const { field, accumulate } of fields) setField(result, field, accumulate(docs));
    return result;
  };
}

/** `$bucket` (source: MongoDB manual, "$bucket"). */
export const bucket: MakeStage = (operand, variables) => {
  if (!isDoc(operand)) throw new CommandError(40201, "Argument to $bucket stage must be an object");
  const compare = compareBy(collationIn(variables));
  const { groupBy, boundaries, default: otherwise, output } = operand;
  if (groupBy === undefined || !Array.isArray(boundaries))
    throw new CommandError(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  if (boundaries.length < 2)
    throw new CommandError(40192, "The $bucket 'boundaries' field must have at least 2 values");
  for (let at = 1; at < boundaries.length; at++) {
    if (compare(boundaries[at - 1], boundaries[at]) >= 0)
      throw new CommandError(40194, "The 'boundaries' option to $bucket must be sorted");
  }
  const show = outputs(output, variables);
  return (docs) => {
    const groups = boundaries.slice(0, -1).map((low) => ({ id: low, docs: [] as Doc[] }));
    const rest: Doc[] = [];
    for (const doc of docs) {
      const value = evaluate(groupBy, doc, variables);
      const at =
        value === undefined
          ? -1
          : boundaries.findIndex(
              (_, index) =>
                index < groups.length &&
                compare(boundaries[index], value) <= 0 &&
                compare(value, boundaries[index + 1]) < 0,
            );
      const found = groups[at];
      if (found) found.docs.push(doc);
      else if (otherwise === undefined)
        throw new CommandError(
          40066,
          "$switch could not find a matching branch for an input, and no default was specified.",
        );
      else rest.push(doc);
    }
    const filled = groups.filter((entry) => entry.docs.length > 0);
    if (rest.length > 0) filled.push({ id: otherwise as Value, docs: rest });
    return filled
      .sort((a, b) => compare(a.id, b.id))
      .map(({ id, docs: members }) => ({ _id: id, ...show(members) }));
  };
};

/** `$bucketAuto` without granularity. */
export const bucketAuto: MakeStage = (operand, variables) => {
  if (!isDoc(operand)) throw new CommandError(40240, "The argument to $bucketAuto must be an object");
  const compare = compareBy(collationIn(variables));
  const { groupBy, buckets, output, granularity } = operand;
  if (granularity !== undefined)
    throw new CommandError(
      "NotImplemented",
      "$bucketAuto with granularity is not implemented by the embedded store",
    );
  if (groupBy === undefined || !isNumber(buckets) || toNumber(buckets) < 1)
    throw new CommandError(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified.");
  const many = toNumber(buckets);
  const show = outputs(output, variables);
  return (docs) => {
    const keyed = docs
      .map((doc) => ({ doc, key: evaluate(groupBy, doc, variables) ?? null }))
      .sort((a, b) => compare(a.key, b.key));
    const size = Math.max(1, Math.round(keyed.length / many));
    const groups: { min: Value; max: Value; docs: Doc[] }[] = [];
    let at = 0;
    while (at < keyed.length && groups.length < many) {
      let end = groups.length === many - 1 ? keyed.length : Math.min(keyed.length, at + size);
      while (end < keyed.length && compare(keyed[end]?.key, keyed[end - 1]?.key) === 0) end++;
      const members = keyed.slice(at, end);
      const max = (keyed[end] ?? keyed.at(-1))?.key ?? null;
      groups.push({ min: members[0]?.key ?? null, max, docs: members.map(({ doc }) => doc) });
      at = end;
    }
    return groups.map(({ min, max, docs: members }) => ({ _id: { min, max }, ...show(members) }));
  };
};
