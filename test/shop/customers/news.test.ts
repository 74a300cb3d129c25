import { beforeEach, expect, test, vi } from "vitest";
import { unlink } from "../../../src/shop/accounts/customer-link.ts";
import { eraseCustomer } from "../../../src/shop/accounts/erase.ts";
import { getCustomer } from "../../../src/shop/customers/customer.ts";
import { CustomerModel } from "../../../src/shop/customers/customer-record.ts";
import { chooseNews, newsIdentity, nextForNews, noteUse } from "../../../src/shop/customers/news.ts";
import { useStore, World } from "../orders/world.ts";
import { type Account, anAccount, links } from "./accounts.ts";

useStore();

const shop = "house";
let ada: Account;
let web: Account;
beforeEach(async () => {
  await World.create();
  ada = await anAccount(shop);
  web = await anAccount(shop, "web");
});

const destination = async (account: Account) => newsIdentity(await getCustomer(shop, account.id));
const writesFrom = async (account: Account) => noteUse(await account.customer(), account.identity);

test("news of somebody with one account goes there, and nothing needs to be remembered for it", async () => {
  const writes = vi.spyOn(CustomerModel, "updateOne");
  await writesFrom(ada);
  expect(writes).not.toHaveBeenCalled();
  writes.mockRestore();
  expect(await destination(ada)).toEqual(ada.identity);
});

test("news goes where somebody wrote last, which is written down only when it changes", async () => {
  await links(shop, ada, web);
  const writes = vi.spyOn(CustomerModel, "updateOne");
  for (const account of [web, web, ada, ada, ada, web]) {
    await writesFrom(account);
    expect(await destination(ada)).toEqual(account.identity);
  }
  expect(writes).toHaveBeenCalledTimes(3);
  writes.mockRestore();
});

test("news goes where they chose, wherever they write, until they choose otherwise", async () => {
  await links(shop, ada, web);
  await chooseNews(await ada.customer(), ada.identity);
  await writesFrom(web);
  expect(await destination(web)).toEqual(ada.identity);
  await chooseNews(await ada.customer(), null);
  expect(await destination(web)).toEqual(web.identity);
});

test("nobody can have the news sent to somebody else", async () => {
  const eve = await anAccount(shop);
  await links(shop, ada, web);
  await chooseNews(await ada.customer(), eve.identity);
  expect(await destination(ada)).not.toEqual(eve.identity);
  expect((await CustomerModel.findById(ada.id).lean())?.newsTo).toBeUndefined();
});

test("news of an older order goes to the customer its account belongs to now", async () => {
  await links(shop, ada, web);
  await writesFrom(ada);
  expect(await destination(web)).toEqual(ada.identity);
});

test("a choice ends with the link", async () => {
  await links(shop, ada, web);
  await chooseNews(await ada.customer(), web.identity);
  await unlink(shop, web.id);
  expect(await destination(ada)).toEqual(ada.identity);
  expect(await destination(web)).toEqual(web.identity);
});

test("nobody is told after they were erased", async () => {
  await links(shop, ada, web);
  await eraseCustomer(shop, ada.id);
  expect(await destination(ada)).toBeUndefined();
  expect(await destination(web)).toBeUndefined();
});

test("news that is refused everywhere is offered to each account once, the chosen one first", async () => {
  const third = await anAccount(shop);
  await links(shop, ada, web);
  await links(shop, ada, third);
  await chooseNews(await ada.customer(), web.identity);
  const tried = [await destination(ada)];
  for (let at = tried[0]; at; ) {
    at = await nextForNews(shop, at);
    if (at) tried.push(at);
    expect(tried.length).toBeLessThanOrEqual(3);
  }
  expect(tried[0]).toEqual(web.identity);
  expect(new Set(tried.map((one) => one?.user)).size).toBe(3);
  expect(await nextForNews(shop, { platform: "x", connection: "y", user: "nobody" })).toBeUndefined();
});
