/** Hawker as a process of its own, which tells what it uses. Configured by the environment, as always. */
import { LIMITS } from "../../adapters/telegram/send.ts";
import { readConfig } from "../../src/config.ts";
import { demoShop } from "../../src/demo/index.ts";
import { startHawker } from "../../src/hawker.ts";
import { createLogger } from "../../src/log.ts";
import { CustomerModel } from "../../src/shop/customers/customer-record.ts";
import { OutOfStock, type Stock, StockModel } from "../../src/shop/inventory/stock.ts";
import { holdAll, releaseAll } from "../../src/shop/orders/order-stock.ts";
import { watchProcess } from "./measure.ts";
import { answerQuestions } from "./questions.ts";
import { addCustomers, addFlash, growConversations, growProducts, stockUp } from "./seed.ts";

// Telegram takes 30 messages a second of a bot (1,000 with paid broadcasts): that is Telegram's limit, not Hawker's, and
// its pace would be all that is measured. The one thing that is not as in the shop.
Object.assign(LIMITS.overall, { points: 1_000_000 });

const sample = watchProcess();
const config = readConfig(process.env);
const hawker = await startHawker(config, createLogger(config.logLevel));

const shop = demoShop._id;

/** Takes holds past all chat: `orders` of them, so many at a time. Those that got one let go of it at the end. */
async function holdMany(sku: string, orders: number, atATime: number) {
  const until = new Date(Date.now() + 60_000);
  const lines = [{ sku, quantity: 1 }];
  const held: string[] = [];
  let soldOut = 0;
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    for (let mine = next++; mine < orders; mine = next++) {
      const order = `bench-${started}-${mine}`;
      try {
        await holdAll(shop, order, lines, until);
        held.push(order);
      } catch (error) {
        if (!(error instanceof OutOfStock)) throw error;
        soldOut++;
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const seconds = (performance.now() - started) / 1000;
  for (const order of held) await releaseAll(shop, order, lines);
  return { held: held.length, soldOut, seconds };
}

answerQuestions(async (question) => {
  switch (question.ask) {
    case "sample":
      return sample(question.collect);
    case "customers":
      return addCustomers(question.people);
    case "stock":
      return stockUp(question.available, question.sku);
    case "flash":
      return addFlash(question.units);
    case "stock of":
      return StockModel.findById(`${shop}/${question.sku}`).lean<Stock>();
    case "hold":
      return holdMany(question.sku, question.orders, question.atATime);
    case "grow": {
      const have = await CustomerModel.countDocuments({});
      await growProducts(question.products);
      await addCustomers(Math.max(0, question.customers - have), 20_000_000 + have);
      return growConversations(question.conversations);
    }
    case "stop":
      return hawker.stop();
  }
});
