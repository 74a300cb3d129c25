import { beforeEach, describe, expect, test } from "vitest";
import { readAddress } from "../../flows/product-links.ts";
import { isGreeting, isQuestion } from "../../flows/small-talk.ts";
import { saveProduct } from "../../src/shop/catalog/save-product.ts";
import { aProduct } from "../shop/catalog/with-store.ts";
import { useStore, World } from "../shop/orders/world.ts";
import { Chat, type Person } from "./chat.ts";

useStore();

let world: World;
let chat: Chat;
let ada: Person;
let slug: string;
beforeEach(async () => {
  world = await World.create();
  chat = new Chat(world);
  ada = chat.person("north", "ada");
  slug = "mug";
});

async function toCheckout(person: Person): Promise<void> {
  await person.says("mug");
  await person.presses("View");
  await person.presses("Add to cart");
  await person.presses("Checkout");
}

const ADDRESS = ["Ada", "ada@example.com", "+4930901820", "Torstraße 1", "Berlin", "Germany", "10119"];

describe("a link to a product", () => {
  test.each([
    (at: string) => `https://shop.example/p/${at}`,
    (at: string) => `http://www.shop.example/p/${at}/`,
    (at: string) => `https://shop.example/p/${at}?utm_source=mail&fbclid=IwAR0#top`,
    (at: string) => `Do you still have this? https://shop.example/p/${at}.`,
    (at: string) => `<https://shop.example/p/${at}|shop.example/p/${at}>`,
    (at: string) => `<https://shop.example/p/${at}>`,
    (at: string) => `[the mug](https://shop.example/p/${at})`,
    (at: string) => `shop.example/p/${at}`,
    (at: string) => `look: shop.example/p/${at}!`,
    (at: string) => `/p/${at}`,
    (at: string) => `p/${at}`,
    (at: string) => `https://shop.example/?start=p-${at}`,
    (at: string) => `https://t.me/hawker_bot?start=p-${at}`,
    (at: string) => `t.me/hawker_bot?start=p-${at}`,
    (at: string) => `tg://resolve?domain=hawker_bot&start=p-${at}`,
    (at: string) => `https://other.example/reviews says https://shop.example/p/${at} is good`,
    (at: string) => `https://shop.example/ and https://shop.example/p/${at}`,
    (at: string) => `**https://shop.example/p/${at}**`,
    (at: string) => `_https://shop.example/p/${at}_`,
    (at: string) => `~~https://shop.example/p/${at}~~`,
    (at: string) => `\`https://shop.example/p/${at}\``,
    (at: string) => `||https://shop.example/p/${at}||`,
    (at: string) => `“https://shop.example/p/${at}”`,
    (at: string) => `«https://shop.example/p/${at}»`,
    (at: string) => `„shop.example/p/${at}“…`,
    (at: string) => `"shop.example/p/${at}"`,
    (at: string) => `link:shop.example/p/${at}`,
    (at: string) => `shop.example:443/p/${at}`,
    (at: string) => `\u200bshop.example/p/${at}\u2069`,
    (at: string) => `SHOP.EXAMPLE／p／${at.toUpperCase()}`,
    (at: string) => `https://shop.example/p/%6D${at.slice(1)}`,
    (at: string) => `https://shop.example//p/${at}`,
    (at: string) => `看这个https://shop.example/p/${at}怎么样`,
    (at: string) => `https://shop.example/p/${at}؟`,
    (at: string) => `see /p/${at} please`,
    (at: string) => `请问这个有货吗 https://shop.example/p/${at}，谢谢`,
  ])("shows it, written as %s", async (written) => {
    await ada.says(written(slug));
    expect(ada.last()).toContain("€12.00");
    expect(ada.last()).not.toContain("result");
  });

  test("that is gone says so", async () => {
    await ada.says("https://shop.example/p/no-such-thing");
    expect(ada.last()).toContain("no longer");
  });

  test("of another shop is answered kindly, and not searched for", async () => {
    for (const foreign of [
      `https://other.example/p/${slug}`,
      "https://shop.example.evil.example/p/mug",
      "https://t.me/somebody",
      "https://user:pass@evil.example/?shop.example",
    ]) {
      await ada.says(foreign);
      expect(ada.last(), foreign).toContain("not of this shop");
    }
  });

  test("to another page of the shop leads to its front door", async () => {
    await ada.says("https://shop.example/");
    expect(ada.last()).toContain("Welcome to House of mugs");
  });

  test("is found whatever the handle's length, also behind a start parameter", async () => {
    const long = "a-mug-with-a-name-that-is-longer-than-telegram-takes-in-a-start-parameter-ever-1";
    expect(long.length).toBe(80);
    const { _id } = await saveProduct(
      aProduct(world.shop, long, {
        title: { en: "Longest mug" },
        variants: [{ sku: "LONG", values: [], price: 1000 }],
      }),
    );
    for (const said of [`https://shop.example/p/${long}`, `/start p-${long}`, `/start i-${_id}`]) {
      await ada.says(said);
      expect(ada.last(), said).toContain("Longest mug");
    }
  });
});

test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
  "%s is a word, a command, a handle and a language like any other",
  async (word) => {
    await ada.says(word);
    expect(ada.last()).toContain("found nothing");
    await ada.says(`/start p-${word}`);
    expect(ada.last()).toMatch(/no longer|Welcome/);
    const foreign = chat.person("north", word, word);
    await foreign.says("/start");
    expect(foreign.last()).toContain("Welcome to House of mugs");
    await foreign.says("/help");
    expect(foreign.last()).toContain("How this works");
  },
);

describe("a greeting", () => {
  test.each([
    ...["hello", "Hi!", "hi there", "Hey 👋", "HELLOOOO", "Good morning", "good evening!", "hello shop"],
    ...[
      "你好",
      "您好！",
      "嗨～",
      "在吗",
      "早上好",
      "hola",
      "¡Hola!",
      "Buenos días",
      "bonjour",
      "Guten Tag",
      "Grüß Gott",
    ],
    ...[
      "ciao",
      "olá",
      "Привет",
      "Здравствуйте!",
      "Добрий день",
      "merhaba",
      "مرحبا",
      "السَّلامُ عليكم",
      "سلام",
      "שלום",
    ],
    ...[
      "नमस्ते",
      "こんにちは",
      "안녕하세요",
      "สวัสดีครับ",
      "xin chào",
      "Cześć",
      "Dzień dobry",
      "Γειά σας",
      "hej",
      "halo",
    ],
  ])("%s is greeted", async (said) => {
    expect(isGreeting(said)).toBe(true);
  });

  test.each(["hello kitty", "hi-fi", "mug", "", "👋👋 mug", "你好杯子", "good", "hey jude poster"])(
    "%s is none",
    (said) => {
      expect(isGreeting(said)).toBe(false);
    },
  );

  test.each(["hi hi", "hello hello!", "hej hej", "hey you", "g'day", "What's up?"])("%s is one", (said) => {
    expect(isGreeting(said)).toBe(true);
  });

  test("shows the front door instead of searching", async () => {
    await ada.says("hello");
    expect(ada.last()).toContain("Welcome to House of mugs");
  });
});

describe("thanks and a word of parting", () => {
  test.each([
    "thanks",
    "Thank you!",
    "thx 🙏",
    "谢谢",
    "謝謝！",
    "danke",
    "Merci",
    "ありがとうございます",
    "bye",
    "再见",
  ])("%s is answered kindly instead of being searched for", async (said) => {
    await ada.says(said);
    expect(ada.last()).toContain("whenever you need us");
  });

  test.each(["thank you card", "merci chocolates", "bye bye birdie"])("%s is searched for", async (said) => {
    await ada.says(said);
    expect(ada.last()).not.toContain("whenever you need us");
  });
});

test.each(["help", "Help!", "help me", "帮助", "hilfe"])("%s is answered as /help is", async (said) => {
  await ada.says("/help");
  const help = ada.last();
  await ada.says(said);
  expect(ada.last()).toBe(help);
});

test.each([
  ...[
    "where is my order",
    "How long does shipping take?",
    "can I return this",
    "what is this for",
    "ok, when will it arrive",
  ],
  ...[
    "do you ship to France",
    "多久能到",
    "可以退货吗",
    "请问怎么付款",
    "¿cuánto tarda?",
    "متى يصل؟",
    "hello, is this in stock",
  ],
])("%s is a question", (said) => {
  expect(isQuestion(said)).toBe(true);
});

test.each([
  ...[
    "Will Smith",
    "May Li Chen",
    "Ada Lovelace",
    "12 What Cheer Street",
    "ada@example.com",
    "Berlin",
    "Can Yaman",
  ],
  ...["Is Sokak 5", "李雷", "马什么路 12 号", "Do Thi Hoa", "How Lane 5", "Are", "Isa", "Maybe Street"],
])("%s may be an answer", (said) => {
  expect(isQuestion(said)).toBe(false);
});

describe.each(["ask", "inline", "modal"] as const)(
  "where forms are shown as %s, in the middle of a checkout",
  (forms) => {
    beforeEach(async () => {
      chat = new Chat(world, { forms, ...(forms === "modal" && { formFieldsMax: 5 }) });
      ada = chat.person("north", "ada");
      await toCheckout(ada);
    });

    test.each([
      ["where is my order", "Your orders are under Orders"],
      ["how long does shipping take", "Checkout shows the ways to ship"],
      ["can I return this", "What can be done with an order"],
      ["is it dishwasher safe?", "You are in the middle of this: Your details"],
    ])("%s is answered as help, with a way on and a way to search", async (said, answer) => {
      await ada.says(said);
      expect(ada.last()).toContain(answer);
      expect(ada.last()).toContain("You are in the middle of this: Your details");
      expect(ada.last()).not.toContain("result");
      await ada.presses("Go on");
      const { form, text } = ada.views().at(-1) ?? {};
      if (forms === "ask") expect(ada.last()).toMatch(/\(1\/\d\)/);
      else
        expect(
          form?.fields.map(({ name }) => name),
          JSON.stringify(text),
        ).toContain("name");
      await ada.says(said);
      await ada.presses(/^Search for “/);
      expect(ada.last()).toMatch(/found nothing|result/);
    });

    test("a link to a product is not taken for an answer", async () => {
      await ada.says(`https://shop.example/p/${slug}`);
      if (forms === "ask") await ada.presses("Mug");
      expect(ada.last()).toContain("€12.00");
    });

    test("and an hour later, words are searched for again", async () => {
      if (forms === "ask") return;
      await ada.says("lamp");
      expect(ada.last()).toContain("You are in the middle of this");
      world.clock.advance(60 * 60_000);
      await ada.says("lamp");
      expect(ada.last()).toContain("result");
    });
  },
);

test("between the questions of a checkout, words lead back to the step it is at", async () => {
  await toCheckout(ada);
  for (const answer of ADDRESS) await ada.says(answer);
  expect(ada.transcript()).toContain("How should it travel");
  await ada.says("lamp");
  expect(ada.last()).toContain("You are in the middle of this: Checkout");
  expect(ada.last()).not.toContain("result");
  await ada.presses("Go on");
  expect(ada.last()).toContain("How should it travel");
  await ada.says("hello");
  expect(ada.last()).toContain("Hello! You are in the middle of this");
  await ada.presses("Go on");
  await ada.presses("Post: €4.90, 2–4 days");
  expect(ada.last()).toContain("Waiting for payment");
  await ada.says("lamp");
  expect(ada.last()).toContain("result");
});

test("with an address of before, words while it is chosen lead back to choosing it", async () => {
  await toCheckout(ada);
  for (const answer of ADDRESS) await ada.says(answer);
  await ada.says("/cart");
  await ada.presses("Checkout");
  await ada.says("mugs please");
  await ada.presses("Go on");
  expect(ada.last()).toMatch(/Where should it go|How should it travel/);
});

test("a question about buying is answered also where nothing is under way, and can be searched for", async () => {
  await ada.says("How long does shipping take?");
  expect(ada.last()).toContain("Checkout shows the ways to ship");
  await ada.presses(/^Search for “How long does/);
  expect(ada.last()).toMatch(/found nothing|result/);
});

test("an address is read as what it is", () => {
  const at = "https://shop.example/store";
  expect(readAddress("https://shop.example/store/p/mug", at)).toEqual({
    kind: "product",
    product: { slug: "mug" },
  });
  expect(readAddress("https://shop.example:8443/p/mug", at)).toEqual({ kind: "foreign" });
  expect(readAddress("a mug, 3.5 in, and/or p/m", at)).toBeUndefined();
  expect(readAddress("https://", at)).toBeUndefined();
  expect(readAddress("http://localhost:3000/p/mug", "http://localhost:3000")).toMatchObject({
    kind: "product",
  });
});
