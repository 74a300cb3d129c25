import { afterAll, beforeAll } from "vitest";
import type { ProductInput } from "../../../src/shop/catalog/product.ts";
import { type Shop, saveShop } from "../../../src/shop/core/shop.ts";
import { connect, disconnect, ensureIndexes } from "../../../src/store/connect.ts";
import { useSecret } from "../../../src/store/secret-box.ts";
import { type FreshDatabase, freshDatabase } from "../../setup/database.ts";

/** Connects the tests of a file to a database of their own. */
export function withStore(): void {
  let database: FreshDatabase;
  beforeAll(async () => {
    useSecret("a secret for tests, long enough");
    database = await freshDatabase();
    await connect(`${database.url}${database.url.includes("?") ? "&" : "?"}monitorCommands=true`);
    await ensureIndexes();
  });
  afterAll(async () => {
    await disconnect();
    await database.drop();
  });
}

let made = 0;

/** A shop that no other test uses. */
export async function aShop(currency = "EUR"): Promise<Shop> {
  made += 1;
  return saveShop({
    _id: `shop-${made}`,
    name: { en: `Shop ${made}` },
    currency,
    languages: ["en", "zh"],
    zones: [],
  });
}

/** A product of one variant, changed as a test needs it. */
export const aProduct = (shop: string, slug: string, change: Partial<ProductInput> = {}): ProductInput => ({
  shop,
  slug,
  title: { en: slug },
  description: { en: "" },
  category: "c",
  tags: [],
  options: [],
  variants: [{ sku: slug.toUpperCase(), values: [], price: 1000 }],
  images: [],
  status: "active",
  ...change,
});
