import { reversed } from "../bounds.ts";
import type { Collection } from "../collection.ts";
import type { Cost } from "../find.ts";
import { stageBytesMax } from "../memory-limit.ts";
import type { IndexScan, Plan } from "../planner.ts";
import { isExact } from "../planner.ts";
import type { Doc, Value } from "../value.ts";
import { inOrder } from "./first-match.ts";

/** A search as `explain` sees it: what a command looks for, and what it does with what it finds. */
export interface Explained {
  /** `find`, `count`, `update`, `delete` and so on. */
  name: string;
  filter: Doc;
  sort?: Doc;
  projection?: Doc;
  hint?: Value;
  skip: number;
  limit: number;
}

/** What was counted while a plan ran. */
export interface Run extends Cost {
  /** Documents that matched and were within skip and limit. */
  returned: number;
}

/** Whether a count needs no documents, only the keys of one index. */
export function countsKeys(name: string, plan: Plan, filter: Doc): plan is Extract<Plan, { kind: "index" }> {
  return name === "count" && plan.kind === "index" && isExact(plan.scan, filter);
}

/**
 * A plan as a tree of MongoDB's stages, the last one outermost (source: MongoDB manual, "Explain Results"); with `run`
 * each stage has its counts.
 */
export function stagesOf(
  collection: Collection | undefined,
  plan: Plan | undefined,
  search: Explained,
  run?: Run,
): Doc {
  if (!collection || !plan) return { stage: "EOF", ...counts(run) };
  const { name, filter, sort, projection, skip, limit } = search;
  if (countsKeys(name, plan, filter)) {
    return wrap("COUNT", {}, { ...scanStage(plan.scan, run), stage: "COUNT_SCAN" }, run);
  }
  let stage = searchStage(plan, filter, run);
  const sorts = sort !== undefined && !inOrder(plan, sort);
  if (sorts) {
    const most: Doc = limit > 0 ? { limitAmount: skip + limit } : {};
    const about = { sortPattern: sort, memLimit: stageBytesMax, ...most, type: "simple" };
    stage = wrap("SORT", about, stage, run);
  }
  if (skip > 0) stage = wrap("SKIP", { skipAmount: skip }, stage, run);
  if (projection) stage = wrap(projectionStage(projection), { transformBy: projection }, stage, run);
  if (limit > 0 && !sorts) stage = wrap("LIMIT", { limitAmount: limit }, stage, run);
  return outermost(name, stage, run);
}

function outermost(name: string, stage: Doc, run: Run | undefined): Doc {
  if (name === "count") return wrap("COUNT", {}, stage, run && { ...run, returned: 0 });
  const matched = run?.returned ?? 0;
  if (name === "update" || name.toLowerCase() === "findandmodify")
    return wrap("UPDATE", run ? { nMatched: matched, nWouldModify: matched } : {}, stage, run);
  if (name === "delete") return wrap("DELETE", run ? { nWouldDelete: matched } : {}, stage, run);
  return stage;
}

function searchStage(plan: Plan, filter: Doc, run: Run | undefined): Doc {
  const rest: Doc = Object.keys(filter).length === 0 ? {} : { filter };
  const docs: Doc | undefined = run && { docsExamined: run.docs };
  switch (plan.kind) {
    case "collection":
      return {
        stage: "COLLSCAN",
        ...rest,
        direction: plan.reverse ? "backward" : "forward",
        ...counts(run),
        ...docs,
      };
    case "id":
      return { stage: "IDHACK", ...counts(run), ...(run && { keysExamined: run.keys }), ...docs };
    case "index": {
      const residual = isExact(plan.scan, filter) ? {} : rest;
      return { ...wrap("FETCH", residual, scanStage(plan.scan, run), run), ...docs };
    }
    case "union": {
      const inputStages = plan.scans.map((scan) => scanStage(scan));
      const union = { stage: "OR", ...counts(run), ...(run && { keysExamined: run.keys }), inputStages };
      return { ...wrap("FETCH", rest, union, run), ...docs };
    }
  }
}

function wrap(stage: string, about: Doc, inputStage: Doc, run: Run | undefined): Doc {
  return { stage, ...about, ...counts(run), inputStage };
}

function counts(run: Run | undefined): Doc {
  return run ? { nReturned: run.returned } : {};
}

/** MongoDB takes a faster way for a projection that only keeps or drops fields of the first level. */
function projectionStage(projection: Doc): string {
  const simple = Object.entries(projection).every(
    ([path, value]) => !path.includes(".") && (typeof value === "number" || typeof value === "boolean"),
  );
  return simple ? "PROJECTION_SIMPLE" : "PROJECTION_DEFAULT";
}

function scanStage({ index, ranges, reverse, fields }: IndexScan, run?: Run): Doc {
  const indexBounds: Doc = {};
  for (const [at, path] of index.paths.entries()) {
    const shown = fields[at]?.map((range) => range.shown()) ?? [
      index.directions[at] === -1 ? "[MaxKey, MinKey]" : "[MinKey, MaxKey]",
    ];
    indexBounds[path] = reverse ? shown.map(reversed).reverse() : shown;
  }
  return {
    stage: "IXSCAN",
    ...counts(run),
    ...(run && { keysExamined: run.keys }),
    keyPattern: index.spec.key as Value,
    indexName: index.name,
    isMultiKey: index.multikey,
    isUnique: index.unique,
    isSparse: index.sparse,
    isPartial: index.partial !== undefined,
    indexVersion: 2,
    direction: reverse ? "backward" : "forward",
    indexBounds,
    ...(run && { seeks: ranges.length }),
  };
}
