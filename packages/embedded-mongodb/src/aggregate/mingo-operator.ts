import {
  Binary,
  Decimal128,
  type Doc,
  Double,
  isDoc,
  isNumber,
  Long,
  setField,
  toNumber,
  type Value,
} from "../value.ts";

/** A value as mingo works with it. */
export function toPlain(value: Value): unknown {
  if (value instanceof Double || value instanceof Decimal128 || (isNumber(value) && value instanceof Long))
    return toNumber(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (isDoc(value)) {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) copy[key] = toPlain(value[key] as Value);
    return copy;
  }
  return value;
}

/** A value that mingo computed. */
export function fromPlain(value: unknown): Value | undefined {
  if (value === undefined) return undefined;
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (typeof value === "bigint") return Long.fromBigInt(value);
  if (Array.isArray(value)) return value.map((item) => fromPlain(item) ?? null);
  if (value instanceof Uint8Array && !(value instanceof Binary)) return new Binary(value);
  if (Object.getPrototypeOf(value) === Object.prototype) {
    const doc: Doc = {};
    for (const [key, item] of Object.entries(value as object)) {
      const field = fromPlain(item);
      if (field !== undefined) setField(doc, key, field);
    }
    return doc;
  }
  return value as Value;
}
