import { stripeProvider } from "../../src/payments/stripe.ts";
import { type DoubleDispute, startStripe } from "../doubles/stripe.ts";
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
  const disputes = new Map<string, DoubleDispute>();
  return {
    provider,
    pays: async ({ id }, later) => void (await stripe.pays(id, { later })),
    moneyArrives: ({ id }) => stripe.moneyArrives(id),
    moneyFails: ({ id }) => stripe.moneyFails(id),
    givesBack: async ({ id }, part) =>
      void (await stripe.givesBack(id, part ? stripe.session(id).amount_total / 2 : undefined)),
    refundFails: ({ id }) => {
      const { payment_intent } = stripe.session(id);
      return stripe.refundFails(
        stripe.refunds.findLast((one) => one.payment_intent === payment_intent)?.id ?? "",
      );
    },
    disputes: async ({ id }) => void disputes.set(id, await stripe.disputes(id)),
    decides: ({ id }, end) => stripe.decides(disputes.get(id)!, end),
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
