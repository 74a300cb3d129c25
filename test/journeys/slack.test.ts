import { afterAll, beforeAll, expect, test } from "vitest";
import { ConversationModel } from "../../src/engine/conversation.ts";
import { eraseWhenDone } from "../../src/shop/accounts/erase.ts";
import { accountByIdentity } from "../../src/shop/customers/customer-record.ts";
import { type SlackDouble, slackDouble } from "../doubles/slack.ts";
import { buysAndReviews, buysNow, merchant, person } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld, type World } from "./world.ts";

let slack: SlackDouble;
let world: World;
beforeAll(async () => {
  slack = await slackDouble();
  world = await openWorld({
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_ROOT: slack.url,
  });
});
afterAll(async () => {
  await world.close();
  await slack.close();
});

const byCard = async (link: string) => void (await new Payer(link).pays("card"));

test("a shopper buys a mug in Slack, from the front door to the review", async () => {
  const ada = slack.person("U0000ADA", { name: "Ada", locale: "en-US" });
  await buysAndReviews(ada, world, byCard);
  expect(ada.transcript()).toContain("paid");
  expect(ada.transcript()).not.toContain("Your review of"); // a window at once, and nothing of it stays
  expect(slack.late).toEqual([]);
});

test("the same journey ends well when one call to Slack in ten fails", async () => {
  slack.failRate(0.1, 20_261_123);
  const eve = slack.person("U0000EVE", { name: "Eve", locale: "en-US" });
  await buysAndReviews(eve, world, byCard);
  slack.failRate(0, 1);
  expect(slack.calls.filter(({ status }) => status === 429 || status >= 500)).not.toEqual([]);
});

test("what a form finds wrong is said inside the window, where it can be put right", async () => {
  const bob = slack.person("U0000BOB", { name: "Bob", locale: "en-US" });
  await bob.says("/start p-dune-mug");
  await bob.presses("Buy now");
  expect(Object.keys(await bob.fillsWrong({ ...person, Phone: "12" }))).toEqual(["Phone"]);
  expect(Object.keys(await bob.fillsWrong({ ...person, "Postal code": "" }))).toEqual(["Postal code"]);
  await bob.fills(person);
  await bob.sees(/How should it travel/);
});

test("a postal code of an unusual shape is asked about once, and then taken", async () => {
  const kim = slack.person("U0000KIM", { name: "Kim", locale: "en-US" });
  await kim.says("/start p-dune-mug");
  await kim.presses("Buy now");
  await kim.fills({ ...person, "Postal code": "1096" });
  await kim.sees(/“1096” does not look like a postal code of Germany\. Is this right\?/);
  await kim.presses("Yes, it is right");
  await kim.sees(/How should it travel/);
});

test("the Home tab shows the shop, the cart and the orders, and its buttons lead on in the messages", async () => {
  const ivy = slack.person("U0000IVY", { name: "Ivy", locale: "en-US" });
  const before = await ivy.opensHome();
  expect(before).toMatch(/Welcome to/);
  expect(before).toMatch(/keep this chat, your cart/); // said at the first visit, wherever that is
  expect(before).toMatch(/Your cart is empty/);
  await ivy.pressesInHome(/^Paper & Desk/);
  await ivy.sees(/Paper & Desk/);
  await ivy.says("/start p-dune-mug");
  await ivy.presses("Add to cart");
  await ivy.sees(/Added: /);
  expect(await ivy.opensHome()).toMatch(/Subtotal|€22\.00/);
});

test("erasing oneself reaches the Home tab's conversation and what was said in channels", async () => {
  const uma = slack.person("U0000UMA", { name: "Uma", locale: "en-US" });
  const there = slack.person("U0000UMA", { name: "Uma", locale: "en-US", channel: "C0SHARED9" });
  await there.says("/start");
  await there.sees(/Welcome to/);
  await uma.opensHome();
  const home = () =>
    JSON.stringify(
      slack.homes.filter(({ user }) => user === "U0000UMA").map(({ content }) => content.blocks),
    );
  expect(home()).toMatch(/cart/i);
  const kept = async () => {
    const found = await ConversationModel.find({
      "address.platform": "slack",
      "person.id": "U0000UMA",
    }).lean();
    return found.map(({ _id }) => _id.split("/").slice(2).join("/")).toSorted();
  };
  await uma.says("/privacy");
  await uma.presses("Erase my data");
  await uma.sees(/erase/i);
  expect(await kept()).toEqual(["C0SHARED9/U0000UMA", "U0000UMA", "home:U0000UMA"]);
  await uma.presses("Yes, erase me");
  await expect.poll(kept).toEqual(["U0000UMA"]); // where they are answered
  await expect.poll(home).not.toMatch(/cart|Welcome/i);
});

test("in a channel the shop is for all, and a cart for its owner's eyes only", async () => {
  const kim = slack.person("U0000KIM", { name: "Kim", locale: "en-US", channel: "C0SHARED1" });
  const lee = slack.person("U0000LEE", { name: "Lee", locale: "en-US", channel: "C0SHARED1" });
  await kim.says("/start p-dune-mug");
  await kim.sees(/Stock:?\s/);
  expect(lee.transcript()).toMatch(/Stock/);
  await kim.presses("Add to cart");
  await kim.sees(/Added: /);
  await kim.says("/cart");
  await kim.sees(/Your cart/);
  expect(lee.transcript()).not.toMatch(/Your cart|Added: /);
  expect(kim.transcript()).toMatch(/only visible to you/i);
});

test("an address of the shop that somebody posts is unfolded, and its button is for everyone", async () => {
  const meg = slack.person("U0000MEG", { name: "Meg", locale: "en-US", channel: "C0SHARED2" });
  const ned = slack.person("U0000NED", { name: "Ned", locale: "en-US", channel: "C0SHARED2" });
  await meg.postsLink(`${world.url}/p/dune-mug`);
  await slack.until(
    () => slack.unfurls[0],
    5000,
    () => "nothing was unfolded",
  );
  expect(JSON.stringify(slack.unfurls[0])).toContain("Dune Mug");
  await meg.postsLink("https://elsewhere.example/p/dune-mug");
  await ned.presses("View");
  await ned.sees(/Stock:?\s/);
  expect(slack.unfurls).toHaveLength(1);
});

test("news finds a shopper who has only ever been in a channel", async () => {
  const oz = slack.person("U0000OZ", { name: "Oz", locale: "en-US", channel: "C0SHARED3" });
  await oz.says("/start p-dune-mug");
  await buysNow(oz);
  await byCard(await oz.link(/^Pay /));
  const inMessages = slack.person("U0000OZ", { name: "Oz", locale: "en-US" });
  const paid = await inMessages.sees(/paid/i, 10_000);
  const number = /H-\d+/.exec(paid.text)?.[0] ?? "";
  await inMessages.presses("View order");
  await inMessages.sees(/\bPaid\b/);
  // No news, but what is shown of the order is true wherever it stands.
  await merchant(world, "pack", number);
  await inMessages.sees(/\bPacked\b/, 10_000);
  await merchant(world, "ship", number, "--carrier", "DHL", "--tracking", "7");
  await inMessages.sees(/on its way/, 10_000);
  expect(oz.transcript()).not.toMatch(/on its way/);
  await inMessages.presses("View order");
  await inMessages.sees(/On its way/);
});

test("who is to be erased later is forgotten in every chat by the shop's own sweep", async () => {
  const vic = slack.person("U0000VIC", { name: "Vic", locale: "en-US" });
  await vic.says("/start");
  await vic.sees(/Welcome to/);
  await vic.opensHome();
  const theirs = { "address.platform": "slack", "person.id": "U0000VIC" };
  const { address } = await ConversationModel.findOne(theirs).orFail().lean();
  const identity = { platform: "slack", connection: address.connection, user: "U0000VIC" };
  const account = await accountByIdentity("demo", identity);
  await eraseWhenDone("demo", account?._id ?? "");
  await world.restart({}); // it looks at its start, and once a minute
  await expect.poll(() => ConversationModel.countDocuments(theirs)).toBe(0);
  await expect.poll(() => accountByIdentity("demo", identity)).toBeNull(); // the account goes last
});
