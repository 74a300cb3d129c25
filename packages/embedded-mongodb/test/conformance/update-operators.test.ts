import { Binary, Decimal128, type Document, Double, Int32, Long, Timestamp } from "mongodb";
import { describe, expect } from "vitest";
import { conformsEach, type Deviating, failure, keepTypes, openBench, typed } from "./servers.ts";

const bench = await openBench();

/** An update of one document, and the document it becomes. */
interface Change extends Deviating {
  title: string;
  before: Document;
  update: Document | Document[];
  after: Document;
  filter?: Document;
  arrayFilters?: Document[];
}

function changes(cases: readonly Change[]): void {
  conformsEach(
    cases,
    ({ title }) => title,
    async ({ before, update, after, filter = {}, arrayFilters }) => {
      const docs = await bench.filled([{ _id: 1, ...before }]);
      await docs.updateOne(filter, update, arrayFilters ? { arrayFilters } : {});
      expect(typed(await docs.findOne({}, keepTypes))).toEqual(typed({ _id: 1, ...after }));
    },
  );
}

/** An update that is refused, whatever it finds. */
interface Refusal extends Deviating {
  title: string;
  before?: Document;
  update: Document | Document[];
  filter?: Document;
  arrayFilters?: Document[];
  code: number;
}

function refusals(cases: readonly Refusal[]): void {
  conformsEach(
    cases,
    ({ title, code }) => `${title} is refused with ${code}`,
    async ({ before = {}, update, filter = {}, arrayFilters, code }) => {
      const docs = await bench.filled([{ _id: 1, ...before }]);
      const refused = await failure(() =>
        docs.updateOne(filter, update, arrayFilters ? { arrayFilters } : {}),
      );
      expect(refused).toMatchObject({ code });
      expect(typed(await docs.findOne({}, keepTypes))).toEqual(typed({ _id: 1, ...before }));
    },
  );
}

const long = Long.fromString;
const decimal = Decimal128.fromString;

// Source: MongoDB manual, "$set", "$unset", "$setOnInsert", "$rename".
describe("fields", () => {
  changes([
    {
      title: "$set replaces a value by one of another type",
      before: { a: 1 },
      update: { $set: { a: "x" } },
      after: { a: "x" },
    },
    {
      title: "$set makes the documents on the way",
      before: {},
      update: { $set: { "a.b.c": 1 } },
      after: { a: { b: { c: 1 } } },
    },
    {
      title: "$set makes a document, not an array, for a number in a missing path",
      before: {},
      update: { $set: { "a.0": 1 } },
      after: { a: { "0": 1 } },
    },
    {
      title: "$set fills an array up with null",
      before: { a: [1] },
      update: { $set: { "a.3": 4 } },
      after: { a: [1, null, null, 4] },
    },
    {
      title: "$set reaches into the documents of an array",
      before: { a: [{ b: 1 }, { b: 2 }] },
      update: { $set: { "a.1.b": 9 } },
      after: { a: [{ b: 1 }, { b: 9 }] },
    },
    {
      title: "$set adds new fields in the order of their names",
      before: { z: 0 },
      update: { $set: { c: 1, a: 2, b: 3 } },
      after: { z: 0, a: 2, b: 3, c: 1 },
    },
    {
      title: "$set adds new numbered fields in the order of their numbers",
      before: {},
      update: { $set: { "10": 1, "9": 2 } },
      after: { "9": 2, "10": 1 },
    },
    {
      title: "$set keeps the place of a field",
      before: { a: 1, b: 2 },
      update: { $set: { a: 3 } },
      after: { a: 3, b: 2 },
    },
    {
      title: "$set keeps the type it is given",
      before: {},
      update: { $set: { a: new Double(1), b: long("1"), c: decimal("1.0") } },
      after: { a: new Double(1), b: long("1"), c: decimal("1.0") },
    },
    {
      title: "$set changes an int into a double of the same value",
      before: { a: 1 },
      update: { $set: { a: new Double(1) } },
      after: { a: new Double(1) },
    },
    {
      title: "$set accepts the same _id",
      before: { a: 1 },
      update: { $set: { _id: 1, a: 2 } },
      after: { a: 2 },
    },
    {
      title: "$unset removes a field and ignores a missing one",
      before: { a: 1, b: 2 },
      update: { $unset: { a: "", c: 1, "b.c": 1 } },
      after: { b: 2 },
    },
    {
      title: "$unset leaves a null in an array",
      before: { a: [1, 2, 3] },
      update: { $unset: { "a.1": "" } },
      after: { a: [1, null, 3] },
    },
    {
      title: "$unset beyond the end of an array does nothing",
      before: { a: [1] },
      update: { $unset: { "a.5": "" } },
      after: { a: [1] },
    },
    {
      title: "$setOnInsert does nothing to a document that is there",
      before: { a: 1 },
      update: { $setOnInsert: { a: 2, b: 3 } },
      after: { a: 1 },
    },
    {
      title: "$rename moves a field to the end",
      before: { a: 1, b: 2 },
      update: { $rename: { a: "c" } },
      after: { b: 2, c: 1 },
    },
    {
      title: "$rename replaces what has the new name",
      before: { a: 1, b: 2 },
      update: { $rename: { a: "b" } },
      after: { b: 1 },
    },
    {
      title: "$rename moves into and out of documents",
      before: { a: { b: 1, c: 2 } },
      update: { $rename: { "a.b": "d.e" } },
      after: { a: { c: 2 }, d: { e: 1 } },
    },
    {
      title: "$rename of a missing field does nothing",
      before: { b: 2 },
      update: { $rename: { a: "b" } },
      after: { b: 2 },
    },
    {
      title: "an operator without fields does nothing",
      before: { a: 1 },
      update: { $set: {} },
      after: { a: 1 },
    },
  ]);
  refusals([
    { title: "$set through a number", before: { a: 1 }, update: { $set: { "a.b": 1 } }, code: 28 },
    { title: "$set through null", before: { a: null }, update: { $set: { "a.b": 1 } }, code: 28 },
    { title: "$set of a name in an array", before: { a: [1] }, update: { $set: { "a.b": 1 } }, code: 28 },
    { title: "$set of another _id", update: { $set: { _id: 2 } }, code: 66 },
    { title: "$unset of _id", update: { $unset: { _id: "" } }, code: 66 },
    { title: "$rename of _id", update: { $rename: { _id: "a" } }, code: 66 },
    {
      title: "$rename to itself",
      deviates: { documentdb: "answers 40" },
      before: { a: 1 },
      update: { $rename: { a: "a" } },
      code: 2,
    },
    {
      title: "$rename to something that is no name",
      before: { a: 1 },
      update: { $rename: { a: 1 } },
      code: 2,
    },
    {
      title: "$rename of an array's element",
      before: { a: [1] },
      update: { $rename: { "a.0": "b" } },
      code: 2,
    },
    { title: "$rename into an array", before: { a: [1], b: 1 }, update: { $rename: { b: "a.0" } }, code: 2 },
    { title: "an operator there is not", update: { $put: { a: 1 } }, code: 9 },
    { title: "an operator beside a field", update: { $set: { a: 1 }, b: 2 }, code: 9 },
    {
      title: "an operator with something else than fields",
      deviates: { secantus: "answers 1" },
      update: { $set: 1 },
      code: 9,
    },
    { title: "an empty path", update: { $set: { "": 1 } }, code: 56 },
    {
      title: "an empty name in a path",
      deviates: { documentdb: "answers 2" },
      update: { $set: { "a..b": 1 } },
      code: 56,
    },
    { title: "a path that ends in a dot", update: { $set: { "a.": 1 } }, code: 56 },
    { title: "one path twice", update: { $set: { a: 1 }, $inc: { a: 1 } }, code: 40 },
    { title: "a path and what is below it", update: { $set: { a: {}, "a.b": 1 } }, code: 40 },
    {
      title: "a $rename to a path that is set",
      before: { a: 1 },
      update: { $rename: { a: "b" }, $set: { b: 1 } },
      code: 40,
    },
  ]);
});

// Source: MongoDB manual, "$inc", "$mul", "$min", "$max", "$bit", "$currentDate"; for the types of results "BSON Types".
describe("numbers", () => {
  changes([
    {
      title: "$inc of a missing field sets it",
      before: {},
      update: { $inc: { a: long("5") } },
      after: { a: long("5") },
    },
    {
      title: "$inc of an int by an int is an int",
      before: { a: 1 },
      update: { $inc: { a: 2 } },
      after: { a: 3 },
    },
    {
      title: "$inc of an int by a long is a long",
      before: { a: 1 },
      update: { $inc: { a: long("2") } },
      after: { a: long("3") },
    },
    {
      title: "$inc of an int by a double is a double",
      before: { a: 1 },
      update: { $inc: { a: new Double(2) } },
      after: { a: new Double(3) },
    },
    {
      title: "$inc of a long by a double is a double",
      before: { a: long("1") },
      update: { $inc: { a: 0.5 } },
      after: { a: 1.5 },
    },
    {
      title: "$inc by a decimal is a decimal",
      before: { a: 1.5 },
      update: { $inc: { a: decimal("2.25") } },
      after: { a: decimal("3.75000000000000") },
    },
    {
      title: "$inc of a decimal by an int keeps its places",
      before: { a: decimal("1.10") },
      update: { $inc: { a: 2 } },
      after: { a: decimal("3.10") },
    },
    {
      title: "$inc beyond an int becomes a long",
      before: { a: 2147483647 },
      update: { $inc: { a: 1 } },
      after: { a: long("2147483648") },
    },
    {
      title: "$inc by 0 keeps the type",
      before: { a: long("7") },
      update: { $inc: { a: 0 } },
      after: { a: long("7") },
    },
    {
      title: "$inc reaches into arrays",
      before: { a: [1, { b: 2 }] },
      update: { $inc: { "a.0": 1, "a.1.b": 1 } },
      after: { a: [2, { b: 3 }] },
    },
    {
      title: "$mul of a missing field gives a zero of the operand's type",
      before: {},
      update: { $mul: { a: 3, b: long("3"), c: new Double(3) } },
      after: { a: 0, b: long("0"), c: new Double(0) },
    },
    {
      title: "$mul of a missing field by a decimal gives a decimal zero",
      deviates: { documentdb: "gives another result" },
      before: {},
      update: { $mul: { a: decimal("2.5") } },
      after: { a: decimal("0.0") },
    },
    {
      title: "$mul of ints is an int, with a long a long",
      before: { a: 6, b: 6 },
      update: { $mul: { a: 7, b: long("7") } },
      after: { a: 42, b: long("42") },
    },
    {
      title: "$mul beyond an int becomes a long",
      before: { a: 100000 },
      update: { $mul: { a: 100000 } },
      after: { a: long("10000000000") },
    },
    {
      title: "$mul of decimals keeps all places",
      before: { a: decimal("1.10") },
      update: { $mul: { a: decimal("1.1") } },
      after: { a: decimal("1.210") },
    },
    {
      title: "$min and $max compare numbers by value",
      before: { a: 5, b: 5 },
      update: { $min: { a: 4.5 }, $max: { b: long("6") } },
      after: { a: 4.5, b: long("6") },
    },
    {
      title: "$min and $max keep an equal value with its type",
      before: { a: 5, b: 5 },
      update: { $min: { a: new Double(5) }, $max: { b: long("5") } },
      after: { a: 5, b: 5 },
    },
    {
      title: "$min and $max set a missing field",
      before: {},
      update: { $min: { a: 4 }, $max: { b: 6 } },
      after: { a: 4, b: 6 },
    },
    {
      title: "$max compares types in BSON's order",
      before: { a: 5, b: "x" },
      update: { $max: { a: "1", b: 100 } },
      after: { a: "1", b: "x" },
    },
    {
      title: "$min takes null before any number",
      before: { a: 5 },
      update: { $min: { a: null } },
      after: { a: null },
    },
    {
      title: "$bit does and, or and xor",
      before: { a: 13, b: 3, c: 1 },
      update: { $bit: { a: { and: 10 }, b: { or: 5 }, c: { xor: 5 } } },
      after: { a: 8, b: 7, c: 4 },
    },
    {
      title: "$bit with a long gives a long",
      before: { a: 1 },
      update: { $bit: { a: { or: long("4294967296") } } },
      after: { a: long("4294967297") },
    },
    {
      title: "$bit takes a missing field for 0",
      before: {},
      update: { $bit: { a: { or: 5 } } },
      after: { a: 5 },
    },
  ]);
  refusals([
    { title: "$inc by a string", update: { $inc: { a: "1" } }, code: 14 },
    { title: "$inc of a string", before: { a: "1" }, update: { $inc: { a: 1 } }, code: 14 },
    { title: "$inc of null", before: { a: null }, update: { $inc: { a: 1 } }, code: 14 },
    {
      title: "$inc beyond a long",
      before: { a: long("9223372036854775807") },
      update: { $inc: { a: 1 } },
      code: 2,
    },
    { title: "$mul by a string", update: { $mul: { a: "1" } }, code: 14 },
    { title: "$mul of a string", before: { a: "1" }, update: { $mul: { a: 1 } }, code: 14 },
    {
      title: "$mul beyond a long",
      before: { a: long("9223372036854775807") },
      update: { $mul: { a: 2 } },
      code: 2,
    },
    { title: "$bit by a double", before: { a: 1 }, update: { $bit: { a: { and: 1.5 } } }, code: 2 },
    { title: "$bit of a double", before: { a: 1.5 }, update: { $bit: { a: { and: 1 } } }, code: 2 },
    { title: "$bit with another operation", before: { a: 1 }, update: { $bit: { a: { nand: 1 } } }, code: 2 },
    { title: "$currentDate of another type", update: { $currentDate: { a: { $type: "int" } } }, code: 2 },
    { title: "$currentDate of a number", update: { $currentDate: { a: 1 } }, code: 2 },
  ]);
});

// Source: MongoDB manual, "Array Update Operators".
describe("arrays", () => {
  changes([
    { title: "$push makes the array", before: {}, update: { $push: { a: 1 } }, after: { a: [1] } },
    {
      title: "$push appends an array as one element",
      before: { a: [1] },
      update: { $push: { a: [2, 3] } },
      after: { a: [1, [2, 3]] },
    },
    {
      title: "$push with $each appends each",
      before: { a: [1] },
      update: { $push: { a: { $each: [2, 3] } } },
      after: { a: [1, 2, 3] },
    },
    {
      title: "$push with $position inserts",
      before: { a: [1, 4] },
      update: { $push: { a: { $each: [2, 3], $position: 1 } } },
      after: { a: [1, 2, 3, 4] },
    },
    {
      title: "$push counts a negative $position from the end",
      before: { a: [1, 4] },
      update: { $push: { a: { $each: [2, 3], $position: -1 } } },
      after: { a: [1, 2, 3, 4] },
    },
    {
      title: "$push at a $position beyond the end appends",
      before: { a: [1] },
      update: { $push: { a: { $each: [2], $position: 9 } } },
      after: { a: [1, 2] },
    },
    {
      title: "$push with $slice keeps the first",
      before: { a: [1, 2] },
      update: { $push: { a: { $each: [3], $slice: 2 } } },
      after: { a: [1, 2] },
    },
    {
      title: "$push with a negative $slice keeps the last",
      before: { a: [1, 2] },
      update: { $push: { a: { $each: [3], $slice: -2 } } },
      after: { a: [2, 3] },
    },
    {
      title: "$push with $slice 0 empties",
      before: { a: [1, 2] },
      update: { $push: { a: { $each: [3], $slice: 0 } } },
      after: { a: [] },
    },
    {
      title: "$push sorts values",
      before: { a: [3, 1] },
      update: { $push: { a: { $each: [2], $sort: -1 } } },
      after: { a: [3, 2, 1] },
    },
    {
      title: "$push sorts documents by their fields, with missing ones first",
      before: { a: [{ x: 2 }, { x: 1, y: 1 }] },
      update: { $push: { a: { $each: [{ x: 1 }, {}], $sort: { x: 1, y: 1 } } } },
      after: { a: [{}, { x: 1 }, { x: 1, y: 1 }, { x: 2 }] },
    },
    {
      title: "$push sorts before it slices",
      before: { a: [3, 1] },
      update: { $push: { a: { $each: [2], $sort: 1, $slice: -2 } } },
      after: { a: [2, 3] },
    },
    {
      title: "$push with an empty $each only sorts",
      before: { a: [3, 1] },
      update: { $push: { a: { $each: [], $sort: 1 } } },
      after: { a: [1, 3] },
    },
    {
      title: "$addToSet adds what is not there",
      before: { a: [1] },
      update: { $addToSet: { a: 2 } },
      after: { a: [1, 2] },
    },
    {
      title: "$addToSet takes numbers of one value for the same",
      before: { a: [1] },
      update: { $addToSet: { a: new Double(1) } },
      after: { a: [1] },
    },
    {
      title: "$addToSet takes documents with another order of fields for different",
      before: { a: [{ x: 1, y: 2 }] },
      update: { $addToSet: { a: { y: 2, x: 1 } } },
      after: {
        a: [
          { x: 1, y: 2 },
          { y: 2, x: 1 },
        ],
      },
    },
    {
      title: "$addToSet with $each adds each once",
      before: {},
      update: { $addToSet: { a: { $each: [1, 1, 2] } } },
      after: { a: [1, 2] },
    },
    {
      title: "$addToSet keeps what is there twice",
      before: { a: [1, 1] },
      update: { $addToSet: { a: 2 } },
      after: { a: [1, 1, 2] },
    },
    {
      title: "$addToSet adds an array as one element",
      before: { a: [] },
      update: { $addToSet: { a: [1, 2] } },
      after: { a: [[1, 2]] },
    },
    {
      title: "$pop takes the last or the first",
      before: { a: [1, 2, 3], b: [1, 2, 3] },
      update: { $pop: { a: 1, b: -1 } },
      after: { a: [1, 2], b: [2, 3] },
    },
    {
      title: "$pop of an empty or missing array does nothing",
      before: { a: [] },
      update: { $pop: { a: 1, b: 1 } },
      after: { a: [] },
    },
    {
      title: "$pull removes equal values",
      before: { a: [1, 2, 1, "1"] },
      update: { $pull: { a: 1 } },
      after: { a: [2, "1"] },
    },
    {
      title: "$pull removes by a condition on values",
      before: { a: [1, 5, 9] },
      update: { $pull: { a: { $gte: 5 } } },
      after: { a: [1] },
    },
    {
      title: "$pull removes documents by some of their fields",
      before: { a: [{ x: 1, y: 1 }, { x: 2 }] },
      update: { $pull: { a: { x: 1 } } },
      after: { a: [{ x: 2 }] },
    },
    {
      title: "$pull removes documents by conditions on fields",
      before: { a: [{ x: 1 }, { x: 5 }] },
      update: { $pull: { a: { x: { $gt: 3 } } } },
      after: { a: [{ x: 1 }] },
    },
    {
      title: "$pull removes by $in",
      before: { a: [1, 2, 3] },
      update: { $pull: { a: { $in: [1, 3] } } },
      after: { a: [2] },
    },
    {
      title: "$pull removes by a regular expression",
      deviates: { documentdb: "gives another result" },
      before: { a: ["ab", "b", 1] },
      update: { $pull: { a: /^a/ } },
      after: { a: ["b", 1] },
    },
    {
      title: "$pull removes an equal array",
      before: { a: [[1, 2], [3]] },
      update: { $pull: { a: [1, 2] } },
      after: { a: [[3]] },
    },
    {
      title: "$pull of null removes nulls",
      before: { a: [null, 1] },
      update: { $pull: { a: null } },
      after: { a: [1] },
    },
    {
      title: "$pull reaches into the arrays of documents by $elemMatch",
      before: { a: [{ r: [{ q: 1, v: 9 }] }, { r: [{ q: 2, v: 9 }] }] },
      update: { $pull: { a: { r: { $elemMatch: { q: 1, v: { $gte: 9 } } } } } },
      after: { a: [{ r: [{ q: 2, v: 9 }] }] },
    },
    {
      title: "$pullAll removes what is listed",
      before: { a: [1, 2, 3, 2, { x: 1 }] },
      update: { $pullAll: { a: [2, { x: 1 }] } },
      after: { a: [1, 3] },
    },
    {
      title: "$pull and $pullAll of a missing field do nothing",
      before: {},
      update: { $pull: { a: 1 }, $pullAll: { b: [1] } },
      after: {},
    },
  ]);
  refusals([
    { title: "$push to a number", before: { a: 1 }, update: { $push: { a: 1 } }, code: 2 },
    {
      title: "$push with $each of no array",
      before: { a: [] },
      update: { $push: { a: { $each: 1 } } },
      code: 2,
    },
    {
      title: "$push with a modifier there is not",
      deviates: { secantus: "answers 9" },
      before: { a: [] },
      update: { $push: { a: { $each: [1], $reverse: 1 } } },
      code: 2,
    },
    {
      title: "$push with a $slice of a string",
      before: { a: [] },
      update: { $push: { a: { $each: [1], $slice: "1" } } },
      code: 2,
    },
    {
      title: "$push with a $sort of 2",
      before: { a: [] },
      update: { $push: { a: { $each: [1], $sort: 2 } } },
      code: 2,
    },
    { title: "$addToSet to a string", before: { a: "x" }, update: { $addToSet: { a: 1 } }, code: 2 },
    {
      title: "$addToSet with $each of no array",
      before: { a: [] },
      update: { $addToSet: { a: { $each: 1 } } },
      code: 14,
    },
    {
      title: "$pop of a number",
      deviates: { documentdb: "answers 2" },
      before: { a: 1 },
      update: { $pop: { a: 1 } },
      code: 14,
    },
    { title: "$pop of two at once", before: { a: [1, 2] }, update: { $pop: { a: 2 } }, code: 9 },
    { title: "$pull from a number", before: { a: 1 }, update: { $pull: { a: 1 } }, code: 2 },
    { title: "$pullAll from a string", before: { a: "x" }, update: { $pullAll: { a: [1] } }, code: 2 },
    {
      title: "$pullAll of no array",
      deviates: { secantus: "answers 9" },
      before: { a: [1] },
      update: { $pullAll: { a: 1 } },
      code: 2,
    },
  ]);
});

// Source: MongoDB manual, "$ (update)", "$[]", "$[<identifier>]".
describe("positional operators", () => {
  changes([
    {
      title: "$ is the element the filter matched",
      before: { a: [5, 7, 9] },
      filter: { a: { $gt: 6 } },
      update: { $set: { "a.$": 0 } },
      after: { a: [5, 0, 9] },
    },
    {
      title: "$ is the document the filter matched",
      before: { a: [{ x: 1 }, { x: 2 }] },
      filter: { "a.x": 2 },
      update: { $set: { "a.$.y": 1 } },
      after: { a: [{ x: 1 }, { x: 2, y: 1 }] },
    },
    {
      title: "$ is the element of $elemMatch",
      before: {
        a: [
          { x: 1, y: 2 },
          { x: 2, y: 1 },
        ],
      },
      filter: { a: { $elemMatch: { x: 2, y: 1 } } },
      update: { $inc: { "a.$.y": 1 } },
      after: {
        a: [
          { x: 1, y: 2 },
          { x: 2, y: 2 },
        ],
      },
    },
    {
      title: "$ is removed to null by $unset",
      before: { a: [1, 2] },
      filter: { a: 2 },
      update: { $unset: { "a.$": "" } },
      after: { a: [1, null] },
    },
    {
      title: "$[] is every element",
      before: { a: [1, 2] },
      update: { $inc: { "a.$[]": 10 } },
      after: { a: [11, 12] },
    },
    {
      title: "$[] goes through arrays of arrays",
      before: { a: [[1], [2, 3]] },
      update: { $inc: { "a.$[].$[]": 1 } },
      after: { a: [[2], [3, 4]] },
    },
    {
      title: "$[] of an empty array does nothing",
      before: { a: [] },
      update: { $set: { "a.$[].b": 1 } },
      after: { a: [] },
    },
    {
      title: "$[id] is what its filter matches",
      before: { a: [1, 5, 9] },
      update: { $set: { "a.$[big]": 0 } },
      arrayFilters: [{ big: { $gte: 5 } }],
      after: { a: [1, 0, 0] },
    },
    {
      title: "$[id] filters by fields",
      before: { a: [{ x: 1 }, { x: 2 }] },
      update: { $set: { "a.$[e].y": 1 } },
      arrayFilters: [{ "e.x": 2 }],
      after: { a: [{ x: 1 }, { x: 2, y: 1 }] },
    },
    {
      title: "$[id] may be nested",
      before: {
        a: [
          { k: 1, b: [1, 2] },
          { k: 2, b: [1, 2] },
        ],
      },
      update: { $inc: { "a.$[o].b.$[i]": 10 } },
      arrayFilters: [{ "o.k": 2 }, { i: 2 }],
      after: {
        a: [
          { k: 1, b: [1, 2] },
          { k: 2, b: [1, 12] },
        ],
      },
    },
    {
      title: "$[id] takes $or and $and",
      before: { a: [1, 2, 3] },
      update: { $mul: { "a.$[e]": 10 } },
      arrayFilters: [{ $or: [{ e: 1 }, { e: 3 }] }],
      after: { a: [10, 2, 30] },
    },
    {
      title: "$[id] with $push",
      before: { a: [{ b: [1] }, { b: [2] }] },
      update: { $push: { "a.$[e].b": 3 } },
      arrayFilters: [{ "e.b": 2 }],
      after: { a: [{ b: [1] }, { b: [2, 3] }] },
    },
  ]);
  refusals([
    {
      title: "$ without a condition on an array",
      before: { a: [1] },
      update: { $set: { "a.$": 2 } },
      code: 2,
    },
    {
      title: "$[] of what is no array",
      deviates: { documentdb: "answers 28", secantus: "accepts it" },
      before: { a: 1 },
      update: { $set: { "a.$[]": 2 } },
      code: 2,
    },
    {
      title: "$[] of what is not there",
      deviates: { secantus: "accepts it" },
      update: { $set: { "a.$[]": 2 } },
      code: 2,
    },
    { title: "$[id] without its filter", before: { a: [1] }, update: { $set: { "a.$[e]": 2 } }, code: 2 },
    {
      title: "a filter that is not used",
      before: { a: [1] },
      update: { $set: { a: 2 } },
      arrayFilters: [{ e: 1 }],
      code: 9,
    },
    {
      title: "a filter of two names",
      before: { a: [1] },
      update: { $set: { "a.$[e]": 2 } },
      arrayFilters: [{ e: 1, f: 1 }],
      code: 9,
    },
    {
      title: "two filters of one name",
      before: { a: [1] },
      update: { $set: { "a.$[e]": 2 } },
      arrayFilters: [{ e: 1 }, { e: 2 }],
      code: 9,
    },
    {
      title: "a filter with a capital name",
      deviates: { documentdb: "accepts it" },
      before: { a: [1] },
      update: { $set: { "a.$[E]": 2 } },
      arrayFilters: [{ E: 1 }],
      code: 2,
    },
    {
      title: "a path that begins with $[]",
      deviates: { secantus: "accepts it" },
      update: { $set: { "$[]": 2 } },
      code: 2,
    },
  ]);
});

// Source: MongoDB manual, "Updates with Aggregation Pipeline".
describe("pipelines", () => {
  changes([
    {
      title: "$set computes from the document",
      before: { a: 1, b: 2 },
      update: [{ $set: { c: { $add: ["$a", "$b"] } } }],
      after: { a: 1, b: 2, c: 3 },
    },
    {
      title: "a later stage sees what an earlier one did",
      before: { a: 1 },
      update: [{ $set: { b: { $add: ["$a", 1] } } }, { $set: { c: { $add: ["$b", 1] } } }],
      after: { a: 1, b: 2, c: 3 },
    },
    {
      title: "$unset removes",
      before: { a: 1, b: { c: 1, d: 2 } },
      update: [{ $unset: ["a", "b.c"] }],
      after: { b: { d: 2 } },
    },
    { title: "$project keeps", before: { a: 1, b: 2 }, update: [{ $project: { a: 1 } }], after: { a: 1 } },
    {
      title: "$replaceWith keeps the _id",
      before: { a: { x: 1 } },
      update: [{ $replaceWith: "$a" }],
      after: { x: 1 },
    },
    {
      title: "$replaceRoot merges",
      before: { a: { x: 1 }, b: 1 },
      update: [{ $replaceRoot: { newRoot: { $mergeObjects: ["$$ROOT", "$a"] } } }],
      after: { a: { x: 1 }, b: 1, x: 1 },
    },
    {
      title: "a value that is missing is not set",
      before: { a: 1 },
      update: [{ $set: { b: "$none" } }],
      after: { a: 1 },
    },
  ]);
  refusals([
    { title: "another _id", update: [{ $set: { _id: 2 } }], code: 66 },
    {
      title: "a stage that updates do not have",
      deviates: { documentdb: "answers 536870941", secantus: "answers 168" },
      update: [{ $match: { a: 1 } }],
      code: 72,
    },
    {
      title: "a stage there is not",
      deviates: { documentdb: "answers 536870941", secantus: "answers 168" },
      update: [{ $put: { a: 1 } }],
      code: 40324,
    },
    {
      title: "array filters beside it",
      deviates: { documentdb: "answers 2", secantus: "accepts it" },
      update: [{ $set: { a: 1 } }],
      arrayFilters: [{ e: 1 }],
      code: 9,
    },
    {
      title: "a new root that is no document",
      deviates: { documentdb: "answers 505151517" },
      before: { a: 1 },
      update: [{ $replaceWith: "$a" }],
      code: 40228,
    },
  ]);
});

// Source: MongoDB manual, "$currentDate"; "BSON Types", Timestamps.
conformsEach<
  Deviating & {
    title: string;
    type: true | { $type: "date" | "timestamp" };
    kind: typeof Date | typeof Timestamp;
  }
>(
  [
    { title: "$currentDate sets a date", type: true, kind: Date },
    { title: "$currentDate sets a date by its $type", type: { $type: "date" }, kind: Date },
    { title: "$currentDate sets a timestamp by its $type", type: { $type: "timestamp" }, kind: Timestamp },
  ],
  ({ title }) => title,
  async ({ type, kind }) => {
    const docs = await bench.filled([{ _id: 1 }]);
    const from = Math.floor(Date.now() / 1000);
    const update: Document = { $currentDate: { a: type } };
    await docs.updateOne({}, update);
    const value = (await docs.findOne({}))?.a;
    expect(value).toBeInstanceOf(kind);
    const seconds = value instanceof Timestamp ? value.high : Math.floor(value.getTime() / 1000);
    expect(seconds).toBeGreaterThanOrEqual(from - 1);
    expect(seconds).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 1);
  },
);

// Source: MongoDB manual, "BSON Types": every type is stored and comes back as it was.
conformsEach<Deviating & { title: string; value: unknown }>(
  [
    { title: "binary", value: new Binary(Buffer.from([1, 2, 3]), 128) },
    { title: "an int in the driver's own form", value: new Int32(7) },
    { title: "a document with every letter of a name", value: { "ä.b": 1, $x: 2 } },
  ],
  ({ title }) => `$set keeps ${title}`,
  async ({ value }) => {
    const docs = await bench.filled([{ _id: 1 }]);
    await docs.updateOne({}, { $set: { a: value } });
    expect(typed(await docs.findOne({}, keepTypes))).toEqual(typed({ _id: 1, a: value }));
  },
);
