import { BSON, type Document } from "mongodb";
import { afterAll, describe, expect } from "vitest";
import { conforms, failure, openBench } from "./servers.ts";
import { type Answer, flags, WireClient } from "./wire-client.ts";

const bench = await openBench();
const admin = bench.client.db("admin");
const address = process.env.TEST_MONGODB_URL ?? "";
const opened: WireClient[] = [];
afterAll(() => {
  for (const wire of opened) wire.close();
});

function open(): WireClient {
  const wire = new WireClient(address);
  opened.push(wire);
  return wire;
}

// Source: driver specification, "Server Monitoring", streaming protocol; MongoDB manual, "hello".
describe("a hello that waits for news", () => {
  conforms(
    "is answered when its time is over, as a lone server's topology never changes",
    async () => {
      const wire = open();
      const { topologyVersion } = (await wire.ask({ hello: 1 })).body;
      expect(topologyVersion).toMatchObject({ processId: expect.any(BSON.ObjectId), counter: 0 });
      const asked = performance.now();
      const answer = await wire.ask(waiting(topologyVersion, 60));
      expect(performance.now() - asked).toBeGreaterThan(50);
      expect(answer).toMatchObject({ more: false, body: { ok: 1, isWritablePrimary: true } });
    },
    { documentdb: "tells no topology version" },
  );
  conforms(
    "is answered at once when the server is another process than the client knows",
    async () => {
      const topologyVersion = { processId: new BSON.ObjectId(), counter: BSON.Long.ZERO };
      const answer = await open().ask(waiting(topologyVersion, 3_600_000));
      expect(answer.body.topologyVersion.processId).not.toEqual(topologyVersion.processId);
    },
    { documentdb: "tells no topology version" },
  );
  conforms(
    "is answered again and again where the client takes several answers to one request",
    async () => {
      const wire = open();
      const { topologyVersion } = (await wire.ask({ hello: 1 })).body;
      const answers: Answer[] = [];
      let asked = wire.send(waiting(topologyVersion, 10), flags.exhaustAllowed);
      while (answers.length < 3) {
        const answer = await wire.next();
        expect(answer).toMatchObject({ responseTo: asked, more: true, body: { topologyVersion } });
        answers.push(answer as Answer);
        asked = (answer as Answer).id;
      }
    },
    { documentdb: "tells no topology version", secantus: "answers once" },
  );
  conforms(
    "is answered once where the client takes one answer",
    async () => {
      const wire = open();
      const { topologyVersion } = (await wire.ask({ hello: 1 })).body;
      expect(await wire.ask(waiting(topologyVersion, 1))).toMatchObject({ more: false });
      expect(await wire.ask({ ping: 1 })).toMatchObject({ body: { ok: 1 } });
    },
    { documentdb: "tells no topology version" },
  );
  conforms(
    "needs both a topology version and a time to wait",
    async () => {
      const { topologyVersion } = await admin.command({ hello: 1 });
      const known = { processId: topologyVersion.processId, counter: BSON.Long.ZERO };
      const code = async (fields: Document): Promise<number | undefined> =>
        (await failure(() => admin.command({ hello: 1, ...fields }))).code;
      expect(await code({ topologyVersion: known })).toBe(31368);
      expect(await code({ maxAwaitTimeMS: 1 })).toBe(31368);
      expect(await code({ topologyVersion: known, maxAwaitTimeMS: -1 })).toBe(31373);
      const negative = { ...known, counter: BSON.Long.fromNumber(-1) };
      expect(await code({ topologyVersion: negative, maxAwaitTimeMS: 1 })).toBe(31372);
      const later = { ...known, counter: BSON.Long.ONE };
      expect(await code({ topologyVersion: later, maxAwaitTimeMS: 1 })).toBe(51764);
    },
    { documentdb: "tells no topology version", secantus: "refuses with 2" },
  );
});

function waiting({ processId }: Document, maxAwaitTimeMS: number): Document {
  return { hello: 1, topologyVersion: { processId, counter: BSON.Long.ZERO }, maxAwaitTimeMS };
}

// Source: driver specification, "OP_MSG", exhaustAllowed.
describe("a cursor of which the client takes all at once", () => {
  const numbers = Array.from({ length: 10 }, (_, _id) => ({ _id }));
  const find = async (wire: WireClient, batchSize: number): Promise<Document> => {
    const { collectionName } = await bench.filled(numbers);
    const $db = bench.db.databaseName;
    const { body } = await wire.ask({ find: collectionName, batchSize, $db });
    return { getMore: BSON.Long.fromNumber(Number(body.cursor.id)), collection: collectionName, $db };
  };

  conforms(
    "is sent batch after batch on one getMore",
    async () => {
      const wire = open();
      let asked = wire.send({ ...(await find(wire, 3)), batchSize: 3 }, flags.exhaustAllowed);
      const batches: [boolean, number[]][] = [];
      for (let more = true; more; ) {
        const answer = (await wire.next()) as Answer;
        expect(answer.responseTo).toBe(asked);
        asked = answer.id;
        more = answer.more;
        batches.push([more, answer.body.cursor.nextBatch.map(({ _id }: Document) => _id)]);
      }
      expect(batches).toEqual([
        [true, [3, 4, 5]],
        [true, [6, 7, 8]],
        [false, [9]],
      ]);
    },
    { documentdb: "answers once", secantus: "answers once" },
  );
  conforms("ends with an error that nothing follows", async () => {
    const wire = open();
    const getMore = { ...(await find(wire, 3)), getMore: BSON.Long.fromNumber(1) };
    expect(await wire.ask(getMore, flags.exhaustAllowed)).toMatchObject({ more: false, body: { code: 43 } });
  });
  conforms(
    "is closed when the client leaves in the middle",
    async () => {
      const wire = open();
      const filler = "x".repeat(1_000_000);
      const docs = await bench.filled(numbers.map(({ _id }) => ({ _id, filler })));
      for (let time = 0; time < 5; time++)
        await docs.insertMany(numbers.map(({ _id }) => ({ _id: 10 * time + 10 + _id, filler }) as never));
      const $db = bench.db.databaseName;
      const { body } = await wire.ask({ find: docs.collectionName, batchSize: 1, $db });
      const getMore = BSON.Long.fromNumber(Number(body.cursor.id));
      const more = { getMore, collection: docs.collectionName, $db };
      expect(await wire.ask({ ...more, batchSize: 1 }, flags.exhaustAllowed)).toMatchObject({ more: true });
      wire.close();
      await expect
        .poll(async () => (await failure(() => bench.db.command({ ...more, batchSize: 1 }))).code)
        .toBe(43);
    },
    { documentdb: "answers once", secantus: "answers once" },
  );
});

// Source: MongoDB server, "hello", client metadata; driver specification, "MongoDB Handshake".
conforms(
  "a client says once who it is, and is known by its application's name",
  async () => {
    const wire = open();
    const client = {
      application: { name: "warehouse" },
      driver: { name: "none", version: "1" },
      os: { type: "Linux" },
    };
    expect(await wire.ask({ hello: 1, client })).toMatchObject({ body: { ok: 1 } });
    expect(await wire.ask({ hello: 1, client })).toMatchObject({ body: { code: 186 } });
    const { body } = await wire.ask({ currentOp: 1 });
    expect(body.inprog).toContainEqual(expect.objectContaining({ appName: "warehouse" }));
  },
  { documentdb: "shows more than its own", secantus: "accepts it" },
);
