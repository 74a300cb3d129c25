import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  guarded,
  headerIssues,
  type Issue,
  joinList,
  type Row,
  readTable,
  splitList,
  unguarded,
  writeTable,
} from "../../../../src/shop/catalog/files/csv/csv-table.ts";

/** Bytes in pieces of this size. */
async function* pieces(bytes: Buffer, size: number) {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

/** All rows and issues of a file, read as a whole or in pieces. */
async function read(text: string | Buffer, size?: number) {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const issues: Issue[] = [];
  const table = await readTable(size === undefined ? bytes : pieces(bytes, size), issues);
  if (issues.length === 0)
    issues.push(
      ...headerIssues(table, { required: ["a", "b"], known: (name) => ["a", "b", "c"].includes(name) }),
    );
  const rows: Row[] = [];
  if (issues.length === 0) for await (const some of table.rows) rows.push(...some);
  return { rows, issues };
}
const told = async (text: string | Buffer) =>
  (await read(text)).issues.map(({ line, column, message }) => `${line} ${column ?? ""} ${message}`);

test("any text survives being guarded against spreadsheets", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(unguarded(guarded(text))).toBe(text);
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom("=", "+", "-", "@", "'=", "''@", "\t", "＝"), fc.string(), (start, rest) => {
      expect(guarded(start + rest)).toBe(`'${start}${rest}`);
      expect(unguarded(guarded(start + rest))).toBe(start + rest);
    }),
  );
});

test("any list survives being one cell", () => {
  const item = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("|", "\\", "\\|", "a\\", ""));
  fc.assert(
    fc.property(fc.array(item), (list) => {
      // A list of one empty text is written like the empty list; no column has one.
      fc.pre(!(list.length === 1 && list[0] === ""));
      expect(splitList(joinList(list))).toEqual(list);
    }),
  );
  expect(splitList("a\\b|c")).toEqual(["a\\b", "c"]);
});

test("any table of trimmed cells survives being written and read, in pieces of any size", async () => {
  const cell = fc.string({ unit: "grapheme" }).map((text) => text.trim());
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }),
      fc.nat(50),
      async (table, size) => {
        fc.pre(
          table.every((row) => row.some((text) => text !== "") && !row.some((text) => text.includes("\0"))),
        );
        const names = ["a", "b", "c"];
        const text = writeTable(
          names,
          table.map((row) => new Map(names.map((name, index) => [name, row[index] ?? ""]))),
        );
        const { rows, issues } = await read(text, size + 1);
        expect(issues).toEqual([]);
        expect(rows.map((row) => names.map((name) => row.cell(name)))).toEqual(table);
        expect(rows.map(({ line }) => line)).toEqual((await read(text)).rows.map(({ line }) => line));
      },
    ),
  );
});

test("a formula does not reach a spreadsheet as one", () => {
  const text = writeTable(
    ["a", "b"],
    [
      new Map([
        ["a", "=1+1"],
        ["b", "@x"],
      ]),
    ],
  );
  expect(text).toContain("'=1+1,'@x");
});

test("rows know the line they start on, with blank lines and line breaks inside quotes", async () => {
  for (const end of ["\n", "\r\n"]) {
    const text = ["a,b", "1,2", "", '"x', 'y",3', ",", '4,"5', "", '6"', "7,8"].join(end);
    for (const size of [undefined, 1, 2, 3, 7])
      expect((await read(text, size)).rows.map(({ line }) => line)).toEqual([2, 4, 7, 10]);
  }
});

test("semicolons and tabs, as spreadsheets in other countries write them, are read too", async () => {
  expect((await read("a;b\n1,5;2\n")).rows[0]?.cell("a")).toBe("1,5");
  expect((await read("a\tb\n1\t2\n")).rows[0]?.cell("b")).toBe("2");
});

test("a byte order mark, capitals and spaces in the header do not matter", async () => {
  expect(await read("\ufeffA, b \n1,2\n")).toMatchObject({ issues: [], rows: [{ line: 2 }] });
});

describe("a broken file is refused with the line", () => {
  const cases: [name: string, text: string | Buffer, issue: string | RegExp][] = [
    ["an empty file", "", "1  the file is empty"],
    ["only a byte order mark", "\ufeff", "1  the file is empty"],
    ["only line breaks", "\n\r\n\n", "1  the file is empty"],
    ["only a header", "a,b\n", "1  there are no products"],
    ["a header and blank rows", "a,b\n,\n,\n", "1  there are no products"],
    ["a missing column", "a,c\n1,2\n", "1 b is missing"],
    ["an unknown column", "a,b,prize\n1,2,3\n", '1  column 3 "prize" is not known'],
    ["a column without a name", "a,b,\n1,2,3\n", '1  column 3 "" is not known'],
    ["a column that is there twice", "a,b,a\n1,2,3\n", "1 a is there twice"],
    ["a row that is too short", "a,b\n1,2\n3\n", "3  has 1 cells where the header has 2"],
    ["a row that is too long", "a,b\n1,2,3\n", "2  has 3 cells where the header has 2"],
    [
      "a quote that is never closed",
      'a,b\n1,2\n3,"4\n5,6\n',
      "3  a cell that starts here has no closing quote",
    ],
    ["text after a closing quote", 'a,b\n1,"2"x\n', /^2 {2}has a stray quote/],
    ["a quote inside a bare cell", 'a,b\n1,2\n\n3,4"4"\n', /^4 {2}has a stray quote/],
    ["a stray quote in the header", 'a,b"b"\n1,2\n', /^1 {2}has a stray quote/],
    ["a stray quote after CRLF inside quotes", 'a,b\r\n"1\r\n2",3\r\n4,5"\r\n', /^4 {2}has a stray quote/],
    ["a workbook", Buffer.from("PK\u0003\u0004rest"), /^1 {2}this is an Excel workbook/],
    ["a zero byte", "a,b\n1,2\n\0,3\n", /^3 {2}has a zero byte/],
    ["one byte", Buffer.from([0x81]), /^1 {2}is not UTF-8/],
  ];
  test.each(cases)("%s", async (_, text, issue) => {
    const [first] = await told(text);
    expect(first).toMatch(
      typeof issue === "string" ? new RegExp(`^${issue.replace(/[()"]/g, "\\$&")}$`) : issue,
    );
  });

  test("any bytes at all are answered, never thrown", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(50), async (bytes, size) => {
        const { issues, rows } = await read(Buffer.from(bytes), size + 1);
        expect(issues.length + rows.length).toBeGreaterThan(0);
        for (const { line } of issues) expect(line).toBeGreaterThan(0);
      }),
    );
  });

  test("several faults are all told", async () => {
    expect(await told("a,b\n1\n2,3\n4,5,6\n")).toHaveLength(2);
  });
});
