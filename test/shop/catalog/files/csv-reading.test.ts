import { describe, expect, test } from "vitest";
import { ROW_BYTES } from "../../../../src/shop/catalog/files/csv/csv-records.ts";
import { type Issue, readTable } from "../../../../src/shop/catalog/files/csv/csv-table.ts";

async function read(source: Buffer | AsyncIterable<Buffer>) {
  const issues: Issue[] = [];
  const notes: Issue[] = [];
  const table = await readTable(source, issues, notes);
  const rows: string[][] = [];
  const lines: number[] = [];
  for await (const some of table.rows)
    for (const row of some) {
      rows.push(table.header.map((name) => row.cell(name)));
      lines.push(row.line);
    }
  const told = (list: Issue[]) => list.map(({ line, message }) => `${line} ${message}`);
  return { header: table.header, rows, lines, issues: told(issues), notes: told(notes) };
}
const texts = async (text: string | Buffer) => read(Buffer.from(text));

/** Pieces of a size, and how many bytes of them were asked for. */
function counted(pieces: Iterable<Buffer>) {
  const taken = { bytes: 0, closed: false };
  async function* source() {
    try {
      for (const piece of pieces) {
        taken.bytes += piece.length;
        yield piece;
      }
    } finally {
      taken.closed = true;
    }
  }
  return { source: source(), taken };
}
function* endless(start: string, piece: string) {
  yield Buffer.from(start);
  const filler = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  for (let n = 0; n < 4000; n += 1) yield filler;
}

describe("the sign between cells is told by what is outside quotes", () => {
  test.each([
    ["a comma in a quoted name", 'a;"b, and more";c\n1;2;3\n'],
    ["commas in unquoted names", "a;b, or c, or d, or e;f\n1;2;3\n4;5,5;6\n"],
    ["as many commas", "a;b, c\n1;2\n3;4\n"],
    ["tabs", "a\tb; c\t,\n1\t2\t3\n"],
    ["bars", "a|b, c|d\n1|2|3\n"],
    ["a line break in a name", 'a;"b,\nb,b";c\n1;2;3\n'],
  ])("%s", async (_, text) => {
    const { header, rows, issues } = await texts(text);
    expect(issues).toEqual([]);
    expect(rows[0]).toHaveLength(header.length);
    expect(rows[0]?.slice(0, 2)).toEqual(["1", "2"]);
  });

  test.each([
    ["sep=;\na;b,c\n1;2,5\n"],
    ['\ufeff"sep=;"\r\na;b,c\r\n1;2,5\r\n'],
    ["SEP=|\na|b,c\n1|2,5\n"],
    ["sep=\t\na\tb,c\n1\t2,5\n"],
  ])("%j", async (text) => {
    expect(await texts(text)).toMatchObject({
      header: ["a", "b,c"],
      rows: [["1", "2,5"]],
      lines: [3],
      issues: [],
    });
  });
});

describe("a file is read in the encoding it has", () => {
  const text = 'Name,Preis\nGröße,"9,50 €"\n茶壶,1\n';
  test.each([
    ["UTF-8 with a mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16 with a mark", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["UTF-16 the other way round", Buffer.from(`\ufeff${text}`, "utf16le").swap16()],
    [
      "UTF-16 without a mark",
      Buffer.from(`Name,Preis\n${"plain words,1\n".repeat(20)}Größe,"9,50 €"\n茶壶,1\n`, "utf16le"),
    ],
  ])("%s", async (_, bytes) => {
    for (const size of [1, 3, 7, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      const { rows, issues, header } = await read(counted(pieces).source);
      expect(issues).toEqual([]);
      expect(header).toEqual(["name", "preis"]);
      expect(rows.slice(-2)).toEqual([
        ["Größe", "9,50 €"],
        ["茶壶", "1"],
      ]);
    }
  });

  test("Windows-1252 is read as that, and told", async () => {
    const bytes = Buffer.from("name;price\ncup;1\nGr\xf6\xdfe \x96 \x84gro\xdf\x93;9,50 \x80\n", "latin1");
    const { rows, notes, issues } = await read(bytes);
    expect(issues).toEqual([]);
    expect(rows[1]).toEqual(["Größe – „groß“", "9,50 €"]);
    expect(notes).toEqual([expect.stringMatching(/^3 the file is not UTF-8 and is read as Windows-1252/)]);
  });

  test("also where the first such letter comes late", async () => {
    const bytes = Buffer.concat([
      Buffer.from(`a,b\n${"cup,1\n".repeat(40_000)}`),
      Buffer.from("caf\xe9,2\n", "latin1"),
    ]);
    const { rows, notes } = await read(bytes);
    expect(rows.at(-1)).toEqual(["café", "2"]);
    expect(notes).toEqual([expect.stringMatching(/^40002 /)]);
  });

  test.each([
    ["Cyrillic", Buffer.from("a,b\n\xd7\xe0\xe9\xed\xe8\xea,1\n", "latin1"), 2],
    ["Chinese", Buffer.from("a,b\ncup,1\n\xb2\xe8\xba\xf8,1\n", "latin1"), 3],
    [
      "UTF-8 that is damaged",
      Buffer.concat([Buffer.from("a,b\nGröße,1\n"), Buffer.from([0x63, 0xff, 0x0a])]),
      3,
    ],
  ])("%s in another code page is refused by its line", async (_, bytes, line) => {
    expect((await read(bytes)).issues).toEqual([`${line} is not UTF-8; save the file as CSV UTF-8`]);
  });
});

describe("a row without end is refused when it is too long, and no more is read", () => {
  test.each([
    ["a cell without quotes", "a,b\n1,2\n3,", "x"],
    ["a quoted cell", 'a,b\n1,2\n3,"', "x\n"],
    ["cells without end", "a,b\n1,2\n", ","],
    ["a header", "a,", "b,"],
    ["wide characters", 'a,b\n1,2\n3,"', "茶壶"],
  ])("%s", async (_, start, piece) => {
    const { source, taken } = counted(endless(start, piece));
    const { issues } = await read(source);
    const line = start.split("\n").length;
    expect(issues[0]).toBe(`${line} the row is too long; is a quote missing?`);
    // What is kept is part of what was asked for: a row, and the blocks around it.
    expect(taken.bytes).toBeLessThan(ROW_BYTES + 4 * 65_536);
    expect(taken.closed).toBe(true);
  });

  test("blank lines are no row, however many", async () => {
    const { rows, lines, issues } = await texts(`a,b\r\n1,2\r\n${"\r\n".repeat(1_500_000)}3,4\r\n`);
    expect(issues).toEqual([]);
    expect([rows, lines]).toEqual([
      [
        ["1", "2"],
        ["3", "4"],
      ],
      [2, 1_500_003],
    ]);
  });

  test("a row of nearly that length is read", async () => {
    const { rows, issues } = await texts(`a,b\n1,${"x".repeat(ROW_BYTES - 10)}\n`);
    expect(issues).toEqual([]);
    expect(rows[0]?.[1]).toHaveLength(ROW_BYTES - 10);
  });
});
