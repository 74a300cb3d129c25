/**
 * What the conformance kit shares: which server it runs on, and cases that another server is known to deviate from.
 *
 * A case states what MongoDB's documentation says. Where a server we also run on does otherwise, the case names that
 * server and how it differs, and is skipped there with the reason in its title; it is never bent to fit.
 */
import { BSON, type Collection, type Db, type Document, MongoClient } from "mongodb";
import { afterAll, test } from "vitest";
import { freshDatabase } from "../setup/database.ts";

/** A server the kit tells apart. `mongodb` is any that `buildInfo` does not show to be another one. */
export type ServerName = "embedded" | "documentdb" | "secantus" | "mongodb";

/** How servers differ from the documentation in one case: a short reason by server. */
export type Deviations = Partial<Record<ServerName, string>>;

/** A case of a table. */
export interface Deviating {
  /** Servers that are known to do otherwise. */
  deviates?: Deviations;
}

/** Tells a server by its `buildInfo`. */
export function serverOf(buildInfo: Document): ServerName {
  if (buildInfo.gitVersion === "embedded") return "embedded";
  if (buildInfo.ferretdb) return "documentdb";
  if (buildInfo.secantusVersion) return "secantus";
  return "mongodb";
}

async function askServer(): Promise<ServerName> {
  const address = process.env.TEST_MONGODB_URL;
  if (!address) throw new Error("TEST_MONGODB_URL is not set: test/setup/store.ts has not run");
  const client = new MongoClient(address);
  try {
    return serverOf(await client.db().admin().command({ buildInfo: 1 }));
  } finally {
    await client.close();
  }
}

/** The server this run uses. */
export const server: ServerName = await askServer();

/** A test that is skipped, with the reason in its title, on a server known to deviate. */
export function conforms(title: string, run: () => Promise<void>, deviates: Deviations = {}): void {
  const why = deviates[server];
  if (why === undefined) test(title, run);
  else test.skip(`${title} (${server} deviates: ${why})`, run);
}

/** One {@link conforms} for each case of a table. */
export function conformsEach<Case extends Deviating>(
  cases: readonly Case[],
  title: (item: Case) => string,
  run: (item: Case) => Promise<void>,
): void {
  for (const item of cases) conforms(title(item), () => run(item), item.deviates);
}

/** The place a test file works in. */
export interface Bench {
  client: MongoClient;
  db: Db;
  /** A collection that holds just these documents; each call makes a new one. */
  filled<T extends Document>(documents: readonly T[]): Promise<Collection<Document>>;
}

/**
 * Opens a database of one's own for a test file; it is dropped when the file is done. Values come back with their
 * types (`promoteValues` is off only where a test asks for it in its own call).
 */
export async function openBench(): Promise<Bench> {
  const database = await freshDatabase();
  const client = new MongoClient(database.url);
  const db = client.db();
  let count = 0;
  afterAll(async () => {
    await client.close();
    await database.drop();
  });
  return {
    client,
    db,
    async filled(documents) {
      const collection = db.collection<Document>(`c${++count}`);
      if (documents.length > 0) await collection.insertMany(documents.map((item) => ({ ...item })));
      return collection;
    },
  };
}

/** What went wrong, as the driver tells it: the server's code and message. */
export interface Failure {
  code: number | undefined;
  message: string;
}

/** Runs something that must fail; answers the failure. @throws {Error} when it succeeds. */
export async function failure(run: () => Promise<unknown>): Promise<Failure> {
  try {
    await run();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    // A client that keeps types gets the code as an Int32.
    const code = "code" in cause && cause.code !== undefined ? Number(cause.code) : undefined;
    return { code, message: cause.message };
  }
  throw new Error("it succeeded, but an error was expected");
}

/**
 * Values as canonical Extended JSON, which tells int, long, double and decimal apart, and keeps the order of fields.
 * A JavaScript number stands for an int when it is a whole number of that range, else for a double.
 */
export function typed(value: unknown): unknown {
  return JSON.parse(BSON.EJSON.stringify({ value }, { relaxed: false })).value;
}

/** Options with which the driver keeps each number's type. */
export const keepTypes = { promoteValues: false, promoteLongs: false, bsonRegExp: true } as const;
