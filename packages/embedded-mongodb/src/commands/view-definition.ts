import type { Catalog } from "../catalog.ts";
import type { Collection } from "../collection.ts";
import { CommandError } from "../errors.ts";
import { collectionOf, databaseOf } from "../namespace.ts";
import type { Value } from "../value.ts";

/** The most views that may stand upon each other (source: MongoDB manual, "Views"). */
const depthMax = 20;

const listOf = (value: Value | undefined): Value[] => (Array.isArray(value) ? value : []);

/** Whether a collection's name stands for a view. */
export function isView(collection: Collection): boolean {
  return typeof collection.options.viewOn === "string";
}

/**
 * The collection at the bottom of a view, and the stages that lead from it to the view.
 *
 * @throws {CommandError} ViewDepthLimitExceeded (165).
 */
export function resolveView(catalog: Catalog, view: Collection): { source: string; pipeline: Value[] } {
  let pipeline: Value[] = [];
  let current = view;
  for (let depth = 0; depth < depthMax; depth++) {
    pipeline = [...listOf(current.options.pipeline), ...pipeline];
    const source = `${databaseOf(view.namespace)}.${String(current.options.viewOn)}`;
    const next = catalog.find(source);
    if (!next || !isView(next)) return { source: collectionOf(source), pipeline };
    current = next;
  }
  throw new CommandError(165, `View depth too deep or view cycle detected; maximum depth is ${depthMax}`);
}
