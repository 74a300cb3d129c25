import { type Collation, canonical } from "./collation.ts";
import { CommandError } from "./errors.ts";
import { emptyArrayMark, encodeKey, type Keyed, shorten } from "./key-encoding.ts";
import { arrayIndex, splitPath } from "./path.ts";
import { type Doc, getField, isDoc, type Value } from "./value.ts";

/** The entries one document has in an index. */
export interface IndexKeys {
  /** Encoded keys, each once. */
  keys: Buffer[];
  /** The values of each key, for messages about duplicates. */
  values: Keyed[][];
  /** An array was opened. */
  multikey: boolean;
  /** A key was too long and was cut. */
  cut: boolean;
  /** Every field of the index is missing. */
  missing: boolean;
}

interface Field {
  value: Value | undefined;
  rest: readonly string[];
  done: boolean;
  keyed?: Keyed;
}

/**
 * Works out the keys of a document (source: MongoDB manual, "Multikey Indexes").
 *
 * With a collation the keys of equal text are the same, but the same key need not mean equal text (see `Collation`).
 *
 * @throws {CommandError} CannotIndexParallelArrays when two fields of the index hold different arrays.
 */
export function indexKeys(
  doc: Doc,
  paths: readonly string[],
  directions: readonly number[],
  collation?: Collation,
): IndexKeys {
  const result: IndexKeys = { keys: [], values: [], multikey: false, cut: false, missing: true };
  const seen = new Set<string>();
  const identify = keyIdentity(collation);
  const fields = paths.map<Field>((path) => ({ value: doc, rest: splitPath(path), done: false }));
  expand(fields, paths, result, (values) => {
    const keyed = collation ? values.map(collation.indexed) : values;
    const { key, cut } = shorten(encodeKey(keyed, directions));
    if (cut) result.cut = true;
    if (result.multikey) {
      const text = identify(key, values);
      if (seen.has(text)) return;
      seen.add(text);
    }
    result.keys.push(key);
    result.values.push(values);
  });
  return result;
}

/**
 * Makes texts of keys that are the same just for keys that are equal: of the key's own bytes, or with a collation of
 * its values, each string as the first equal one that was met.
 */
export function keyIdentity(
  collation: Collation | undefined,
): (key: Buffer, values: readonly Keyed[]) => string {
  if (!collation) return (key) => key.toString("latin1");
  const same = canonical(collation);
  return (_, values) =>
    encodeKey(
      values.map((value) => (value === emptyArrayMark || value === undefined ? value : same(value))),
      values.map(() => 1),
    ).toString("latin1");
}

function expand(
  fields: Field[],
  paths: readonly string[],
  result: IndexKeys,
  emit: (values: Keyed[]) => void,
): void {
  let array: Value[] | undefined;
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] as Field;
    if (field.done) continue;
    advance(field);
    if (!Array.isArray(field.value) || field.done) continue;
    if (array && array !== field.value) {
      throw new CommandError(
        "CannotIndexParallelArrays",
        `cannot index parallel arrays [${paths[index]}] [${paths[0]}]`,
      );
    }
    array = field.value;
  }
  if (!array) {
    emit(fields.map((field) => field.keyed));
    if (fields.some((field) => field.keyed !== undefined)) result.missing = false;
    return;
  }
  result.multikey = true;
  if (array.length === 0) {
    expand(
      fields.map((field) => {
        if (field.done) return field;
        if (field.rest.length > 0) return { ...field, done: true, keyed: undefined };
        return { ...field, done: true, keyed: emptyArrayMark };
      }),
      paths,
      result,
      emit,
    );
    return;
  }
  for (const item of array) {
    const opened = fields.map<Field>((field) => {
      if (field.done) return field;
      if (field.rest.length === 0) return { ...field, done: true, keyed: item };
      if (isDoc(item)) return { ...field, value: item };
      return { ...field, done: true, keyed: undefined };
    });
    expand(opened, paths, result, emit);
  }
}

/** Walks down until the end of the path, a missing field, or an array that has to be opened. */
function advance(field: Field): void {
  let { value, rest } = field;
  while (rest.length > 0) {
    const part = rest[0] as string;
    if (isDoc(value)) value = getField(value, part);
    else if (Array.isArray(value)) {
      const index = arrayIndex(part);
      if (index < 0 || index >= value.length) break;
      value = value[index];
    } else {
      value = undefined;
    }
    rest = rest.slice(1);
    if (value === undefined) {
      rest = [];
      break;
    }
  }
  field.value = value;
  field.rest = rest;
  if (Array.isArray(value)) return;
  field.done = true;
  field.keyed = value;
}
