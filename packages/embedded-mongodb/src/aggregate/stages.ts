import { canonical, collationIn } from "../collation.ts";
import { CommandError } from "../errors.ts";
import { encodeValue } from "../key-encoding.ts";
import { MemoryLimit, roughSize } from "../memory-limit.ts";
import { handOn } from "../metadata.ts";
import { place, splitPath, valueAt } from "../path.ts";
import { compileFilter } from "../query/filter.ts";
import { compileSort, sortDocs } from "../query/sort.ts";
import {
  clone,
  type Doc,
  getField,
  isDoc,
  isNumber,
  Long,
  setField,
  toNumber,
  type Value,
} from "../value.ts";
import { compileFold } from "./accumulators.ts";
import { bucket, bucketAuto } from "./bucket-stages.ts";
import { densify } from "./densify.ts";
import { checkExpression, evaluate, fieldPath, type Scope } from "./expression.ts";
import { counted, each, type Fold, limited, skipped } from "./flow.ts";
import { mingoStage } from "./mingo-stage.ts";
import { redact } from "./redact.ts";
import { flowing, type MakeStage } from "./stage.ts";

function document(name: string, operand: Value, code = 15955): Doc {
  if (!isDoc(operand)) throw new CommandError(code, `the ${name} specification must be an object`);
  return operand;
}

function count(name: string, operand: Value, least: number, code: number): number {
  if (!isNumber(operand) || !Number.isInteger(toNumber(operand)) || toNumber(operand) < least) {
    throw new CommandError(
      code,
      `invalid argument to ${name} stage: Expected a ${least > 0 ? "positive" : "non-negative"} number in: ${name}`,
    );
  }
  return toNumber(operand);
}

const group: MakeStage = (operand, variables) => {
  const spec = document("$group", operand, 15947);
  if (spec._id === undefined) throw new CommandError(15955, "a group specification must include an _id");
  const id = spec._id;
  checkExpression(id);
  const fields = Object.keys(spec)
    .filter((field) => field !== "_id")
    .map((field) => {
      if (field.includes(".")) throw new CommandError(40235, `The field name '${field}' cannot contain '.'`);
      return { field, fold: compileFold(field, spec[field] as Value, variables) };
    });
  return flowing(() => {
    const memory = new MemoryLimit("$group");
    const same = canonical(collationIn(variables));
    const groups = new Map<string, { value: Value; folds: Fold[] }>();
    const groupOf = (doc: Doc): Fold[] => {
      const value = evaluate(id, doc, variables) ?? null;
      const key = encodeValue(same(value)).toString("latin1");
      const found = groups.get(key);
      if (found) return found.folds;
      memory.add(key.length + roughSize(value) + 64 * fields.length);
      const folds = fields.map(({ fold }) => fold(memory));
      groups.set(key, { value, folds });
      return folds;
    };
    return {
      take(docs) {
        for (const doc of docs) for (const fold of groupOf(doc)) fold.add(doc);
        return [];
      },
      end: () =>
        [...groups.values()].map(({ value, folds }) => {
          const result: Doc = { _id: value };
          for (const [at, { field }] of fields.entries()) setField(result, field, (folds[at] as Fold).end());
          return result;
        }),
    };
  });
};

const unwind: MakeStage = (operand) => {
  const spec: Doc = typeof operand === "string" ? { path: operand } : document("$unwind", operand, 15981);
  const { path, includeArrayIndex: index, preserveNullAndEmptyArrays: keep } = spec;
  for (const key of Object.keys(spec))
    if (!["path", "includeArrayIndex", "preserveNullAndEmptyArrays"].includes(key))
      throw new CommandError(28811, `unrecognized option to $unwind stage: ${key}`);
  if (keep !== undefined && typeof keep !== "boolean")
    throw new CommandError(
      28809,
      "expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage",
    );
  if (index !== undefined && (typeof index !== "string" || index === ""))
    throw new CommandError(
      28810,
      "expected a non-empty string for the includeArrayIndex option to $unwind stage",
    );
  if (typeof index === "string" && index.startsWith("$"))
    throw new CommandError(
      28822,
      `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${index}`,
    );
  if (typeof path !== "string") throw new CommandError(28812, "no path specified to $unwind stage");
  if (!path.startsWith("$"))
    throw new CommandError(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  const parts = splitPath(path.slice(1));
  const unwound = (docs: Doc[]): Doc[] =>
    docs.flatMap((doc) => {
      const value = valueAt(doc, parts);
      if (!Array.isArray(value) || value.length === 0) {
        const single = value !== undefined && value !== null && !Array.isArray(value);
        if (!single && keep !== true) return [];
        const result = Array.isArray(value)
          ? without(doc, parts)
          : typeof index === "string"
            ? clone(doc)
            : doc;
        if (typeof index === "string") place(result, splitPath(index), null);
        return [handOn(doc, result)];
      }
      return value.map((item, at) => {
        const result = withValue(doc, parts, item);
        if (typeof index === "string") place(result, splitPath(index), Long.fromNumber(at));
        return handOn(doc, result);
      });
    });
  return flowing(each(unwound));
};

function withValue(doc: Doc, parts: readonly string[], value: Value): Doc {
  const [first, ...rest] = parts as [string, ...string[]];
  const copy: Doc = { ...doc };
  const inner = getField(doc, first);
  setField(copy, first, rest.length === 0 || !isDoc(inner) ? value : withValue(inner, rest, value));
  return copy;
}

function without(doc: Doc, parts: readonly string[]): Doc {
  const [first, ...rest] = parts as [string, ...string[]];
  const copy: Doc = { ...doc };
  const inner = getField(doc, first);
  if (rest.length === 0) delete copy[first];
  else if (isDoc(inner)) setField(copy, first, without(inner, rest));
  return copy;
}

const lookup: MakeStage = (operand, outer, nested) => {
  const spec = document("$lookup", operand, 9);
  const { from, localField, foreignField, as, pipeline } = spec;
  const given = isDoc(spec.let) ? spec.let : {};
  if (typeof as !== "string")
    throw new CommandError("FailedToParse", "must specify 'as' field for a $lookup");
  if (typeof from !== "string" && !Array.isArray(pipeline))
    throw new CommandError("FailedToParse", "missing 'from' option to $lookup stage specification");
  const byField = typeof localField === "string" && typeof foreignField === "string";
  if (!byField && pipeline === undefined)
    throw new CommandError(
      "FailedToParse",
      "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
    );
  return async (docs, host) => {
    const results: Doc[] = [];
    for (const doc of docs) {
      let found: Doc[] = [];
      const filter = byField ? joinFilter(fieldPath(doc, localField), foreignField) : {};
      if (typeof from === "string") found = await host.read(from, filter, outer);
      if (pipeline !== undefined) {
        const scope = new Map<string, Value | undefined>(outer ?? []);
        for (const key of Object.keys(given)) scope.set(key, evaluate(given[key] as Value, doc, outer));
        found = await nested.run(pipeline, found, host, scope);
      }
      const result = clone(doc);
      place(result, splitPath(as), found);
      results.push(result);
    }
    return results;
  };
};

/** Documents whose field equals the local value, or one of the local array's values. */
function joinFilter(local: Value | undefined, field: string): Doc {
  if (local === undefined) return { [field]: { $eq: null } };
  return Array.isArray(local) ? { [field]: { $in: [...local] } } : { [field]: { $eq: local } };
}

const notInFacets = new Set(
  "$facet $out $merge $geoNear $indexStats $collStats $planCacheStats $changeStream".split(" "),
);

const facet: MakeStage = (operand, variables, nested) => {
  const spec = document("$facet", operand, 40169);
  const names = Object.keys(spec);
  if (names.length === 0)
    throw new CommandError(40169, "the $facet specification must be a non-empty object");
  for (const name of names) {
    for (const stage of Array.isArray(spec[name]) ? spec[name] : []) {
      const inner = isDoc(stage) ? (Object.keys(stage)[0] ?? "") : "";
      if (notInFacets.has(inner))
        throw new CommandError(40600, `${inner} is not allowed to be used within a $facet stage`);
    }
  }
  for (const name of names) nested.compile(spec[name] as Value, variables);
  return async (docs, host) => {
    const result: Doc = {};
    for (const name of names)
      setField(result, name, await nested.run(spec[name] as Value, docs, host, variables));
    return [result];
  };
};

const unionWith: MakeStage = (operand, variables, nested) => {
  const spec: Doc = typeof operand === "string" ? { coll: operand } : document("$unionWith", operand, 9);
  return async (docs, host) => {
    const other = typeof spec.coll === "string" ? await host.read(spec.coll, {}) : [];
    return [
      ...docs,
      ...(spec.pipeline === undefined ? other : await nested.run(spec.pipeline, other, host, variables)),
    ];
  };
};

const graphLookup: MakeStage = (operand, variables) => {
  const spec = document("$graphLookup", operand, 9);
  const {
    from,
    startWith,
    connectFromField,
    connectToField,
    as,
    maxDepth,
    depthField,
    restrictSearchWithMatch,
  } = spec;
  if (
    typeof from !== "string" ||
    typeof connectFromField !== "string" ||
    typeof connectToField !== "string" ||
    typeof as !== "string" ||
    startWith === undefined
  ) {
    throw new CommandError(
      40105,
      "$graphLookup requires 'from', 'as', 'startWith', 'connectFromField', and 'connectToField' to be specified.",
    );
  }
  const deepest = isNumber(maxDepth) ? toNumber(maxDepth) : Number.POSITIVE_INFINITY;
  const restriction = isDoc(restrictSearchWithMatch) ? restrictSearchWithMatch : {};
  return async (docs, host) => {
    const results: Doc[] = [];
    for (const doc of docs) {
      const seen = new Map<string, Doc>();
      let frontier = listOf(evaluate(startWith, doc, variables));
      for (let depth = 0; frontier.length > 0 && depth <= deepest; depth++) {
        const found = await host.read(
          from,
          { $and: [{ [connectToField]: { $in: frontier } }, restriction] },
          variables,
        );
        frontier = [];
        for (const next of found) {
          const key = encodeValue(next._id as Value).toString("latin1");
          if (seen.has(key)) continue;
          seen.set(key, typeof depthField === "string" ? { ...next, [depthField]: depth } : next);
          for (const value of listOf(fieldPath(next, connectFromField))) frontier.push(value);
        }
      }
      const result = clone(doc);
      place(result, splitPath(as), [...seen.values()]);
      results.push(result);
    }
    return results;
  };
};

function listOf(value: Value | undefined): Value[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? [...value] : [value];
}

function sorting(sort: Doc, variables?: Scope): (docs: Doc[]) => Doc[] {
  compileSort(sort);
  return (docs) => sortDocs(docs, sort, (doc) => doc, collationIn(variables));
}

const sortByCount: MakeStage = (operand, variables, nested) => {
  const grouped = group({ _id: operand, count: { $sum: 1 } }, variables, nested);
  return async (docs, host, scope) => sorting({ count: -1 })(await grouped(docs, host, scope));
};

/** Stages on whole lists of documents (source: MongoDB manual, "Aggregation Stages"). */
export const stages: Readonly<Record<string, MakeStage>> = {
  $match: (operand, variables) => {
    const match = compileFilter(document("$match", operand, 15959), { variables, words: {} });
    return flowing(each((docs) => docs.filter(match)));
  },
  $sort: (operand, variables) => {
    const sort = document("$sort", operand, 15973);
    if (Object.keys(sort).length === 0)
      throw new CommandError(15976, "$sort stage must have at least one sort key");
    return sorting(sort, variables);
  },
  $limit: (operand) => {
    const most = count("$limit", operand, 1, 15958);
    return flowing(limited(most));
  },
  $skip: (operand) => {
    const first = count("$skip", operand, 0, 5107200);
    return flowing(skipped(first));
  },
  $count: (operand) => {
    if (typeof operand !== "string" || operand === "" || operand.startsWith("$") || operand.includes(".")) {
      throw new CommandError(40156, "the count field must be a non-empty string without '$' and '.'");
    }
    return flowing(counted(operand));
  },
  $sample: (operand) => {
    const size = count("$sample", document("$sample", operand, 28745).size ?? null, 0, 28747);
    return (docs) => {
      const pool = [...docs];
      for (let at = 0; at < Math.min(size, pool.length); at++) {
        const other = at + Math.floor(Math.random() * (pool.length - at));
        [pool[at], pool[other]] = [pool[other] as Doc, pool[at] as Doc];
      }
      return pool.slice(0, size);
    };
  },
  $documents: (operand, variables) => () => {
    const list = evaluate(operand, {}, variables);
    if (!Array.isArray(list)) throw new CommandError(5858203, "an array is expected for $documents");
    return list.filter(isDoc);
  },
  $group: group,
  $unwind: unwind,
  $lookup: lookup,
  $facet: facet,
  $unionWith: unionWith,
  $graphLookup: graphLookup,
  $sortByCount: sortByCount,
  $redact: redact,
  $bucket: bucket,
  $bucketAuto: bucketAuto,
  $setWindowFields: mingoStage("$setWindowFields"),
  $fill: mingoStage("$fill"),
  $densify: densify,
};
