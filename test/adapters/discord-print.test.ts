import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { capabilities } from "../../adapters/discord/capabilities.ts";
import { commandsOf } from "../../adapters/discord/commands.ts";
import { escaped, isLinkable, printed } from "../../adapters/discord/markdown.ts";
import { modalOf } from "../../adapters/discord/modal.ts";
import { count, type Rendered, render } from "../../adapters/discord/render.ts";
import { fit as fitted } from "../../src/engine/fit.ts";
import { bold, code, italic, linked, plain, rich, strike } from "../../src/engine/rich-text.ts";
import type { Card, Control, FormField, FormView, View } from "../../src/engine/view.ts";
import { checkCommands } from "../doubles/discord-commands.ts";
import { everyComponent } from "../doubles/discord-components.ts";
import { checkMessage, pings } from "../doubles/discord-message-rules.ts";
import { checkModal } from "../doubles/discord-modals.ts";

const jpeg = await sharp({ create: { width: 20, height: 20, channels: 3, background: "teal" } })
  .jpeg()
  .toBuffer();
const shelf = {
  media: async (id: string) => (id === "gone" ? null : { bytes: jpeg, contentType: "image/jpeg" }),
};

/** Has the double check a message as Discord would. */
const checked = ({ body, files }: Rendered) =>
  checkMessage(
    body,
    files.map(({ name, data }, key) => ({
      key: String(key),
      name,
      bytes: new Uint8Array(Buffer.isBuffer(data) ? data : Buffer.from(String(data))),
      type: "image/jpeg",
    })),
  );
const shown = async (view: View) => {
  const rendered = await render(view, shelf);
  checked(rendered);
  return rendered;
};
const texts = (rendered: Rendered): string[] =>
  everyComponent(rendered.body.components).flatMap(({ content }) =>
    typeof content === "string" ? [content] : [],
  );

const button = (label: string, token = label): Control => ({ kind: "button", label, token });
const view = (parts: Partial<View>): View => ({ cards: [], controls: [], ...parts });

describe("what people wrote", () => {
  /** Discord drops a backslash before any sign that is no letter, digit or blank. */
  const read = (markdown: string) => markdown.replace(/\\([^\p{L}\p{N}\s])/gu, "$1");

  test("reads as it was typed, at most twice as long, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        expect(read(escaped(text))).toBe(text);
        expect(escaped(text).length).toBeLessThanOrEqual(2 * text.length);
      }),
    );
    const signs = fc.string({ unit: fc.constantFrom(..."\\`*_~|<>@:[]()-#+.1 \na"), maxLength: 60 });
    fc.assert(
      fc.property(signs, (text) => {
        expect(read(escaped(text))).toBe(text);
        // What is left without a backslash means nothing.
        expect(escaped(text).replace(/\\[^a-z0-9\s]/g, "x")).not.toMatch(
          /[\\`*_~|<>@:[\]()]|^\s*([-#+]|\d*\.)/m,
        );
      }),
    );
  });

  test("is no markup, mention, heading, list, emoji or link", () => {
    expect(escaped("<b>*@everyone*")).toBe("\\<b\\>\\*\\@everyone\\*");
    expect(escaped("# a\n-# b\n1. c\n- d\n> e")).toBe("\\# a\n\\-# b\n1\\. c\n\\- d\n\\> e");
    expect(escaped("see https://evil.example :tada: v1.2")).toBe(
      "see https\\://evil.example \\:tada\\: v1.2",
    );
    expect(escaped("half \ud800 of a pair")).toBe("half \ufffd of a pair");
  });

  test("pings nobody", async () => {
    const { body } = await shown(view({ text: plain("@everyone <@501000000000000001>") }));
    expect(pings(body)).toEqual([]);
  });
});

test("the shop's own markup is printed, and marks side by side stay apart", () => {
  expect(printed(rich`${bold("a*b")} ${italic("c")} ${strike("d")}`)).toBe("**a\\*b** *c* ~~d~~");
  expect(printed(rich`${bold("a")}${italic("b")}`)).toBe("**a**\u200b*b*");
  expect(printed(rich`${bold("")}${bold(bold("x"))}`)).toBe("**x**");
  expect(printed(code("a`b"))).toBe("``a`b``");
  expect(printed(code("`"))).toBe("`` ` ``");
  expect(printed(linked("Mug [1]", "https://shop.example/a(b)"))).toBe(
    "[Mug \\[1\\]](<https://shop.example/a%28b%29>)",
  );
  expect(printed(linked("here", "javascript:alert(1)"))).toBe("here (javascript\\:alert\\(1\\))");
  expect(printed(linked("https://a.example/", "https://b.example/"))).toBe("<https://b.example/>");
});

test("an address becomes a button if Discord takes it, else it is written out", async () => {
  expect(isLinkable("http://localhost:8080/pay")).toBe(false);
  expect(isLinkable(`https://a.example/${"x".repeat(600)}`)).toBe(false);
  const rendered = await shown(
    view({
      text: plain("Pay"),
      controls: [
        { kind: "link", label: "Pay", url: "https://pay.example/1" },
        { kind: "link", label: "Local", url: "http://localhost:8080/" },
      ],
    }),
  );
  expect(everyComponent(rendered.body.components)).toContainEqual(
    expect.objectContaining({ style: 5, label: "Pay", url: "https://pay.example/1" }),
  );
  expect(texts(rendered)).toEqual(["Pay\nLocal: <http://localhost:8080/>"]);
});

describe("a card", () => {
  const card: Card = {
    title: "Mug",
    text: plain("Blue"),
    facts: [["Price", "€5"]],
    image: { id: "m1", alt: "A mug" },
  };

  test("alone shows its picture large, and among others small", async () => {
    const alone = await shown(view({ cards: [card] }));
    expect(alone.files.map(({ name }) => name)).toEqual(["picture-0.jpeg"]);
    expect(alone.body.components).toMatchObject([
      { type: 17, components: [{ type: 10, content: "**Mug**\nBlue\nPrice\\: €5" }, { type: 12 }] },
    ]);
    const two = await shown(view({ cards: [card, { ...card, controls: [button("Add")] }] }));
    expect(two.body.components).toMatchObject([
      { type: 17, components: [{ type: 9, accessory: { type: 11, description: "A mug" } }] },
      { type: 17, components: [{ type: 9 }, { type: 1, components: [{ custom_id: "Add" }] }] },
    ]);
  });

  test("without its picture, or with one elsewhere, is shown all the same", async () => {
    const gone = await shown(view({ cards: [{ ...card, image: { id: "gone", alt: "" } }] }));
    expect(gone.files).toEqual([]);
    const elsewhere = await shown(
      view({ cards: [{ title: "A", image: { url: "https://a.example/a.png", alt: "" } }] }),
    );
    expect(JSON.stringify(elsewhere.body)).toContain("https://a.example/a.png");
    const plainHttp = await shown(
      view({ cards: [{ title: "A", image: { url: "http://a.example/a.png", alt: "" } }] }),
    );
    expect(JSON.stringify(plainHttp.body)).not.toContain("a.png");
  });
});

test("the same action twice is one button, and a select shows one choice as made", async () => {
  const rendered = await shown(
    view({
      text: plain("Cart"),
      controls: [
        button("Home", "h"),
        button("Home again", "h"),
        {
          kind: "pick",
          label: "How many",
          options: [
            { label: "1", token: "q1", selected: true },
            { label: "2", token: "q2", selected: true },
            { label: "1 again", token: "q1" },
          ],
        },
      ],
    }),
  );
  const all = everyComponent(rendered.body.components);
  expect(all.filter(({ custom_id }) => custom_id === "h")).toHaveLength(1);
  expect(all.find(({ type }) => type === 3)).toMatchObject({
    options: [{ value: "q1", default: true }, { value: "q2" }],
  });
});

test("a document is attached under a harmless name", async () => {
  const { files } = await shown(
    view({
      text: plain("Your data"),
      file: { name: "my data?.json", contentType: "application/json", text: "{}" },
    }),
  );
  expect(files).toMatchObject([{ name: "my_data_.json", contentType: "application/json" }]);
});

describe("any view that fits", () => {
  const label = fc.string({ unit: "grapheme", maxLength: 90 });
  const token = fc.string({ minLength: 1, maxLength: 60 }).map((text) => `t${text.trim()}`);
  const control: fc.Arbitrary<Control> = fc.oneof(
    fc.record({ kind: fc.constant("button" as const), label, token }),
    fc.record({ kind: fc.constant("link" as const), label, url: fc.oneof(fc.webUrl(), fc.string()) }),
    fc.record({
      kind: fc.constant("pick" as const),
      label,
      options: fc.array(fc.record({ label, token, selected: fc.boolean() }), { minLength: 1, maxLength: 30 }),
    }),
  );
  const text = fc.string({ unit: "grapheme", maxLength: 700 }).map(plain);
  const image = fc.constantFrom(
    undefined,
    { id: "m", alt: "" },
    { id: "gone", alt: "x" },
    { url: "https://a.example/p", alt: "y" },
  );
  const card: fc.Arbitrary<Card> = fc.record({
    title: label,
    text,
    image,
    controls: fc.array(control, { maxLength: 4 }),
  });
  const views = fc.record({
    text,
    cards: fc.array(card, { maxLength: 9 }),
    controls: fc.array(control, { maxLength: 20 }),
  });

  test("is a message Discord takes, with every action on it", async () => {
    await fc.assert(
      fc.asyncProperty(views, async (given) => {
        const tokens = new Set<unknown>();
        for (const part of fitted(given, capabilities))
          for (const { custom_id, options } of everyComponent((await shown(part)).body.components)) {
            tokens.add(custom_id);
            if (Array.isArray(options)) for (const { value } of options) tokens.add(value);
          }
        for (const each of [...given.cards.flatMap((one) => one.controls ?? []), ...given.controls]) {
          if (each.kind === "button") expect(tokens).toContain(each.token);
          if (each.kind === "pick") for (const option of each.options) expect(tokens).toContain(option.token);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("stays within 40 components where it is fullest, and keeps pictures where there is room", async () => {
    const pick = (at: number): Control => ({
      kind: "pick",
      label: "p",
      options: [{ label: "o", token: `o${at}` }],
    });
    const full = (controls: Control[]) =>
      view({
        text: plain("top"),
        cards: Array.from({ length: capabilities.cardsMax }, (_, at) => ({
          title: `card ${at}`,
          image: { id: "m", alt: "" },
          controls: controls.filter((_, index) => index % capabilities.cardsMax === at),
        })),
        controls: [],
        file: { name: "a.txt", contentType: "text/plain", text: "a" },
      });
    const picks = Array.from({ length: capabilities.controlsMax }, (_, at) => pick(at));
    expect(count((await shown(full(picks))).body.components)).toBe(38);
    const list = await shown(full(Array.from({ length: 6 }, (_, at) => button(`Add ${at}`))));
    expect(list.files).toHaveLength(7);
  });
});

describe("a form", () => {
  const field = (given: Partial<FormField>): FormField => ({
    name: "name",
    label: "Your name",
    input: "text",
    required: true,
    maxLength: 200,
    ...given,
  });
  const form = (...fields: FormField[]): FormView => ({
    token: "form~1",
    locale: "en",
    title: "Delivery",
    submit: "Go on",
    fields,
  });

  test("opens as a window with an input of its kind for each field", () => {
    const options = [
      { value: "DE", label: "Germany" },
      { value: "FR", label: "France" },
    ];
    const modal = modalOf(
      form(
        field({ hint: "As on the door", value: "Ada" }),
        field({ name: "note", input: "long", required: false, maxLength: 9000, problem: "Too long" }),
        field({ name: "country", input: "choice", options, value: "FR" }),
        field({ name: "photo", input: "photo", required: false, hint: "Of the mug" }),
      ),
    );
    checkModal(modal);
    expect(modal.components).toMatchObject([
      { component: { type: 4, style: 1, placeholder: "As on the door", value: "Ada", max_length: 200 } },
      { description: "Too long", component: { type: 4, style: 2, required: false, max_length: 4000 } },
      { component: { type: 3, options: [{ value: "DE" }, { value: "FR", default: true }] } },
      { description: "Of the mug", component: { type: 19, required: false, min_values: 0 } },
    ]);
  });

  test("with more choices than a select holds asks for the choice in writing", () => {
    const options = Array.from({ length: 200 }, (_, at) => ({ value: `v${at}`, label: `Country ${at}` }));
    const modal = modalOf(form(field({ input: "choice", options, value: "v7" })));
    checkModal(modal);
    expect(modal.components).toMatchObject([{ component: { type: 4, value: "Country 7" } }]);
  });

  test("with long words is a window Discord takes", () => {
    const long = "w".repeat(500);
    checkModal(
      modalOf({ ...form(field({ label: long, hint: long, value: long, maxLength: 10 })), title: long }),
    );
  });
});

test("commands are announced in every language Discord knows, with what may follow them", () => {
  const host = {
    locales: ["en", "zh", "tlh"],
    commands: (locale: string) => [
      { name: "start", description: `Start (${locale})` },
      {
        name: "find",
        description: "x".repeat(300),
        option: { name: "what", description: `What (${locale})`, suggests: true },
      },
      { name: "Not A Name", description: "left out" },
    ],
  };
  const commands = commandsOf(host);
  checkCommands(commands);
  expect(commands).toMatchObject([
    {
      name: "start",
      description: "Start (en)",
      description_localizations: { "en-US": "Start (en)", "zh-CN": "Start (zh)" },
      contexts: [0, 1],
    },
    { name: "find", options: [{ type: 3, name: "what", autocomplete: true, required: false }] },
  ]);
  expect(commands).toHaveLength(2);
});
