import { CommandError } from "./errors.ts";
import { type Doc, getField, isDoc, setField, type Value } from "./value.ts";

const splits = new Map<string, string[]>();

/** The parts of a dotted path. */
export function splitPath(path: string): string[] {
  let parts = splits.get(path);
  if (!parts) {
    parts = path.split(".");
    if (splits.size > 10_000) splits.clear();
    splits.set(path, parts);
  }
  return parts;
}

/** The array index that a path part stands for, or -1. */
export function arrayIndex(part: string): number {
  if (part === "0") return 0;
  return /^[1-9]\d{0,8}$/.test(part) ? Number(part) : -1;
}

/**
 * Whether any value that a path reaches passes the test, by the rules of queries: an array on the way stands for
 * its documents and for its numbered elements.
 *
 * The test gets `undefined` for a missing field. An array at the path's end is tested itself and, with `leaves`,
 * element by element.
 */
export function somePath(
  value: Value | undefined,
  parts: readonly string[],
  from: number,
  leaves: boolean,
  test: (value: Value | undefined) => boolean,
): boolean {
  if (from === parts.length) {
    if (leaves && Array.isArray(value)) {
      for (const item of value) if (test(item)) return true;
    }
    return test(value);
  }
  const part = parts[from] as string;
  if (Array.isArray(value)) {
    const index = arrayIndex(part);
    if (index >= 0 && index < value.length) {
      // An array that the last part numbers is one value: only names open it.
      const last = from + 1 === parts.length;
      if (somePath(value[index], parts, from + 1, leaves && !last, test)) return true;
    }
    for (const item of value) {
      if (isDoc(item) && somePath(item, parts, from, leaves, test)) return true;
    }
    return false;
  }
  if (isDoc(value)) return somePath(getField(value, part), parts, from + 1, leaves, test);
  return test(undefined);
}

/** The values that a path reaches; arrays at its end are also opened (as `distinct` and sorting see them). */
export function valuesAt(value: Value, path: string): (Value | undefined)[] {
  const found: (Value | undefined)[] = [];
  somePath(value, splitPath(path), 0, false, (reached) => {
    // A call takes far fewer arguments than an array may hold elements.
    if (Array.isArray(reached)) for (const item of reached) found.push(item);
    else found.push(reached);
    return false;
  });
  return found;
}

/** The value at a path without opening arrays (numbers index them); `undefined` when missing. */
export function valueAt(value: Value | undefined, parts: readonly string[]): Value | undefined {
  let current = value;
  for (const part of parts) {
    if (isDoc(current)) current = getField(current, part);
    else if (Array.isArray(current)) {
      const index = arrayIndex(part);
      current = index >= 0 ? current[index] : undefined;
    } else return undefined;
  }
  return current;
}

/** @throws {CommandError} as MongoDB refuses a path that names no field: 40352, 40353, 15998, 16410. */
export function checkFieldPath(path: string): void {
  if (path === "") throw new CommandError(40352, "FieldPath cannot be constructed with empty string");
  if (path.endsWith(".")) throw new CommandError(40353, "FieldPath must not end with a '.'.");
  for (const part of path.split(".")) {
    if (part === "") throw new CommandError(15998, "FieldPath field names may not be empty strings.");
    if (part.startsWith("$"))
      throw new CommandError(
        16410,
        "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
      );
  }
}

/** Puts a value at a path, and makes documents on the way; those that are there are copied, not changed. */
export function place(doc: Doc, parts: readonly string[], value: Value): void {
  const [part = "", ...rest] = parts;
  const inner = getField(doc, part);
  const copy: Doc = isDoc(inner) ? { ...inner } : {};
  if (rest.length > 0) place(copy, rest, value);
  setField(doc, part, rest.length > 0 ? copy : value);
}
