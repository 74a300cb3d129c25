import {
  Binary,
  BSONRegExp,
  Code,
  type Db,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "mongodb";

/** A document with a value of every type that all servers keep. */
export const everyType = (_id: string): Document => ({
  _id,
  double: new Double(5),
  fraction: 0.1,
  negativeZero: new Double(-0),
  string: "naïve 文字 \u{1f4e6} \0 end",
  document: { b: 1, a: { z: new Int32(1), y: [] }, empty: {} },
  array: [1, [2, [3]], { four: Long.fromNumber(4) }],
  binary: new Binary(Buffer.from([0, 1, 255]), 0),
  uuid: new Binary(Buffer.alloc(16, 7), 4),
  id: new ObjectId("65f0c0ffee65f0c0ffee0001"),
  yes: true,
  date: new Date("2026-11-24T00:00:00.001Z"),
  early: new Date(-1),
  nothing: null,
  pattern: new BSONRegExp("^a.*b$", "im"),
  code: new Code("return 1"),
  int: new Int32(2147483647),
  timestamp: new Timestamp({ t: 1795491616, i: 4 }),
  long: Long.fromString("9007199254740993"),
  small: Long.fromNumber(5),
  decimal: Decimal128.fromString("9.990"),
  reference: { $ref: "orders", $id: "H-1001", more: 1 },
  min: new MinKey(),
  max: new MaxKey(),
});

/** Fills a database with collections of different kinds. */
export async function fill(db: Db): Promise<void> {
  await db
    .collection<Document>("things")
    .insertMany(Array.from({ length: 30 }, (_, n) => everyType(`thing${n}`)));
  const people = db.collection<{ _id: number; mail: string }>("people");
  await people.createIndexes([
    { key: { mail: 1 }, name: "mail", unique: true },
    { key: { "tags.name": 1, at: -1 }, name: "tags" },
    { key: { at: 1 }, name: "gone", expireAfterSeconds: 315_360_000 },
    { key: { nick: 1 }, name: "nick", sparse: true },
    { key: { open: 1 }, name: "open", partialFilterExpression: { open: true } },
  ]);
  const at = new Date();
  await people.insertMany(
    Array.from({ length: 1200 }, (_, n) => ({
      _id: n,
      mail: `${n}@example.com`,
      tags: [{ name: n % 7 }],
      at,
      open: n % 2 === 0,
    })),
  );
  await db
    .collection<{ _id: string; bytes: Binary }>("pictures")
    .insertOne({ _id: "one", bytes: new Binary(Buffer.alloc(3_000_000, 9)) });
  await db.createCollection("empty");
}

/** All documents as bytes and all indexes of a database, by collection. */
export async function contents(db: Db): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    const collection = db.collection(name);
    const cursor: AsyncIterable<unknown> = collection.find({}, { raw: true });
    const documents: string[] = [];
    for await (const bytes of cursor)
      if (bytes instanceof Uint8Array) documents.push(Buffer.from(bytes).toString("base64"));
    const indexes = await collection.indexes();
    all[name] = {
      documents: documents.sort(),
      indexes: indexes
        .map(({ name, key, unique = false, sparse = false, expireAfterSeconds, partialFilterExpression }) =>
          JSON.stringify({ name, key, unique, sparse, expireAfterSeconds, partialFilterExpression }),
        )
        .sort(),
    };
  }
  return all;
}
