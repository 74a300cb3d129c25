import { runStagesOnDocument } from "../aggregate/document-stages.ts";
import type { Scope } from "../aggregate/expression.ts";
import { compilePipeline } from "../aggregate/pipeline.ts";
import { compare } from "../compare.ts";
import { badValue, CommandError, failedToParse } from "../errors.ts";
import { arrayIndex, valueAt } from "../path.ts";
import { compileFilter } from "../query/filter.ts";
import type { Match } from "../query/match.ts";
import { shellText } from "../shell-text.ts";
import { clone, type Doc, getField, isDoc, setField, Timestamp, type Value } from "../value.ts";
import { type FieldChange, operators } from "./operators.ts";
import { type Positions, remove, resolvePath, write } from "./paths.ts";
import { positionOf } from "./positional.ts";

/** What an update needs to know beside the document. */
export interface UpdateContext {
  now: Date;
  /** The document is being inserted by an upsert, so `$setOnInsert` counts. */
  inserting: boolean;
}

/** A compiled update: gives the new document and leaves the old one as it is. */
export type Update = (doc: Doc, context: UpdateContext) => Doc;

const updateStages = new Set(["$addFields", "$set", "$project", "$unset", "$replaceRoot", "$replaceWith"]);

/**
 * Compiles the update of an `update` or `findAndModify` command: a replacement, operators, or a pipeline.
 *
 * @throws {CommandError} FailedToParse, BadValue, ConflictingUpdateOperators and others as MongoDB has them. The
 * update itself throws ImmutableField when it would change `_id`, PathNotViable, TypeMismatch.
 */
export function compileUpdate(
  update: Value,
  filter: Doc,
  arrayFilters: Value | undefined,
  variables?: Scope,
): { apply: Update; replacement: boolean } {
  if (Array.isArray(update)) {
    if (arrayFilters !== undefined) throw failedToParse("Cannot specify arrayFilters and a pipeline update");
    const stages = update.map((stage) => {
      if (!isDoc(stage)) throw failedToParse("Each element of the 'pipeline' array must be an object");
      return stage;
    });
    // A stage that is wrong is refused even when no document is found.
    compilePipeline(stages, variables);
    for (const [name = ""] of stages.map((stage) => Object.keys(stage))) {
      if (!updateStages.has(name))
        throw new CommandError("InvalidOptions", `${name} is not allowed to be used within an update`);
    }
    return {
      replacement: false,
      apply: (doc) => keepId(doc, runStagesOnDocument(stages, clone(doc), variables)),
    };
  }
  if (!isDoc(update)) throw failedToParse("Update argument must be either an object or an array");
  const first = Object.keys(update)[0];
  if (first === undefined || !first.startsWith("$")) {
    for (const key of Object.keys(update)) {
      if (key.startsWith("$"))
        throw new CommandError(
          "DollarPrefixedFieldName",
          `The dollar ($) prefixed field '${key}' in '${key}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
        );
    }
    if (Array.isArray(arrayFilters) && arrayFilters.length > 0)
      throw failedToParse("Cannot specify arrayFilters and a replacement update");
    return { replacement: true, apply: (doc) => keepId(doc, stamped(clone(update))) };
  }
  return { replacement: false, apply: compileOperators(update, filter, arrayFilters, variables) };
}

/** An empty timestamp in a replacement or insert stands for the time (source: MongoDB manual, "Timestamps"). */
export function stamped(doc: Doc): Doc {
  for (const key of Object.keys(doc)) {
    const value = doc[key];
    if (key !== "_id" && value instanceof Timestamp && value.isZero()) {
      doc[key] = new Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 });
    }
  }
  return doc;
}

/** Puts `_id` first and keeps it as it was. */
function keepId(before: Doc, next: Doc): Doc {
  const id = getField(before, "_id");
  const given = getField(next, "_id");
  if (given === undefined && id === undefined) return next;
  if (id !== undefined && given !== undefined && compare(id, given) !== 0) {
    throw new CommandError(
      "ImmutableField",
      `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${shellText(given)}`,
    );
  }
  const kept: Doc = { _id: (id === undefined ? given : id) as Value };
  for (const key of Object.keys(next)) if (key !== "_id") setField(kept, key, next[key] as Value);
  return kept;
}

interface Step {
  operator: string;
  path: string;
  change?: FieldChange;
  /** The new path of a `$rename`. */
  target?: string;
}

function compileOperators(
  update: Doc,
  filter: Doc,
  arrayFilters: Value | undefined,
  variables: Scope | undefined,
): Update {
  const steps: Step[] = [];
  for (const operator of Object.keys(update)) {
    const fields = update[operator];
    const make = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
    if (!make && operator !== "$unset" && operator !== "$rename") {
      throw failedToParse(
        operator.startsWith("$")
          ? `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`
          : `The update document mixes operators and fields: ${operator}`,
      );
    }
    if (!isDoc(fields)) {
      throw failedToParse(
        `Modifiers operate on fields but we found type ${Array.isArray(fields) ? "array" : typeof fields} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${shellText(fields)}}`,
      );
    }
    for (const path of Object.keys(fields)) {
      checkPath(path);
      const operand = fields[path] as Value;
      if (operator === "$rename") {
        steps.push(renameStep(path, operand));
      } else steps.push({ operator, path, change: make?.(operand, path, variables) });
    }
  }
  checkConflicts(steps);
  const filters = compileArrayFilters(arrayFilters, steps, variables);
  steps.sort((a, b) => comparePaths(a.path, b.path));
  return (doc, context) => {
    const next = clone(doc);
    const positions: Positions = { matched: (path) => positionOf(filter, doc, path, variables), filters };
    for (const step of steps) {
      if (step.operator === "$setOnInsert" && !context.inserting) continue;
      applyStep(next, step, positions, context);
    }
    return finish(doc, next);
  };
}

function finish(before: Doc, next: Doc): Doc {
  const had = getField(before, "_id");
  const id = getField(next, "_id");
  if (had !== undefined && (id === undefined || compare(had, id) !== 0)) {
    throw new CommandError(
      "ImmutableField",
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  if (id === undefined || Object.keys(next)[0] === "_id") return next;
  return keepId(before, next);
}

function renameStep(path: string, operand: Value): Step {
  if (typeof operand !== "string")
    throw badValue(`The 'to' field for $rename must be a string: ${path}: ${shellText(operand)}`);
  checkPath(operand);
  if (path === operand)
    throw badValue(`The source and target field for $rename must differ: ${path}: "${operand}"`);
  for (const name of [path, operand]) {
    if (name.split(".").some((part) => part.startsWith("$"))) {
      throw badValue(`The source and destination field for $rename may not be dynamic: ${name}`);
    }
  }
  return { operator: "$rename", path, target: operand };
}

function applyStep(doc: Doc, step: Step, positions: Positions, context: UpdateContext): void {
  if (step.target !== undefined) {
    rename(doc, step.path, step.target);
    return;
  }
  for (const parts of resolvePath(doc, step.path, positions)) {
    if (step.operator === "$unset") {
      remove(doc, parts);
      continue;
    }
    const next = step.change?.(valueAt(doc, parts), {
      path: step.path,
      id: getField(doc, "_id"),
      now: context.now,
    });
    if (next !== undefined) write(doc, parts, next);
  }
}

function rename(doc: Doc, from: string, to: string): void {
  const source = from.split(".");
  const value = valueAt(doc, source);
  if (value === undefined) return;
  for (const path of [source, to.split(".")]) {
    for (let length = 1; length < path.length; length++) {
      const holder = valueAt(doc, path.slice(0, length));
      if (Array.isArray(holder)) {
        throw badValue(
          `The ${path === source ? "source" : "destination"} field cannot be an array element, '${path.join(".")}' in doc with _id: ${shellText(getField(doc, "_id"))} has an array field called '${path[length - 1]}'`,
        );
      }
    }
  }
  remove(doc, source);
  write(doc, to.split("."), value);
}

function checkPath(path: string): void {
  if (path === "") throw new CommandError("EmptyFieldName", "An empty update path is not valid.");
  const parts = path.split(".");
  if (parts.includes("")) {
    throw new CommandError(
      "EmptyFieldName",
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    );
  }
  if (parts[0]?.startsWith("$")) {
    if (parts[0] === "$" || parts[0].startsWith("$[")) {
      throw badValue(`Cannot have positional (i.e. '$') element in the first position in path '${path}'`);
    }
    throw new CommandError(
      "DollarPrefixedFieldName",
      `The dollar ($) prefixed field '${parts[0]}' in '${path}' is not valid for storage.`,
    );
  }
}

function checkConflicts(steps: Step[]): void {
  const taken: string[] = [];
  for (const path of steps.flatMap((step) =>
    step.target === undefined ? [step.path] : [step.path, step.target],
  )) {
    for (const other of taken) {
      if (path === other || path.startsWith(`${other}.`) || other.startsWith(`${path}.`)) {
        const shorter = path.length < other.length ? path : other;
        throw new CommandError(
          "ConflictingUpdateOperators",
          `Updating the path '${path}' would create a conflict at '${shorter}'`,
        );
      }
    }
    taken.push(path);
  }
}

/** New fields are added in this order: names by their text, numbers by their value. */
function comparePaths(a: string, b: string): number {
  const left = a.split(".");
  const right = b.split(".");
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [x, y] = [left[at] as string, right[at] as string];
    if (x === y) continue;
    const [i, j] = [arrayIndex(x), arrayIndex(y)];
    if (i >= 0 && j >= 0) return i - j;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

function compileArrayFilters(
  arrayFilters: Value | undefined,
  steps: Step[],
  variables: Scope | undefined,
): Map<string, Match> {
  const filters = new Map<string, Match>();
  if (arrayFilters === undefined) return filters;
  if (!Array.isArray(arrayFilters)) throw new CommandError("TypeMismatch", "arrayFilters must be an array");
  for (const filter of arrayFilters) {
    if (!isDoc(filter)) throw new CommandError("TypeMismatch", "each array filter must be an object");
    const name = rootOf(filter);
    if (name === undefined)
      throw failedToParse("Cannot use an expression without a top-level field name in arrayFilters");
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      throw badValue(
        `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
      );
    }
    if (filters.has(name))
      throw failedToParse(`Found multiple array filters with the same top-level field name ${name}`);
    const match = compileFilter(filter, { variables });
    filters.set(name, (item) => match({ [name]: item }));
    if (!steps.some((step) => step.path.split(".").includes(`$[${name}]`))) {
      throw failedToParse(
        `The array filter for identifier '${name}' was not used in the update ${shellText(Object.fromEntries(steps.map((step) => [step.path, step.operator])))}`,
      );
    }
  }
  return filters;
}

function rootOf(filter: Doc): string | undefined {
  let root: string | undefined;
  for (const key of Object.keys(filter)) {
    const value = filter[key] as Value;
    const found =
      key.startsWith("$") && Array.isArray(value)
        ? value.map((part) => (isDoc(part) ? rootOf(part) : undefined)).find((name) => name !== undefined)
        : key.split(".")[0];
    if (found === undefined) continue;
    if (root !== undefined && root !== found) {
      throw failedToParse(
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${root}' and '${found}'`,
      );
    }
    root = found;
  }
  return root;
}
