import { expect, test } from "vitest";
import { listedIssues } from "../../../../src/cli/listed-issues.ts";

test("many issues of a kind are three and a line, and do not hide others", () => {
  const many = Array.from({ length: 1200 }, (_, n) => ({
    line: n + 2,
    column: "SKU",
    message: `is blank; MUG-${n} is used`,
    alike: "is blank; one is made up",
  }));
  const few = [2, 3].map((line) => ({ line, column: "Type", message: `product ${line} is left out` }));
  expect(listedIssues("file.csv", [...many, ...few])).toEqual([
    "file.csv:2: SKU is blank; MUG-0 is used",
    "file.csv:3: SKU is blank; MUG-1 is used",
    "file.csv:4: SKU is blank; MUG-2 is used",
    "file.csv: 1197 more like this, on lines 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, …: SKU is blank; one is made up",
    "file.csv:2: Type product 2 is left out",
    "file.csv:3: Type product 3 is left out",
  ]);
});

test("a few are told each", () => {
  const issues = Array.from({ length: 5 }, (_, n) => ({ line: n + 1, message: "has a stray quote" }));
  expect(listedIssues("file.csv", issues)).toHaveLength(5);
});
