import { writeText as writeUtf8 } from "./text-bytes.ts";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  type Doc,
  Double,
  isInt32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  RawDoc,
  Timestamp,
  type Value,
} from "./value.ts";

// The classes of `bson` hold the values, but its serializer cannot keep the types of numbers apart without
// wrapping every one of them, nor copy a stored document into a reply as it is. Hence this codec, whose other half is
// bson-reader.ts. Source: https://bsonspec.org/spec.html

let scratch = Buffer.allocUnsafe(64 * 1024);

function room(at: number, length: number): void {
  if (at + length <= scratch.length) return;
  const bigger = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + length));
  scratch.copy(bigger, 0, 0, at);
  scratch = bigger;
}

/** Encodes a document into bytes of its own, after `before` bytes that the caller fills. */
export function encode(doc: Doc, before = 0): Buffer {
  const end = writeDocument(before, doc);
  const bytes = Buffer.allocUnsafe(end);
  scratch.copy(bytes, 0, 0, end);
  if (scratch.length > 4 * 1024 * 1024) scratch = Buffer.allocUnsafe(64 * 1024);
  return bytes;
}

function writeDocument(start: number, doc: Doc): number {
  room(start, 5);
  let at = start + 4;
  for (const key in doc) {
    const value = doc[key];
    if (value !== undefined) at = writeElement(at, key, value);
  }
  room(at, 1);
  scratch[at++] = 0;
  scratch.writeInt32LE(at - start, start);
  return at;
}

function writeArray(start: number, items: Value[]): number {
  room(start, 5);
  let at = start + 4;
  for (let index = 0; index < items.length; index++)
    at = writeValue(at, writeIndex(at + 1, index), items[index] ?? null);
  room(at, 1);
  scratch[at++] = 0;
  scratch.writeInt32LE(at - start, start);
  return at;
}

function writeText(at: number, text: string): number {
  room(at, text.length * 3 + 5);
  const length = writeUtf8(scratch, text, at + 4);
  scratch.writeInt32LE(length + 1, at);
  scratch[at + 4 + length] = 0;
  return at + length + 5;
}

/** A place in an array is its element's name, in decimal digits. */
function writeIndex(at: number, index: number): number {
  let digits = 1;
  for (let rest = index; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  const end = at + digits;
  room(at, digits + 1);
  for (let rest = index, place = end - 1; place >= at; place--) {
    const next = Math.floor(rest / 10);
    scratch[place] = zeroDigit + rest - next * 10;
    rest = next;
  }
  scratch[end] = 0;
  return end + 1;
}

const zeroDigit = 48;

/** Names up to this length, in UTF-16 units, are short. */
const shortName = 32;

/** A field's name: short ones, mostly ASCII, are written faster here than by a call into the runtime. */
function writeField(at: number, name: string): number {
  if (name.length > shortName) return writeName(at, name);
  room(at, shortName + 1);
  for (let place = 0; place < name.length; place++) {
    const code = name.charCodeAt(place);
    if (code > 127) return writeName(at, name);
    scratch[at + place] = code;
  }
  const end = at + name.length;
  scratch[end] = 0;
  return end + 1;
}

function writeName(at: number, text: string): number {
  room(at, text.length * 3 + 1);
  const end = at + scratch.write(text, at, "utf8");
  scratch[end] = 0;
  return end + 1;
}

function writeBytes(at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  room(at, length);
  // For a few bytes a call into the runtime takes longer than the copy.
  if (length <= 32) for (let place = 0; place < length; place++) scratch[at + place] = bytes[place] as number;
  else scratch.set(bytes, at);
  return at + length;
}

function writeLong(at: number, value: { low: number; high: number }): number {
  scratch.writeInt32LE(value.low, at);
  scratch.writeInt32LE(value.high, at + 4);
  return at + 8;
}

function writeElement(typeAt: number, key: string, value: Value): number {
  return writeValue(typeAt, writeField(typeAt + 1, key), value);
}

/** Writes a value at `at`, and at `typeAt`, before the name, its type. */
function writeValue(typeAt: number, at: number, value: Value): number {
  room(at, 32);
  switch (typeof value) {
    case "string":
      scratch[typeAt] = 0x02;
      return writeText(at, value);
    case "number":
      if (isInt32(value)) {
        scratch[typeAt] = 0x10;
        scratch.writeInt32LE(value, at);
        return at + 4;
      }
      scratch[typeAt] = 0x01;
      scratch.writeDoubleLE(value, at);
      return at + 8;
    case "boolean":
      scratch[typeAt] = 0x08;
      scratch[at] = value ? 1 : 0;
      return at + 1;
  }
  if (value === null) {
    scratch[typeAt] = 0x0a;
    return at;
  }
  if (Array.isArray(value)) {
    scratch[typeAt] = 0x04;
    return writeArray(at, value);
  }
  if (value instanceof RawDoc) {
    scratch[typeAt] = 0x03;
    return writeBytes(at, value.bytes);
  }
  if (value instanceof ObjectId) {
    scratch[typeAt] = 0x07;
    return writeBytes(at, value.id);
  }
  if (value instanceof Date) {
    scratch[typeAt] = 0x09;
    scratch.writeBigInt64LE(BigInt(value.getTime()), at);
    return at + 8;
  }
  if (value instanceof Timestamp) {
    scratch[typeAt] = 0x11;
    return writeLong(at, value);
  }
  if (value instanceof Long) {
    scratch[typeAt] = 0x12;
    return writeLong(at, value);
  }
  if (value instanceof Double) {
    scratch[typeAt] = 0x01;
    scratch.writeDoubleLE(value.value, at);
    return at + 8;
  }
  if (value instanceof Decimal128) {
    scratch[typeAt] = 0x13;
    return writeBytes(at, value.bytes);
  }
  if (value instanceof Binary) {
    scratch[typeAt] = 0x05;
    const content = value.buffer.subarray(0, value.position);
    const old = value.sub_type === 2;
    scratch.writeInt32LE(content.length + (old ? 4 : 0), at);
    scratch[at + 4] = value.sub_type;
    if (!old) return writeBytes(at + 5, content);
    scratch.writeInt32LE(content.length, at + 5);
    return writeBytes(at + 9, content);
  }
  if (value instanceof BSONRegExp) {
    scratch[typeAt] = 0x0b;
    return writeName(writeName(at, value.pattern), value.options);
  }
  if (value instanceof Code) {
    if (!value.scope) {
      scratch[typeAt] = 0x0d;
      return writeText(at, value.code);
    }
    scratch[typeAt] = 0x0f;
    const end = writeDocument(writeText(at + 4, value.code), value.scope as Doc);
    scratch.writeInt32LE(end - at, at);
    return end;
  }
  if (value instanceof BSONSymbol) {
    scratch[typeAt] = 0x0e;
    return writeText(at, value.value);
  }
  if (value instanceof MinKey) {
    scratch[typeAt] = 0xff;
    return at;
  }
  if (value instanceof MaxKey) {
    scratch[typeAt] = 0x7f;
    return at;
  }
  scratch[typeAt] = 0x03;
  return writeDocument(at, value);
}
