import { MongoClient } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, failure, openBench } from "./servers.ts";

const bench = await openBench();
const { db } = bench;
const admin = bench.client.db("admin");
const others = "gives another result";
const deviates = { documentdb: others, secantus: others };

// Source: MongoDB manual, "Administration Commands", "Diagnostic Commands", "User Management Commands".
describe("an administrator", () => {
  conforms(
    "sees the operation that asks in $currentOp and currentOp",
    async () => {
      const pipeline = [{ $currentOp: { localOps: true } }];
      const shown = await admin.aggregate(pipeline).toArray();
      const own = shown.filter(({ command }) => command?.aggregate === 1);
      expect(own).toMatchObject([
        { ns: "admin.$cmd.aggregate", command: { pipeline, cursor: {}, $db: "admin" } },
      ]);
      const { inprog } = await admin.command({ currentOp: 1 });
      expect(inprog.map((op: { op: string }) => op.op)).toContain("command");
    },
    deviates,
  );
  conforms(
    "sees idle cursors in $currentOp until they are closed",
    async () => {
      const docs = await bench.filled([{ a: 1 }, { a: 2 }, { a: 3 }]);
      const idle = async () => {
        const shown = await admin.aggregate([{ $currentOp: { idleCursors: true } }]).toArray();
        return shown.filter(({ type, ns }) => type === "idleCursor" && ns === docs.namespace);
      };
      const cursor = docs.find({}, { batchSize: 1, noCursorTimeout: true });
      await cursor.next();
      await cursor.next();
      expect(await idle()).toMatchObject([
        {
          cursor: {
            cursorId: Number(cursor.id),
            nDocsReturned: 2,
            nBatchesReturned: 2,
            noCursorTimeout: true,
          },
        },
      ]);
      await cursor.close();
      expect(await idle()).toEqual([]);
    },
    deviates,
  );
  conforms(
    "may ask to kill an operation that is not there",
    async () => {
      expect(await admin.command({ killOp: 1, op: 4 })).toMatchObject({ ok: 1 });
      expect(await failure(() => admin.command({ killOp: 1, op: "x" }))).toMatchObject({ code: 14 });
    },
    { documentdb: others },
  );
  conforms(
    "flushes with fsync, and is told that nothing is locked by fsyncUnlock",
    async () => {
      expect(await admin.command({ fsync: 1 })).toMatchObject({ ok: 1 });
      expect(await failure(() => admin.command({ fsyncUnlock: 1 }))).toMatchObject({ code: 20 });
    },
    deviates,
  );
  conforms(
    "finds the commands in listCommands",
    async () => {
      const { commands } = await admin.command({ listCommands: 1 });
      expect(Object.keys(commands)).toEqual(expect.arrayContaining(["find", "listCommands", "dbHash"]));
    },
    deviates,
  );
  conforms(
    "finds no users and roles where there are none",
    async () => {
      expect((await db.command({ usersInfo: 1 })).users).toEqual([]);
      expect((await db.command({ rolesInfo: 1 })).roles).toEqual([]);
      expect(await failure(() => db.command({ dropUser: "ada" }))).toMatchObject({ code: 11 });
    },
    { documentdb: others },
  );
  conforms(
    "tells by dbHash whether two collections hold the same",
    async () => {
      const docs = [{ _id: 1 as never, a: "x" }];
      const one = await bench.filled(docs);
      const two = await bench.filled(docs);
      const hashes = async () => (await db.command({ dbHash: 1 })).collections as Record<string, string>;
      const same = await hashes();
      expect(same[one.collectionName]).toMatch(/^[0-9a-f]{32}$/);
      expect(same[one.collectionName]).toBe(same[two.collectionName]);
      await two.updateOne({}, { $set: { a: "y" } });
      const other = await hashes();
      expect(other[one.collectionName]).toBe(same[one.collectionName]);
      expect(other[two.collectionName]).not.toBe(same[two.collectionName]);
      const some = await db.command({ dbHash: 1, collections: [one.collectionName] });
      expect(Object.keys(some.collections)).toEqual([one.collectionName]);
    },
    deviates,
  );
  conforms(
    "makes a collection capped, which drops what does not fit and its indexes",
    async () => {
      const docs = await bench.filled(Array.from({ length: 50 }, (_, a) => ({ a, text: "x".repeat(1_000) })));
      await docs.createIndex({ a: 1 });
      await db.command({ convertToCapped: docs.collectionName, size: 10_240 });
      expect(await docs.isCapped()).toBe(true);
      const left = await docs.find().toArray();
      expect(left.length).toBeLessThan(12);
      expect(left.at(-1)).toMatchObject({ a: 49 });
      expect(await docs.indexes()).toHaveLength(1);
      const gone = () => db.command({ convertToCapped: "nowhere", size: 4_096 });
      expect(await failure(gone)).toMatchObject({ code: 26 });
    },
    deviates,
  );
  conforms(
    "rebuilds indexes with reIndex, and asks for a collection's size with dataSize",
    async () => {
      const docs = await bench.filled([{ a: 1 }, { a: 2 }]);
      await docs.createIndex({ a: 1 });
      expect(await db.command({ reIndex: docs.collectionName })).toMatchObject({
        nIndexesWas: 2,
        nIndexes: 2,
      });
      expect(await db.command({ dataSize: docs.namespace })).toMatchObject({ numObjects: 2, ok: 1 });
    },
    { secantus: others },
  );
  conforms(
    "reads sizes in the unit that is asked for",
    async () => {
      const docs = await bench.filled(Array.from({ length: 20 }, () => ({ text: "x".repeat(1_000) })));
      const asked = { collStats: docs.collectionName };
      const bytes = await db.command(asked);
      const kibibytes = await db.command({ ...asked, scale: 1_024 });
      expect(kibibytes).toMatchObject({ count: 20, avgObjSize: bytes.avgObjSize, scaleFactor: 1_024 });
      expect(kibibytes.size).toBe(Math.floor(bytes.size / 1_024));
      expect(kibibytes.indexSizes._id_).toBe(Math.floor(bytes.indexSizes._id_ / 1_024));
      const whole = await db.command({ dbStats: 1, scale: 1_024 });
      expect(whole.dataSize).toBe(Math.floor((await db.command({ dbStats: 1 })).dataSize / 1_024));
      expect(await failure(() => db.command({ ...asked, scale: 0 }))).toMatchObject({ code: 2 });
    },
    deviates,
  );
  conforms(
    "shows the limits of a capped collection, and its sizes in $collStats by their unit too",
    async () => {
      const ring = await db.createCollection("ring", { capped: true, size: 8_192, max: 3 });
      const [inBytes] = await ring.aggregate([{ $collStats: { storageStats: {} } }]).toArray();
      expect(inBytes?.storageStats).toMatchObject({ capped: true, max: 3, maxSize: 8_192 });
      const pipeline = [{ $collStats: { storageStats: { scale: 1_024 } } }];
      const [inKibibytes] = await ring.aggregate(pipeline).toArray();
      expect(inKibibytes?.storageStats).toMatchObject({ max: 3, maxSize: 8, scaleFactor: 1_024 });
      await ring.drop();
    },
    deviates,
  );
  conforms("who gives a name and a password is refused with 18", async () => {
    const address = new URL(process.env.TEST_MONGODB_URL ?? "");
    address.username = "ada";
    address.password = "secret";
    const client = new MongoClient(address.href);
    try {
      expect(await failure(() => client.db().command({ ping: 1 }))).toMatchObject({ code: 18 });
    } finally {
      await client.close();
    }
  });
});

// Source: MongoDB manual, "Explain Results"; MongoDB 7.0 lists the stages that its query engine does not take over.
describe("an explained pipeline", () => {
  conforms(
    "shows its search as $cursor before the stages that follow",
    async () => {
      const docs = await bench.filled([{ a: 1, tags: ["x", "y"] }]);
      const rest = [{ $unwind: "$tags" }, { $group: { _id: "$tags" } }];
      const { stages } = await docs.aggregate([{ $match: { a: 1 } }, ...rest]).explain("executionStats");
      expect(stages[0].$cursor.queryPlanner.winningPlan.stage).toBe("COLLSCAN");
      expect(stages[0].$cursor.executionStats.totalDocsExamined).toBe(1);
      expect(stages.slice(1)).toEqual(rest);
    },
    { documentdb: "shows stages of its own", secantus: "shows no stages" },
  );
});
