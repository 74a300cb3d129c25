import {
  Binary,
  BSONRegExp,
  Decimal128,
  Double,
  isDoc,
  Long,
  ObjectId,
  Timestamp,
  type Value,
} from "./value.ts";

/** A value as MongoDB prints it in its messages, such as `{ email: "a@b" }`. */
export function shellText(value: Value | undefined): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[ ${value.map(shellText).join(", ")} ]`;
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof Double)
    return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  if (value instanceof Timestamp) return `Timestamp(${value.high}, ${value.low})`;
  if (value instanceof Long) return value.toString();
  if (value instanceof Decimal128) return `Decimal128('${value.toString()}')`;
  if (value instanceof Binary) {
    const bytes = Buffer.from(value.buffer.subarray(0, value.position));
    if (value.sub_type === 4 && bytes.length === 16) return `UUID("${value.toUUID().toHexString()}")`;
    return `BinData(${value.sub_type}, ${bytes.toString("hex").toUpperCase()})`;
  }
  if (value instanceof BSONRegExp) return `/${value.pattern}/${value.options}`;
  if (isDoc(value)) {
    const fields = Object.entries(value).map(([key, field]) => `${key}: ${shellText(field)}`);
    return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
  }
  return String(value);
}
