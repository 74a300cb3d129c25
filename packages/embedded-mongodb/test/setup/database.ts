import { randomBytes } from "node:crypto";
import { MongoClient } from "mongodb";

/** True when the run uses a server that is not the embedded one. */
export const outside = !!process.env.MONGODB_URL;

/** A database of one's own on the server the run uses. */
export interface FreshDatabase {
  /** Connection string that names the database. */
  url: string;
  /** Drops the database. */
  drop(): Promise<void>;
}

/**
 * Returns a database nobody else uses (its name has 21 bytes; Atlas allows 38), so that test files can run side by side.
 *
 * @throws {Error} when the global setup (server.ts) has not run.
 */
export async function freshDatabase(): Promise<FreshDatabase> {
  const base = process.env.TEST_MONGODB_URL;
  if (!base) throw new Error("TEST_MONGODB_URL is not set: test/setup/server.ts has not run");
  const address = new URL(base);
  address.pathname = `/test_${randomBytes(8).toString("hex")}`;
  const url = address.href;
  return {
    url,
    async drop() {
      const client = new MongoClient(url);
      try {
        await client.db().dropDatabase();
      } finally {
        await client.close();
      }
    },
  };
}
