import { checkExpression, evaluate, hasOperator, type Scope } from "../aggregate/expression.ts";
import { badValue, CommandError } from "../errors.ts";
import { checkFieldPath } from "../path.ts";
import { positionOf } from "../update/positional.ts";
import { clone, type Doc, getField, isDoc, isNumber, setField, toNumber, type Value } from "../value.ts";
import { compileElement } from "./filter.ts";
import { isTrue } from "./truth.ts";

/** Gives the projected form of a document. */
export type Projection = (doc: Doc) => Doc;

type Leaf =
  | { kind: "include" }
  | { kind: "exclude" }
  | { kind: "compute"; expression: Value; beside?: boolean }
  | { kind: "slice"; skip: number | undefined; limit: number }
  | { kind: "elemMatch"; match: (item: Value) => boolean }
  | { kind: "positional" };
interface Tree {
  fields: Map<string, Tree>;
  leaf?: Leaf;
}

/** What a projection belongs to. */
export interface ProjectionContext {
  /** The query's filter, for the positional `$`; without it (in `$project`) find's own operators are errors. */
  filter?: Doc;
  variables?: Scope;
}

/**
 * Compiles the projection of `find` and `$project` (source: MongoDB manual, "Project Fields to Return").
 *
 * @throws {CommandError} 31254 and 31253 for a mixture of inclusion and exclusion, 31249 for colliding paths.
 */
export function compileProjection(spec: Doc, context: ProjectionContext = {}): Projection {
  const tree: Tree = { fields: new Map() };
  let including: boolean | undefined;
  let idLeaf: Leaf | undefined;
  let computes = false;
  /** `$meta` goes with inclusion and exclusion alike. */
  let adds = false;
  for (const [path, value] of flatten(spec)) {
    const leaf = leafOf(path, value, context);
    if (path === "_id" && (leaf.kind === "include" || leaf.kind === "exclude")) {
      idLeaf = leaf;
      continue;
    }
    if (leaf.kind === "include" || leaf.kind === "exclude" || leaf.kind === "positional") {
      const includes = leaf.kind !== "exclude";
      if (including !== undefined && including !== includes) {
        throw new CommandError(
          including ? 31254 : 31253,
          including
            ? `Cannot do exclusion on field ${path} in inclusion projection`
            : `Cannot do inclusion on field ${path} in exclusion projection`,
        );
      }
      including = includes;
    } else if (leaf.kind === "compute" && leaf.beside) adds = true;
    else if (leaf.kind === "compute") computes = true;
    if (leaf.kind === "positional" && [...leaves(tree)].some(({ kind }) => kind === "positional"))
      throw new CommandError(31276, "Cannot specify more than one positional projection per query.");
    plant(tree, path.endsWith(".$") ? path.slice(0, -2) : path, leaf);
  }
  const findOnly = [...leaves(tree)].some((leaf) => leaf.kind === "elemMatch");
  const onlyAdded = [...leaves(tree)].every((leaf) => leaf.kind === "compute" && leaf.beside);
  const inclusive = including ?? !!(computes || findOnly || (onlyAdded && idLeaf?.kind === "include"));
  if (computes && including === false)
    throw new CommandError(31252, "Cannot use an expression in an exclusion projection");
  if (inclusive) {
    if (idLeaf?.kind !== "exclude" && !tree.fields.has("_id")) plant(tree, "_id", { kind: "include" });
    const idFirst = new Map<string, Tree>();
    const id = tree.fields.get("_id");
    if (id) idFirst.set("_id", id);
    for (const [key, node] of tree.fields) idFirst.set(key, node);
    tree.fields = idFirst;
  } else if (idLeaf?.kind === "exclude") plant(tree, "_id", { kind: "exclude" });
  return (doc) => {
    const work: Work = { doc, context };
    if (inclusive) return include(doc, tree, work, "");
    const shown = exclude(doc, tree, work, "");
    if (adds) computeFields(shown, doc, tree, work);
    return shown;
  };
}

interface Work {
  doc: Doc;
  context: ProjectionContext;
}

function flatten(spec: Doc, prefix = ""): [string, Value][] {
  return Object.keys(spec).flatMap<[string, Value]>((key) => {
    const value = spec[key] as Value;
    const path = prefix + key;
    if (path.includes(".$."))
      throw new CommandError(
        31394,
        "As of 4.4, it's illegal to specify positional operator in the middle of a path.",
      );
    checkFieldPath(path.endsWith(".$") ? path.slice(0, -2) : path);
    if (isDoc(value) && Object.keys(value).length > 0 && !Object.keys(value)[0]?.startsWith("$")) {
      return flatten(value, `${path}.`);
    }
    return [[path, value]];
  });
}

function leafOf(path: string, value: Value, context: ProjectionContext): Leaf {
  if (path.endsWith(".$")) {
    if (!context.filter) throw new CommandError(16410, "FieldPath field names may not start with '$'.");
    return { kind: "positional" };
  }
  if (typeof value === "boolean" || isNumber(value)) return { kind: isTrue(value) ? "include" : "exclude" };
  if (isDoc(value) && context.filter) {
    if (value.$slice !== undefined && sliceOf(value.$slice))
      return { kind: "slice", ...(sliceOf(value.$slice) as Slice) };
    if (value.$elemMatch !== undefined) {
      if (path.includes("."))
        throw new CommandError(31275, "Cannot use $elemMatch projection on a nested field");
      if (!isDoc(value.$elemMatch))
        throw new CommandError(31274, "elemMatch: Invalid argument, object required");
      return { kind: "elemMatch", match: compileElement(value.$elemMatch) };
    }
  }
  if (isDoc(value) && Object.keys(value).length === 0) {
    if (!context.filter)
      throw new CommandError(
        51270,
        "An empty sub-projection is not a valid value. Found empty object at path",
      );
  }
  // Only here MongoDB tells an unknown operator by this code; deeper it is InvalidPipelineOperator.
  const operator = isDoc(value) ? Object.keys(value)[0] : undefined;
  if (operator?.startsWith("$") && !hasOperator(operator))
    throw new CommandError(
      31325,
      `${context.filter ? "" : "Invalid $project :: caused by :: "}Unknown expression ${operator}`,
    );
  checkExpression(value);
  return { kind: "compute", expression: value, beside: context.filter !== undefined && operator === "$meta" };
}

interface Slice {
  skip: number | undefined;
  limit: number;
}

function sliceOf(value: Value): Slice | undefined {
  if (isNumber(value)) return { skip: undefined, limit: Math.trunc(toNumber(value)) };
  if (Array.isArray(value) && value.length === 2 && value.every((part) => isNumber(part))) {
    const [skip, limit] = value.map((part) => (isNumber(part) ? Math.trunc(toNumber(part)) : 0));
    if ((limit ?? 0) <= 0)
      throw new CommandError(28724, "First argument to $slice must be an positive number");
    return { skip, limit: limit ?? 0 };
  }
  if (Array.isArray(value)) return undefined;
  throw new CommandError(
    28667,
    "Invalid $slice syntax. The given syntax did not match the find() or expression syntax",
  );
}

function* leaves(tree: Tree): Generator<Leaf> {
  if (tree.leaf) yield tree.leaf;
  for (const node of tree.fields.values()) yield* leaves(node);
}

function plant(tree: Tree, path: string, leaf: Leaf): void {
  let node = tree;
  for (const part of path.split(".")) {
    if (node.leaf) throw new CommandError(31249, `Path collision at ${path}`);
    let next = node.fields.get(part);
    if (!next) {
      next = { fields: new Map() };
      node.fields.set(part, next);
    }
    node = next;
  }
  if (node.leaf || node.fields.size > 0) throw new CommandError(31250, `Path collision at ${path}`);
  node.leaf = leaf;
}

function include(value: Doc, tree: Tree, work: Work, prefix: string): Doc {
  const result: Doc = {};
  for (const key of Object.keys(value)) {
    const node = tree.fields.get(key);
    const field = value[key] as Value;
    if (!node) {
      continue;
    }
    if (!node.leaf) {
      const inner = into(field, (item) => include(item, node, work, `${prefix}${key}.`), true);
      if (inner !== undefined) setField(result, key, inner);
    } else if (node.leaf.kind !== "compute") {
      const projected = project(field, node.leaf, work, prefix + key);
      if (projected !== undefined) setField(result, key, projected);
    }
  }
  computeFields(result, value, tree, work);
  return result;
}

function exclude(value: Doc, tree: Tree, work: Work, prefix: string): Doc {
  const result: Doc = {};
  for (const key of Object.keys(value)) {
    const node = tree.fields.get(key);
    const field = value[key] as Value;
    if (!node) setField(result, key, field);
    else if (!node.leaf) {
      setField(
        result,
        key,
        into(field, (item) => exclude(item, node, work, `${prefix}${key}.`), false) ?? null,
      );
    } else if (node.leaf.kind !== "exclude") {
      const projected = project(field, node.leaf, work, prefix + key);
      if (projected !== undefined) setField(result, key, projected);
    }
  }
  return result;
}

/** Applies to a document, or to the documents of an array; `drop` leaves out what is neither. */
function into(value: Value, apply: (item: Doc) => Doc, drop: boolean): Value | undefined {
  if (isDoc(value)) return apply(value);
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const inner = into(item, apply, drop);
      return inner === undefined ? [] : [inner];
    });
  }
  return drop ? undefined : value;
}

function project(field: Value, leaf: Leaf, work: Work, path: string): Value | undefined {
  switch (leaf.kind) {
    case "include":
      return field;
    case "slice": {
      if (!Array.isArray(field)) return field;
      if (leaf.skip === undefined)
        return leaf.limit >= 0 ? field.slice(0, leaf.limit) : field.slice(leaf.limit);
      const start = leaf.skip >= 0 ? leaf.skip : Math.max(0, field.length + leaf.skip);
      return field.slice(start, start + leaf.limit);
    }
    case "elemMatch": {
      if (!Array.isArray(field)) return undefined;
      const found = field.find(leaf.match);
      return found === undefined ? undefined : [found];
    }
    case "positional": {
      if (!Array.isArray(field)) return field;
      const index = positionOf(work.context.filter ?? {}, work.doc, path);
      if (index === undefined) {
        throw new CommandError(
          51246,
          "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
        );
      }
      const item = field[index];
      return item === undefined ? [] : [item];
    }
    default:
      return undefined;
  }
}

/** Adds the computed fields in the order in which the projection names them. */
function computeFields(result: Doc, source: Doc | undefined, tree: Tree, work: Work): void {
  for (const [key, node] of tree.fields) {
    if (node.leaf?.kind === "compute") {
      const value = evaluate(node.leaf.expression, work.doc, work.context.variables);
      if (value !== undefined) setField(result, key, value);
    } else if (!node.leaf && hasCompute(node) && !(source && Array.isArray(getField(source, key)))) {
      const present = getField(result, key);
      if (isDoc(present)) continue;
      const made: Doc = {};
      computeFields(made, undefined, node, work);
      setField(result, key, made);
    }
  }
}

function hasCompute(tree: Tree): boolean {
  for (const leaf of leaves(tree)) if (leaf.kind === "compute") return true;
  return false;
}

/**
 * Compiles `$set` / `$addFields`: every value is an expression, paths may be dotted, an array on the way is gone
 * through.
 */
export function compileAddFields(spec: Doc, variables?: Scope): Projection {
  const fields = flatten(spec).map(([path, expression]) => {
    if (path.startsWith("$")) throw new CommandError(16410, "FieldPath field names may not start with '$'.");
    checkExpression(expression);
    return { parts: path.split("."), expression };
  });
  return (doc) => {
    const result = clone(doc);
    for (const { parts, expression } of fields) {
      const value = evaluate(expression, doc, variables);
      place(result, parts, value);
    }
    return result;
  };
}

function place(holder: Doc, parts: string[], value: Value | undefined): void {
  const [first, ...rest] = parts as [string, ...string[]];
  if (rest.length === 0) {
    if (value === undefined) delete holder[first];
    else setField(holder, first, value);
    return;
  }
  const inner = getField(holder, first);
  if (Array.isArray(inner)) {
    setField(
      holder,
      first,
      inner.map((item) => {
        const element: Doc = isDoc(item) ? item : {};
        place(element, rest, value);
        return element;
      }),
    );
  } else {
    const element: Doc = isDoc(inner) ? inner : {};
    if (value === undefined && !isDoc(inner)) return;
    place(element, rest, value);
    setField(holder, first, element);
  }
}

/** Reads the operand of `$unset` into an exclusion. */
export function unsetSpec(operand: Value): Doc {
  const names = Array.isArray(operand) ? operand : [operand];
  const spec: Doc = {};
  for (const name of names) {
    if (name === "") throw new CommandError(40352, "FieldPath cannot be constructed with empty string");
    if (typeof name !== "string")
      throw badValue("$unset specification must be a string or an array of strings");
    spec[name] = 0;
  }
  return spec;
}
