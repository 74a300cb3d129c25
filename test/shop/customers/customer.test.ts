import { expect, test } from "vitest";
import { eraseCustomer } from "../../../src/shop/accounts/erase.ts";
import {
  ADDRESSES_MAX,
  CustomerModel,
  customerFor,
  getCustomer,
  giveConsent,
  removeAddress,
  saveAddress,
  setLanguage,
} from "../../../src/shop/customers/customer.ts";
import { CannotOpen } from "../../../src/store/secret-box.ts";
import { withStore } from "../catalog/with-store.ts";

withStore();

let users = 0;
const someone = () => ({ platform: "telegram", connection: "bot", user: `${++users}` });
const now = new Date(Date.UTC(2026, 0, 1));
const home = {
  name: "Ada Lovelace",
  email: "ada@example.com",
  phone: "+4930123456",
  street: "Torstraße 1",
  city: "Berlin",
  postalCode: "10119",
  country: "DE",
};

test("someone seen first is a new customer, and the same one afterwards", async () => {
  const identity = someone();
  const first = await customerFor("s", identity, { language: "zh", name: "Ada\u202e" }, now);
  expect(first).toMatchObject({
    isNew: true,
    customer: { name: "Ada", language: "zh", identities: [identity] },
  });
  const again = await customerFor("s", identity, { language: "en" }, now);
  expect(again).toEqual({ isNew: false, customer: first.customer });
});

test("somebody stays new for the call that made them, so that a turn that is run again greets them again", async () => {
  const identity = someone();
  const seen = async (key: string) => (await customerFor("s", identity, { language: "en", key })).isNew;
  expect(await seen("first turn")).toBe(true);
  expect(await seen("first turn")).toBe(true);
  expect(await seen("second turn")).toBe(false);
});

test("twenty events of a new person at a time make one customer", async () => {
  const identity = someone();
  const seen = await Promise.all(
    Array.from({ length: 20 }, async () => customerFor("s", identity, { language: "en" })),
  );
  expect(new Set(seen.map(({ customer }) => customer._id)).size).toBe(1);
  expect(seen.filter(({ isNew }) => isNew)).toHaveLength(1);
});

test("the same user id in another shop, platform or connection is someone else", async () => {
  const identity = someone();
  const ids = await Promise.all([
    customerFor("s", identity, { language: "en" }),
    customerFor("t", identity, { language: "en" }),
    customerFor("s", { ...identity, platform: "web" }, { language: "en" }),
    customerFor("s", { ...identity, connection: "other" }, { language: "en" }),
  ]);
  expect(new Set(ids.map(({ customer }) => customer._id)).size).toBe(4);
});

test("a customer of one shop is not found in another", async () => {
  const { customer } = await customerFor("s", someone(), { language: "en" });
  await expect(getCustomer("t", customer._id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(setLanguage("t", customer._id, "zh")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("language and consent are kept; consent keeps its first time", async () => {
  const { customer } = await customerFor("s", someone(), { language: "en" });
  await setLanguage("s", customer._id, "zh");
  await giveConsent("s", customer._id, now);
  await giveConsent("s", customer._id, new Date());
  expect(await getCustomer("s", customer._id)).toMatchObject({ language: "zh", consentAt: now });
});

test("nothing personal can be read in the store", async () => {
  const { customer } = await customerFor("s", someone(), { language: "en", name: "Ada Lovelace" });
  await saveAddress("s", customer._id, home);
  const stored = JSON.stringify(await CustomerModel.findById(customer._id).lean());
  // Long enough not to turn up in a ciphertext by chance.
  for (const word of ["Lovelace", "example.com", "30123456", "Torstr", "10119", "Berlin"]) {
    expect(stored).not.toContain(word);
    expect(stored).not.toContain(Buffer.from(word).toString("base64url").slice(0, -2));
  }
});

test("a sealed field that is moved to another field or customer does not open", async () => {
  const one = (await customerFor("s", someone(), { language: "en", name: "One" })).customer._id;
  const two = (await customerFor("s", someone(), { language: "en", name: "Two" })).customer._id;
  await saveAddress("s", one, home);
  const stored = await CustomerModel.findById(one).lean();
  await CustomerModel.updateOne({ _id: two }, { $set: { name: stored?.name } });
  await expect(getCustomer("s", two)).rejects.toThrow(CannotOpen);
  await CustomerModel.updateOne({ _id: one }, { $set: { email: stored?.phone } });
  await expect(getCustomer("s", one)).rejects.toThrow(CannotOpen);
});

test("an address is kept once, the latest first, and its contact becomes the customer's", async () => {
  const { customer } = await customerFor("s", someone(), { language: "en" });
  const first = await saveAddress("s", customer._id, home);
  const second = await saveAddress("s", customer._id, { ...home, street: "Torstraße 2" });
  const again = await saveAddress("s", customer._id, { ...home, country: "Germany", phone: "030 123456" });
  expect(again).toEqual(first);
  const { addresses, name, email, phone } = await getCustomer("s", customer._id);
  expect(addresses).toEqual([first, second]);
  expect({ name, email, phone }).toEqual({ name: home.name, email: home.email, phone: home.phone });
  await saveAddress("s", customer._id, { ...home, id: second.id, city: "Potsdam" });
  await removeAddress("s", customer._id, first.id);
  expect((await getCustomer("s", customer._id)).addresses).toMatchObject([
    { id: second.id, city: "Potsdam" },
  ]);
});

test("of more than ten addresses the one used longest ago makes room", async () => {
  const { customer } = await customerFor("s", someone(), { language: "en" });
  for (let number = 0; number <= ADDRESSES_MAX; number += 1)
    await saveAddress("s", customer._id, { ...home, street: `Torstraße ${number}` });
  const { addresses } = await getCustomer("s", customer._id);
  expect(addresses).toHaveLength(ADDRESSES_MAX);
  expect(addresses[0]?.street).toBe("Torstraße 10");
  expect(addresses.some(({ street }) => street === "Torstraße 0")).toBe(false);
});

test("a wrong address is refused and nothing changes", async () => {
  const { customer } = await customerFor("s", someone(), { language: "en" });
  await expect(saveAddress("s", customer._id, { ...home, email: "nobody" })).rejects.toThrow();
  await expect(saveAddress("s", "c-nobody", home)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect((await getCustomer("s", customer._id)).addresses).toEqual([]);
});

test("erased customers leave only their ids, and come back as new ones", async () => {
  const identities = [someone(), someone()];
  for (const identity of identities) {
    const { customer } = await customerFor("s", identity, { language: "en", name: "Ada" }, now);
    await saveAddress("s", customer._id, home);
    await eraseCustomer("s", customer._id);
    expect(await getCustomer("s", customer._id)).toEqual({
      _id: customer._id,
      shop: "s",
      family: [customer._id],
      identities: [],
      language: "en",
      addresses: [],
      createdAt: now,
    });
    const back = await customerFor("s", identity, { language: "en" });
    expect(back.isNew).toBe(true);
    expect(back.customer._id).not.toBe(customer._id);
  }
});
