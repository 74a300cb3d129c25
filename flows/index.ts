import { Router } from "../src/engine/index.ts";
import { accountFlow } from "./account.ts";
import { browseFlow } from "./browse.ts";
import { cartFlow } from "./cart.ts";
import { checkoutFlow } from "./checkout.ts";
import { freeTextFlow } from "./free-text.ts";
import { frontFlow } from "./front.ts";
import { homeFlow } from "./home.ts";
import { linkAccountsFlow } from "./link-accounts.ts";
import { noticesFlow } from "./notifications.ts";
import { ordersFlow } from "./orders.ts";
import { privacyFlow } from "./privacy.ts";
import { reviewsFlow } from "./reviews.ts";
import { searchFlow } from "./search.ts";
import type { Shopfront } from "./shopfront.ts";

/** Everything a shopper can do in chat, for the engine to run. The order is that of the command list. */
export function shopRouter(front: Shopfront): Router {
  const router = new Router();
  frontFlow(router, front);
  browseFlow(router, front);
  searchFlow(router, front);
  freeTextFlow(router, front);
  // What somebody buys, has bought and is called is nobody else's business where others read along.
  router.private(() => {
    for (const flow of [cartFlow, checkoutFlow, ordersFlow, accountFlow, linkAccountsFlow, privacyFlow])
      flow(router, front);
  });
  reviewsFlow(router, front);
  homeFlow(router, front);
  noticesFlow(router, front);
  return router;
}
export { orderSubject } from "./orders.ts";
export type { Shopfront } from "./shopfront.ts";
