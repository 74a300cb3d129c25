import fc from "fast-check";
import type { CommandInfo } from "../../src/engine/adapter.ts";
import type { RichNode, RichText } from "../../src/engine/rich-text.ts";
import type { Button, Card, Control, FormField, FormView, Link, Pick, View } from "../../src/engine/view.ts";

/** Words that must come out as they are typed: markup of every platform, mentions, scripts, disguises. */
export const HOSTILE = [
  "<b>*@everyone*</b> _x_ ~y~ `z` [a](http://evil.example) <!channel> <@U123> <@123456789012345678> &amp; &lt; # h",
  "# not a heading",
  "- no list\n1. none either\n> no quote\n-# not small",
  "**bold** __under__ ||spoiler|| ~~struck~~ ```js\ncode``` \\ \\* *a* _b_ \\_c\\_",
  "@here @ada <#C123|shop> <https://evil.example|good> <mailto:a@b.example> :smile: <:x:123> <t:1700000000:R>",
  "https://evil.example/?a=1&b=2 www.evil.example evil.example",
  "左到右\u202Eevil\u2066 zero\u200Bwidth\uFEFF text",
  "👩‍👩‍👧 购物车里有 3 件商品 😀 مرحبا שלום",
] as const;

const ADDRESSES = [
  "https://shop.example/a?b=c&d=e#f",
  "https://shop.example/(brackets)/*_~`",
  "http://127.0.0.1:3000/pay/1",
] as const;
/** As payment providers make them. A view has one at most. */
const LONG_ADDRESS = `https://pay.example/${"x".repeat(600)}`;

/** What people type: plain words, every script, markup, halves of characters, nothing, far too much. */
const words: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 2, arbitrary: fc.stringMatching(/^[*_~`|<>@#:\\[\]()&\n -]{1,40}$/) },
  { weight: 1, arbitrary: fc.constantFrom("", " ", " \n\t ", "\u200B", "\u3000", "\uD83D", "a\uDE00b") },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
      .map((units) => String.fromCharCode(...units)),
  },
);
const longWords: fc.Arbitrary<string> = fc
  .tuple(fc.oneof(words, fc.constantFrom("word ", "x", "🍵", "漢")), fc.integer({ min: 20, max: 2000 }))
  .map(([text, times]) => text.repeat(times).slice(0, 10_000));
/** What grows when it is printed: signs that are escaped, and characters of several units. */
const HEAVY = [
  "&",
  "<>",
  "_*[]()~`|",
  "a&b <c> ",
  "\\",
  "😀",
  "e\u0301\u0323",
  "مرحبا ",
  "𠮷",
  "👩‍👩‍👧",
  "- \n# ",
] as const;
const heavyWords: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...HEAVY), fc.integer({ min: 30, max: 3000 }))
  .map(([text, times]) => text.repeat(times).slice(0, 6000));
const anyWords = fc.oneof(
  { weight: 60, arbitrary: words },
  { weight: 2, arbitrary: longWords },
  { weight: 1, arbitrary: heavyWords },
);

const node: fc.Arbitrary<RichNode> = fc.letrec<{ node: RichNode; marked: RichNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2, depthIdentifier: "rich" },
    { weight: 3, arbitrary: anyWords.map((text): RichNode => ({ kind: "text", text })) },
    { weight: 1, arbitrary: tie("marked") },
  ),
  marked: fc.oneof(
    fc.record({
      kind: fc.constantFrom("bold" as const, "italic" as const, "code" as const, "strike" as const),
      children: fc.array(tie("node"), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("link" as const),
      url: fc.constantFrom(...ADDRESSES),
      // Within one message: where an address must be written out, it stands behind each part of its label.
      children: words.map((text): RichNode[] => [{ kind: "text", text }]),
    }),
  ),
})).node;
/** Many short stretches, each with marks of its own, which take more room than what they hold; some lead somewhere. */
const patchwork: fc.Arbitrary<RichText> = fc
  .tuple(
    fc.array(fc.constantFrom("bold" as const, "italic" as const, "code" as const, "strike" as const), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.constantFrom("x", "&", "*", "漢", "word "),
    fc.integer({ min: 100, max: 900 }),
    fc.integer({ min: 0, max: 30 }),
  )
  .map(([kinds, words, times, links]) =>
    Array.from({ length: times }, (_, n): RichNode => {
      const inner: RichNode = { kind: "text", text: words };
      return n % Math.ceil(times / (links + 1)) === 1 && links > 0
        ? { kind: "link", url: `https://shop.example/p/${n}?${"x".repeat(60)}`, children: [inner] }
        : { kind: kinds[n % kinds.length] ?? "bold", children: [inner] };
    }),
  );
const text: fc.Arbitrary<RichText> = fc.oneof(
  { weight: 80, arbitrary: fc.array(node, { maxLength: 4 }) },
  { weight: 1, arbitrary: patchwork },
);

/** What a token says after the number that makes it its own; `true` stands for the token of the control before. */
const token = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.constantFrom("a|b~abcdefgh", "\\|\\e|~Ab-_12xy", "é漢字🍵", `"'<>&*_:{}`, "x".repeat(58)),
  },
  { weight: 1, arbitrary: fc.constant("") },
);
const button: fc.Arbitrary<Button> = fc.record(
  {
    kind: fc.constant("button" as const),
    label: anyWords,
    token,
    style: fc.constantFrom("primary" as const, "danger" as const),
  },
  { requiredKeys: ["kind", "label", "token"] },
);
const address: fc.Arbitrary<Link> = fc.record({
  kind: fc.constant("link" as const),
  label: words,
  url: fc.constantFrom(...ADDRESSES, LONG_ADDRESS),
});
const pick: fc.Arbitrary<Pick> = fc.record({
  kind: fc.constant("pick" as const),
  label: anyWords,
  options: fc.oneof(
    { weight: 20, arbitrary: options(0, 8) },
    { weight: 3, arbitrary: options(9, 40) },
    { weight: 1, arbitrary: options(41, 200) },
    { weight: 1, arbitrary: fullOptions() },
  ),
});
/** A list of a hundred labels, none of which is short. */
function fullOptions(): fc.Arbitrary<Pick["options"]> {
  return fc
    .integer({ min: 60, max: 130 })
    .map((count) =>
      Array.from({ length: count }, (_, n) => ({ label: `${n} ${"wide & long ".repeat(6)}`, token: "o" })),
    );
}
function options(minLength: number, maxLength: number): fc.Arbitrary<Pick["options"]> {
  const option = fc.record(
    {
      label: fc.oneof(
        { weight: 10, arbitrary: words },
        { weight: 1, arbitrary: fc.constant("A size & colour ".repeat(5)) },
      ),
      token,
      selected: fc.boolean(),
    },
    { requiredKeys: ["label", "token"] },
  );
  return fc.array(option, { minLength, maxLength });
}
const control: fc.Arbitrary<Control> = fc.oneof(
  { weight: 8, arbitrary: button },
  { weight: 1, arbitrary: address },
  { weight: 2, arbitrary: pick },
);
const some = <T>(item: fc.Arbitrary<T>, few: number, many: number): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 15, arbitrary: fc.array(item, { maxLength: few }) },
    { weight: 1, arbitrary: fc.array(item, { maxLength: many, size: "max" }) },
  );

const card: fc.Arbitrary<Card> = fc.record(
  {
    title: anyWords,
    text,
    image: fc.oneof(
      fc.record({ id: fc.constantFrom("kept-1", "kept-2", "gone"), alt: words }),
      fc.record({ url: fc.constant("https://pictures.example/1.jpg"), alt: anyWords }),
    ),
    facts: some(fc.tuple(words, anyWords), 4, 40),
    controls: some(control, 3, 12),
  },
  { requiredKeys: ["title"] },
);

/** Views from the everyday to the absurd: up to 30 cards, 60 controls and 200 options; no token twice, with rare exceptions. */
export const anyView: fc.Arbitrary<View> = fc
  .record(
    { text, cards: some(card, 3, 30), controls: some(control, 6, 60) },
    { requiredKeys: ["cards", "controls"] },
  )
  .map(withOwnTokens);

/** Gives every action a token of its own, within 64 bytes, and takes a repeated long address away. */
function withOwnTokens(view: View): View {
  let count = 0;
  let long = false;
  const own = (said: string): string => {
    if (said !== "") count += 1;
    let made = `${count.toString(36)}|`;
    for (const sign of said) if (Buffer.byteLength(made + sign) <= 64) made += sign;
    return made;
  };
  const named = (control: Control): Control => {
    if (control.kind === "link") {
      const again = long && control.url === LONG_ADDRESS;
      long ||= control.url === LONG_ADDRESS;
      return again ? { ...control, url: ADDRESSES[0] } : control;
    }
    if (control.kind === "button") return { ...control, token: own(control.token) };
    return {
      ...control,
      options: control.options.map((option) => ({ ...option, token: own(option.token) })),
    };
  };
  const cards = view.cards.map((each) => ({
    ...each,
    ...(each.controls && { controls: each.controls.map(named) }),
  }));
  return { ...view, cards, controls: view.controls.map(named) };
}

const fieldWords = words.filter((said) => said.trim() !== "");
const field: fc.Arbitrary<Omit<FormField, "name">> = fc.record(
  {
    label: fieldWords,
    hint: anyWords,
    input: fc.constantFrom("text", "email", "phone", "long", "choice", "photo", "number"),
    options: fc
      .oneof(
        { weight: 6, arbitrary: fc.array(words, { minLength: 1, maxLength: 30 }) },
        { weight: 1, arbitrary: fc.array(words, { minLength: 90, maxLength: 250, size: "max" }) },
      )
      .map((labels) => labels.map((label, at) => ({ value: `v${at}`, label }))),
    required: fc.boolean(),
    maxLength: fc.constantFrom(1, 20, 200, 4000, 10_000),
    value: words,
    problem: words,
  },
  { requiredKeys: ["label", "input", "required", "maxLength"] },
);

/** Forms of up to so many fields, with what may already stand in them. */
export const anyForm = (fieldsMax: number): fc.Arbitrary<FormView> =>
  fc
    .record({
      token: fc.constantFrom("form|address|a=b~abcdefgh", "x".repeat(64)),
      locale: fc.constantFrom("en", "zh"),
      title: anyWords,
      submit: words,
      fields: fc.array(field, { minLength: 1, maxLength: fieldsMax }),
    })
    .map((form) => ({ ...form, fields: form.fields.map((each, at) => ({ ...each, name: `f${at}` })) }));

/** The same commands in two languages, as a shop's words may call them. */
export const anyCommands = fc
  .uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z]{1,32}$/),
      descriptions: fc.tuple(anyWords, anyWords),
      option: fc.option(
        fc.record({
          name: fc.constantFrom("words", "code"),
          descriptions: fc.tuple(anyWords, anyWords),
          suggests: fc.boolean(),
        }),
        { nil: undefined },
      ),
    }),
    { selector: ({ name }) => name, maxLength: 30 },
  )
  .map((commands) => {
    const inLanguage = (at: 0 | 1): CommandInfo[] =>
      commands.map(({ name, descriptions, option }) => ({
        name,
        description: descriptions[at],
        ...(option && {
          option: { name: option.name, description: option.descriptions[at], suggests: option.suggests },
        }),
      }));
    return [inLanguage(0), inLanguage(1)] as const;
  });
