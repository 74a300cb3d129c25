import type { PaymentSession } from "../../src/shop/orders/payments/payment.ts";
import { paymentProviderContract } from "./contract.ts";
import { PlainBrowser } from "./plain-browser.ts";
import { openSandbox } from "./sandbox-bench.ts";

const card = (number: string) => ({ number, expiry: "12 / 34", cvc: "123" });

paymentProviderContract("The sandbox", async (now) => {
  const { provider, shop, delivered, close } = await openSandbox(now);
  const at = (session: PaymentSession) => new PlainBrowser().open(session.url);
  const settles = async (session: PaymentSession, outcome: string) => {
    await (await at(session)).submit("settle", { outcome });
  };
  const becomes = async (session: PaymentSession, action: string) => {
    await (await at(session)).submit("after", { action });
  };
  return {
    provider,
    givesBack: (session, part) => becomes(session, part ? "refund-part" : "refund"),
    refundFails: (session) => becomes(session, "refund-fails"),
    disputes: (session) => becomes(session, "dispute"),
    decides: (session, end) => becomes(session, `dispute-${end}`),
    async pays(session, later = false) {
      const page = await at(session);
      await page.submit('name="method"', { method: later ? "bank_transfer" : "card" });
      await (later ? page.submit("bank_transfer") : page.submit("/card", card("4242 4242 4242 4242")));
      if (!page.text.includes(later ? "waiting for your transfer" : "Thank you"))
        throw new Error(`not paid: ${page.text}`);
    },
    moneyArrives: (session) => settles(session, "arrived"),
    moneyFails: (session) => settles(session, "failed"),
    async declines(session) {
      const page = await at(session);
      await page.submit('name="method"', { method: "card" });
      await page.submit("/card", card("4000 0000 0000 0002"));
    },
    lastDelivery: () => shop.deliveries.at(-1)!,
    async events() {
      await delivered();
      return shop.events;
    },
    close,
  };
});
