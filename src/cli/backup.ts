import { resolve } from "node:path";
import { parseArgs } from "node:util";
import mongoose from "mongoose";
import { readConfig } from "../config.ts";
import { writeBackup } from "../store/backup/write.ts";
import { secretId } from "../store/secret-box.ts";
import { runTool, UsageError } from "./report.ts";
import { reachStore } from "./store.ts";

const USAGE = `npm run backup -- FILE

  Writes the whole store (MONGODB_URL, else the embedded one in DATA_DIR) to a new file, while the shop runs or not.
  npm run restore -- FILE reads it back. docs/backup.md tells what is in it.`;

await runTool(USAGE, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError("Name one file to write.");
  const path = resolve(process.env.INIT_CWD ?? ".", name);
  const config = readConfig(process.env);
  const store = await reachStore(config);
  const client = new mongoose.mongo.MongoClient(store.url, { serverSelectionTimeoutMS: 10_000 });
  try {
    const { collections, documents, consistent } = await writeBackup(client.db(), path, {
      secret: secretId(config.secret),
      told: (collection, count) => console.log(`${String(count).padStart(8)}  ${collection}`),
    });
    console.log(`${documents} documents of ${collections} collections written to ${path}`);
    console.log(
      consistent
        ? "All of them are of one moment."
        : "The server has no snapshots: the collections were read one after the other, so what changed meanwhile may not fit together. Stop the shop for a backup of one moment.",
    );
    console.log(
      "HAWKER_SECRET is not in it. Keep it elsewhere: without it nobody can read the personal data.",
    );
    return 0;
  } finally {
    await client.close();
    await store.release();
  }
});
