/** Source: https://mongoosejs.com/docs/populate.html */
import { Schema, Types } from "mongoose";
import { beforeEach, expect, test } from "vitest";
import { useMongoose } from "./with-mongoose.ts";

const db = useMongoose();
const person = new Schema({ name: String, friends: [{ type: Types.ObjectId, ref: "Person" }] });
person.virtual("stories", { ref: "Story", localField: "_id", foreignField: "author" });
person.virtual("storyCount", { ref: "Story", localField: "_id", foreignField: "author", count: true });
const Person = db.model("Person", person);
const story = new Schema({
  title: String,
  likes: Number,
  author: { type: Types.ObjectId, ref: "Person" },
  about: { type: Types.ObjectId, refPath: "kind" },
  kind: { type: String, enum: ["Person", "Story"] },
  parts: [{ by: { type: Types.ObjectId, ref: "Person" }, text: String }],
  readers: { type: Map, of: { type: Types.ObjectId, ref: "Person" } },
});
const Story = db.model("Story", story);

let ada: Types.ObjectId;
let bob: Types.ObjectId;
let eve: Types.ObjectId;
beforeEach(async () => {
  [ada, bob, eve] = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId()];
  await Person.create([
    { _id: ada, name: "Ada", friends: [bob, eve] },
    { _id: bob, name: "Bob", friends: [ada] },
    { _id: eve, name: "Eve", friends: [] },
  ]);
  await Story.create([
    { title: "Tea", likes: 3, author: ada, about: bob, kind: "Person", parts: [{ by: eve, text: "x" }] },
    { title: "Rain", likes: 9, author: ada, readers: { first: bob, second: eve } },
    { title: "Snow", likes: 5, author: ada },
    { title: "Fog", likes: 1, author: bob },
  ]);
});

const names = (people: unknown): string[] => (people as { name: string }[]).map(({ name }) => name);
const titles = (stories: unknown): string[] => (stories as { title: string }[]).map(({ title }) => title);

test("one reference and a list of them become the documents, in their order", async () => {
  const found = await Person.findById(ada).populate("friends").orFail();
  expect(names(found.friends)).toEqual(["Bob", "Eve"]);
  const tea = await Story.findOne({ title: "Tea" }).populate("author", "name -_id").lean().orFail();
  expect(tea.author).toEqual({ name: "Ada" });
});

test("several levels are filled in one call", async () => {
  const tea = await Story.findOne({ title: "Tea" })
    .populate({ path: "author", populate: { path: "friends", populate: { path: "friends" } } })
    .lean()
    .orFail();
  expect(tea.author).toMatchObject({
    name: "Ada",
    friends: [{ name: "Bob", friends: [{ name: "Ada" }] }, { name: "Eve" }],
  });
});

test("what does not match is left out of a list, and is null where there is one", async () => {
  const found = await Person.findById(ada)
    .populate({ path: "friends", match: { name: "Eve" } })
    .orFail();
  expect(names(found.friends)).toEqual(["Eve"]);
  const tea = await Story.findOne({ title: "Tea" })
    .populate({ path: "author", match: { name: "Eve" } })
    .orFail();
  expect(tea.author).toBeNull();
});

test("a virtual finds those who point here, sorted, limited for each, or counted", async () => {
  const people = await Person.find()
    .sort("name")
    .populate({ path: "stories", options: { sort: { likes: -1 } }, perDocumentLimit: 2 })
    .populate("storyCount");
  expect(people.map((each) => [each.name, titles(each.get("stories")), each.get("storyCount")])).toEqual([
    ["Ada", ["Rain", "Snow"], 3],
    ["Bob", ["Fog"], 1],
    ["Eve", [], 0],
  ]);
});

test("the model may stand in the document, and references in arrays of subdocuments and in maps", async () => {
  const tea = await Story.findOne({ title: "Tea" }).populate("about").populate("parts.by").lean().orFail();
  expect(tea).toMatchObject({ about: { name: "Bob" }, parts: [{ by: { name: "Eve" }, text: "x" }] });
  const rain = await Story.findOne({ title: "Rain" }).populate("readers.$*").orFail();
  expect(names([...rain.get("readers")!.values()])).toEqual(["Bob", "Eve"]);
});

test("a document that is there already is filled, and emptied again", async () => {
  const tea = await Story.findOne({ title: "Tea" }).orFail();
  await tea.populate("author");
  expect(tea.populated("author")).toEqual(ada);
  expect(tea.depopulate("author").author).toEqual(ada);
});
