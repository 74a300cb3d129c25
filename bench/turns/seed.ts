import mongoose from "mongoose";
import { demoShop } from "../../src/demo/index.ts";
import { conversationId, directAddress } from "../../src/engine/address.ts";
import { ConversationModel, type StoredConversation } from "../../src/engine/conversation.ts";
import { catalogChanged } from "../../src/shop/catalog/catalog-version.ts";
import { type Product, ProductModel } from "../../src/shop/catalog/product.ts";
import { newId } from "../../src/shop/core/ids.ts";
import {
  identityKey,
  type StoredCustomer,
  sealAddress,
  sealField,
} from "../../src/shop/customers/customer-record.ts";
import { type Stock, StockModel, setStock } from "../../src/shop/inventory/stock.ts";
import { productAt } from "../catalog-file.ts";

const SHOP = demoShop._id;
const CONNECTION = "4242";
const PART = 2_000;

const address = (user: number) => ({
  name: `P${user}`,
  email: "ada@example.com",
  phone: "+4930123456",
  street: "Lindenstr. 1",
  city: "Berlin",
  postalCode: "10969",
  country: "DE",
});

/** Past mongoose's checks, which would be most of the time here. */
async function insertInto<T extends { _id: string }>(name: string, documents: readonly T[]): Promise<void> {
  const bare: mongoose.mongo.Document[] = [...documents];
  await mongoose.connection.db?.collection(name).insertMany(bare);
}

/** Writes a collection's documents in parts. */
async function write<T>(
  count: number,
  make: (at: number) => T,
  insert: (part: T[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < count; from += PART)
    await insert(Array.from({ length: Math.min(PART, count - from) }, (_, at) => make(from + at)));
}

/** Registers people of the ids `from` and on, who have bought before: each has an address. */
export async function addCustomers(people: number, from = 1): Promise<void> {
  const make = (at: number): StoredCustomer => {
    const user = from + at;
    const _id = newId("c");
    const home = newId("a");
    const identity = { platform: "telegram", connection: CONNECTION, user: String(user) };
    return {
      _id,
      shop: SHOP,
      identities: [{ ...identity, key: identityKey(SHOP, identity) }],
      name: sealField(_id, "name", `P${user}`),
      language: "en",
      consentAt: new Date(),
      addresses: [{ id: home, sealed: sealAddress(_id, home, address(user)) }],
      createdAt: new Date(),
    };
  };
  await write(people, make, (part) => insertInto("customers", part));
}

/** Gives every SKU, or one, so many free units. */
export async function stockUp(available: number, sku?: string): Promise<void> {
  const stocks = await StockModel.find(sku === undefined ? { shop: SHOP } : { shop: SHOP, sku }).lean<
    Stock[]
  >();
  for (const each of stocks) await setStock(SHOP, each.sku, available);
}

/** Copies of the demo shop's products, with titles of their own, until there are `count`. */
export async function growProducts(count: number): Promise<void> {
  const models = await ProductModel.find({ shop: SHOP, status: "active" }).lean<Product[]>();
  const have = await ProductModel.countDocuments({ shop: SHOP });
  const make = (at: number): Product => {
    const n = have + at;
    const model = models[n % models.length];
    if (!model) throw new Error("There is no product to copy.");
    const { handle, title } = productAt(n);
    const variants = model.variants.map((variant) => ({ ...variant, sku: `${variant.sku}-${n}` }));
    return { ...model, _id: newId("p"), slug: handle, title, variants, updatedAt: new Date() };
  };
  await write(Math.max(0, count - have), make, async (products) => {
    await insertInto("products", products);
    await insertInto(
      "stocks",
      products.flatMap(({ variants }) =>
        variants.map(
          ({ sku }): Stock => ({
            _id: `${SHOP}/${sku}`,
            shop: SHOP,
            sku,
            available: 1_000_000,
            holds: [],
            sales: [],
            sold: 0,
            adjustments: 1_000_000,
            settled: [],
          }),
        ),
      ),
    );
  });
  await catalogChanged(SHOP, { wholly: true });
}

/** A product of one variant under the handle "flash"; answers its SKU. */
export async function addFlash(units: number): Promise<string> {
  const sku = "FLASH";
  const model = await ProductModel.findOne({ shop: SHOP, status: "active" }).lean<Product>();
  const variant = model?.variants[0];
  if (!model || !variant) throw new Error("There is no product to copy.");
  const only = { ...variant, sku, values: [] };
  const images: Product["images"] = [];
  await insertInto("products", [
    { ...model, _id: newId("p"), slug: "flash", options: [], variants: [only], images },
  ]);
  await setStock(SHOP, sku, units);
  await catalogChanged(SHOP);
  return sku;
}

/** Conversations that rest, copies of one that took place, until there are `count`. */
export async function growConversations(count: number): Promise<void> {
  const model = await ConversationModel.findOne({ owner: null }).lean<StoredConversation>();
  if (!model) throw new Error("There is no conversation to copy.");
  const have = await ConversationModel.countDocuments({});
  const make = (at: number): StoredConversation => {
    const address = directAddress(model.address, String(10_000_000 + have + at));
    return { ...model, _id: conversationId(address), address };
  };
  await write(Math.max(0, count - have), make, (part) => insertInto("conversations", part));
}
