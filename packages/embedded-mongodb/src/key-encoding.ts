import { createHash } from "node:crypto";
import { compareDecimals, exactDecimal, isFiniteNumber, typeOrder } from "./compare.ts";
import { writeText as writeUtf8 } from "./text-bytes.ts";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  type Doc,
  isNumber,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  toNumber,
  type Value,
} from "./value.ts";

// Two encoded values compare, byte by byte, as the values compare in MongoDB's order, and no encoded value is the
// beginning of another one. So a compound key is the encodings one after the other, and a descending field is its
// encoding with every bit turned.

/**
 * How long an encoded key may be before it is cut: lmdb allows 1978 bytes, less the index number (4) and the
 * record number (8), with some room.
 */
export const keyLengthMax = 1900;
const hashLength = 32;

/** What an index stores for an empty array: it sorts before null (MongoDB indexes it as `undefined`). */
export const emptyArrayMark = Symbol("empty array");

/** A value in an index key: a missing field is `undefined` and is stored as null. */
export type Keyed = Value | undefined | typeof emptyArrayMark;

let out = Buffer.allocUnsafe(4096);
let at = 0;

function room(length: number): void {
  if (at + length <= out.length) return;
  const bigger = Buffer.allocUnsafe(Math.max(out.length * 2, at + length));
  out.copy(bigger, 0, 0, at);
  out = bigger;
}

/** Encodes one value ascending. */
export function encodeValue(value: Keyed): Buffer {
  at = 0;
  write(value);
  return Buffer.from(out.subarray(0, at));
}

/** Encodes a compound key; `directions` has 1 or -1 for every value. */
export function encodeKey(values: Keyed[], directions: readonly number[]): Buffer {
  at = 0;
  for (let index = 0; index < values.length; index++) {
    const start = at;
    write(values[index]);
    if (directions[index] === -1)
      for (let turn = start; turn < at; turn++) out[turn] = ~(out[turn] as number) & 0xff;
  }
  return Buffer.from(out.subarray(0, at));
}

/** Turns every bit, which turns the order around. */
export function invert(bytes: Buffer): Buffer {
  const turned = Buffer.allocUnsafe(bytes.length);
  for (let index = 0; index < bytes.length; index++) turned[index] = ~(bytes[index] as number) & 0xff;
  return turned;
}

/** The byte that begins every encoded value of this value's type. */
export function typeByte(value: Keyed): number {
  return value === emptyArrayMark ? 6 : typeOrder(value) + 2;
}

/**
 * Makes an encoded key short enough for lmdb: a long one keeps its beginning and gets a SHA-256 of the whole.
 * Cut keys are still told apart, but keys with the same long beginning are not in order any more.
 */
export function shorten(key: Buffer): { key: Buffer; cut: boolean } {
  if (key.length <= keyLengthMax) return { key, cut: false };
  const hash = createHash("sha256").update(key).digest();
  return { key: Buffer.concat([key.subarray(0, keyLengthMax - hashLength), hash]), cut: true };
}

/** The beginning that a cut key shares with the whole one, for the bounds of a scan. */
export function bound(key: Buffer): Buffer {
  return key.length <= keyLengthMax - hashLength ? key : key.subarray(0, keyLengthMax - hashLength);
}

/** The smallest bytes above everything that begins with `prefix`; `undefined` when there are none. */
export function after(prefix: Buffer): Buffer | undefined {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  if (end === 0) return undefined;
  const next = Buffer.from(prefix.subarray(0, end));
  next[end - 1] = (next[end - 1] as number) + 1;
  return next;
}

function write(value: Keyed): void {
  room(32);
  out[at++] = typeByte(value);
  if (value === undefined || value === null || value === emptyArrayMark) return;
  if (typeof value === "string") {
    writeText(value);
    return;
  }
  if (typeof value === "boolean") {
    out[at++] = value ? 1 : 0;
    return;
  }
  if (isNumber(value)) {
    writeNumber(value);
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) write(item);
    room(1);
    out[at++] = 0;
    return;
  }
  if (value instanceof ObjectId) {
    writeBytes(value.id);
    return;
  }
  if (value instanceof Date) {
    at = out.writeBigInt64BE(BigInt(value.getTime()), at);
    out[at - 8] = (out[at - 8] as number) ^ 0x80;
    return;
  }
  if (value instanceof Timestamp) {
    at = out.writeInt32BE(value.high, at);
    at = out.writeInt32BE(value.low, at);
    return;
  }
  if (value instanceof BSONSymbol) {
    writeText(value.value);
    return;
  }
  if (value instanceof Binary) {
    at = out.writeUInt32BE(value.position, at);
    out[at++] = value.sub_type;
    writeBytes(value.buffer.subarray(0, value.position));
    return;
  }
  if (value instanceof BSONRegExp) {
    writeText(value.pattern);
    writeText(value.options);
    return;
  }
  if (value instanceof Code) {
    writeText(value.code);
    if (value.scope) writeDoc(value.scope as Doc);
    return;
  }
  if (value instanceof MinKey || value instanceof MaxKey) return;
  writeDoc(value as Doc);
}

function writeDoc(doc: Doc): void {
  for (const key of Object.keys(doc)) {
    const item = doc[key];
    room(1);
    out[at++] = typeByte(item);
    writeText(key);
    write(item);
  }
  room(1);
  out[at++] = 0;
}

function writeBytes(bytes: Uint8Array): void {
  room(bytes.length);
  out.set(bytes, at);
  at += bytes.length;
}

/** UTF-8 that ends with 00 00; a 00 in the text is 00 ff, so that it still sorts first. */
function writeText(text: string): void {
  room(text.length * 6 + 2);
  const start = at;
  const length = writeUtf8(out, text, start);
  at += length;
  if (text.includes("\0")) {
    const bytes = Buffer.from(out.subarray(start, at));
    at = start;
    for (const byte of bytes) {
      out[at++] = byte;
      if (byte === 0) out[at++] = 0xff;
    }
  }
  out[at++] = 0;
  out[at++] = 0;
}

/**
 * The nearest double in an order-preserving form, then 80 when it is exact. A long or decimal that no double
 * equals has 40 or c0 (below or above that double) and its own digits.
 */
function writeNumber(value: Value): void {
  if (!isNumber(value)) return;
  const nearest = toNumber(value);
  if (Number.isNaN(nearest)) {
    out.fill(0, at, at + 8);
    at += 8;
    out[at++] = 0x80;
    return;
  }
  out.writeDoubleBE(nearest === 0 ? 0 : nearest, at);
  const negative = ((out[at] as number) & 0x80) !== 0;
  if (negative) for (let turn = at; turn < at + 8; turn++) out[turn] = ~(out[turn] as number) & 0xff;
  else out[at] = (out[at] as number) | 0x80;
  at += 8;
  const side = sideOf(value, nearest);
  out[at++] = side === 0 ? 0x80 : side < 0 ? 0x40 : 0xc0;
  if (side === 0) return;
  const exact = exactDecimal(value);
  room(exact.digits.length + 8);
  const start = at;
  at = out.writeUInt16BE(exact.exponent + 0x8000, at);
  at += out.write(exact.digits, at, "latin1");
  out[at++] = 0;
  if (exact.sign < 0) for (let turn = start; turn < at; turn++) out[turn] = ~(out[turn] as number) & 0xff;
}

function sideOf(value: Value, nearest: number): number {
  if (!isNumber(value) || typeof value === "number") return 0;
  if (value instanceof Long) {
    if (Math.abs(nearest) < 2 ** 53) return 0;
  } else if (!(value instanceof Decimal128)) return 0;
  if (!isFiniteNumber(value)) return 0;
  if (!Number.isFinite(nearest)) return nearest > 0 ? -1 : 1;
  return compareDecimals(exactDecimal(value), exactDecimal(nearest));
}
