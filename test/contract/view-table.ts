import { bold, code, italic, joined, linked, plain, rich, strike } from "../../src/engine/rich-text.ts";
import { view } from "../../src/engine/turn.ts";
import type { Button, Card, Pick, View } from "../../src/engine/view.ts";
import { HOSTILE } from "../engine/views.ts";

const button = (label: string, token = label): Button => ({ kind: "button", label, token });
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index + 1));
const pick = (options: number, name = "p"): Pick => ({
  kind: "pick",
  label: "Choose",
  options: times(options, (n) => ({ label: `Option ${n}`, token: `${name}:${n}`, selected: n === 2 })),
});
const product = (n: number): Card => ({
  title: `Product ${n}`,
  text: rich`${strike("9.00 €")} ${bold("8.00 €")}`,
  image: { url: `https://pictures.example/${n}.jpg`, alt: `Product ${n}` },
  facts: [
    ["Stock", String(n)],
    ["Sold", "12"],
  ],
  controls: [button("View", `view|${n}~abcdefgh`)],
});

/** Views that any platform must be able to show, by what they are. */
export const VIEWS: readonly (readonly [what: string, view: View])[] = [
  ["a sentence", view({ text: plain("Welcome to the shop.") })],
  [
    "all markup",
    view({
      text: rich`${bold("b")} ${italic(rich`i${code("c")}`)} ${strike("s")} ${linked("here", "https://shop.example/a")}`,
    }),
  ],
  [
    "a product",
    view({
      cards: [{ ...product(1), controls: [button("Add to cart"), button("Reviews (3)")] }],
      controls: [button("Back")],
    }),
  ],
  [
    "a page of products",
    view({ text: bold("Mugs"), cards: times(5, product), controls: [button("Previous"), button("Next")] }),
  ],
  ["thirty products", view({ cards: times(30, product), controls: [button("Next")] })],
  [
    "sixty buttons",
    view({ text: plain("Many"), controls: times(60, (n) => button(`Button ${n}`, `b|${n}`)) }),
  ],
  ["a pick of five", view({ text: plain("Which size?"), controls: [pick(5), button("Back")] })],
  ["a pick of two hundred", view({ text: plain("Which country?"), controls: [pick(200)] })],
  ["several picks", view({ text: plain("Choose"), controls: [pick(3, "a"), pick(7, "b"), pick(26, "c")] })],
  [
    "picks on cards",
    view({ cards: times(3, (n) => ({ title: `Card ${n}`, controls: [pick(4, `c${n}`)] })) }),
  ],
  [
    "links",
    view({
      text: plain("Pay"),
      controls: [
        { kind: "link", label: "Pay 8.00 €", url: "https://pay.example/1?a=b&c=d" },
        { kind: "link", label: "Try", url: "http://127.0.0.1:3000/pay/1" },
        button("Cancel"),
      ],
    }),
  ],
  [
    "a link of a thousand characters",
    view({
      text: plain("Pay"),
      controls: [{ kind: "link", label: "Pay", url: `https://pay.example/${"x".repeat(980)}` }],
    }),
  ],
  ["only buttons", view({ controls: [button("One"), button("Two")] })],
  ["nothing", view({})],
  [
    "only spaces",
    view({ text: plain("  \n\t "), cards: [{ title: "  " }], controls: [button("  ", "blank")] }),
  ],
  [
    "labels of hundreds of characters",
    view({
      text: plain("Long"),
      controls: [
        button("A long label ".repeat(30), "long"),
        { ...pick(2), label: "Choose ".repeat(40) },
        { kind: "link", label: "Read ".repeat(50), url: "https://shop.example/a" },
      ],
    }),
  ],
  ["a label of emoji", view({ text: plain("Emoji"), controls: [button("👩‍👩‍👧".repeat(40), "family")] })],
  ["ten thousand characters", view({ text: plain("All work and no play makes a long text. ".repeat(250)) })],
  ["ten thousand characters without a space", view({ text: plain("x".repeat(10_000)) })],
  [
    "a product of ten thousand characters",
    view({ cards: [{ ...product(1), text: plain("Fine porcelain. ".repeat(625)) }] }),
  ],
  ["ten thousand marks that need escaping", view({ text: plain("*_`~|<>&".repeat(1250)) })],
  ["forty facts", view({ cards: [{ title: "Order", facts: times(40, (n) => [`Line ${n}`, `${n}.00 €`]) }] })],
  [
    "a fact of three thousand characters",
    view({ cards: [{ title: "Order", facts: [["Note", "word ".repeat(600)]] }] }),
  ],
  ["a title of a thousand characters", view({ cards: [{ ...product(1), title: "Title ".repeat(170) }] })],
  [
    "half of a surrogate pair",
    view({ text: plain("half \uD83D here"), controls: [button("half \uDE00", "half")] }),
  ],
  [
    "a picture without words",
    view({ cards: [{ title: "", image: { url: "https://pictures.example/1.jpg", alt: "" } }] }),
  ],
  [
    "the same action twice",
    view({
      text: plain("Twice"),
      controls: [button("Cart", "cart|~aaaaaaaa"), button("Cart again", "cart|~aaaaaaaa")],
    }),
  ],
  ...HOSTILE.map((text): readonly [string, View] => [
    `hostile words: ${text.slice(0, 20)}`,
    view({
      text: joined([plain(text), bold(text), linked(text, "https://shop.example/a")]),
      cards: [{ title: text, text: plain(text), facts: [[text, text]], controls: [button(text, "card")] }],
      controls: [
        button(text, "press"),
        { kind: "pick", label: text, options: [{ label: text, token: "one" }] },
      ],
    }),
  ]),
];
