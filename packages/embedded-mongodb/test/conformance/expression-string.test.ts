/**
 * Strings in expressions, by bytes and by code points (source: MongoDB manual, "String Expression Operators").
 */
import { BSONRegExp, Long } from "mongodb";
import { expressions, fails } from "./expressions.ts";

const words = { s: "Hello", u: "café 漢字 😀", n: null, i: 5, d: new Date("2026-03-01T12:00:00.000Z") };

await expressions("joining, length and case", words, [
  [{ $concat: ["$s", " ", "x"] }, "Hello x"],
  [{ $concat: [] }, ""],
  [{ $concat: ["$s", "$n"] }, null],
  [{ $concat: ["$s", 1] }, fails(16702)],
  [{ $toLower: "$s" }, "hello"],
  [{ $toUpper: "$u" }, "CAFé 漢字 😀"],
  [{ $toLower: "$n" }, ""],
  [{ $toUpper: "$i" }, "5"],
  [{ $toUpper: [["a"]] }, fails(16007)],
  [{ $strLenBytes: "$u" }, 17],
  [{ $strLenCP: "$u" }, 9],
  [{ $strLenCP: "$n" }, fails(34471)],
  [{ $strLenBytes: "$i" }, fails(34473)],
  [{ $strcasecmp: ["$s", "HELLO"] }, 0],
  [{ $strcasecmp: ["a", "b"] }, -1],
  [{ $strcasecmp: ["$n", ""] }, 0],
]);

await expressions("parts of a string", words, [
  [{ $substrCP: ["$u", 3, 4] }, "é 漢字"],
  [{ $substrCP: ["$u", 8, 5] }, "😀"],
  [{ $substrCP: ["$u", 20, 1] }, ""],
  [{ $substrCP: ["$n", 0, 1] }, ""],
  [{ $substrCP: ["$i", 0, 1] }, "5"],
  [{ $substrCP: ["$s", -1, 1] }, fails(34455)],
  [{ $substrCP: ["$s", 0, -1] }, fails(34454)],
  [{ $substrBytes: ["$u", 0, 3] }, "caf"],
  [{ $substrBytes: ["$u", 3, 2] }, "é"],
  [{ $substrBytes: ["$u", 4, 1] }, fails(28656)],
  [{ $substrBytes: ["$u", 3, 1] }, fails(28657)],
  [{ $substrBytes: ["$s", 1, -1] }, "ello"],
  [{ $substr: ["$s", 1, 2] }, "el"],
  [{ $substrBytes: ["$s", -1, 2] }, fails(50752)],
  [{ $split: ["a-b--c", "-"] }, ["a", "b", "", "c"]],
  [{ $split: ["abc", "x"] }, ["abc"]],
  [{ $split: ["$n", "x"] }, null],
  [{ $split: ["abc", ""] }, fails(40087)],
  [{ $split: [1, "x"] }, fails(40085)],
  [{ $split: ["abc", 1] }, fails(40086)],
  [{ $indexOfCP: ["$u", "字"] }, 6],
  [{ $indexOfBytes: ["$u", "字"] }, 9],
  [{ $indexOfCP: ["$s", "l", 3] }, 3],
  [{ $indexOfCP: ["$s", "l", 4] }, -1],
  [{ $indexOfCP: ["$s", "o", 0, 4] }, -1],
  [{ $indexOfBytes: ["$s", "z"] }, -1],
  [{ $indexOfCP: ["$n", "z"] }, null],
  [{ $indexOfCP: ["$s", 1] }, fails(40094)],
  [{ $indexOfBytes: [1, "a"] }, fails(40091)],
  [{ $indexOfCP: ["$s", ""] }, 0],
]);

await expressions("trimming and replacing", words, [
  [{ $trim: { input: "  a b\n\t" } }, "a b"],
  [{ $ltrim: { input: "  a " } }, "a "],
  [{ $rtrim: { input: "  a " } }, "  a"],
  [{ $trim: { input: "xxaxbyx", chars: "xy" } }, "axb"],
  [{ $trim: { input: "\u00a0a\u2003" } }, "a"],
  [{ $trim: { input: "$n" } }, null],
  [{ $trim: { input: 1 } }, fails(50699)],
  [{ $trim: { input: "a", chars: 1 } }, fails(50700)],
  [{ $trim: { chars: "a" } }, fails(50695)],
  [{ $trim: { input: "a", x: 1 } }, fails(50694)],
  [{ $replaceOne: { input: "a.b.c", find: ".", replacement: "-" } }, "a-b.c"],
  [{ $replaceAll: { input: "a.b.c", find: ".", replacement: { $literal: "$&" } } }, "a$&b$&c"],
  [{ $replaceAll: { input: "$n", find: ".", replacement: "-" } }, null],
  [{ $replaceOne: { input: "aaa", find: "", replacement: "-" } }, "-aaa"],
  [{ $replaceOne: { input: 1, find: "", replacement: "-" } }, fails(51746)],
  [{ $replaceOne: { input: "a", find: 1, replacement: "-" } }, fails(51745)],
  [{ $replaceOne: { input: "a", find: "a", replacement: 1 } }, fails(51744)],
]);

await expressions("regular expressions", { s: "Ann 12, Bob 345", u: "é12", n: null, i: 5 }, [
  [{ $regexMatch: { input: "$s", regex: "bob", options: "i" } }, true],
  [{ $regexMatch: { input: "$s", regex: /bob/ } }, false],
  [{ $regexMatch: { input: "$n", regex: "a" } }, false],
  [
    { $regexFind: { input: "$s", regex: /(\w+) (\d+)/ } },
    { match: "Ann 12", idx: 0, captures: ["Ann", "12"] },
  ],
  [{ $regexFind: { input: "$u", regex: "\\d" } }, { match: "1", idx: 1, captures: [] }],
  [{ $regexFind: { input: "$s", regex: "zzz" } }, null],
  [{ $regexFind: { input: "ac", regex: "(a)(b)?c" } }, { match: "ac", idx: 0, captures: ["a", null] }],
  [
    { $regexFindAll: { input: "$s", regex: "\\d+" } },
    [
      { match: "12", idx: 4, captures: [] },
      { match: "345", idx: 12, captures: [] },
    ],
  ],
  [{ $regexFindAll: { input: "$n", regex: "a" } }, []],
  [
    { $regexFindAll: { input: "ab", regex: "" } },
    [
      { match: "", idx: 0, captures: [] },
      { match: "", idx: 1, captures: [] },
    ],
  ],
  [{ $regexMatch: { input: "$i", regex: "a" } }, fails(51104)],
  [{ $regexMatch: { input: "a", regex: 1 } }, fails(51105)],
  [{ $regexMatch: { input: "a", regex: "(" } }, fails(51111)],
  [{ $regexMatch: { input: "a", regex: new BSONRegExp("a", "i"), options: "i" } }, fails(51107)],
  [{ $regexMatch: { input: "a", regex: "a", options: "q" } }, fails(51108)],
  [{ $regexMatch: { regex: "a" } }, fails(31022)],
  [{ $regexMatch: { input: "a" } }, fails(31023)],
  [{ $regexMatch: { input: "a", regex: "a", x: 1 } }, fails(31024)],
]);

await expressions("what strings have in common with numbers", { l: Long.fromNumber(7) }, [
  [{ $concat: [{ $toString: "$l" }, "x"] }, "7x"],
  [{ $toLower: "$l" }, "7"],
]);
