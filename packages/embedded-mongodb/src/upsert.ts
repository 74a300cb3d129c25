import { equal } from "./compare.ts";
import { CommandError } from "./errors.ts";
import { valueAt } from "./path.ts";
import { isOperators } from "./query/condition.ts";
import { write } from "./update/paths.ts";
import { BSONRegExp, clone, type Doc, isDoc, type Value } from "./value.ts";

/**
 * The document an upsert starts from: what the filter says by equality (`field: value`, `$eq`, `$in` and `$all` of
 * one value, inside `$and` and an `$or` of one branch).
 *
 * @throws {CommandError} NotSingleValueField (54) when the filter gives one path two values.
 */
export function upsertBase(filter: Doc): Doc {
  const doc: Doc = {};
  const paths = new Map<string, Value>();
  gather(filter, paths);
  for (const [path, value] of paths) {
    const taken = valueAt(doc, path.split("."));
    if (taken !== undefined && !equal(taken, value)) {
      throw new CommandError(54, `cannot infer query fields to set, path '${path}' is matched twice`);
    }
    write(doc, path.split("."), clone(value));
  }
  return doc;
}

function gather(filter: Doc, paths: Map<string, Value>): void {
  const put = (path: string, value: Value): void => {
    const taken = paths.get(path);
    if (taken !== undefined && !equal(taken, value)) {
      throw new CommandError(54, `cannot infer query fields to set, path '${path}' is matched twice`);
    }
    paths.set(path, value);
  };
  for (const key of Object.keys(filter)) {
    const condition = filter[key] as Value;
    if (
      (key === "$and" || (key === "$or" && Array.isArray(condition) && condition.length === 1)) &&
      Array.isArray(condition)
    ) {
      for (const part of condition) if (isDoc(part)) gather(part, paths);
    } else if (!key.startsWith("$")) {
      if (!isOperators(condition)) {
        if (!(condition instanceof BSONRegExp)) put(key, condition);
        continue;
      }
      if (condition.$eq !== undefined) put(key, condition.$eq);
      for (const name of ["$in", "$all"]) {
        const list = condition[name];
        const [only] = Array.isArray(list) && list.length === 1 ? list : [];
        if (only !== undefined && !(only instanceof BSONRegExp) && !(isDoc(only) && isOperators(only)))
          put(key, only);
      }
    }
  }
}
