/** Strings whose bytes are no UTF-8: the server takes them, and gives them back as they are. */
import { createConnection } from "node:net";
import { BSON, type Document } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, failure, openBench } from "./servers.ts";

const { db } = await openBench();
const placeholder = "????";
const bytes = Buffer.from([0xc3, 0x01, 0xff, 0x80]);

/** Sends a command as OP_MSG, with other bytes instead of the placeholder, which no driver would write. */
async function sendBroken(command: Document): Promise<Document> {
  const body = Buffer.from(BSON.serialize({ ...command, $db: db.databaseName }));
  for (let at = body.indexOf(placeholder); at >= 0; at = body.indexOf(placeholder)) bytes.copy(body, at);
  const head = Buffer.alloc(21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(2013, 12);
  const address = new URL(process.env.TEST_MONGODB_URL ?? "");
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(address.port || 27017), address.hostname);
    let received = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < received.readInt32LE(0)) return;
      socket.destroy();
      resolve(BSON.deserialize(received.subarray(21), { validation: { utf8: false } }));
    });
    socket.write(Buffer.concat([head, body]));
  });
}

// Source: MongoDB driver specifications, "BSON Decoding: Invalid UTF-8"; the driver refuses to read what is none.
describe("a string that is no UTF-8", () => {
  conforms(
    "is stored, found and given back as it is",
    async () => {
      const documents = [
        { _id: 1, text: placeholder },
        { _id: 2, text: "plain" },
      ];
      expect(await sendBroken({ insert: "broken", documents })).toMatchObject({ n: 2, ok: 1 });
      const broken = db.collection<{ _id: number; text: string }>("broken");
      expect((await failure(() => broken.findOne({ _id: 1 }))).message).toContain("Invalid UTF-8");
      const raw: unknown = await broken.findOne({ _id: 1 }, { raw: true });
      expect(Buffer.isBuffer(raw) && raw.includes(bytes)).toBe(true);
      await broken.createIndex({ text: 1 }, { unique: true });
      const count = await sendBroken({ count: "broken", query: { text: placeholder } });
      expect(count).toMatchObject({ n: 1 });
      expect(
        await sendBroken({ insert: "broken", documents: [{ _id: 3, text: placeholder }] }),
      ).toMatchObject({
        writeErrors: [{ code: 11_000 }],
      });
      await broken.updateOne({ _id: 1 }, { $set: { other: 1 } });
      const after: unknown = await broken.findOne({ _id: 1 }, { raw: true });
      expect(Buffer.isBuffer(after) && after.includes(bytes)).toBe(true);
    },
    { secantus: "fails at it" },
  );
});
