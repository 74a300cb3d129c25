import { expect, test } from "vitest";
import { covers } from "../../src/platform/announced-alike.ts";

const announced = [
  { name: "start", description: "Start", words: { de: "Los" }, contexts: [0, 1], options: undefined },
  { name: "find", description: "Find", words: {}, options: [{ name: "what", required: false }] },
];
const known = [
  { id: "7", name: "find", description: "Find", words: null, options: [{ type: 3, name: "what" }] },
  { id: "8", name: "start", description: "Start", words: { de: "Los" }, contexts: [1, 0], options: [] },
];

test("what a platform adds, leaves out or puts in another order makes no difference", () => {
  expect(covers(known, announced)).toBe(true);
});

test.each([
  ["a command more", [...known, { id: "9", name: "old", description: "Old" }]],
  ["a command less", known.slice(1)],
  ["another text", known.map((each) => ({ ...each, description: "?" }))],
  ["a language more", known.map((each) => ({ ...each, words: { de: "Los", fr: "Va" } }))],
  ["an option that is gone", known.map((each) => ({ ...each, options: [{ name: "what" }] }))],
  ["nothing", null],
])("%s is a difference", (_, other) => {
  expect(covers(other, announced)).toBe(false);
});
