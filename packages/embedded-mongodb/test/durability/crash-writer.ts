import { MongoClient } from "mongodb";
import { startEmbedded } from "../../src/index.ts";

// A process to be killed: it writes as fast as it can and prints every number once its write is acknowledged.
const server = await startEmbedded({ dir: process.argv[2] as string });
const client = new MongoClient(server.url);
const counters = client.db("crash").collection<{ _id: number; step: number; tag: string }>("counters");
await counters.createIndex({ tag: 1 }, { unique: true });
for (let number = 0; ; number += 8) {
  await Promise.all(
    Array.from({ length: 8 }, async (_, at) => {
      const _id = number + at;
      await counters.insertOne({ _id, step: 0, tag: `tag${_id}` });
      await counters.updateOne({ _id }, { $set: { step: 1 } });
      process.stdout.write(`${_id}\n`);
    }),
  );
}
