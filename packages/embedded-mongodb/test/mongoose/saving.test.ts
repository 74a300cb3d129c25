/**
 * Sources: https://mongoosejs.com/docs/{documents,guide,timestamps}.html and
 * https://mongoosejs.com/docs/api/model.html
 */
import { Error as Failure, Schema, type Types } from "mongoose";
import { expect, test } from "vitest";
import { conforms } from "../conformance/servers.ts";
import { useMongoose } from "./with-mongoose.ts";

const db = useMongoose();
const Mug = db.model(
  "Mug",
  new Schema(
    {
      sku: { type: String, unique: true },
      price: { type: Number, min: 0 },
      tags: [String],
      sizes: [{ name: String, stock: Number }],
      made: { by: String, where: String },
      colours: { type: Map, of: Number },
      anything: Schema.Types.Mixed,
    },
    { timestamps: true },
  ),
);
const Careful = db.model("Careful", new Schema({ name: String, n: Number }, { optimisticConcurrency: true }));

test("only what changed is written: fields, subdocuments, array elements, maps", async () => {
  const mug = await Mug.create({
    sku: "A",
    tags: ["x"],
    sizes: [
      { name: "S", stock: 1 },
      { name: "L", stock: 2 },
    ],
    made: { by: "Ada", where: "Berlin" },
    colours: { red: 1 },
    anything: { deep: [1, { two: 2 }] },
  });
  // Somebody else writes in between; what this document leaves alone must stay.
  await Mug.updateOne({ sku: "A" }, { price: 7, "sizes.0.stock": 99 });
  mug.made!.where = "Paris";
  mug.sizes[1]!.stock = 5;
  mug.tags.push("y", "z");
  mug.colours!.set("blue", 2);
  mug.colours!.delete("red");
  mug.set("anything.deep", [3]);
  await mug.save();
  expect(await Mug.findOne({ sku: "A" }).lean()).toMatchObject({
    price: 7,
    tags: ["x", "y", "z"],
    sizes: [{ stock: 99 }, { stock: 5 }],
    made: { by: "Ada", where: "Paris" },
    colours: { blue: 2 },
    anything: { deep: [3] },
  });
});

// Their type has no more of an array of mongoose than what each array has.
const tags = (mug: { tags: string[] }) => mug.tags as Types.Array<string>;

test("elements are pulled, added once and replaced", async () => {
  const mug = await Mug.create({ sku: "A", tags: ["x", "y", "x"], sizes: [{ name: "S" }, { name: "L" }] });
  tags(mug).pull("x");
  await mug.save();
  tags(mug).addToSet("y", "w");
  await mug.save();
  mug.sizes.id(mug.sizes[0]!._id)!.deleteOne();
  await mug.save();
  mug.sizes.unshift({ name: "XS" });
  await mug.save();
  expect(await Mug.findOne().lean()).toMatchObject({
    tags: ["y", "w"],
    sizes: [{ name: "XS" }, { name: "L" }],
  });
});

test("of two who change an array's element by its place, the second is told it is late", async () => {
  await Mug.create({
    sku: "A",
    sizes: [
      { name: "S", stock: 1 },
      { name: "L", stock: 2 },
    ],
  });
  const [one, two] = [await Mug.findOne().orFail(), await Mug.findOne().orFail()];
  one.sizes.shift();
  await one.save();
  two.sizes[1]!.stock = 9;
  await expect(two.save()).rejects.toThrow(Failure.VersionError);
});

test("with optimistic concurrency any second change is refused", async () => {
  await Careful.create({ name: "a", n: 1 });
  const [one, two] = [await Careful.findOne().orFail(), await Careful.findOne().orFail()];
  one.n = 2;
  await one.save();
  two.name = "b";
  await expect(two.save()).rejects.toThrow(Failure.VersionError);
  expect(await Careful.findOne().lean()).toMatchObject({ name: "a", n: 2, __v: 1 });
});

test("a document gone in between is not brought back by a save", async () => {
  const mug = await Mug.create({ sku: "A" });
  await Mug.deleteMany({});
  mug.price = 3;
  await expect(mug.save()).rejects.toThrow(Failure.DocumentNotFoundError);
  expect(await Mug.countDocuments()).toBe(0);
});

test("times of creation and change are kept by each way of writing", async () => {
  await Mug.create({ sku: "A" });
  await Mug.updateOne({ sku: "B" }, { price: 1 }, { upsert: true });
  await Mug.bulkWrite([
    { insertOne: { document: { sku: "C" } } },
    { updateOne: { filter: { sku: "D" }, update: { price: 1 }, upsert: true } },
    { replaceOne: { filter: { sku: "E" }, replacement: { sku: "E" }, upsert: true } },
  ]);
  await Mug.insertMany([{ sku: "F" }]);
  await Mug.findOneAndUpdate({ sku: "G" }, { price: 1 }, { upsert: true });
  for (const mug of await Mug.find()) {
    expect([mug.sku, mug.createdAt, mug.updatedAt]).toEqual([mug.sku, expect.any(Date), expect.any(Date)]);
  }
  const before = await Mug.findOne({ sku: "A" }).orFail();
  await Mug.updateOne({ sku: "A" }, { price: 5 });
  const after = await Mug.findOne({ sku: "A" }).orFail();
  expect(after.createdAt).toEqual(before.createdAt);
  expect(after.updatedAt.getTime()).toBeGreaterThanOrEqual(before.updatedAt.getTime());
});

test("bulkSave writes new and changed documents in one command", async () => {
  const kept = await Mug.create([
    { sku: "A", price: 1 },
    { sku: "B", price: 1 },
  ]);
  kept[0]!.price = 2;
  kept[1]!.tags.push("new");
  const result = await Mug.bulkSave([...kept, new Mug({ sku: "C" })]);
  expect(result).toMatchObject({ insertedCount: 1, modifiedCount: 2 });
  expect(await Mug.find().sort("sku").lean()).toMatchObject([{ price: 2 }, { tags: ["new"] }, { sku: "C" }]);
});

conforms(
  "a unique value twice is told by code, key and value, ordered and unordered",
  async () => {
    await Mug.create({ sku: "A" });
    await expect(Mug.create({ sku: "A" })).rejects.toMatchObject({
      code: 11000,
      keyPattern: { sku: 1 },
      keyValue: { sku: "A" },
    });
    await expect(Mug.insertMany([{ sku: "B" }, { sku: "A" }, { sku: "C" }])).rejects.toMatchObject({
      code: 11000,
    });
    expect(await Mug.distinct("sku")).toEqual(["A", "B"]);
    await expect(
      Mug.insertMany([{ sku: "D" }, { sku: "A" }, { sku: "E" }], { ordered: false }),
    ).rejects.toMatchObject({
      code: 11000,
      insertedDocs: [{ sku: "D" }, { sku: "E" }],
    });
    const told = await Mug.insertMany([{ sku: "F" }, { sku: "G", price: -1 }], {
      ordered: false,
      rawResult: true,
    });
    expect(told).toMatchObject({
      insertedCount: 1,
      mongoose: { validationErrors: [{ name: "ValidationError" }] },
    });
  },
  { documentdb: "it tells neither keyPattern nor keyValue" },
);

test("replaceOne, deleteOne of a document, and a document that takes itself away", async () => {
  const mug = await Mug.create({ sku: "A", price: 4 });
  expect(await Mug.replaceOne({ sku: "A" }, { sku: "Z" })).toMatchObject({ matchedCount: 1 });
  const kept = await Mug.findById(mug._id).lean().orFail();
  expect([kept.sku, kept.price]).toEqual(["Z", undefined]);
  expect(await mug.deleteOne()).toMatchObject({ deletedCount: 1 });
  expect(await Mug.exists({})).toBeNull();
});
