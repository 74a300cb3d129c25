import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type Document, deserialize, serialize } from "bson";
import { BadBackup } from "./errors.ts";
import { exact } from "./exact-bson.ts";

// docs/backup.md describes the format for people.

/** The version of the format that is written, and the only one that is read. */
export const formatVersion = 1;
/** A document has at most 16 MB; the other records are small. */
const recordBytesMax = 16 * 1024 * 1024 + 16 * 1024;

/** What a backup says about itself. */
export interface Header {
  format: number;
  /** When it was begun. */
  at: Date;
  /** All documents are of one moment; otherwise the collections were read one after the other. */
  consistent: boolean;
  /** Tells which HAWKER_SECRET seals the personal data, without telling the secret. */
  secret: string;
}

/** A collection, before its documents. */
export interface Section {
  name: string;
  options: Document;
  /** As listIndexes tells them, without the one on `_id`. */
  indexes: Document[];
}

/** One record of a backup. */
export type BackupRecord =
  | { kind: "header"; header: Header }
  | { kind: "collection"; section: Section }
  | { kind: "document"; bytes: Buffer }
  | { kind: "end of collection"; documents: number }
  | { kind: "end"; collections: number; documents: number };

const letters = { header: "H", collection: "C", document: "D", "end of collection": "E", end: "Z" } as const;

const framed = (letter: string, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(letter, "latin1"), bytes]);

/** Makes the bytes of a backup, record by record, with their counts and sums. */
export class BackupEncoder {
  readonly #whole = createHash("sha256");
  #part: Hash = createHash("sha256");
  #documents = 0;
  #collections = 0;
  #all = 0;

  header(header: Omit<Header, "format">): Buffer {
    return this.#sum(framed(letters.header, serialize({ format: formatVersion, ...header })));
  }

  collection(section: Section): Buffer {
    this.#part = createHash("sha256");
    this.#documents = 0;
    this.#collections++;
    return this.#sum(framed(letters.collection, serialize(section)));
  }

  document(bytes: Uint8Array): Buffer {
    this.#part.update(bytes);
    this.#documents++;
    this.#all++;
    return this.#sum(framed(letters.document, bytes));
  }

  endOfCollection(): Buffer {
    const end = { documents: this.#documents, sha256: this.#part.digest("hex") };
    return this.#sum(framed(letters["end of collection"], serialize(end)));
  }

  end(): Buffer {
    const end = { collections: this.#collections, documents: this.#all, sha256: this.#whole.digest("hex") };
    return framed(letters.end, serialize(end));
  }

  #sum(record: Buffer): Buffer {
    this.#whole.update(record);
    return record;
  }
}

/**
 * Reads a backup and checks it on the way: the order of its records, its counts, its sums and its end. Only when the
 * generator ends has the whole file been found right.
 *
 * @throws {BadBackup} when the file is no backup, is damaged or cut off; the file system's own errors
 */
export async function* readBackup(path: string): AsyncGenerator<BackupRecord> {
  const bad = (why: string): BadBackup => new BadBackup(`${path} ${why}. Nothing was changed.`);
  const check = new Check(bad);
  try {
    // The callback has nothing to add: an error comes out of the iteration too.
    const bytes = pipeline(createReadStream(path), createGunzip({ chunkSize: 256 * 1024 }), () => {});
    for await (const { letter, record } of records(bytes, bad)) yield check.next(letter, record);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!code.startsWith("Z_")) throw error;
    const cut = code === "Z_BUF_ERROR";
    throw bad(
      !check.begun ? "is not a backup of Hawker" : cut ? "ends too early: it was cut off" : "is damaged",
    );
  }
  if (!check.ended) throw bad(check.begun ? "ends too early: it was cut off" : "is not a backup of Hawker");
}

interface Framed {
  letter: string;
  /** With the letter. */
  record: Buffer;
}

async function* records(stream: Readable, bad: (why: string) => BadBackup): AsyncGenerator<Framed> {
  let parts: Buffer[] = [];
  let buffered = 0;
  let wanted = 5;
  let first = true;
  for await (const chunk of stream) {
    parts.push(chunk);
    buffered += chunk.length;
    // A large record comes in many parts, which are put together once.
    if (buffered < wanted) continue;
    const bytes = Buffer.concat(parts, buffered);
    let at = 0;
    wanted = 5;
    while (bytes.length - at >= 5) {
      const length = bytes.readInt32LE(at + 1);
      const letter = String.fromCharCode(bytes[at] as number);
      const wrong = length < 5 || length > recordBytesMax || !"HCDEZ".includes(letter);
      if (wrong || (first && letter !== "H")) throw bad(first ? "is not a backup of Hawker" : "is damaged");
      wanted = 1 + length;
      if (bytes.length - at < wanted) break;
      first = false;
      yield { letter, record: bytes.subarray(at, at + wanted) };
      at += wanted;
      wanted = 5;
    }
    parts = at < bytes.length ? [bytes.subarray(at)] : [];
    buffered = bytes.length - at;
  }
  if (buffered > 0) throw bad(first ? "is not a backup of Hawker" : "ends too early: it was cut off");
}

/** Follows the records of a file. */
class Check {
  begun = false;
  ended = false;
  readonly #bad: (why: string) => BadBackup;
  readonly #whole = createHash("sha256");
  #part: Hash | undefined;
  #documents = 0;
  #collections = 0;
  #all = 0;

  constructor(bad: (why: string) => BadBackup) {
    this.#bad = bad;
  }

  next(letter: string, record: Buffer): BackupRecord {
    if (this.ended) throw this.#bad("goes on after its end: it is damaged");
    if ((letter === letters.header) === this.begun) throw this.#bad("is damaged: a record is out of place");
    const bytes = record.subarray(1);
    switch (letter) {
      case letters.document:
        return this.#document(record, bytes);
      case letters["end of collection"]:
        return this.#endOfCollection(record, this.#read(bytes));
      case letters.end:
        return this.#end(this.#read(bytes));
      case letters.collection: {
        if (this.#part) throw this.#bad("is damaged: a collection has no end");
        this.#whole.update(record);
        this.#part = createHash("sha256");
        this.#documents = 0;
        this.#collections++;
        return { kind: "collection", section: this.#read(bytes, true) as Section };
      }
      default: {
        this.begun = true;
        this.#whole.update(record);
        const header = this.#read(bytes) as Header;
        if (header.format !== formatVersion)
          throw this.#bad(`has format ${header.format}, and this version of Hawker reads ${formatVersion}`);
        return { kind: "header", header };
      }
    }
  }

  #read(bytes: Buffer, exactly = false): Document {
    try {
      return deserialize(bytes, exactly ? exact : {});
    } catch {
      throw this.#bad("is damaged");
    }
  }

  #document(record: Buffer, bytes: Buffer): BackupRecord {
    if (!this.#part) throw this.#bad("is damaged: a document stands in no collection");
    this.#whole.update(record);
    this.#part.update(bytes);
    this.#documents++;
    this.#all++;
    return { kind: "document", bytes };
  }

  #endOfCollection(record: Buffer, { documents, sha256 }: Document): BackupRecord {
    if (!this.#part || documents !== this.#documents || sha256 !== this.#part.digest("hex"))
      throw this.#bad("is damaged: the sum of a collection is not right");
    this.#part = undefined;
    this.#whole.update(record);
    return { kind: "end of collection", documents: this.#documents };
  }

  #end({ documents, collections, sha256 }: Document): BackupRecord {
    const right =
      !this.#part &&
      documents === this.#all &&
      collections === this.#collections &&
      sha256 === this.#whole.digest("hex");
    if (!right) throw this.#bad("is damaged: its sum is not right");
    this.ended = true;
    return { kind: "end", collections: this.#collections, documents: this.#all };
  }
}
