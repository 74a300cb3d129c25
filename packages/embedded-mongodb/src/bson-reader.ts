import { CommandError } from "./errors.ts";
import { readText } from "./text-bytes.ts";
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
  setField,
  Timestamp,
  type Value,
} from "./value.ts";

// Why there is a codec here: see bson-writer.ts. Source: https://bsonspec.org/spec.html

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
