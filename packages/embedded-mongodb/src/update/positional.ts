import type { Scope } from "../aggregate/expression.ts";
import { compileFilter } from "../query/filter.ts";
import { searching } from "../query/filter-context.ts";
import { type Doc, getField, isDoc, setField, type Value } from "../value.ts";

/**
 * The index of the array element that the filter matched, for the positional `$`.
 *
 * Prefers a condition on the array at `arrayPath`; otherwise any array that the filter went through counts (source:
 * MongoDB manual, "$ (update)").
 */
export function positionOf(filter: Doc, doc: Doc, arrayPath: string, variables?: Scope): number | undefined {
  let any: number | undefined;
  for (const [key, condition] of conditionsOf(filter)) {
    const array = firstArray(doc, key.split("."));
    if (!array) continue;
    const match = compileFilter({ [key]: condition }, { ...searching(), variables });
    for (let index = 0; index < array.items.length; index++) {
      const alone = replaced(doc, array.path, [array.items[index] as Value]);
      if (!match(alone)) continue;
      if (array.path.join(".") === arrayPath) return index;
      any ??= index;
      break;
    }
  }
  return any;
}

function conditionsOf(filter: Doc): [string, Value][] {
  return Object.keys(filter).flatMap<[string, Value]>((key) => {
    const condition = filter[key] as Value;
    if (!key.startsWith("$")) return [[key, condition]];
    if ((key === "$and" || key === "$or") && Array.isArray(condition)) {
      return condition.flatMap((part) => (isDoc(part) ? conditionsOf(part) : []));
    }
    return [];
  });
}

function firstArray(doc: Doc, parts: string[]): { path: string[]; items: Value[] } | undefined {
  let current: Value | undefined = doc;
  for (let at = 0; at <= parts.length; at++) {
    if (Array.isArray(current)) return { path: parts.slice(0, at), items: current };
    if (at === parts.length || !isDoc(current)) return undefined;
    current = getField(current, parts[at] as string);
  }
  return undefined;
}

function replaced(doc: Doc, path: string[], value: Value): Doc {
  const [first, ...rest] = path;
  if (first === undefined) return doc;
  const copy: Doc = { ...doc };
  const inner = getField(doc, first);
  setField(copy, first, rest.length === 0 || !isDoc(inner) ? value : replaced(inner, rest, value));
  return copy;
}
