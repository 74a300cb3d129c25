import { badValue, CommandError } from "../errors.ts";
import { arrayIndex, valueAt } from "../path.ts";
import type { Match } from "../query/match.ts";
import { shellText } from "../shell-text.ts";
import { type Doc, getField, isDoc, setField, type Value } from "../value.ts";

/** What `$` and `$[name]` in a path stand for. */
export interface Positions {
  /** The place of the matched element for `$` at this path; `undefined` when the filter matched no array. */
  matched: (arrayPath: string) => number | undefined;
  /** The tests of `arrayFilters` by their names. */
  filters: ReadonlyMap<string, Match>;
}

/**
 * Turns a path with `$`, `$[]` and `$[name]` into the plain paths it stands for in this document.
 *
 * @throws {CommandError} BadValue when there is no array or no matched element there.
 */
export function resolvePath(doc: Doc, path: string, positions: Positions): string[][] {
  const parts = path.split(".");
  if (!path.includes("$")) return [parts];
  let found: string[][] = [[]];
  for (const [at, part] of parts.entries()) {
    if (part === "$") {
      found = found.map((plain) => {
        const index = positions.matched(plain.join("."));
        if (index === undefined) {
          throw badValue("The positional operator did not find the match needed from the query.");
        }
        return [...plain, String(index)];
      });
    } else if (part.startsWith("$[") && part.endsWith("]")) {
      const name = part.slice(2, -1);
      const test = name === "" ? () => true : positions.filters.get(name);
      if (!test) {
        throw badValue(`No array filter found for identifier '${name}' in path '${path}'`);
      }
      found = found.flatMap((plain) => {
        const array = valueAt(doc, plain);
        if (array === undefined) {
          throw badValue(
            `The path '${parts.slice(0, at).join(".")}' must exist in the document in order to apply array updates.`,
          );
        }
        if (!Array.isArray(array)) {
          throw badValue(
            `Cannot apply array updates to non-array element ${plain.at(-1)}: ${shellText(array)}`,
          );
        }
        return array.flatMap((item, index) => (test(item) ? [[...plain, String(index)]] : []));
      });
    } else for (const plain of found) plain.push(part);
  }
  return found;
}

/** The most elements an update may add by naming an index beyond the end (as in MongoDB). */
const paddingMax = 1_500_000;

/**
 * Sets the value at a plain path, making documents on the way and filling arrays with null.
 *
 * @throws {CommandError} PathNotViable when something on the way is neither document nor array.
 */
export function write(doc: Doc, parts: readonly string[], value: Value): void {
  let current: Value = doc;
  for (const [at, part] of parts.entries()) {
    const last = at === parts.length - 1;
    if (isDoc(current)) {
      const next: Value | undefined = last ? value : (getField(current, part) ?? undefined);
      if (!last && next === undefined && Object.hasOwn(current, part))
        throw notViable(parts, at + 1, current, part);
      const made: Value = last ? value : (next ?? {});
      if (last || next === undefined) setField(current, part, made);
      current = made;
    } else if (Array.isArray(current)) {
      const index = arrayIndex(part);
      if (index < 0) throw notViable(parts, at, current, parts[at - 1] ?? "");
      if (index > current.length + paddingMax) throw badValue("can't backfill more than 1500000 elements");
      while (current.length < index) current.push(null);
      const next: Value | undefined = last ? value : current[index];
      const made: Value = next ?? (next === null ? null : {});
      if (last || next === undefined) current[index] = made;
      current = made;
    } else throw notViable(parts, at, current, parts[at - 1] ?? "");
  }
}

function notViable(parts: readonly string[], at: number, holder: Value, name: string): CommandError {
  const element = at > 0 && isDoc(holder) && Object.hasOwn(holder, name) ? (holder[name] as Value) : holder;
  return new CommandError(
    "PathNotViable",
    `Cannot create field '${parts[at]}' in element {${name}: ${shellText(element)}}`,
  );
}

/** Removes the field at a plain path; an array's element becomes null. */
export function remove(doc: Doc, parts: readonly string[]): void {
  const holder = valueAt(doc, parts.slice(0, -1));
  const last = parts.at(-1) as string;
  if (isDoc(holder)) delete holder[last];
  else if (Array.isArray(holder)) {
    const index = arrayIndex(last);
    if (index >= 0 && index < holder.length) holder[index] = null;
  }
}
