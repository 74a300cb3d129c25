import mongoose from "mongoose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { outside } from "../setup/database.ts";
import { buysAndReviews } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld, type World } from "./world.ts";

let telegram: TelegramDouble;
let world: World;
beforeAll(async () => {
  telegram = await telegramDouble();
  world = await openWorld(
    { TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.url },
    "monitorCommands=true",
  );
});
afterAll(async () => {
  await world.close();
  await telegram.close();
});

const COPIES = 30;
/** Fields that many documents have alike in any shop; what else is text tells one from another. */
const ALIKE = new Set([
  "shop",
  "status",
  "state",
  "platform",
  "connection",
  "currency",
  "locale",
  "language",
]);

/** The same with other text wherever it tells one document from another. */
function another(value: unknown, mark: string, name = ""): unknown {
  if (typeof value === "string") return ALIKE.has(name) ? value : `${value}${mark}`;
  if (Array.isArray(value)) return value.map((item) => another(item, mark, name));
  if (value?.constructor !== Object) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, another(field, mark, key)]));
}

/** Gives each document company, as in a shop that many use: a query that reads others' shows only then. */
async function crowd(): Promise<void> {
  for (const { name } of (await mongoose.connection.db?.listCollections().toArray()) ?? []) {
    const collection = mongoose.connection.collection(name);
    const documents = await collection
      .find({ _id: { $exists: true } })
      .limit(50)
      .toArray();
    if (documents.length === 0) continue;
    const copies = Array.from({ length: COPIES }, (_, at) => documents.map((one) => another(one, `~${at}`)));
    await collection.insertMany(copies.flat() as mongoose.mongo.Document[], { ordered: false });
  }
}

/** So many documents more than it finds may a query read, such as those that are no longer on sale. */
const SPARE = 2;

type Command = Record<string, unknown>;

/** What `explain` takes of each command that looks for documents. */
const lookups: Readonly<Record<string, (command: Command) => Command | undefined>> = {
  find: ({ find, filter, sort, limit }) => ({
    find,
    filter,
    ...(sort ? { sort } : {}),
    ...(limit ? { limit } : {}),
  }),
  aggregate: ({ aggregate, pipeline }) => ({ aggregate, pipeline, cursor: {} }),
  count: ({ count, query }) => ({ count, query }),
  distinct: ({ distinct, key, query }) => ({ distinct, key, query }),
  findAndModify: ({ findAndModify, query, sort, update }) => ({
    findAndModify,
    query,
    update,
    ...(sort ? { sort } : {}),
  }),
  update: ({ update, updates }) => ({ update, updates }),
  delete: ({ delete: from, deletes }) => ({ delete: from, deletes }),
};

// Other servers plan small collections as they like, and tell it in words of their own.
test.skipIf(outside)(
  "no query of the whole journey reads a collection from end to end, or much more than it finds",
  async () => {
    const asked = new Map<string, Command>();
    mongoose.connection.getClient().on("commandStarted", ({ commandName, command }) => {
      const lookup = lookups[commandName]?.(command);
      if (lookup)
        asked.set(
          `${commandName} ${String(command[commandName])} ${JSON.stringify(lookup).replace(/"[^"]*"(?!:)|\d+/g, "?")}`,
          lookup,
        );
    });
    const shopper = telegram.person(601, { name: "Ada", locale: "en" });
    await buysAndReviews(shopper, world, async (link) => void (await new Payer(link).pays("card")));
    const shapes = [...asked];
    expect(shapes.length).toBeGreaterThan(30);
    await crowd();
    const scans: string[] = [];
    const wide: string[] = [];
    for (const [shape, explain] of shapes) {
      const told = await mongoose.connection.db?.command({ explain, verbosity: "executionStats" });
      if (JSON.stringify(told).includes("COLLSCAN")) scans.push(shape);
      const { totalDocsExamined = 0, nReturned = 0 } = told?.executionStats ?? {};
      if ("find" in explain && totalDocsExamined > nReturned + SPARE)
        wide.push(`${shape}: ${totalDocsExamined} read, ${nReturned} found`);
    }
    expect(scans).toEqual([]);
    expect(wide).toEqual([]);
  },
);
