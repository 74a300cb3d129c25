import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";

/**
 * A BSON value as the store works with it.
 *
 * A JavaScript number stands for an int32 when it is a whole number in that range (and not -0), otherwise for a
 * double; a double that is such a whole number is a `Double`. So every number keeps its type. `undefined` is never
 * a value: it stands for a missing field.
 */
export type Value =
  | null
  | boolean
  | number
  | string
  | Date
  | ObjectId
  | Long
  | Double
  | Decimal128
  | Binary
  | BSONRegExp
  | Timestamp
  | Code
  | BSONSymbol
  | MinKey
  | MaxKey
  | RawDoc
  | Value[]
  | Doc;

/** A BSON document: a plain object whose keys are in the document's order. */
export interface Doc {
  [key: string]: Value;
}

/** A document in its encoded form, written to a reply as it is. */
export class RawDoc {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

export {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
};

/** Whether the value is an embedded document (not an array, date or other type). */
export function isDoc(value: Value | undefined): value is Doc {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Whether the value is of one of the four number types. */
export function isNumber(value: Value | undefined): value is number | Long | Double | Decimal128 {
  return (
    typeof value === "number" ||
    (typeof value === "object" &&
      (value instanceof Double ||
        value instanceof Decimal128 ||
        (value instanceof Long && !(value instanceof Timestamp))))
  );
}

/** Sets a field, also one called `__proto__`. */
export function setField(doc: Doc, key: string, value: Value): void {
  if (key === "__proto__") {
    Object.defineProperty(doc, key, { value, enumerable: true, configurable: true, writable: true });
  } else doc[key] = value;
}

/** Reads an own field; `undefined` when it is missing. */
export function getField(doc: Doc, key: string): Value | undefined {
  return Object.hasOwn(doc, key) ? doc[key] : undefined;
}

/** A deep copy of documents and arrays; other values are never changed and so are shared. */
export function clone<T extends Value>(value: T): T;
export function clone(value: Value): Value {
  if (Array.isArray(value)) return value.map((item) => clone(item));
  if (isDoc(value)) {
    const copy: Doc = {};
    for (const key of Object.keys(value)) setField(copy, key, clone(value[key] as Value));
    return copy;
  }
  return value;
}

/** Whether a JavaScript number stands for an int32 (see {@link Value}). */
export function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0);
}

/** The number as a double: a `Double` when a plain number would be taken for an int32. */
export function double(value: number): number | Double {
  return isInt32(value) ? new Double(value) : value;
}

/** The nearest JavaScript number of a number of any type. */
export function toNumber(value: number | Long | Double | Decimal128): number {
  if (typeof value === "number") return value;
  if (value instanceof Double) return value.value;
  if (value instanceof Long) return value.toNumber();
  return Number(value.toString());
}

/** The alias of a value's type, as `$type` names it (source: MongoDB manual, "BSON Types"). */
export function typeName(value: Value | undefined): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return isInt32(value) ? "int" : "double";
  }
  if (Array.isArray(value)) return "array";
  if (value instanceof Date) return "date";
  if (value instanceof ObjectId) return "objectId";
  if (value instanceof Timestamp) return "timestamp";
  if (value instanceof Long) return "long";
  if (value instanceof Double) return "double";
  if (value instanceof Decimal128) return "decimal";
  if (value instanceof Binary) return "binData";
  if (value instanceof BSONRegExp) return "regex";
  if (value instanceof Code) return value.scope ? "javascriptWithScope" : "javascript";
  if (value instanceof BSONSymbol) return "symbol";
  if (value instanceof MinKey) return "minKey";
  if (value instanceof MaxKey) return "maxKey";
  return "object";
}
