import { beforeEach, expect, test } from "vitest";
import { ConversationModel } from "../../src/engine/index.ts";
import { customerFor, saveAddress } from "../../src/shop/customers/customer.ts";
import { keepSentPicture } from "../../src/shop/reviews/sent-picture.ts";
import { address, HOUR, useStore, World } from "../shop/orders/world.ts";
import { snapshot } from "../shop/reviews/some-pictures.ts";
import { Chat, type Person } from "./chat.ts";

useStore();

let world: World;
let chat: Chat;
let ada: Person;
beforeEach(async () => {
  world = await World.create();
  chat = new Chat(world);
  ada = chat.person("north", "ada");
  await ada.says("/start");
});

const account = async (person: Person) =>
  (await customerFor(world.shop, person.identity, { language: "en" })).customer;

test("/privacy says what is kept and why, and offers what can be done", async () => {
  await ada.says("/privacy");
  expect(ada.last()).toMatch(/We keep your name, email, phone and addresses/);
  const labels = ada
    .views()
    .at(-1)
    ?.controls.map(({ label }) => label);
  expect(labels).toEqual(["Export my data", "Erase my data", "Account", "Home"]);
});

test("the export is a JSON file with everything", async () => {
  await saveAddress(world.shop, (await account(ada))._id, address);
  await ada.says("/privacy");
  await ada.presses("Export my data");
  const file = ada.views().findLast((view) => view.file !== undefined)?.file;
  expect(file).toMatchObject({ name: "house-2046-03-01.json", contentType: "application/json" });
  expect(JSON.parse(file?.text ?? "")).toMatchObject({
    customer: { email: address.email, identities: [ada.identity] },
    addresses: [address],
  });
});

test("the pictures somebody sent come as files after it", async () => {
  const ids = [await snapshot(), await snapshot()].map((bytes) =>
    keepSentPicture(world.shop, ada.identity, bytes, undefined, world.clock.now()),
  );
  await Promise.all(ids);
  await ada.says("/privacy");
  await ada.presses("Export my data");
  const files = ada.views().flatMap(({ file }) => file ?? []);
  const { pictures } = JSON.parse(files[0]?.text ?? "");
  expect(new Set(pictures.map(({ id }: { id: string }) => id))).toEqual(new Set(await Promise.all(ids)));
  expect(files.slice(1)).toEqual(
    pictures.map(({ id, file }: { id: string; file: string }) => ({
      name: file,
      contentType: "image/jpeg",
      media: id,
    })),
  );
});

test("erasure asks first, and afterwards the person is new here", async () => {
  const before = await account(ada);
  await saveAddress(world.shop, before._id, address);
  await ada.says("/privacy");
  await ada.presses("Erase my data");
  expect(ada.last()).toMatch(/for good\?/);
  const danger = ada.views().at(-1)?.controls[0];
  expect(danger).toMatchObject({ label: "Yes, erase me", style: "danger" });
  await ada.presses("No, go back");
  expect((await account(ada)).addresses).toMatchObject([address]);
  await ada.presses("Yes, erase me");
  expect(ada.last()).toContain("we no longer know who you are");
  await ada.says("/account");
  expect(ada.last(1)).toContain("Welcome! To serve you we keep");
  expect(ada.last()).toContain("none yet");
  expect((await account(ada))._id).not.toBe(before._id);
});

test("erasure throws away what the chats on other platforms remember", async () => {
  const other = chat.person("south", "ada-s");
  await ada.says("/link");
  const code = /(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}/.exec(ada.last())?.[0];
  await other.says(`/link ${code}`);
  await other.presses("Yes, it is mine: link");
  expect(await ConversationModel.countDocuments()).toBe(2);
  await ada.says("/privacy");
  await ada.presses("Erase my data");
  await ada.presses("Yes, erase me");
  expect((await ConversationModel.find().lean()).map(({ _id }) => _id)).toEqual(["north/1/ada"]);
});

test("with an order under way erasure waits for it, if they wish, and can be called off", async () => {
  const order = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, (await account(ada))._id));
  await ada.says("/privacy");
  await ada.presses("Erase my data");
  await ada.presses("Yes, erase me");
  expect(ada.last()).toContain(`${order.number} can not be finished`);
  await ada.presses("Erase me when they are done");
  expect(ada.last()).toContain("as soon as your orders are done");
  await ada.presses("Do not erase me");
  await ada.says("/privacy");
  await ada.presses("Erase my data");
  await ada.presses("Yes, erase me");
  await ada.presses("Erase me when they are done");
  await world.commerce.cancelOrder(order, "customer");
  await ada.says("hello again"); // said after they asked
  world.clock.advance(HOUR);
  await world.commerce.sweep();
  expect(await ConversationModel.countDocuments()).toBe(0);
  expect((await account(ada))._id).not.toBe(order.customer);
});
