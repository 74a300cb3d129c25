import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import mongoose from "mongoose";
import { readConfig } from "../config.ts";
import { countDocuments, inspectBackup, restoreBackup, wasLeftHalf } from "../store/backup/restore.ts";
import { secretId } from "../store/secret-box.ts";
import { runTool, UsageError } from "./report.ts";
import { reachStore } from "./store.ts";

const USAGE = `npm run restore -- FILE [--yes] [--other-secret]

  Checks a backup, and makes the store (MONGODB_URL, else the embedded one in DATA_DIR) what it holds.
  --yes            replace what is in the store without asking
  --other-secret   restore although HAWKER_SECRET is not the backup's: its personal data stays unreadable

  docs/backup.md tells more.`;

await runTool(USAGE, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      yes: { type: "boolean", default: false },
      "other-secret": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError("Name one file to restore.");
  const path = resolve(process.env.INIT_CWD ?? ".", name);
  const { header, collections, documents } = await inspectBackup(path);
  const config = readConfig(process.env);
  if (header.secret !== secretId(config.secret) && !values["other-secret"]) {
    console.error(
      "The backup was made with another HAWKER_SECRET, so its personal data could not be read. Set HAWKER_SECRET (or the file secret in DATA_DIR) to the one it had. Nothing was changed.",
    );
    return 1;
  }
  console.log(
    `The backup of ${header.at.toISOString()} is whole: ${documents} documents of ${collections.length} collections.`,
  );
  const store = await reachStore(config);
  const client = new mongoose.mongo.MongoClient(store.url, { serverSelectionTimeoutMS: 10_000 });
  try {
    const db = client.db();
    const there = (await wasLeftHalf(db)) ? 0 : await countDocuments(db);
    if (there > 0 && !values.yes && !(await agreed(there))) {
      console.error("Nothing was changed. Restore with --yes to replace what is there.");
      return 1;
    }
    await restoreBackup(db, path, (collection, count) =>
      console.log(`${String(count).padStart(8)}  ${collection}`),
    );
    console.log(`${documents} documents of ${collections.length} collections restored.`);
    if (store.inUse) console.log("Restart the shop now: it still remembers what was there before.");
    return 0;
  } finally {
    await client.close();
    await store.release();
  }
});

async function agreed(there: number): Promise<boolean> {
  const what = `The store holds ${there} documents, which would be replaced.`;
  if (!process.stdin.isTTY) {
    console.error(what);
    return false;
  }
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await questions.question(`${what} Replace them? [y/N] `)).trim());
  } finally {
    questions.close();
  }
}
