import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mongoose from "mongoose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isHalfRestored, isOwn } from "../../../src/store/backup/marker.ts";
import { writeBackup } from "../../../src/store/backup/write.ts";
import { secretId } from "../../../src/store/secret-box.ts";
import { chance } from "../../doubles/chance.ts";
import { type Bundle, bundle } from "../../setup/bundle.ts";
import { type FreshDatabase, freshDatabase } from "../../setup/database.ts";
import { times } from "../../setup/long.ts";
import { contents, fill } from "./samples.ts";

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const secret = "s".repeat(32);

let program: Bundle;
let folder: string;
let databases: FreshDatabase[];
beforeAll(async () => {
  program = await bundle("src/cli/restore.ts");
  folder = await mkdtemp(join(tmpdir(), "hawker-restore-"));
  databases = [await freshDatabase(), await freshDatabase()];
});
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
  await Promise.all(databases.map((database) => database.drop()));
});

/** Restores in a process of its own, which `npm run restore -- FILE --yes` starts too. */
function restoring(url: string, file: string) {
  const env = { ...process.env, MONGODB_URL: url, HAWKER_SECRET: secret, DATA_DIR: folder };
  const child = spawn(process.execPath, [program.file, file, "--yes"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { child, ended: once(child, "close") };
}

test(
  `a restore that is killed has changed nothing, or says that it is half done; the next one is whole (SEED=${seed})`,
  async () => {
    const random = chance(seed);
    const [first, second] = databases as [FreshDatabase, FreshDatabase];
    const file = join(folder, "shop.backup");
    const [from, to] = [
      new mongoose.mongo.MongoClient(first.url),
      new mongoose.mongo.MongoClient(second.url),
    ];
    await fill(from.db());
    const wanted = await contents(from.db());
    await writeBackup(from.db(), file, { secret: secretId(secret) });
    const old = async () => {
      await to.db().dropDatabase();
      await to.db().collection<{ _id: string }>("things").insertOne({ _id: "old" });
      await to.db().collection<{ _id: string }>("forgotten").insertOne({ _id: "old" });
      return contents(to.db());
    };
    const shown = async () =>
      Object.fromEntries(Object.entries(await contents(to.db())).filter(([name]) => !isOwn(name)));
    const outcomes = { untouched: 0, half: 0, whole: 0 };
    for (let round = 0; round < times(6, 80); round++) {
      const before = await old();
      const { child, ended } = restoring(second.url, file);
      // Past the start of the process, at a line it prints or a moment later: while it loads, and while it moves.
      const lines = Math.floor(random() * 6);
      let printed = 0;
      const enough = new Promise<void>((resolve) => {
        child.stdout.on("data", (chunk) => {
          printed += String(chunk).split("\n").length - 1;
          if (printed >= lines) resolve();
        });
        child.once("close", () => resolve());
      });
      await enough;
      await new Promise((resolve) => setTimeout(resolve, random() * 30));
      child.kill("SIGKILL");
      await ended;
      const now = await shown();
      if (await isHalfRestored(to.db())) outcomes.half++;
      else if (JSON.stringify(now) === JSON.stringify(wanted)) outcomes.whole++;
      else {
        expect(now, `SEED=${seed}`).toEqual(before);
        outcomes.untouched++;
      }
      const [code] = await restoring(second.url, file).ended;
      expect(code).toBe(0);
      expect(await contents(to.db())).toEqual(wanted);
    }
    console.log(`killed: ${JSON.stringify(outcomes)}`);
    await Promise.all([from.close(), to.close()]);
  },
  times(300_000, 3_600_000),
);
