import { createConnection } from "node:net";
import { BSON, type Document, MongoClient } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, failure, openBench } from "./servers.ts";

const bench = await openBench();
const admin = bench.client.db("admin");

// Source: MongoDB manual, "Database Commands"; "hello"; "MongoDB Limits and Thresholds".
describe("the server tells", () => {
  conforms("its limits and wire versions in hello, isMaster and ismaster", async () => {
    for (const name of ["hello", "isMaster", "ismaster"]) {
      const reply = await admin.command({ [name]: 1 });
      expect(reply).toMatchObject({
        maxBsonObjectSize: 16 * 1024 * 1024,
        maxMessageSizeBytes: 48_000_000,
        maxWriteBatchSize: 100_000,
        readOnly: false,
        ok: 1,
      });
      expect(reply.localTime).toBeInstanceOf(Date);
      expect(reply.minWireVersion).toBe(0);
      expect(reply.maxWireVersion).toBeGreaterThanOrEqual(17);
      expect(name === "hello" ? reply.isWritablePrimary : reply.ismaster).toBe(true);
    }
  });
  conforms("hello to a driver that begins with OP_QUERY", async () => {
    const reply = await oldHandshake(new URL(process.env.TEST_MONGODB_URL ?? ""));
    expect(reply).toMatchObject({ helloOk: true, ismaster: true, ok: 1 });
  });
  conforms("its version in buildInfo", async () => {
    const { version, versionArray } = await admin.command({ buildInfo: 1 });
    expect(String(version)).toMatch(/^\d+\.\d+\.\d+/);
    expect(versionArray.slice(0, 3).join(".")).toBe(String(version).replace(/-.*/, ""));
  });
  conforms("which address asks in whatsmyuri", async () => {
    expect((await admin.command({ whatsmyuri: 1 })).you).toMatch(/^(.*):\d+$/);
  });
  conforms("nobody is logged in in connectionStatus", async () => {
    const { authInfo } = await admin.command({ connectionStatus: 1 });
    expect(authInfo).toMatchObject({ authenticatedUsers: [], authenticatedUserRoles: [] });
  });
  conforms(
    "one parameter or all in getParameter",
    async () => {
      const one = await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 });
      expect(one.featureCompatibilityVersion.version).toMatch(/^\d+\.\d+$/);
      expect(Object.keys(await admin.command({ getParameter: "*" }))).toContain(
        "featureCompatibilityVersion",
      );
      const none = () => admin.command({ getParameter: 1, noSuchParameter: 1 });
      expect(await failure(none)).toMatchObject({ code: 72 });
    },
    { secantus: "accepts it" },
  );
  conforms(
    "its state in serverStatus",
    async () => {
      const status = await admin.command({ serverStatus: 1 });
      for (const field of ["host", "version", "process", "pid", "uptime", "localTime", "connections"])
        expect(status).toHaveProperty(field);
    },
    { documentdb: "gives another result" },
  );
  conforms(
    "that nothing is profiled in profile",
    async () => {
      expect(await bench.db.command({ profile: -1 })).toMatchObject({ was: 0, slowms: 100, ok: 1 });
      expect(await bench.db.profilingLevel()).toBe("off");
    },
    { documentdb: "answers: no such command: 'profile'" },
  );
  conforms(
    "nothing but ok in ping, on any database",
    async () => {
      expect(await bench.db.command({ ping: 1 })).toEqual({ ok: 1 });
    },
    { secantus: "gives another result" },
  );
  conforms(
    "the sizes of a database and a collection",
    async () => {
      const docs = await bench.filled([{ a: "x".repeat(100) }, { a: "x" }]);
      const database = await bench.db.stats();
      expect(database).toMatchObject({ db: bench.db.databaseName, ok: 1 });
      expect(database.objects).toBeGreaterThanOrEqual(2);
      const stats = await bench.db.command({ collStats: docs.collectionName });
      expect(stats).toMatchObject({ ns: docs.namespace, count: 2, nindexes: 1, capped: false });
      expect(stats.size).toBeGreaterThan(120);
      const [piped] = await docs.aggregate([{ $collStats: { count: {} } }]).toArray();
      expect(piped).toMatchObject({ ns: docs.namespace, count: 2 });
    },
    { documentdb: "gives another result" },
  );
  conforms(
    "that a collection is sound in validate",
    async () => {
      const docs = await bench.filled([{ a: 1 }, { a: 2 }]);
      await docs.createIndex({ a: 1 });
      const reply = await bench.db.command({ validate: docs.collectionName });
      expect(reply).toMatchObject({ ns: docs.namespace, valid: true, nrecords: 2, nIndexes: 2 });
      expect(reply.keysPerIndex).toEqual({ _id_: 2, a_1: 2 });
    },
    { documentdb: "gives another result" },
  );
});

/** Sends `isMaster` as OP_QUERY, as a driver's first message is, and reads the OP_REPLY. */
function oldHandshake(address: URL): Promise<Document> {
  const body = Buffer.from(BSON.serialize({ isMaster: 1, helloOk: true }));
  const name = Buffer.from("admin.$cmd\0");
  const head = Buffer.alloc(20);
  head.writeInt32LE(16 + 4 + name.length + 8 + body.length, 0);
  head.writeInt32LE(7, 4);
  head.writeInt32LE(2004, 12);
  const paging = Buffer.alloc(8);
  paging.writeInt32LE(-1, 4);
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(address.port || 27017), address.hostname);
    let bytes = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < 16 || bytes.length < bytes.readInt32LE(0)) return;
      socket.destroy();
      if (bytes.readInt32LE(8) !== 7 || bytes.readInt32LE(12) !== 1) reject(new Error("no OP_REPLY to it"));
      else resolve(BSON.deserialize(bytes.subarray(36)));
    });
    socket.write(Buffer.concat([head, name, paging, body]));
  });
}

/** A command that is refused. */
interface Refusal extends Deviating {
  title: string;
  command: Document;
  code: number;
  codeName?: string;
  message?: string;
}

// Source: MongoDB manual, "Error Codes", "find", "Read Concern", "Write Concern", "Stable API"; MongoDB server, IDL.
describe("the server refuses", () => {
  conformsEach<Refusal>(
    [
      {
        title: "a command there is not",
        command: { frobnicate: 1 },
        code: 59,
        codeName: "CommandNotFound",
        message: "no such command: 'frobnicate'",
      },
      { title: "a command in another case", command: { PING: 1 }, code: 59 },
      {
        title: "a field that find does not have",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { find: "c", fliter: {} },
        code: 40415,
        message: "BSON field 'find.fliter' is an unknown field.",
      },
      {
        title: "a field that aggregate does not have",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { aggregate: "c", pipeline: [], cursor: {}, sort: {} },
        code: 40415,
      },
      {
        title: "a field that insert does not have",
        deviates: { secantus: "gives another result" },
        command: { insert: "c", documents: [{}], upsert: true },
        code: 40415,
      },
      {
        title: "a field of an update's statement",
        deviates: { documentdb: "gives another result" },
        command: { update: "c", updates: [{ q: {}, u: {}, many: true }] },
        code: 40415,
        message: "BSON field 'update.updates.many' is an unknown field.",
      },
      {
        title: "a sort of an update, which MongoDB has since 8.0",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { update: "c", updates: [{ q: {}, u: {}, sort: { a: 1 } }] },
        code: 40415,
      },
      {
        title: "an update without its statements",
        deviates: { secantus: "gives another result" },
        command: { update: "c" },
        code: 40414,
      },
      {
        title: "an update's statement without an update",
        deviates: { secantus: "gives another result" },
        command: { update: "c", updates: [{ q: {} }] },
        code: 40414,
      },
      {
        title: "distinct without a key",
        deviates: { documentdb: "gives another result" },
        command: { distinct: "c" },
        code: 40414,
      },
      {
        title: "a getMore without its collection",
        deviates: { documentdb: "gives another result" },
        command: { getMore: BSON.Long.fromNumber(1) },
        code: 40414,
      },
      {
        title: "a filter that is no document",
        command: { find: "c", filter: 1 },
        code: 14,
        codeName: "TypeMismatch",
      },
      {
        title: "a negative skip",
        deviates: { documentdb: "gives another result" },
        command: { find: "c", skip: -1 },
        code: 2,
      },
      {
        title: "a limit that is no number",
        deviates: { documentdb: "gives another result" },
        command: { find: "c", limit: "1" },
        code: 14,
      },
      {
        title: "a collection's name that is no string",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { find: 1 },
        code: 73,
      },
      {
        title: "an empty collection's name",
        deviates: { secantus: "gives another result" },
        command: { find: "" },
        code: 73,
      },
      {
        title: "a collection's name with a null character",
        command: { insert: "a\0b", documents: [{}] },
        code: 73,
        codeName: "InvalidNamespace",
      },
      {
        title: "a collection's name that begins with a dot",
        command: { insert: ".a", documents: [{}] },
        code: 73,
        codeName: "InvalidNamespace",
      },
      { title: "an aggregation without a cursor", command: { aggregate: "c", pipeline: [] }, code: 9 },
      {
        title: "awaitData without tailable",
        deviates: { documentdb: "gives another result" },
        command: { find: "c", awaitData: true },
        code: 9,
      },
      {
        title: "a read concern there is not",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { find: "c", readConcern: { level: "newest" } },
        code: 2,
      },
      {
        title: "to wait for two servers",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { insert: "c", documents: [{}], writeConcern: { w: 2 } },
        code: 2,
        message: "cannot use 'w' > 1 when a host is not replicated",
      },
      {
        title: "to wait for servers with a tag",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { insert: "c", documents: [{}], writeConcern: { w: "eu" } },
        code: 2,
      },
      {
        title: "to wait for more than fifty servers",
        deviates: { documentdb: "gives another result" },
        command: { insert: "c", documents: [{}], writeConcern: { w: 51 } },
        code: 9,
      },
      {
        title: "an explain with a verbosity there is not",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { explain: { find: "c" }, verbosity: "all" },
        code: 9,
      },
      {
        title: "to explain what cannot be",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { explain: { ping: 1 } },
        code: 59,
      },
      {
        title: "another version of the API",
        deviates: { documentdb: "gives another result" },
        command: { ping: 1, apiVersion: "2" },
        code: 322,
        codeName: "APIVersionError",
      },
      {
        title: "what is not in the API's version when strict",
        deviates: { documentdb: "gives another result" },
        command: { distinct: "c", key: "a", apiVersion: "1", apiStrict: true },
        code: 323,
        codeName: "APIStrictError",
      },
      {
        title: "apiStrict without a version",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { ping: 1, apiStrict: true },
        code: 9,
      },
      {
        title: "an administrator's view of replication",
        deviates: { documentdb: "gives another result", secantus: "gives another result" },
        command: { replSetGetStatus: 1 },
        code: 76,
        codeName: "NoReplicationEnabled",
      },
    ],
    ({ title, code }) => `${title}, with ${code}`,
    async ({ command, code, codeName, message }) => {
      const db = command.replSetGetStatus ? admin : bench.db;
      const error = await db.command(command).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      expect(error).toMatchObject({ code, ...(codeName ? { codeName } : {}) });
      if (message && error instanceof Error) expect(error.message).toContain(message);
    },
  );

  // Source: MongoDB manual, "Naming Restrictions".
  conformsEach<Deviating & { name: string }>(
    [
      ...["a\0b", "a b", 'a"b', "a/b"].map((name) => ({
        name,
        deviates: { documentdb: "takes it", secantus: "takes it" },
      })),
      { name: "x".repeat(64), deviates: { documentdb: "takes it" } },
    ],
    ({ name }) => `a database of the name ${JSON.stringify(name)}`,
    async ({ name }) => {
      const refused = await failure(() => bench.client.db(name).command({ ping: 1 }));
      expect(refused).toMatchObject({ code: 73 });
    },
  );
  conforms("nothing of a command's common fields", async () => {
    const fields = {
      comment: { why: "test" },
      maxTimeMS: 10_000,
      readConcern: { level: "local" },
      $readPreference: { mode: "primaryPreferred" },
      apiVersion: "1",
      apiStrict: true,
      apiDeprecationErrors: true,
    };
    expect(await bench.db.command({ find: "none", ...fields })).toMatchObject({ ok: 1 });
  });
  conforms("no write concern that one server can grant", async () => {
    const docs = await bench.filled([]);
    for (const writeConcern of [
      { w: 1 },
      { w: "majority" },
      { w: 1, j: true },
      { w: 1, wtimeout: 100 },
      { j: false },
    ] as const)
      expect((await docs.insertOne({}, { writeConcern })).acknowledged).toBe(true);
    expect(await docs.countDocuments({}, { readConcern: { level: "majority" } })).toBe(5);
  });
});

// Source: MongoDB manual, "explain" (command), "Explain Results".
describe("explain", () => {
  conformsEach<Deviating & { title: string; command: (name: string) => Document }>(
    [
      {
        title: "find",
        deviates: { documentdb: "gives another result" },
        command: (name) => ({ find: name, filter: { a: 1 } }),
      },
      {
        title: "aggregate",
        deviates: { documentdb: "gives another result" },
        command: (name) => ({ aggregate: name, pipeline: [{ $match: { a: 1 } }], cursor: {} }),
      },
      {
        title: "count",
        deviates: { documentdb: "gives another result" },
        command: (name) => ({ count: name, query: { a: 1 } }),
      },
      {
        title: "distinct",
        deviates: { documentdb: "answers: explain for distinct command is not supported" },
        command: (name) => ({ distinct: name, key: "a", query: { a: 1 } }),
      },
      {
        title: "update",
        deviates: {
          documentdb: "answers: explain for update command is not supported",
          secantus: "gives another result",
        },
        command: (name) => ({ update: name, updates: [{ q: { a: 1 }, u: { $set: { b: 1 } } }] }),
      },
      {
        title: "delete",
        deviates: {
          documentdb: "answers: explain for delete command is not supported",
          secantus: "gives another result",
        },
        command: (name) => ({ delete: name, deletes: [{ q: { a: 1 }, limit: 0 }] }),
      },
      {
        title: "findAndModify",
        deviates: { documentdb: "answers: explain for findAndModify command is not supported" },
        command: (name) => ({ findAndModify: name, query: { a: 1 }, remove: true }),
      },
    ],
    ({ title }) => `${title} tells the plan and changes nothing`,
    async ({ command }) => {
      const docs = await bench.filled([
        { _id: 1, a: 1 },
        { _id: 2, a: 2 },
      ]);
      await docs.createIndex({ a: 1 });
      const planned = await bench.db.command({
        explain: command(docs.collectionName),
        verbosity: "queryPlanner",
      });
      expect(JSON.stringify(planned)).toContain("queryPlanner");
      expect(JSON.stringify(planned)).toMatch(/IXSCAN|COUNT_SCAN|DISTINCT_SCAN/);
      expect(JSON.stringify(planned)).not.toContain("executionStats");
      const run = await bench.db.command({
        explain: command(docs.collectionName),
        verbosity: "executionStats",
      });
      expect(JSON.stringify(run)).toContain("executionStats");
      expect(await docs.find().sort({ _id: 1 }).toArray()).toEqual([
        { _id: 1, a: 1 },
        { _id: 2, a: 2 },
      ]);
    },
  );
  conforms(
    "of a scan tells COLLSCAN, of an _id IDHACK or its index",
    async () => {
      const docs = await bench.filled([{ _id: 1, a: 1 }]);
      expect(JSON.stringify(await docs.find({ a: 1 }).explain("queryPlanner"))).toContain("COLLSCAN");
      expect(JSON.stringify(await docs.find({ _id: 1 as never }).explain("queryPlanner"))).toMatch(
        /IDHACK|_id_/,
      );
    },
    { documentdb: "gives another result" },
  );
});

// Source: MongoDB manual, "Transactions", "Server Sessions"; driver specification, "Driver Sessions".
describe("sessions", () => {
  conforms("are taken with every command, and ended", async () => {
    const docs = await bench.filled([{ a: 1 }]);
    const session = bench.client.startSession();
    expect(await docs.findOne({ a: 1 }, { session })).toMatchObject({ a: 1 });
    expect(await bench.db.command({ refreshSessions: [session.id] })).toMatchObject({ ok: 1 });
    await session.endSession();
  });
  conforms(
    "are listed when they are used, until they are ended",
    async () => {
      const session = bench.client.startSession();
      const id = session.id?.id.toString("hex");
      const listed = async (): Promise<Document[]> => {
        const all = await admin.aggregate([{ $listLocalSessions: {} }]).toArray();
        return all.filter(({ _id }) => _id.id.toString("hex") === id);
      };
      const before = Date.now();
      await bench.db.command({ ping: 1 }, { session });
      const [shown] = await listed();
      expect(shown).toMatchObject({ _id: { uid: expect.anything() } });
      expect(shown?.lastUse.getTime()).toBeGreaterThanOrEqual(before);
      await bench.db.command({ endSessions: [session.id] });
      expect(await listed()).toEqual([]);
      await session.endSession();
    },
    { documentdb: "does not support $listLocalSessions", secantus: "gives another result" },
  );
  conforms(
    "do not read from one snapshot on a server that stands alone, with 123",
    async () => {
      const docs = await bench.filled([{ a: 1 }]);
      const session = bench.client.startSession({ snapshot: true });
      try {
        for (const read of [
          () => docs.findOne({}, { session }),
          () => docs.aggregate([], { session }).toArray(),
          () => docs.distinct("a", {}, { session }),
        ])
          expect(await failure(read)).toMatchObject({ code: 123 });
      } finally {
        await session.endSession();
      }
    },
    { documentdb: "accepts it", secantus: "accepts it" },
  );
  conforms(
    "are begun by the server for a client that wants it",
    async () => {
      const { id, timeoutMinutes } = await admin.command({ startSession: 1 });
      expect(timeoutMinutes).toBe(30);
      const all = await admin.aggregate([{ $listLocalSessions: {} }]).toArray();
      expect(all.filter(({ _id }) => _id.id.equals(id.id))).toHaveLength(1);
    },
    { documentdb: "does not support $listLocalSessions", secantus: "gives another result" },
  );
  conforms(
    "do not make transactions on a server that stands alone, with 20",
    async () => {
      const client = new MongoClient(process.env.TEST_MONGODB_URL ?? "", { directConnection: true });
      try {
        const command = { insert: "c", documents: [{}], lsid: { id: new BSON.UUID() }, autocommit: false };
        const start = { txnNumber: BSON.Long.fromNumber(1), startTransaction: true };
        const run = () => client.db(bench.db.databaseName).command({ ...command, ...start });
        expect(await failure(run)).toMatchObject({
          code: 20,
          message: "Transaction numbers are only allowed on a replica set member or mongos",
        });
        expect(await bench.db.collection("c").countDocuments()).toBe(0);
      } finally {
        await client.close();
      }
    },
    { documentdb: "accepts it", secantus: "accepts it" },
  );
});
