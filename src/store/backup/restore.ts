import type { Document } from "bson";
import type { mongo } from "mongoose";
import { BadBackup, CannotBackUp } from "./errors.ts";
import { exactDocument } from "./exact-bson.ts";
import { type Header, readBackup, type Section } from "./format.ts";
import { beginMoving, endMoving, isHalfRestored, isOwn, loadingPrefix } from "./marker.ts";

/** Documents on their way at a time, and their bytes: a message to the server holds 48 MB. */
const batchMax = 500;
const batchBytesMax = 8 * 1024 * 1024;
const majority = { w: "majority" } as const;

/** What a backup that was found whole holds. */
export interface Inspected {
  header: Header;
  collections: { name: string; documents: number }[];
  documents: number;
}

/** Reads a whole backup and checks it. @throws {BadBackup}, and the file system's own errors */
export async function inspectBackup(path: string): Promise<Inspected> {
  let header: Header | undefined;
  let documents = 0;
  const collections: Inspected["collections"] = [];
  for await (const record of readBackup(path)) {
    if (record.kind === "header") header = record.header;
    else if (record.kind === "collection") collections.push({ name: record.section.name, documents: 0 });
    else if (record.kind === "end of collection") {
      documents += record.documents;
      const last = collections.at(-1);
      if (last) last.documents = record.documents;
    }
  }
  if (header === undefined) throw new BadBackup(`${path} is not a backup of Hawker.`);
  return { header, collections, documents };
}

/** How many documents stand in a database, beside what a restore that broke off has left. */
export async function countDocuments(db: mongo.Db): Promise<number> {
  let documents = 0;
  for (const { name } of await collectionsOf(db))
    if (!isOwn(name)) documents += await db.collection(name).countDocuments();
  return documents;
}

/** Whether a restore broke off here while it put the collections in place. */
export const wasLeftHalf = isHalfRestored;

async function collectionsOf(db: mongo.Db): Promise<{ name: string }[]> {
  const all = await db.listCollections({}, { nameOnly: true }).toArray();
  return all.filter(({ name, type }) => type === "collection" && !name.startsWith("system."));
}

/**
 * Makes a database what a backup holds: afterwards it has these collections with their documents and indexes, and no
 * others.
 *
 * The collections are filled under other names first and then moved into place one by one, so a restore that breaks
 * off before has changed nothing, and one that breaks off while moving is made good by running it again.
 *
 * @param told hears of each collection that is filled
 * @throws {BadBackup} when the file is not whole; {CannotBackUp} when the server does not keep what it was given
 */
export async function restoreBackup(
  db: mongo.Db,
  path: string,
  told: (collection: string, documents: number) => void = () => {},
): Promise<void> {
  const { collections } = await inspectBackup(path);
  await dropLoaded(db);
  await load(db, path, told);
  await beginMoving(db);
  for (const { name } of collections)
    await db.renameCollection(loadingPrefix + name, name, { dropTarget: true });
  const kept = new Set(collections.map(({ name }) => name));
  for (const { name } of await collectionsOf(db))
    if (!kept.has(name) && !isOwn(name)) await db.collection(name).drop({ writeConcern: majority });
  await endMoving(db);
}

/** Removes what a restore that broke off has left. */
async function dropLoaded(db: mongo.Db): Promise<void> {
  for (const { name } of await collectionsOf(db))
    if (name.startsWith(loadingPrefix)) await db.collection(name).drop({ writeConcern: majority });
}

async function load(
  db: mongo.Db,
  path: string,
  told: (name: string, documents: number) => void,
): Promise<void> {
  let section: Section | undefined;
  let batch: Map<string, unknown>[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (section && batch.length > 0) await insert(db, loadingPrefix + section.name, batch);
    batch = [];
    bytes = 0;
  };
  for await (const record of readBackup(path)) {
    if (record.kind === "collection") {
      section = record.section;
      await db.createCollection(loadingPrefix + section.name, { ...section.options, writeConcern: majority });
    } else if (record.kind === "document") {
      batch.push(exactDocument(record.bytes));
      bytes += record.bytes.length;
      if (batch.length >= batchMax || bytes >= batchBytesMax) await flush();
    } else if (record.kind === "end of collection" && section) {
      await flush();
      await finish(db, section, record.documents);
      told(section.name, record.documents);
    }
  }
}

async function insert(db: mongo.Db, name: string, documents: Map<string, unknown>[]): Promise<void> {
  const reply = await db.command({ insert: name, documents, writeConcern: majority });
  const failed: Document | undefined = reply.writeErrors?.[0];
  if (failed) throw new CannotBackUp(`A document could not be restored: ${String(failed.errmsg)}`);
}

async function finish(db: mongo.Db, section: Section, documents: number): Promise<void> {
  const collection = db.collection(loadingPrefix + section.name);
  const indexes = section.indexes.map(portable);
  if (indexes.length > 0)
    await db.command({ createIndexes: collection.collectionName, indexes, writeConcern: majority });
  const kept = await collection.countDocuments();
  if (kept !== documents)
    throw new CannotBackUp(
      `${section.name} should have ${documents} documents and has ${kept}. Restore again.`,
    );
}

/** What servers tell of an index of their own accord, and others do not take. */
const notPortable = new Set(["v", "ns", "background", "storageEngine"]);

const portable = (index: Document): Document =>
  Object.fromEntries(Object.entries(index).filter(([option]) => !notPortable.has(option)));
