import { createInterface } from "node:readline";
import { z } from "zod";
import { createCommerce } from "../../src/shop/commerce.ts";
import { ShopError } from "../../src/shop/core/errors.ts";
import { OutOfStock } from "../../src/shop/inventory/stock.ts";
import { findOrder } from "../../src/shop/orders/find-order.ts";
import { connect, disconnect } from "../../src/store/connect.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import { PaymentDouble } from "../doubles/payment-provider.ts";
import { Clock } from "../shop/orders/clock.ts";

/**
 * A process of the shop that buys for others: `races-process.ts <database>`. It prints "ready", then reads lists of
 * drafts, one line of JSON each, places all of a list at once, and prints what became of them.
 */
const [url = ""] = process.argv.slice(2);
useSecret("a secret that only tests know");
await connect(url);
const { now } = new Clock();
const commerce = createCommerce({ provider: new PaymentDouble({ now }), live: false, now });
commerce.onNotification(async () => {});
process.stdout.write('"ready"\n');

async function place(id: string): Promise<object> {
  const draft = await findOrder(id);
  if (draft === null) return { id, code: "GONE" };
  try {
    return { id, state: (await commerce.placeOrder(draft)).state };
  } catch (error) {
    if (error instanceof OutOfStock) return { id, code: error.code, available: error.available };
    if (error instanceof ShopError) return { id, code: error.code };
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const ids = z.array(z.string()).parse(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(await Promise.all(ids.map(place)))}\n`);
}
await disconnect();
