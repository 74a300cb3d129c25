import { Script } from "../src/engine/index.ts";
import { accountFlow } from "./account.ts";
import { browseFlow } from "./browse.ts";
import { cartFlow } from "./cart.ts";
import { checkoutFlow } from "./checkout.ts";
import { homeFlow } from "./home.ts";
import { noticesFlow } from "./notices.ts";
import { ordersFlow } from "./orders.ts";
import { reviewsFlow } from "./reviews.ts";
import { searchFlow } from "./search.ts";
import type { Shopfront } from "./shopfront.ts";

/** Everything a shopper can do in chat, for the engine to run. The order is that of the command list. */
export function shopScript(front: Shopfront): Script {
  const script = new Script();
  for (const flow of [
    browseFlow,
    searchFlow,
    cartFlow,
    checkoutFlow,
    ordersFlow,
    reviewsFlow,
    accountFlow,
    homeFlow,
    noticesFlow,
  ]) {
    flow(script, front);
  }
  return script;
}
export type { Shopfront } from "./shopfront.ts";
