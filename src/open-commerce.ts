import type { Config } from "./config.ts";
import type { Metrics } from "./http/metrics.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Logger } from "./log.ts";
import { sandboxProvider } from "./payments/sandbox/index.ts";
import { retireSandbox } from "./payments/sandbox/retire.ts";
import { stripeProvider } from "./payments/stripe.ts";
import { isLiveKey } from "./payments/stripe-key.ts";
import { type Commerce, createCommerce } from "./shop/commerce.ts";
import { PaymentError, type PaymentProvider } from "./shop/orders/payments/payment.ts";

/** What the log says of a payment page that could not be opened, by whose it is to mend. */
const refusalWords = {
  merchant: "No payments can be taken until you mend this",
  too_small: "A payment was refused: the amount is too small",
  too_large: "A payment was refused: the amount is too large",
  email: "A payment was refused: the shopper's e-mail address is not taken",
  unavailable: "A payment page could not be opened; the shopper may try again",
} as const;

/** What it takes to sell. */
export interface CommerceParts {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "paymentRefusals">;
  readonly queue: Queue;
  /** Signs what the sandbox's pages say. */
  readonly sandboxSecret: string;
}

/**
 * Joins the shop's commands to the payment providers that are set up, the one of new orders first, and ends what belongs to
 * the other kind of money: test orders once the shop takes real money.
 */
export async function openCommerce({ config, log, metrics, queue, sandboxSecret }: CommerceParts): Promise<{
  readonly commerce: Commerce;
  readonly providers: readonly PaymentProvider[];
  readonly sandbox: ReturnType<typeof sandboxProvider> | undefined;
}> {
  const live = isLiveKey(config.stripe?.secretKey);
  // Beside real money there is no sandbox: it would give goods away.
  const sandbox = live
    ? undefined
    : sandboxProvider({
        publicUrl: () => config.publicUrl,
        secret: sandboxSecret,
        queue,
      });
  const providers = [
    ...(config.stripe ? [stripeProvider({ ...config.stripe, publicUrl: config.publicUrl, log })] : []),
    ...(sandbox ? [sandbox] : []),
  ];
  const [provider, ...olderProviders] = providers;
  if (provider === undefined) throw new Error("No payment provider is set up.");
  const commerce = createCommerce({
    provider,
    olderProviders,
    live,
    largeHoldMs: config.largeHoldMinutes * 60_000,
    onError: (error, about) =>
      log.error({ err: error, ...about }, "Work on an order failed and will be tried again"),
    onRefusal: (cause, about) => {
      const fault = (cause instanceof PaymentError ? cause.fault : undefined) ?? "unavailable";
      metrics.paymentRefusals.inc({ fault });
      // Whosever it is to mend, it is a sale that did not happen.
      log.error({ err: cause, ...about }, refusalWords[fault]);
    },
  });
  await commerce.reconcileOlder();
  if (live) {
    const sessions = await retireSandbox(queue);
    const orders = await commerce.endTestOrders();
    if (sessions + orders > 0)
      log.warn({ orders, sessions }, "Real money is taken now: what was begun with test money has ended");
  } else {
    const since = await commerce.liveSince();
    if (since !== null)
      log.error(
        { since },
        "This shop takes real money, but the key of this process is a test key or none: test money pays for nothing that is shipped. Set the live key, or go back to test money: npm run shop -- test-money",
      );
    const orders = await commerce.countLiveOrders();
    if (orders > 0)
      log.warn(
        { orders },
        "Orders wait for real money, which only the live key can ask after: they wait until it is back",
      );
  }
  return { commerce, providers, sandbox };
}
