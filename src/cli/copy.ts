import { join } from "node:path";
import { parseArgs } from "node:util";
import { DirectoryInUse, startEmbedded } from "@hawker/embedded-mongodb";
import mongoose from "mongoose";
import { readConfig } from "../config.ts";
import { CannotCopy, copyStore } from "../store/copy.ts";
import { runTool, tellError, toolLog, UsageError } from "./report.ts";

const USAGE = `npm run copy -- mongodb://HOST/DATABASE

  Copies the shop's store (MONGODB_URL, else the embedded one in DATA_DIR) into an empty database, to move there.
  Stop the shop first. Nothing is taken away from the old store.`;

/** The embedded store, which a shop that runs keeps to itself. */
const embeddedAlone = (dataDir: string) =>
  startEmbedded({ dir: join(dataDir, "store"), log: toolLog("warn") }).catch((error: unknown) => {
    if (error instanceof DirectoryInUse)
      throw new UsageError("Stop the shop first: its store is in use.", { cause: error });
    throw error;
  });

await runTool(USAGE, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0 || !/^mongodb(\+srv)?:\/\//.test(target))
    throw new UsageError("Name one database to copy to.");
  const { mongodbUrl, dataDir } = readConfig(process.env);
  const own = mongodbUrl === undefined ? await embeddedAlone(dataDir) : undefined;
  const from = new mongoose.mongo.MongoClient(mongodbUrl ?? own?.url ?? "");
  const to = new mongoose.mongo.MongoClient(target);
  try {
    await copyStore(from.db(), to.db(), (name, documents) =>
      console.log(`${String(documents).padStart(8)}  ${name}`),
    );
    console.log("Done. Start Hawker with the new MONGODB_URL and the HAWKER_SECRET it had.");
    return 0;
  } catch (error) {
    if (!(error instanceof CannotCopy || error instanceof mongoose.mongo.MongoServerSelectionError))
      throw error;
    tellError(error);
    return 1;
  } finally {
    await Promise.all([from.close(), to.close()]);
    await own?.stop();
  }
});
