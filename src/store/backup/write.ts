import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Document } from "bson";
import type { mongo } from "mongoose";
import { CannotBackUp } from "./errors.ts";
import { exact } from "./exact-bson.ts";
import { BackupEncoder, type Section } from "./format.ts";
import { isOwn } from "./marker.ts";

/** What a backup holds. */
export interface Backup {
  collections: number;
  documents: number;
  /** Whether all documents are of one moment. */
  consistent: boolean;
}

/** How a backup is made. */
export interface BackupOptions {
  /** The id of the secret that seals the personal data (see `secretId`). */
  secret: string;
  /** Hears of each finished collection. */
  told?: (collection: string, documents: number) => void;
}

/**
 * Writes all collections of a database to a new file, while others go on writing to it.
 *
 * Where the server reads from snapshots (the embedded one; a replica set from MongoDB 5), all documents are of one
 * moment. The file appears under its name once it is whole and on disk.
 *
 * @throws {CannotBackUp} when there is nothing to back up, the file exists, or the server has lost the snapshot
 */
export async function writeBackup(db: mongo.Db, path: string, options: BackupOptions): Promise<Backup> {
  const sections = await readSections(db);
  if (sections.length === 0) throw new CannotBackUp("There is nothing to back up: the store is empty.");
  const [first] = sections as [Section];
  const snapshot = await snapshotOf(db, first.name);
  const result = { collections: sections.length, documents: 0, consistent: snapshot !== undefined };

  async function* bytes(): AsyncGenerator<Buffer> {
    const encoder = new BackupEncoder();
    const { consistent } = result;
    yield encoder.header({ at: new Date(), consistent, secret: options.secret });
    for (const section of sections) {
      yield encoder.collection(section);
      let documents = 0;
      for await (const document of documentsOf(db, section.name, snapshot)) {
        yield encoder.document(document);
        documents++;
      }
      yield encoder.endOfCollection();
      result.documents += documents;
      options.told?.(section.name, documents);
    }
    yield encoder.end();
  }
  await writeWhole(path, () => gathered(bytes()));
  return result;
}

/** Compressing a small record costs as much as compressing many at once. */
const gatheredBytes = 256 * 1024;

async function* gathered(records: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const record of records) {
    parts.push(record);
    length += record.length;
    if (length < gatheredBytes) continue;
    yield Buffer.concat(parts, length);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts, length);
}

async function readSections(db: mongo.Db): Promise<Section[]> {
  const sections: Section[] = [];
  for (const { name, type, options } of await db.listCollections({}, { nameOnly: false }).toArray()) {
    if (name.startsWith("system.") || isOwn(name) || (type !== undefined && type !== "collection")) continue;
    const indexes = await db.collection(name).listIndexes(exact).toArray();
    sections.push({
      name,
      options: options ?? {},
      indexes: indexes.filter((index) => index.name !== "_id_"),
    });
  }
  return sections.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * MongoDB's codes for "no snapshots here": InvalidOptions, CommandNotSupported, NotAReplicaSet, NotImplemented, and a
 * field that is not known.
 */
const noSnapshots: readonly unknown[] = [72, 115, 123, 238, 40415];

/** How a snapshot is asked for: as of a replica set, and as of the embedded server, which stands alone and has them. */
const askedFor: readonly Document[] = [{ level: "snapshot" }, { level: "snapshot", standalone: true }];

/** The read concern of a snapshot, when the server gives one; a server that only ignores the wish gives no time. */
async function snapshotOf(db: mongo.Db, collection: string): Promise<Document | undefined> {
  for (const readConcern of askedFor) {
    try {
      const reply = await db.command({ find: collection, limit: 1, singleBatch: true, readConcern });
      const atClusterTime: unknown = reply.cursor?.atClusterTime;
      return atClusterTime === undefined ? undefined : { ...readConcern, atClusterTime };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && noSnapshots.includes(error.code))) throw error;
    }
  }
  return undefined;
}

/** MongoDB's codes for a snapshot that is too old or cannot be had: SnapshotTooOld, SnapshotUnavailable. */
const lost: readonly unknown[] = [239, 246];

async function* documentsOf(
  db: mongo.Db,
  name: string,
  snapshot: Document | undefined,
): AsyncGenerator<Uint8Array> {
  const command: Document = snapshot ? { find: name, readConcern: snapshot } : { find: name };
  try {
    const cursor: AsyncIterable<unknown> = db.runCursorCommand(command, { raw: true });
    for await (const document of cursor) if (document instanceof Uint8Array) yield document;
  } catch (error) {
    if (error instanceof Error && "code" in error && lost.includes(error.code))
      throw new CannotBackUp(
        `The server has lost its snapshot while ${name} was read. Back up again, at a quieter time or with a longer minSnapshotHistoryWindowInSeconds.`,
        { cause: error },
      );
    throw error;
  }
}

/** Writes beside and moves into place, so that a file under this name is always a whole one. */
async function writeWhole(path: string, bytes: () => AsyncGenerator<Buffer>): Promise<void> {
  const taken = await open(path, "r").then(
    (file) => file.close().then(() => true),
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    },
  );
  if (taken) throw new CannotBackUp(`${path} exists. Name another file, or move that one away.`);
  const draft = `${path}.part`;
  try {
    // What a killed run, or somebody else, left under this name would keep its own modes.
    await rm(draft, { force: true });
    const file = await open(draft, "wx", 0o600);
    await pipeline(Readable.from(bytes()), createGzip(), file.createWriteStream({ flush: true }));
    await rename(draft, path);
    const folder = await open(dirname(path), "r");
    await folder.sync();
    await folder.close();
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
