/**
 * The shop from a terminal, while it runs: what is written here is told to the customer by the running process.
 *
 *   npm run shop -- list [--shop demo] [--page N]
 *   npm run shop -- ship H-1001 --carrier DHL --tracking 00340434161094015902
 *   npm run shop -- deliver H-1001
 *   npm run shop -- label H-1001            (the address as its country's post wants it on a parcel)
 *   npm run shop -- pack H-1001
 *   npm run shop -- resolve H-1001 --accept | --refund      (an order in quarantine)
 *   npm run shop -- cancel H-1001                           (what was paid goes back, and the units into the stock)
 *   npm run shop -- test-money                              (back to test money, after a live key was used)
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import mongoose from "mongoose";
import { momentIn } from "../i18n/moment.ts";
import { isLiveKey } from "../payments/stripe-key.ts";
import { ShopError } from "../shop/core/errors.ts";
import { format, money } from "../shop/core/money.ts";
import { getShop, timeZoneOf } from "../shop/core/shop.ts";
import { addressLines } from "../shop/customers/addresses/address-lines.ts";
import { shownPhone } from "../shop/customers/addresses/contact.ts";
import { requestCancel } from "../shop/orders/cancel-order.ts";
import { addressOf } from "../shop/orders/checkout/order-address.ts";
import { getOrderByNumber, listOpenOrders } from "../shop/orders/find-order.ts";
import { deliver, HeldBack, pack, ship } from "../shop/orders/fulfilment.ts";
import { type Obstacle, obstaclesOf } from "../shop/orders/obstacles.ts";
import type { Order } from "../shop/orders/order.ts";
import { unmarkLive } from "../shop/orders/payments/live-switch.ts";
import { paymentTroubles } from "../shop/orders/payments/payment-trouble.ts";
import { hasRefusedStray, STRAY_REFUSED } from "../shop/orders/payments/refund-strays.ts";
import { resolveQuarantine } from "../shop/orders/quarantine.ts";
import { connect, disconnect } from "../store/connect.ts";
import { useSecret } from "../store/secret-box.ts";
import { tellError } from "./report.ts";

const usage = `Usage:
  npm run shop -- list [--page N]
  npm run shop -- label ORDER
  npm run shop -- pack ORDER
  npm run shop -- ship ORDER --carrier NAME --tracking NUMBER [--anyway]
  npm run shop -- deliver ORDER
  npm run shop -- resolve ORDER --accept | --refund
  npm run shop -- cancel ORDER
  npm run shop -- test-money      (back to test money, after a live key was used)
ORDER is a number such as H-1001. Add --shop ID for another shop than demo.`;

/** The command line makes no sense; the message says what would. */
class Misused extends Error {
  readonly code = "USAGE";
}

/**
 * Runs one command on a connected store and returns what to print. `live`: the shop takes real money by now, so that an order
 * of test money is not shipped even before the shop itself has ended it.
 *
 * @throws {ShopError | Misused}
 */
export async function runShopCommand(
  args: readonly string[],
  now: Date = new Date(),
  live = false,
): Promise<string> {
  const { values, positionals } = readArguments(args);
  const [command, number] = positionals;
  const { shop } = values;
  if (command === "list") return list(shop, Number(values.page));
  if (command === "test-money") return await backToTest(live);
  if (number === undefined) throw new Misused(usage);
  const order = await getOrderByNumber(shop, number);
  switch (command) {
    case "label":
      return label(order);
    case "pack":
      return told(await pack(order, "shop", now));
    case "ship": {
      const { carrier, tracking } = values;
      if (!carrier || !tracking) throw new Misused("ship needs --carrier and --tracking");
      const parcel = { carrier, tracking };
      return told(await ship(order, parcel, "shop", now, { anyway: values.anyway, live }).catch(explained));
    }
    case "cancel":
      return told(await requestCancel({ now: () => now }, order, "shop"));
    case "deliver":
      return told(await deliver(order, "shop", now));
    case "resolve": {
      if (values.accept === values.refund) throw new Misused("resolve needs either --accept or --refund");
      if (order.quarantine === undefined && !hasRefusedStray(order))
        return `${order.number} is not in quarantine`;
      return told(await resolveQuarantine(order, values.accept ? "accept" : "refund", "shop", now));
    }
    default:
      throw new Misused(usage);
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        shop: { type: "string", default: "demo" },
        page: { type: "string", default: "1" },
        carrier: { type: "string" },
        tracking: { type: "string" },
        anyway: { type: "boolean", default: false },
        accept: { type: "boolean", default: false },
        refund: { type: "boolean", default: false },
      },
    });
  } catch (cause) {
    throw new Misused(usage, { cause });
  }
}

/** Test money counts again, as before the first start with a live key. */
async function backToTest(live: boolean): Promise<string> {
  if (live)
    throw new Misused("STRIPE_SECRET_KEY is a live key: set a test key, or none, and restart the shop first");
  return (await unmarkLive())
    ? "test money counts again; real money is not taken"
    : "no real money was taken here";
}

/** The address and the phone number, line by line, as they go on a parcel. */
function label(order: Order): string {
  const address = addressOf(order);
  if (address === null) return `${order.number} has no address`;
  return [...addressLines(address, "en", { capitals: true }), shownPhone(address.phone)].join("\n");
}

/** What is to be known about an order's money, in words. */
function words(one: Obstacle): string {
  const amount = "amount" in one ? format(one.amount, "en") : "";
  const why = "reason" in one ? ` (${one.reason})` : "";
  switch (one.kind) {
    case "test-money":
      return "it was paid with test money, so no real money came in";
    case "disputed":
      return `the payer's bank disputes ${amount}${why}`;
    case "dispute-lost":
      return `the dispute over ${amount} is lost${why}`;
    case "refunded":
      return `${amount} was refunded`;
    case "refund-failed":
      return `a refund of ${amount} did not arrive`;
  }
}

function explained(error: unknown): never {
  if (!(error instanceof HeldBack)) throw error;
  const { number } = error.order;
  throw new ShopError(
    "HELD_BACK",
    `${number} is held back: ${error.obstacles.map(words).join("; ")}. Ship it with --anyway, or end it: cancel ${number}`,
    { cause: error },
  );
}

const told = (order: Order): string => `${order.number} is ${order.state}`;

async function list(shop: string, wanted: number): Promise<string> {
  const zone = timeZoneOf(await getShop(shop));
  const { orders, total, page, pages } = await listOpenOrders(shop, wanted);
  const troubles = (await paymentTroubles()).map(
    ({ _id, reason, message, since, count }) =>
      `! ${_id} takes no payments: ${reason}, ${count} times since ${momentIn(zone, "en", since)}: ${message}`,
  );
  if (total === 0) return [...troubles, "no open orders"].join("\n");
  const listed = orders.map((order) => {
    const { number, state, createdAt, total, currency, quarantine, lines } = order;
    const marks = [
      ...(quarantine === undefined ? [] : [quarantine]),
      ...(hasRefusedStray(order) ? [STRAY_REFUSED] : []),
      ...obstaclesOf(order).map(({ kind }) => kind),
    ];
    return [
      number.padEnd(8),
      [state, ...marks.map((mark) => `!${mark}`)].join(" ").padEnd(22),
      momentIn(zone, "en", createdAt).padEnd(29),
      format(money(total, currency), "en").padStart(12),
      lines.map(({ sku, quantity }) => `${quantity} x ${sku}`).join(", "),
    ].join("  ");
  });
  return [...troubles, ...listed, `${total} open, page ${page} of ${pages}`].join("\n");
}

/** Where the store is: MONGODB_URL, or what the running shop wrote into its data directory. */
async function storeUrl(env: NodeJS.ProcessEnv): Promise<string> {
  if (env.MONGODB_URL) return env.MONGODB_URL;
  const file = join(resolve(env.DATA_DIR ?? "data"), "store.url");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new Misused(`the shop does not run here (${file} is missing); start it or set MONGODB_URL`, {
      cause,
    });
  }
}

/** What opens an address: HAWKER_SECRET, or the file that the shop here keeps. */
async function secretOf(env: NodeJS.ProcessEnv): Promise<string> {
  if (env.HAWKER_SECRET) return env.HAWKER_SECRET;
  const file = join(resolve(env.DATA_DIR ?? "data"), "secret");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new Misused(`an address can not be opened without the shop's secret (${file}, or HAWKER_SECRET)`, {
      cause,
    });
  }
}

if (import.meta.filename === process.argv[1]) {
  const args = process.argv.slice(2);
  try {
    if (args.includes("--help")) console.log(usage);
    else {
      if (args[0] === "label") useSecret(await secretOf(process.env));
      await connect(await storeUrl(process.env));
      console.log(await runShopCommand(args, new Date(), isLiveKey(process.env.STRIPE_SECRET_KEY)));
    }
  } catch (error) {
    const silent = error instanceof mongoose.Error.MongooseServerSelectionError;
    if (!(silent || error instanceof ShopError || error instanceof Misused)) throw error;
    tellError(
      error,
      silent ? `the store does not answer; does the shop run? (${error.message})` : error.message,
    );
    process.exitCode = 1;
  } finally {
    await disconnect();
  }
}
