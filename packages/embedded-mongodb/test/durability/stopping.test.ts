import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterEach, expect, test } from "vitest";
import { startEmbedded } from "../../src/index.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

test("a server that stops while it sweeps dropped collections ends quietly and sweeps on after the next start", async () => {
  const dir = await mkdtemp(join(tmpdir(), "hawker-stop-"));
  folders.push(dir);
  const thrown: unknown[] = [];
  const note = (error: unknown) => thrown.push(error);
  process.on("uncaughtException", note);
  for (let round = 0; round < 5; round++) {
    const server = await startEmbedded({ dir });
    const client = await MongoClient.connect(server.url);
    const letters = client.db("stop").collection<{ n: number }>("letters");
    expect(await letters.countDocuments()).toBe(0);
    await letters.insertMany(Array.from({ length: 5000 }, (_, n) => ({ n })));
    await client.db("stop").dropDatabase();
    await client.close();
    await server.stop();
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.off("uncaughtException", note);
  expect(thrown).toEqual([]);
});
