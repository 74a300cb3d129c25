import fc from "fast-check";
import { expect, test } from "vitest";
import type { Capabilities } from "../../src/engine/adapter.ts";
import { fit, viewText } from "../../src/engine/fit.ts";
import { bold, plain, type RichText, textOf } from "../../src/engine/rich-text.ts";
import { lengthOf } from "../../src/engine/split-text.ts";
import type { Card, Control, View } from "../../src/engine/view.ts";

const can: Capabilities = {
  textMax: 200,
  captionMax: 60,
  cardsMax: 1,
  buttonsPerRow: 3,
  controlsMax: 6,
  labelMax: 20,
  picksMax: 0,
  forms: "ask",
  buttons: true,
  images: true,
  edits: true,
  ephemeral: false,
  tokenBytes: 64,
};

const text: fc.Arbitrary<RichText> = fc
  .array(fc.tuple(fc.boolean(), fc.string({ unit: "grapheme", maxLength: 150 })), { maxLength: 4 })
  .map((parts) => parts.flatMap(([strong, words]) => (strong ? bold(words) : plain(words))));
const token = fc.uuid();
const control: fc.Arbitrary<Control> = fc.oneof(
  fc.record({ kind: fc.constant("button" as const), label: fc.string({ maxLength: 60 }), token }),
  fc.record({ kind: fc.constant("link" as const), label: fc.string({ maxLength: 60 }), url: fc.webUrl() }),
  fc.record({
    kind: fc.constant("pick" as const),
    label: fc.string({ maxLength: 30 }),
    options: fc.array(fc.record({ label: fc.string({ maxLength: 60 }), token }), {
      minLength: 1,
      maxLength: 12,
    }),
  }),
);
const card: fc.Arbitrary<Card> = fc.record(
  {
    title: fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 }),
    text,
    image: fc.constant({ id: "picture", alt: "" }),
    controls: fc.array(control, { maxLength: 4 }),
  },
  { requiredKeys: ["title"] },
);
const anyView: fc.Arbitrary<View> = fc.record(
  { text, cards: fc.array(card, { maxLength: 5 }), controls: fc.array(control, { maxLength: 10 }) },
  { requiredKeys: ["cards", "controls"] },
);
const anyCan = fc.record({
  cardsMax: fc.constantFrom(1, 3, 10),
  picksMax: fc.constantFrom(0, 5, 25),
  controlsMax: fc.constantFrom(1, 5, 40),
  images: fc.boolean(),
});

const controlsOf = (view: View): Control[] => [
  ...view.cards.flatMap((card) => card.controls ?? []),
  ...view.controls,
];
const actions = (controls: readonly Control[]): string[] =>
  controls
    .flatMap((one) =>
      one.kind === "pick"
        ? one.options.map((option) => option.token)
        : one.kind === "link"
          ? [one.url]
          : [one.token],
    )
    .sort();

test("no action is ever lost or doubled, on any platform", () => {
  fc.assert(
    fc.property(anyView, anyCan, (view, some) => {
      const fitted = fit(view, { ...can, ...some });
      expect(actions(fitted.flatMap(controlsOf))).toEqual(actions(controlsOf(view)));
    }),
  );
});

test("no text is longer than the platform takes, and a caption no longer than a caption may be", () => {
  fc.assert(
    fc.property(anyView, anyCan, (view, some) => {
      const platform = { ...can, ...some };
      for (const part of fit(view, platform)) {
        const pictured = platform.cardsMax === 1 && part.cards.some((card) => card.image);
        expect(textOf(viewText(part)).length).toBeLessThanOrEqual(pictured ? can.captionMax : can.textMax);
      }
    }),
  );
});

test("no message has more cards or controls than the platform takes, and no label is too long", () => {
  fc.assert(
    fc.property(anyView, anyCan, (view, some) => {
      const platform = { ...can, ...some };
      for (const part of fit(view, platform)) {
        expect(part.cards.length).toBeLessThanOrEqual(platform.cardsMax);
        for (const one of controlsOf(part)) {
          if (one.kind === "pick")
            for (const option of one.options) expect(option.label.length).toBeLessThanOrEqual(can.labelMax);
          else expect(one.label.length).toBeLessThanOrEqual(can.labelMax);
        }
        const count = controlsOf(part).reduce(
          (sum, one) => sum + (one.kind === "pick" && platform.picksMax === 0 ? one.options.length : 1),
          0,
        );
        expect(count).toBeLessThanOrEqual(Math.max(platform.controlsMax, 1));
      }
    }),
  );
});

test("every word of a long text is shown, in order", () => {
  const words = Array.from({ length: 200 }, (_, index) => `word${index}`).join(" ");
  const shown = fit({ text: plain(words), cards: [], controls: [] }, can)
    .map((part) => textOf(viewText(part)))
    .join("");
  expect(shown).toBe(words);
});

test("labels that count together are parted by their sum, and a list too long for it becomes several", () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const platform = { ...can, picksMax: 25, controlsMax: 40, labelsMax: 120 };
      const fitted = fit(view, platform);
      expect(actions(fitted.flatMap(controlsOf))).toEqual(actions(controlsOf(view)));
      for (const part of fitted) {
        const labels = controlsOf(part).flatMap((one) => [
          one.label,
          ...(one.kind === "pick" ? one.options.map(({ label }) => label) : []),
        ]);
        expect(labels.join("").length).toBeLessThanOrEqual(120);
      }
    }),
  );
});

test("marks and addresses count where a platform counts them; a link is not torn where it fits", () => {
  const markup = { mark: 4, link: 6, address: 1 };
  const link: RichText = [
    { kind: "link", url: "https://shop.example/a", children: [{ kind: "text", text: "a guide to mugs" }] },
  ];
  const parts = Array.from({ length: 60 }, (_, n) => (n % 7 === 3 ? link : bold("ab"))).flat();
  const fitted = fit({ text: parts, cards: [], controls: [] }, { ...can, markup });
  for (const part of fitted) expect(lengthOf(viewText(part), markup)).toBeLessThanOrEqual(can.textMax);
  expect(fitted.map((part) => textOf(viewText(part))).join("")).toBe(textOf(parts));
  const links = fitted.flatMap((part) => viewText(part).filter(({ kind }) => kind === "link"));
  expect(links.map((one) => textOf([one]))).toEqual(Array(9).fill("a guide to mugs"));
});

test("an emoji is never cut in half", () => {
  for (const part of fit(
    { text: plain("🍵".repeat(500)), cards: [], controls: [] },
    { ...can, textMax: 101 },
  )) {
    expect(textOf(viewText(part))).toMatch(/^(🍵)+$/u);
  }
});

test("on a platform with one card, a list numbers its cards and its buttons bear their names", () => {
  const [shown] = fit(
    {
      cards: ["Mug", "Tea"].map((title) => ({
        title,
        controls: [{ kind: "button" as const, label: "View", token: title }],
      })),
      controls: [],
    },
    can,
  );
  expect(textOf(viewText(shown!))).toBe("1. Mug\n\n2. Tea");
  expect(shown!.controls.map((one) => one.kind === "button" && one.label)).toEqual(["Mug", "Tea"]);
});
