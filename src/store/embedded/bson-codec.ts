import { CommandError } from "./errors.ts";
import { readText, writeText as writeUtf8 } from "./text-bytes.ts";
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
  setField,
  Timestamp,
  type Value,
} from "./value.ts";

// The classes of `bson` hold the values, but its serializer cannot keep the types of numbers apart without
// wrapping every one of them, nor copy a stored document into a reply as it is. Hence this codec.
// Source: https://bsonspec.org/spec.html

const depthMax = 180;

function broken(why: string): CommandError {
  return new CommandError(22, `invalid BSON: ${why}`);
}

/**
 * Decodes the document that starts at `start`.
 *
 * @throws {CommandError} 22 when the bytes are not a well-formed document.
 */
export function decode(bytes: Buffer, start = 0): Doc {
  const reader = new Reader(bytes, start);
  try {
    return reader.document(0);
  } catch (error) {
    if (error instanceof RangeError) throw broken("the bytes end too early");
    throw error;
  }
}

class Reader {
  #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  #cstring(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw broken("a name without an end");
    const text = this.#bytes.toString("utf8", this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** A field's name: documents have the same few again and again, so the string is mostly there already. */
  #name(): string {
    const bytes = this.#bytes;
    const start = this.#at;
    let hash = 0;
    let end = start;
    for (let byte = bytes[end]; byte !== 0; byte = bytes[++end]) {
      if (byte === undefined || byte > 127 || end - start >= nameLengthMax) return this.#cstring();
      hash = (hash * 31 + byte) | 0;
    }
    const slot = hash & (knownNames.length - 1);
    const known = knownNames[slot] as string;
    this.#at = end + 1;
    if (isText(known, bytes, start, end)) return known;
    const name = bytes.toString("latin1", start, end);
    knownNames[slot] = name;
    return name;
  }

  #int(): number {
    const value = this.#bytes.readInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  #string(): string {
    const length = this.#int();
    const end = this.#at + length - 1;
    if (length < 1 || end >= this.#bytes.length || this.#bytes[end] !== 0) throw broken("bad string length");
    const text = length < 24 ? asciiOrUtf8(this.#bytes, this.#at, end) : readText(this.#bytes, this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #open(depth: number): number {
    if (depth > depthMax) throw new CommandError("Overflow", "BSON is nested too deeply");
    const start = this.#at;
    const end = start + this.#int();
    if (end < start + 5 || end > this.#bytes.length || this.#bytes[end - 1] !== 0) {
      throw broken("bad document length");
    }
    return end;
  }

  document(depth: number): Doc {
    const end = this.#open(depth);
    const doc: Doc = {};
    for (;;) {
      const type = this.#bytes[this.#at++];
      if (type === 0) break;
      const key = this.#name();
      setField(doc, key, this.#value(type ?? -1, depth));
      if (this.#at >= end) throw broken("a document longer than its length");
    }
    if (this.#at !== end) throw broken("a document shorter than its length");
    return doc;
  }

  #array(depth: number): Value[] {
    const end = this.#open(depth);
    const items: Value[] = [];
    for (;;) {
      const type = this.#bytes[this.#at++];
      if (type === 0) break;
      const name = this.#bytes.indexOf(0, this.#at);
      if (name < 0) throw broken("a name without an end");
      this.#at = name + 1;
      items.push(this.#value(type ?? -1, depth));
      if (this.#at >= end) throw broken("an array longer than its length");
    }
    if (this.#at !== end) throw broken("an array shorter than its length");
    return items;
  }

  #take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw broken("the bytes end too early");
    const taken = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return taken;
  }

  #value(type: number, depth: number): Value {
    switch (type) {
      case 0x01: {
        const value = this.#bytes.readDoubleLE(this.#at);
        this.#at += 8;
        return isInt32(value) ? new Double(value) : value;
      }
      case 0x02:
        return this.#string();
      case 0x03:
        return this.document(depth + 1);
      case 0x04:
        return this.#array(depth + 1);
      case 0x05: {
        let length = this.#int();
        const subtype = this.#bytes.readUInt8(this.#at++);
        if (subtype === 2) length = this.#int();
        return new Binary(this.#take(length), subtype);
      }
      case 0x06:
      case 0x0a:
        return null;
      case 0x07:
        return new ObjectId(this.#take(12));
      case 0x08:
        return this.#bytes.readUInt8(this.#at++) !== 0;
      case 0x09: {
        const value = this.#bytes.readBigInt64LE(this.#at);
        this.#at += 8;
        return new Date(Number(value));
      }
      case 0x0b: {
        const pattern = this.#cstring();
        return new BSONRegExp(pattern, this.#cstring());
      }
      case 0x0c: {
        const namespace = this.#string();
        return { $ref: namespace, $id: new ObjectId(this.#take(12)) };
      }
      case 0x0d:
        return new Code(this.#string());
      case 0x0e:
        return new BSONSymbol(this.#string());
      case 0x0f: {
        this.#at += 4;
        const text = this.#string();
        return new Code(text, this.document(depth + 1));
      }
      case 0x10:
        return this.#int();
      case 0x11: {
        const low = this.#int();
        return new Timestamp(new Long(low, this.#int(), true));
      }
      case 0x12: {
        const low = this.#int();
        return new Long(low, this.#int());
      }
      case 0x13:
        return new Decimal128(this.#take(16));
      case 0xff:
        return new MinKey();
      case 0x7f:
        return new MaxKey();
    }
    throw broken(`unknown type ${type}`);
  }
}

/** Names that were read, by their hash; a power of two, and of a size that bounds what strangers' names hold. */
const knownNames: string[] = new Array<string>(2048).fill("");
/** Longer names, in bytes, are rare and not kept. */
const nameLengthMax = 32;

function isText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = start; at < end; at++) if (text.charCodeAt(at - start) !== bytes[at]) return false;
  return true;
}

function asciiOrUtf8(bytes: Buffer, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte > 127) return readText(bytes, start, end);
    text += String.fromCharCode(byte);
  }
  return text;
}

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

/** A field's name: short ones, mostly ASCII, are written faster here than by a call into the runtime. */
function writeField(at: number, name: string): number {
  if (name.length > nameLengthMax) return writeName(at, name);
  room(at, nameLengthMax + 1);
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
