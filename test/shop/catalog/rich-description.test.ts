import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cleanHtml,
  cutHtml,
  htmlOfText,
  readHtml,
  textOfHtml,
} from "../../../src/shop/catalog/rich-description.ts";
import { times } from "../../setup/long.ts";

describe("of HTML stays what a chat can show", () => {
  test.each([
    ["<p>One</p>\n<p>two</p>", "<p>One</p><p>two</p>"],
    ["One<br/>two<br><br>three", "<p>One<br>two<br><br>three</p>"],
    ["<strong>a</strong><em>b</em>", "<p><b>a</b><i>b</i></p>"],
    ["<b>a <i>b</i></b>", "<p><b>a </b><b><i>b</i></b></p>"],
    ["<h2>Title</h2>text", "<p><b>Title</b></p><p>text</p>"],
    ["<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "<ul><li>a</li><li>b</li><li>c</li></ul>"],
    ["<ol><li>a<li>b</ol>", "<ol><li>a</li><li>b</li></ol>"],
    [
      '<a href="https://example.com/?a=1&amp;b=2">x</a>',
      '<p><a href="https://example.com/?a=1&amp;b=2">x</a></p>',
    ],
    ["<table><tr><th>Size</th><td>9&nbsp;cm</td></tr></table>", "<p><b>Size</b> 9 cm</p>"],
    ["&lt;b&gt; &amp; &uuml; &#39;&quot;", "<p>&lt;b&gt; &amp; ü '&quot;</p>"],
    ["<p>  </p><div></div>", ""],
  ])("%s", (html, clean) => {
    expect(cleanHtml(html)).toBe(clean);
  });
});

test.each([
  "<script>alert(1)</script>",
  "<style>p { color: red }</style>",
  '<img src="x" onerror="alert(1)">',
  "<svg><text>x</text><script>alert(1)</script></svg>",
  "<iframe src='https://example.com'>x</iframe>",
  "<!-- a comment --><![CDATA[x]]>",
  "<scr<script>ipt>",
])("%s leaves nothing that runs", (html) => {
  const clean = cleanHtml(`a${html}b`);
  expect(clean).toMatch(/^<p>a[^<]*<\/p>$/);
  expect(clean).not.toMatch(/alert|color/);
});

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "vbscript:x",
  " java\nscript:alert(1)",
  "/relative",
  "",
])("a link to %j is only words", (href) => {
  expect(cleanHtml(`<a href="${href}">x</a>`)).toBe("<p>x</p>");
});

test("characters that cannot be seen go, also when they are written as entities", () => {
  expect(cleanHtml("a&#x202E;b\u200bc&#0;")).toMatch(/^<p>abc\ufffd?<\/p>$/);
});

const piece = fc.oneof(
  fc.constantFrom(
    ...'<p> </p> <b> </b> <i> </i> <ul> </ul> <ol> <li> </li> <br> <h1> </h1> <table> <td> </td> <script> </script> &amp; &lt; &nbsp; &#x202e; < > & "'.split(
      " ",
    ),
    '<a href="https://example.com/a?b&c">',
    "</a>",
    " ",
    "\n",
  ),
  fc.string({ unit: "grapheme", maxLength: 5 }),
);
const anyHtml = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(""));

test("of any text that pretends to be HTML, only the known elements stay, and cleaning it again changes nothing", () => {
  fc.assert(
    fc.property(anyHtml, (html) => {
      const clean = cleanHtml(html);
      const rest = clean.replace(/<\/?(p|ul|ol|li|b|i|br)>|<a href="https?:[^"<>]*">|<\/a>/g, "");
      expect(rest).not.toMatch(/[<>]/);
      expect(cleanHtml(clean)).toBe(clean);
      expect(readHtml(clean)).toEqual(readHtml(html));
    }),
    { numRuns: times(1000, 50_000) },
  );
});

test("a description is cut to its length between blocks, and never inside an element", () => {
  fc.assert(
    fc.property(anyHtml, fc.integer({ min: 60, max: 300 }), (html, max) => {
      const { html: kept, cut } = cutHtml(html, max);
      expect(kept.length).toBeLessThanOrEqual(max);
      expect(cleanHtml(kept)).toBe(kept);
      if (!cut) expect(kept).toBe(cleanHtml(html));
    }),
    { numRuns: times(500, 20_000) },
  );
  expect(cutHtml('!\n<a href="https://example.com/a?b&c"><br><', 60).html).toBe("<p>!<br>&lt;…</p>");
  expect(cutHtml(`<p>${"long ".repeat(100)}</p>`, 100).html).toMatch(/^<p>long .*…<\/p>$/);
});

test("plain text as HTML has the same words", () => {
  expect(htmlOfText("a < b\n\nc\nd")).toBe("<p>a &lt; b</p><p>c<br>d</p>");
  expect(textOfHtml("<p>a</p><ul><li>b</li><li>c</li></ul><ol><li>d</li><li>e</li></ol>")).toBe(
    "a\n\n• b\n• c\n\n1. d\n2. e",
  );
});
