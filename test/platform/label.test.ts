import { expect, test } from "vitest";
import { textOf } from "../../src/engine/rich-text.ts";
import { cut, labelOf } from "../../src/platform/label.ts";
import { linkableBy, partLinks } from "../../src/platform/linkable.ts";

test("a label is as long as it may be, shows something, and is never cut in half of a character", () => {
  expect(labelOf("Mugs", 4)).toBe("Mugs");
  expect(labelOf("Mugs and cups", 6)).toBe("Mugs …");
  expect(labelOf("Mug😀s", 5)).toBe("Mug…");
  expect(labelOf(" \u200b", 5)).toBe("…");
  expect(cut("Mugs", 0)).toBe("");
});

test("links that a platform does not take are written out, and all else is shown", () => {
  const isLinkable = linkableBy({
    schemes: ["https:", "http:", "shop:"],
    dotted: ["https:", "http:"],
    max: 40,
  });
  const urls = ["https://a.example/", "shop:mugs", "http://localhost/", "mailto:ada@a.example", "no address"];
  expect(urls.map(isLinkable)).toEqual([true, true, false, false, false]);
  expect(isLinkable(`https://a.example/${"x".repeat(40)}`)).toBe(false);
  const { shown, written } = partLinks(
    [
      { kind: "button", label: "Add", token: "a" },
      ...urls.map((url) => ({ kind: "link", label: url.slice(0, 6), url }) as const),
    ],
    isLinkable,
  );
  expect(shown.map(({ label }) => label)).toEqual(["Add", "https:", "shop:m"]);
  expect(written.map(textOf)).toEqual(["http:/", "mailto", "no add"]);
});
