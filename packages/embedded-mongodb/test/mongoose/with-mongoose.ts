import mongoose, { type Connection } from "mongoose";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";

/** A connection as mongoose makes it when told nothing, to a database that is empty before each test. */
export function useMongoose(): Connection {
  let database: FreshDatabase;
  const connection = mongoose.createConnection();
  beforeAll(async () => {
    database = await freshDatabase();
    await connection.openUri(database.url);
    await Promise.all(Object.values(connection.models).map((model) => model.init()));
  });
  beforeEach(async () => {
    for (const model of Object.values(connection.models)) await model.deleteMany({});
  });
  afterAll(async () => {
    await connection.close();
    await database.drop();
  });
  return connection;
}
