import { stripeProvider } from "../../src/payments/stripe.ts";
import { startStripe } from "../doubles/stripe.ts";
import { paymentProviderContract } from "./contract.ts";
import { openShopFront } from "./shop-front.ts";

paymentProviderContract("Stripe", async (now) => {
  const shop = await openShopFront();
  const stripe = await startStripe({ now, webhook: () => `${shop.url}/webhooks/stripe` });
  const provider = stripeProvider({
    secretKey: stripe.secretKey,
    webhookSecret: stripe.webhookSecret,
    apiRoot: stripe.url,
    publicUrl: shop.url,
    now,
  });
  shop.receiveFrom(provider);
  return {
    provider,
    pays: async ({ id }, later) => void (await stripe.pays(id, { later })),
    moneyArrives: ({ id }) => stripe.moneyArrives(id),
    moneyFails: ({ id }) => stripe.moneyFails(id),
    declines: ({ id }) => stripe.declines(id),
    lastDelivery: () => shop.deliveries.at(-1)!,
    async events() {
      await stripe.settled();
      return shop.events;
    },
    async close() {
      await stripe.close();
      await shop.close();
    },
  };
});
