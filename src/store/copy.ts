import type { mongo } from "mongoose";

/** Documents on their way at a time. */
const BATCH = 500;
/** Keeps a 64-bit integer, a double 5.0 and a pattern what they are, rather than make JavaScript's own of them. */
const EXACT = { promoteValues: false, promoteLongs: false, bsonRegExp: true } as const;

/** The copy was not begun, or is not complete; the message says why. */
export class CannotCopy extends Error {
  readonly code = "CANNOT_COPY";
}

/**
 * Copies every document of every collection and counts both sides. Indexes are left to Hawker's start, which makes them.
 *
 * @param told hears of each finished collection
 * @throws {CannotCopy} when `to` holds something already, or ends with another number of documents
 */
export async function copyStore(
  from: mongo.Db,
  to: mongo.Db,
  told: (collection: string, documents: number) => void = () => {},
): Promise<void> {
  const occupied = await to.listCollections({}, { nameOnly: true }).toArray();
  for (const { name } of occupied)
    if ((await to.collection(name).findOne({}, { projection: { _id: 1 } })) !== null)
      throw new CannotCopy(`The other database is not empty: ${name} holds documents. Choose another name.`);

  for (const { name } of await from.listCollections({}, { nameOnly: true }).toArray()) {
    if (name.startsWith("system.")) continue;
    let batch: mongo.Document[] = [];
    const write = async () => {
      if (batch.length > 0) await to.collection(name).insertMany(batch, { writeConcern: { w: "majority" } });
      batch = [];
    };
    for await (const document of from.collection(name).find({}, EXACT).batchSize(BATCH)) {
      batch.push(document);
      if (batch.length >= BATCH) await write();
    }
    await write();
    const [had, has] = await Promise.all([from, to].map((db) => db.collection(name).countDocuments()));
    if (had !== has)
      throw new CannotCopy(`${name} has ${had} documents here and ${has} there. Does the shop run?`);
    told(name, has ?? 0);
  }
}
