import { execFileSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { chmod, mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient, MongoServerError } from "mongodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chance } from "../setup/chance.ts";
import { times } from "../setup/long.ts";
import { bundleProgram, killAll, type Program, startServer } from "./server-process.ts";

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

let program: Program;
let dir: string;
beforeAll(async () => {
  program = await bundleProgram();
});
afterAll(() => program.remove());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "hawker-trouble-"));
});
afterEach(async () => {
  await killAll();
  await rm(dir, { recursive: true, force: true });
});

interface Note {
  _id: number;
  text: string;
}
const text = "x".repeat(1500);

/** Starts a server that must not start, and gives what it says, which must be a sentence or two. */
async function complaint(on: string, wrap: readonly string[] = []): Promise<string> {
  const server = startServer(program, on, wrap);
  const { code, signal } = await server.ended;
  expect({ code, signal }, server.complaints()).toEqual({ code: 1, signal: null });
  expect(await server.url).toBeUndefined();
  const said = server.complaints().trim();
  expect(said.split("\n"), said).toHaveLength(1);
  return said;
}

/** Runs `use` on a server's collection of notes and stops the server. */
async function served<T>(
  on: string,
  use: (client: MongoClient) => Promise<T>,
  wrap: readonly string[] = [],
): Promise<T> {
  const server = startServer(program, on, wrap);
  const url = await server.url;
  if (url === undefined) throw new Error(server.complaints());
  const client = new MongoClient(url);
  try {
    return await use(client);
  } finally {
    await client.close();
    server.child.kill("SIGTERM");
    await server.ended;
  }
}

const notesOf = (client: MongoClient) => client.db("trouble").collection<Note>("notes");
const filled = (count = 400) =>
  served(dir, async (client) => {
    await notesOf(client).createIndex({ text: 1 });
    await notesOf(client).insertMany(
      Array.from({ length: count }, (_, _id) => ({ _id, text: `${text}${_id}` })),
    );
  });

/** Writes until nothing more fits, and checks how that is told and that nothing is lost by it. */
async function writeUntilFull(client: MongoClient): Promise<number> {
  const notes = notesOf(client);
  let kept = 0;
  try {
    for (; kept < 20_000; kept++) await notes.insertOne({ _id: kept, text });
  } catch (error) {
    expect(error).toBeInstanceOf(MongoServerError);
    expect(error).toMatchObject({
      code: 14031,
      codeName: "OutOfDiskSpace",
      message: expect.stringContaining(dir),
    });
  }
  expect(kept).toBeGreaterThan(100);
  // A large one that fails half way leaves nothing behind.
  await expect(
    notes.insertMany(Array.from({ length: 2000 }, (_, n) => ({ _id: 100_000 + n, text }))),
  ).rejects.toMatchObject({ code: 14031 });
  // Reading goes on.
  expect(await notes.countDocuments()).toBe(kept);
  expect(await notes.estimatedDocumentCount()).toBe(kept);
  expect(await notes.findOne({ _id: kept - 1 })).toEqual({ _id: kept - 1, text });
  expect(await client.db("trouble").command({ validate: "notes" })).toMatchObject({
    valid: true,
    nrecords: kept,
  });
  return kept;
}

const mayMount = (() => {
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
})();
const mount = (...args: string[]) => execFileSync("mount", args);
const mounted = async (options: string, use: (on: string) => Promise<void>): Promise<void> => {
  mount("-t", "tmpfs", "-o", options, "tmpfs", dir);
  try {
    await use(join(dir, "store"));
  } finally {
    await killAll();
    execFileSync("umount", ["-l", dir]);
  }
};

describe("a full disk", () => {
  test("at the limit of a file's size, writes are refused and reads go on; with a higher limit it goes on", async () => {
    // 4096 blocks of 512 bytes. The signal that goes with the limit would end the process.
    const limited = ["sh", "-c", 'trap "" XFSZ; ulimit -f 4096; exec "$@"', "sh"];
    const kept = await served(dir, writeUntilFull, limited);
    await served(dir, async (client) => {
      expect(await notesOf(client).countDocuments()).toBe(kept);
      await notesOf(client).insertOne({ _id: 50_000, text });
      expect(await client.db("trouble").command({ validate: "notes" })).toMatchObject({
        valid: true,
        nrecords: kept + 1,
      });
    });
  });

  test("what goes on while other writes are refused keeps counts and indexes right, also over a restart", async () => {
    const limited = ["sh", "-c", 'trap "" XFSZ; ulimit -f 8192; exec "$@"', "sh"];
    // Larger than the file may become, so that it is refused whatever else is there.
    const huge = (_id: number) => ({ _id, text: "z".repeat(10_000_000) });
    const agree = async (client: MongoClient) => {
      const said = await client.db("trouble").command({ validate: "notes" });
      expect(said.errors).toEqual([]);
      expect(await notesOf(client).estimatedDocumentCount()).toBe(said.nrecords);
    };
    await served(
      dir,
      async (client) => {
        const notes = notesOf(client);
        await notes.insertMany(
          Array.from({ length: 6000 }, (_, _id) => ({ _id, text: `${_id} ${"y".repeat(100)}` })),
        );
        for (let round = 0; round < 6; round++) {
          const first = 1e6 + round * 1e5;
          const few = Array.from({ length: 50 }, (_, at) => ({ _id: first + at, text }));
          // Which of these share a transaction with one that finds no room, and are refused with it, is the clock's to say.
          await Promise.allSettled([
            notes.deleteMany({ _id: { $gte: round * 900, $lt: round * 900 + 800 } }),
            notes.insertOne(huge(first + 100)),
            notes.updateMany({ _id: { $gte: 5500, $lt: 6000 } }, { $set: { text: `${round}` } }),
            notes.insertMany([...few, huge(first + 101)]),
            notes.createIndex({ text: 1, _id: round % 2 === 0 ? 1 : -1 }),
            notes.insertOne(huge(first + 102)),
          ]);
          await agree(client);
          // On their own, what can never fit is refused, and what fits is not.
          await expect(notes.insertOne(huge(first + 103))).rejects.toMatchObject({ code: 14031 });
          await notes.insertOne({ _id: first + 104, text: "short" });
          expect(await notes.countDocuments({ _id: { $gt: first + 99, $lt: first + 1e5 } })).toBe(1);
          await agree(client);
        }
      },
      limited,
    );
    await served(dir, agree);
  });

  test.skipIf(!mayMount)(
    "no space left: writes are refused, reads go on, and so do writes when there is space again",
    () =>
      mounted("size=8m", (on) =>
        served(on, async (client) => {
          await mkdir(join(dir, "other"));
          await writeFile(join(dir, "other", "ballast"), Buffer.alloc(3_000_000));
          const kept = await writeUntilFull(client);
          await rm(join(dir, "other", "ballast"));
          const notes = notesOf(client);
          await notes.insertMany(Array.from({ length: 200 }, (_, n) => ({ _id: 200_000 + n, text })));
          await notes.deleteMany({ _id: { $lt: 50 } });
          expect(await client.db("trouble").command({ validate: "notes" })).toMatchObject({
            valid: true,
            nrecords: kept + 150,
          });
        }),
      ),
  );

  test.skipIf(!mayMount)("a start without any space left says so, on an old store and on a new one", () =>
    mounted("size=8m", async (on) => {
      await served(on, async (client) => void (await notesOf(client).insertOne({ _id: 1, text })));
      const filler = await open(join(dir, "ballast"), "w");
      await expect(
        filler.write(Buffer.alloc(9_000_000)).then(() => filler.write(Buffer.alloc(9_000_000))),
      ).rejects.toMatchObject({ code: "ENOSPC" });
      await filler.close();
      expect(await complaint(on)).toBe(`The disk of ${on} is full. Free some space and start again.`);
      expect(await complaint(join(dir, "new"))).toBe(
        `The disk of ${join(dir, "new")} is full. Free some space and start again.`,
      );
      await rm(join(dir, "ballast"));
      await served(on, async (client) => expect(await notesOf(client).countDocuments()).toBe(1));
    }),
  );
});

describe("a directory that cannot be used", () => {
  test("is a file", async () => {
    await writeFile(join(dir, "file"), "text");
    expect(await complaint(join(dir, "file"))).toContain("is not a directory");
    expect(await complaint(join(dir, "file", "below"))).toContain("is not a directory");
  });

  // Root writes everywhere, except where the file system itself is read only.
  test.skipIf(process.getuid?.() === 0)("is read only", async () => {
    await filled(1);
    await chmod(dir, 0o555);
    expect(await complaint(dir)).toContain("cannot be written to");
    await chmod(dir, 0o755);
  });
  test.skipIf(!mayMount)("is on a read-only file system", () =>
    mounted("size=8m", async (on) => {
      await served(on, async (client) => void (await notesOf(client).insertOne({ _id: 1, text })));
      mount("-o", "remount,ro", dir);
      expect(await complaint(on)).toBe(
        `${on} cannot be written to. Give this user the right to, or name another directory by DATA_DIR.`,
      );
    }),
  );

  test("is open in another process", async () => {
    await served(dir, async () => {
      expect(await complaint(dir)).toMatch(/is in use by process \d+\. Stop it first/);
    });
  });
});

describe("a file that is damaged", () => {
  const file = () => join(dir, "store.mdb");

  test("is empty, or not a store", async () => {
    await writeFile(file(), "");
    expect(await complaint(dir)).toContain(`${file()} is damaged: it ends after 0 bytes`);
    await writeFile(file(), randomBytes(100_000));
    expect(await complaint(dir)).toContain("is not a store of Hawker");
  });

  test("has another version's format", async () => {
    await filled();
    const bytes = await readFile(file());
    const changed = Buffer.from(bytes);
    changed.writeUInt32LE(1, 28);
    await writeFile(file(), changed);
    expect(await complaint(dir)).toContain("has format 1, and this version of Hawker reads 2");
    // The tables' own version, which stands in the catalog behind its key.
    await writeFile(file(), bytes);
    await served(dir, async () => {});
    const own = await readFile(file());
    const node = Buffer.from([1, 0, 0, 0, 0, 0, 1, 0, "v".charCodeAt(0), 1]);
    for (let at = own.indexOf(node); at >= 0; at = own.indexOf(node, at + 1)) own[at + 9] = 9;
    await writeFile(file(), own);
    expect(await complaint(dir)).toContain("was written by a version of Hawker with format 9");
  });

  test(`is cut off, anywhere (SEED=${seed})`, async () => {
    const random = chance(seed);
    await filled();
    const bytes = await readFile(file());
    for (let round = 0; round < times(6, 60); round++) {
      await writeFile(file(), bytes);
      const length = Math.floor(random() * bytes.length * 0.95);
      await truncate(file(), length);
      expect(await complaint(dir), `cut to ${length}, SEED=${seed}`).toMatch(/is damaged|is not a store/);
      expect((await readFile(file())).length).toBe(length);
    }
  });

  test(`has a block of other bytes in its header or in its trees (SEED=${seed})`, async () => {
    const random = chance(seed + 1);
    await filled();
    const bytes = await readFile(file());
    let found = 0;
    let unused = 0;
    for (let round = 0; round < times(10, 100); round++) {
      const changed = Buffer.from(bytes);
      const page = round < 2 ? round : Math.floor((random() * bytes.length) / 4096);
      randomBytes(4096).copy(changed, page * 4096);
      await writeFile(file(), changed);
      const server = startServer(program, dir);
      const url = await server.url;
      if (url === undefined) {
        expect((await server.ended).code, server.complaints()).toBe(1);
        expect(server.complaints()).toMatch(/damaged|is not a store/);
        found++;
        continue;
      }
      // A page that nothing uses: everything is there.
      unused++;
      const client = new MongoClient(url);
      expect(await client.db("trouble").command({ validate: "notes" })).toMatchObject({
        valid: true,
        nrecords: 400,
      });
      await client.close();
      await server.kill();
    }
    expect(found).toBeGreaterThanOrEqual(2);
    console.log(`${found} damaged files refused, ${unused} with damage in unused pages served`);
  });
});
