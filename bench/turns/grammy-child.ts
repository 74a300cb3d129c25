/**
 * A bare grammY bot of the usual make, for comparison: sessions and conversations kept by `@grammyjs/storage-mongodb`,
 * webhook, the same catalog in the same kind of store. It browses, searches and fills a cart; it does not seal what it
 * keeps, drop repeated updates, survive a crash within a turn, show pictures, speak a second language or check out.
 */
import { createServer } from "node:http";
import { join } from "node:path";
import {
  type Conversation,
  type ConversationFlavor,
  conversations,
  createConversation,
} from "@grammyjs/conversations";
import { MongoDBAdapter } from "@grammyjs/storage-mongodb";
import { startEmbedded } from "@hawker/embedded-mongodb";
import { Bot, type Context, InlineKeyboard, type SessionFlavor, session, webhookCallback } from "grammy";
import mongoose from "mongoose";
import { demoShop, seedDemo } from "../../src/demo/index.ts";
import type { Category } from "../../src/shop/catalog/category.ts";
import type { Product } from "../../src/shop/catalog/product.ts";
import type { Stock } from "../../src/shop/inventory/stock.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { watchProcess } from "./measure.ts";
import { answerQuestions } from "./questions.ts";
import { stockUp } from "./seed.ts";

interface Cart {
  cart: { sku: string; quantity: number }[];
}
type Talk = ConversationFlavor<Context & SessionFlavor<Cart>>;

const sample = watchProcess();
const { PORT, DATA_DIR = "", MONGODB_URL, PUBLIC_URL, TELEGRAM_API_ROOT = "" } = process.env;
const { TELEGRAM_BOT_TOKEN = "", TELEGRAM_WEBHOOK_SECRET = "" } = process.env;
const embedded = MONGODB_URL ? undefined : await startEmbedded({ dir: join(DATA_DIR, "store") });
await connect(MONGODB_URL || (embedded?.url ?? ""));
await ensureIndexes();
await seedDemo();

const { db } = mongoose.connection;
if (!db) throw new Error("The store is not connected.");
const shop = demoShop._id;
const products = db.collection<Product>("products");
const categories = db.collection<Category>("categories");
const stocks = db.collection<Stock>("stocks");
const sessions = db.collection("sessions");
const talks = db.collection("talks");
for (const kept of [sessions, talks]) await kept.createIndex({ key: 1 }, { unique: true });

// The package brings declarations of another driver with it, which the compiler takes for another class.
const keptIn = <T>(collection: typeof sessions): MongoDBAdapter<T> =>
  Reflect.construct(MongoDBAdapter, [{ collection }]);

const cost = (minor: number) => `€${(minor / 100).toFixed(2)}`;
const bot = new Bot<Talk>(TELEGRAM_BOT_TOKEN, { client: { apiRoot: TELEGRAM_API_ROOT } });
bot.use(session({ initial: (): Cart => ({ cart: [] }), storage: keptIn<Cart>(sessions) }));
bot.use(conversations({ storage: { type: "key", adapter: keptIn(talks) } }));

/** Asks how many and puts them into the cart; anything else ends it. */
async function adding(conversation: Conversation<Talk>, context: Context, sku: string): Promise<void> {
  const keyboard = new InlineKeyboard();
  for (const count of [1, 2, 3]) keyboard.text(String(count), `qty|${sku}|${count}`);
  await context.reply("How many?", {
    reply_markup: keyboard.row().text("Cart", "cart").text("Shop", "browse"),
  });
  const next = await conversation.wait();
  const [name, , count] = next.callbackQuery?.data?.split("|") ?? [];
  if (name !== "qty") return conversation.halt({ next: true });
  await next.answerCallbackQuery();
  await conversation.external((outside) => {
    outside.session.cart = [
      ...outside.session.cart.filter((line) => line.sku !== sku),
      { sku, quantity: Number(count) },
    ];
  });
  await next.reply("✓ in your cart", {
    reply_markup: new InlineKeyboard().text("Cart", "cart").text("Shop", "browse"),
  });
}
bot.use(createConversation(adding, "adding"));

const show = async (context: Talk, text: string, reply_markup: InlineKeyboard) => {
  if (!context.callbackQuery) return context.reply(text, { reply_markup });
  await context.answerCallbackQuery();
  return context.editMessageText(text, { reply_markup });
};

const browse = async (context: Talk) => {
  const shelves = await categories.find({ shop }).sort({ position: 1 }).toArray();
  const keyboard = new InlineKeyboard();
  for (const shelf of shelves) {
    const count = await products.countDocuments({ shop, status: "active", category: shelf._id });
    keyboard.text(`${shelf.title.en} (${count})`, `cat|${shelf._id}`).row();
  }
  return show(context, "Our shop", keyboard.text("Cart", "cart"));
};
const list = (context: Talk, found: readonly Product[], title: string) => {
  const keyboard = new InlineKeyboard();
  for (const each of found) keyboard.text(each.title.en ?? "", `p|${each._id}`).row();
  const lines = found.map((each, at) => `${at + 1}. ${each.title.en}\n${cost(each.minPrice)}`);
  return show(context, [title, ...lines].join("\n\n"), keyboard.text("Back", "browse").text("Cart", "cart"));
};
bot.command(["start", "shop"], browse);
bot.callbackQuery("browse", browse);
bot.callbackQuery(/^cat\|(.+)$/, async (context) => {
  const filter = { shop, status: "active" as const, category: context.match[1] ?? "" };
  const total = await products.countDocuments(filter);
  const found = await products.find(filter).sort({ createdAt: -1, _id: 1 }).limit(6).toArray();
  return list(context, found, `${total} things`);
});
bot.callbackQuery(/^p\|(.+)$/, async (context) => {
  const product = await products.findOne({ _id: context.match[1] ?? "", shop, status: "active" });
  if (!product) return show(context, "Gone.", new InlineKeyboard().text("Shop", "browse"));
  const ids = product.variants.map(({ sku }) => `${shop}/${sku}`);
  const left = await stocks.find({ _id: { $in: ids } }).toArray();
  const keyboard = new InlineKeyboard();
  for (const { sku, price } of product.variants)
    if (left.some((stock) => stock.sku === sku && stock.available > 0))
      keyboard.text(`Add ${sku} · ${cost(price)}`, `add|${sku}`).row();
  const text = `${product.title.en}\n\n${product.description.en}`;
  return show(context, text, keyboard.text("Back", `cat|${product.category}`).text("Cart", "cart"));
});
bot.callbackQuery(/^add\|(.+)$/, async (context) => {
  await context.answerCallbackQuery();
  await context.conversation.enter("adding", context.match[1]);
});
const cart = async (context: Talk) => {
  const { cart: lines } = context.session;
  const skus = lines.map(({ sku }) => sku);
  const found = await products.find({ shop, "variants.sku": { $in: skus } }).toArray();
  const variants = found.flatMap((product) => product.variants.map((variant) => ({ product, variant })));
  const shown = lines.flatMap(({ sku, quantity }) => {
    const line = variants.find(({ variant }) => variant.sku === sku);
    return line ? `${quantity} x ${line.product.title.en}, ${cost(line.variant.price * quantity)}` : [];
  });
  return show(context, ["Your cart", ...shown].join("\n"), new InlineKeyboard().text("Shop", "browse"));
};
bot.command("cart", cart);
bot.callbackQuery("cart", cart);
bot.on("callback_query", browse);
bot.on("message:text", async (context) => {
  const words = new RegExp(context.msg.text.replace(/[^\p{L}\p{N} ]/gu, ""), "i");
  const found = await products.find({ shop, status: "active", "title.en": words }).limit(6).toArray();
  return list(context, found, `Found ${found.length}`);
});
bot.catch(({ error }) => console.error(error));

await bot.init();
const server = createServer(webhookCallback(bot, "http", { secretToken: TELEGRAM_WEBHOOK_SECRET }));
server.listen(Number(PORT), "127.0.0.1", () => bot.api.setWebhook(`${PUBLIC_URL}/webhooks/telegram`));

answerQuestions(async (question) => {
  if (question.ask === "sample") return sample(question.collect);
  if (question.ask === "stock") return stockUp(question.available, question.sku);
  if (question.ask !== "stop") return undefined;
  server.closeAllConnections();
  server.close();
  await disconnect();
  await embedded?.stop();
  return undefined;
});
