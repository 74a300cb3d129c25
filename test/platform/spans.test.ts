import { expect, test } from "vitest";
import { bold, italic, linked, plain, rich } from "../../src/engine/rich-text.ts";
import { buttonGroups } from "../../src/platform/button-groups.ts";
import { packRows } from "../../src/platform/rows.ts";
import { senderOf } from "../../src/platform/sender.ts";
import { spanned } from "../../src/platform/spans.ts";

const open = { max: 100, linkable: () => true };
const shown = ({ text, spans }: ReturnType<typeof spanned>) =>
  spans.map(({ node, offset, length }) => [node.kind, text.slice(offset, offset + length)]);

test("text comes with the spans of its markup, outer before inner, and without blank ends", () => {
  const whole = spanned(
    rich` 😀 ${bold(rich`very ${italic("nice")}`)} ${linked("mug", "https://a.example")} `,
    open,
  );
  expect(whole.text).toBe("😀 very nice mug");
  expect(shown(whole)).toEqual([
    ["bold", "very nice"],
    ["italic", "nice"],
    ["link", "mug"],
  ]);
});

test("long text is cut between characters, and spans end with it", () => {
  const cut = spanned(bold("😀".repeat(10)), { ...open, max: 10 });
  expect(cut.text).toBe("😀😀😀😀…");
  expect(shown(cut)).toEqual([["bold", "😀😀😀😀"]]);
  expect(spanned(plain("x".repeat(10)), { ...open, max: 10 }).text).toBe("x".repeat(10));
});

test("an address that may not be linked to is written out, and what shows nothing is nothing", () => {
  const spelled = spanned(linked("here", "http://localhost/"), { ...open, linkable: () => false });
  expect(spelled).toEqual({ text: "here (http://localhost/)", spans: [] });
  expect(spanned(bold("\u200B \n"), open)).toEqual({ text: "", spans: [] });
});

test("rows hold no more buttons than allowed, and no more than can be read; wide signs count twice", () => {
  const packed = (labels: string[]) =>
    packRows(labels, (label) => label, { perRow: 3, width: 10 }).map((row) => row.length);
  expect(packed(["a", "b", "c", "d"])).toEqual([3, 1]);
  expect(packed(["12345", "12345", "1"])).toEqual([2, 1]);
  expect(packed(["购物车", "订单", "x"])).toEqual([2, 1]);
  expect(packed(["much longer than a row", "x"])).toEqual([1, 1]);
  expect(packed([])).toEqual([]);
});

test("a pick is a group of buttons, its choice marked, and every label has something to see", () => {
  const groups = buttonGroups([
    { kind: "button", label: "\u200B", token: "a" },
    {
      kind: "pick",
      label: "Size",
      options: [
        { label: "S", token: "s" },
        { label: "M", token: "m", selected: true },
      ],
    },
    { kind: "link", label: "Pay \uD83D", url: "https://a.example" },
  ]);
  expect(groups.map((group) => group.map(({ label }) => label))).toEqual([
    ["…"],
    ["S", "✓ M"],
    ["Pay \uFFFD"],
  ]);
});

test("a sender's name is shown without what could disguise it, and left out if nothing is left", () => {
  expect(senderOf("7", "Ada\u202E\u200B ", "en")).toEqual({ id: "7", name: "Ada", locale: "en" });
  expect(senderOf("7", "\u202E")).toEqual({ id: "7" });
});
