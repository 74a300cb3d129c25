import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { MongoClient } from "mongodb";
import { afterAll, expect, test } from "vitest";
import { startEmbedded } from "../../src/index.ts";

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "hawker-private-"));
  folders.push(made);
  return made;
}
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const socketOf = (url: string) => decodeURIComponent(new URL(url).hostname);

async function serves(url: string): Promise<void> {
  const client = await MongoClient.connect(url, { serverSelectionTimeoutMS: 5000 });
  try {
    await client.db().collection("things").insertOne({ name: "mug" });
    expect(await client.db().collection("things").findOne({ name: "mug" })).toMatchObject({ name: "mug" });
  } finally {
    await client.close();
  }
}

test("folder, files and socket are the owner's alone, also in a folder that was open to all", async () => {
  const dir = join(await folder(), "store");
  await mkdir(dir, { mode: 0o755 });
  await chmod(dir, 0o755);
  await writeFile(join(dir, "left.log"), "by an earlier version", { mode: 0o644 });
  const before = process.umask(0);
  try {
    const server = await startEmbedded({ dir });
    await serves(server.url);
    expect(await modeOf(dir)).toBe(0o700);
    const modes = await Promise.all(
      (await readdir(dir)).map(async (name) => [name, await modeOf(join(dir, name))]),
    );
    expect(Object.fromEntries(modes)).toEqual({
      "left.log": 0o600,
      "mongodb.sock": 0o600,
      "store.lock": 0o600,
      "store.mdb": 0o600,
      "store.mdb-lock": 0o600,
    });
    await server.stop();
    expect(await readdir(dir)).not.toContain("mongodb.sock");
  } finally {
    process.umask(before);
  }
});

test("another user of the machine can neither connect nor read", async () => {
  const parent = await folder();
  await chmod(parent, 0o755);
  const dir = join(parent, "store");
  await mkdir(dir, { mode: 0o777 });
  await chmod(dir, 0o777);
  await writeFile(join(dir, "secret"), "s".repeat(64), { mode: 0o644 });
  const server = await startEmbedded({ dir });
  await serves(server.url);
  /** What a process of this user gets of each file: its error, or "in". */
  const gets = async (uid: number | undefined) => {
    const script = `
      const { connect } = require("node:net");
      const { readdirSync, readFileSync } = require("node:fs");
      const tried = (work) => { try { work(); return "in" } catch (error) { return error.code } };
      const [socket, dir] = process.argv.slice(1);
      const files = ["", "/secret", "/store.mdb", "/store.lock"].map((name) =>
        tried(() => name === "" ? readdirSync(dir) : readFileSync(dir + name)));
      const told = (outcome) => { console.log([...files, outcome].join()); process.exit() };
      connect(socket).on("error", ({ code }) => told(code)).on("connect", () => told("in"));`;
    const as = uid === undefined ? {} : { uid, gid: uid };
    const args = ["-e", script, socketOf(server.url), dir];
    return (await promisify(execFile)(process.execPath, args, { ...as, cwd: "/" })).stdout.trim();
  };
  try {
    expect(await gets(undefined)).toBe("in,in,in,in,in");
    // Only root may become somebody else; for everybody the modes stand in the way of others.
    if (process.getuid?.() === 0) expect(await gets(65534)).toBe("EACCES,EACCES,EACCES,EACCES,EACCES");
    for (const path of [dir, ...(await readdir(dir)).map((name) => join(dir, name))])
      expect((await modeOf(path)) & 0o077, path).toBe(0);
  } finally {
    await server.stop();
  }
});

test("there is no port: clients come in by a socket in the folder", async () => {
  const dir = await folder();
  const server = await startEmbedded({ dir });
  expect(new URL(server.url).port).toBe("");
  expect(socketOf(server.url)).toBe(join(dir, "mongodb.sock"));
  await server.stop();
});

test("the socket that a killed process left behind is taken over", async () => {
  const dir = await folder();
  await writeFile(join(dir, "mongodb.sock"), "");
  const server = await startEmbedded({ dir });
  await serves(server.url);
  await server.stop();
});

test("a folder whose path is too long for a socket has it in a private folder elsewhere, until it stops", async () => {
  const dir = join(await folder(), "d".repeat(110));
  const server = await startEmbedded({ dir });
  const place = dirname(socketOf(server.url));
  expect(place).not.toBe(dir);
  expect(await modeOf(place)).toBe(0o700);
  await serves(server.url);
  await server.stop();
  await expect(stat(place)).rejects.toMatchObject({ code: "ENOENT" });
});

test("who names a port gets one", async () => {
  const server = await startEmbedded({ dir: await folder(), port: 0 });
  expect(Number(new URL(server.url).port)).toBeGreaterThan(0);
  await serves(server.url);
  await server.stop();
});
