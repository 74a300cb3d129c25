import { beforeEach, describe, expect, test } from "vitest";
import { customerFor } from "../../src/shop/customers/customer.ts";
import { CustomerModel } from "../../src/shop/customers/customer-record.ts";
import { LINK_CODE_MS } from "../../src/shop/customers/link-code.ts";
import { useStore, World } from "../shop/orders/world.ts";
import { Chat, type Person } from "./chat.ts";

useStore();

let world: World;
let chat: Chat;
let north: Person;
let south: Person;
beforeEach(async () => {
  world = await World.create();
  chat = new Chat(world);
  north = chat.person("north", "ada-n");
  south = chat.person("south", "ada-s");
});

const CODE = /(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}/;

/** Shows a code to somebody. */
async function codeFor(person: Person): Promise<string> {
  await person.says("/link");
  return CODE.exec(person.last())?.[0] ?? "";
}

/** Types somebody's code and confirms. */
async function linksTo(person: Person, shownTo: Person): Promise<void> {
  await person.says(`/link ${await codeFor(shownTo)}`);
  await person.presses(YES);
}
const YES = "Yes, it is mine: link";

async function putMugInCart(person: Person): Promise<void> {
  await person.says("mug");
  await person.presses("View");
  await person.presses("Add to cart");
}

describe("/link", () => {
  test("shows a code as code, to be copied, and says what it is good for", async () => {
    await north.says("/link");
    const kinds = north
      .views()
      .at(-1)
      ?.text?.map(({ kind }) => kind);
    expect(kinds).toContain("code");
    expect(north.last()).toMatch(CODE);
    expect(north.last()).toMatch(/10 minutes/);
    expect(north.last()).toMatch(/give it to nobody/);
  });

  test("with the code makes one cart of two, and says which platforms are together", async () => {
    await putMugInCart(north);
    await putMugInCart(south);
    await linksTo(south, north);
    expect(south.last()).toContain("Linked: North and South.");
    expect(south.last()).toContain("/unlink");
    await south.presses("Cart");
    expect(south.transcript()).toContain("2 × €12.00 = €24.00");
    await north.says("/account");
    expect(north.last()).toContain("North and South");
  });

  test("asks first: with which account, by its platform and no more of its name than its owner knows, and what is shared", async () => {
    const name = "Ada Lovelace";
    await customerFor(world.shop, north.identity, { language: "en", name });
    await south.says(`/link ${await codeFor(north)}`);
    expect(south.last()).toContain("North (A••• L•••)");
    expect(south.last()).not.toContain("Ada");
    for (const shared of ["orders", "addresses", "cart", "reviews", "news"])
      expect(south.last()).toContain(shared);
    expect((await CustomerModel.find().lean()).some(({ mergedInto }) => mergedInto)).toBe(false);
    expect(chat.told).toEqual([]);
  });

  test("shares nothing with whoever sent a code to be typed, unless it is confirmed", async () => {
    await putMugInCart(south);
    const code = await codeFor(north);
    await south.says(`/link ${code}`);
    await south.presses("No");
    expect(south.last()).toContain("nothing is shared");
    await south.says("/cart");
    expect(south.last()).toContain("Mug");
    await north.says("/cart");
    expect(north.last()).not.toContain("Mug");
    await south.says(`/link ${code}`);
    expect(south.last()).toContain("can not be used");
  });

  test("that is refused tells the side that showed it, once and in its own chat", async () => {
    await south.says(`/link ${await codeFor(north)}`);
    await south.presses("No");
    await south.presses("No");
    expect(north.last()).toContain("South did not want to be linked with this account. Nothing is shared");
    expect(chat.told).toHaveLength(1);
  });

  test("that is confirmed too late says so, and shares nothing", async () => {
    await south.says(`/link ${await codeFor(north)}`);
    world.clock.advance(LINK_CODE_MS);
    await south.presses(YES);
    expect(south.last()).toContain("can not be used");
    expect(chat.told).toEqual([]);
  });

  test("takes the code in answer to a question too, typed as people type", async () => {
    const code = await codeFor(north);
    await south.says("/link");
    await south.presses("I have a code");
    await south.says(code.toLowerCase().replaceAll("-", " "));
    await south.presses(YES);
    expect(south.last()).toContain("Linked: North and South.");
  });

  test("tells the side that showed the code, who can undo it there", async () => {
    await linksTo(south, north);
    expect(north.last()).toContain("South has typed your code");
    await north.presses("It was not me: undo it");
    expect(north.last()).toContain("that account is on its own again");
    await north.says("/account");
    expect(north.last()).not.toContain("South");
    expect((await CustomerModel.find().lean()).some(({ mergedInto }) => mergedInto)).toBe(false);
  });

  test("takes a whole family away again when the code was stolen, and leaves the rest", async () => {
    const own = chat.person("south", "ada-2");
    await linksTo(own, north);
    const thief = chat.person("south", "eve-2");
    await linksTo(thief, south);
    await linksTo(south, north);
    await north.says("/account");
    expect(north.last()).toContain("North, South, South 2, and South 3");
    await north.presses("It was not me: undo it");
    await north.says("/account");
    expect(north.last()).toContain("North and South");
    expect(north.last()).not.toContain("South 2");
  });

  test("of one's own code on the same account says so", async () => {
    await north.says(`/link ${await codeFor(north)}`);
    expect(north.last()).toContain("shown right here");
  });

  test("says the same of a used, an expired and an unknown code, and offers another try", async () => {
    const used = await codeFor(north);
    await south.says(`/link ${used}`);
    await south.presses(YES);
    const eve = chat.person("south", "eve");
    await eve.says(`/link ${used}`);
    const said = new Set([eve.last()]);
    const old = await codeFor(north);
    world.clock.advance(LINK_CODE_MS);
    await eve.says(`/link ${old}`);
    said.add(eve.last());
    await eve.says("/link hello");
    said.add(eve.last());
    expect([...said]).toEqual([
      "That code can not be used. Write /link on your other platform to get a new one.",
    ]);
    await eve.presses("I have a code");
    await eve.says(await codeFor(north));
    await eve.presses(YES);
    expect(eve.last()).toContain("Linked:");
  });

  test("ends after ten wrong codes", async () => {
    for (let time = 0; time < 10; time += 1) await south.says("/link wrong");
    expect(south.last()).toContain("can not be used");
    await south.says(`/link ${await codeFor(north)}`);
    expect(south.last()).toContain("too many wrong codes");
  });

  test("tells nobody anew when the two were linked already", async () => {
    await linksTo(south, north);
    await south.says(`/link ${await codeFor(north)}`);
    expect(south.last()).toContain("Linked: North and South.");
    expect(chat.told).toHaveLength(1);
  });

  test("speaks the language of the account that showed the code from then on", async () => {
    await north.says("/language");
    await north.presses("中文");
    const code = await codeFor(north);
    await south.says(`/link ${code}`);
    await south.presses(YES);
    expect(south.last()).toMatch(/已关联：North和South/);
  });
});

describe("/unlink", () => {
  test("lets the account stand on its own", async () => {
    await linksTo(south, north);
    await south.says("/unlink");
    expect(south.last()).toContain("on its own again");
    await north.says("/account");
    expect(north.last()).not.toContain("South");
  });

  test("of an account that is not linked says so", async () => {
    await north.says("/unlink");
    expect(north.last()).toContain("not linked to another");
  });
});

describe("where news goes", () => {
  test("can be chosen once there are several accounts, and shows what is chosen", async () => {
    await north.says("/account");
    const picks = (person: Person) =>
      person
        .views()
        .at(-1)
        ?.controls.flatMap((control) => (control.kind === "pick" ? [control] : [])) ?? [];
    expect(picks(north)).toEqual([]);
    await linksTo(south, north);
    await north.says("/account");
    const chosen = () =>
      picks(north)[0]
        ?.options.filter(({ selected }) => selected)
        .map(({ label }) => label);
    expect(picks(north)[0]?.label).toBe("News of orders come to");
    expect(chosen()).toEqual(["where I wrote last"]);
    await north.presses("South");
    expect(chosen()).toEqual(["South"]);
    await north.presses("where I wrote last");
    expect(chosen()).toEqual(["where I wrote last"]);
  });
});

test("somebody else's order stays closed, and opens once the accounts are linked", async () => {
  await putMugInCart(north);
  await north.presses("Checkout");
  for (const answer of ["Ada", "ada@example.com", "+4930901820", "Torstraße 1", "Berlin", "Germany", "10119"])
    await north.says(answer);
  await north.presses("Post: €4.90, 2–4 days");
  await north.says("/orders");
  await south.says("/orders");
  expect(south.last()).toBe("You have no orders yet.");
  await linksTo(south, north);
  await south.says("/orders");
  expect(south.last()).toContain("Order H-1001");
  await south.presses("View order");
  expect(south.last()).toContain("Torstraße 1");
  await south.says("/unlink");
  await south.presses("View order");
  expect(south.last()).toContain("I can't find that order.");
});
