import { eraseDue, type ForgetChats } from "./accounts/erase.ts";
import { forgetVisitors, type LastActive } from "./accounts/forget-visitors.ts";
import { NotFound, ShopError } from "./core/errors.ts";
import { requestCancel } from "./orders/cancel-order.ts";
import { changeOrder } from "./orders/change-order.ts";
import { placeOrder } from "./orders/checkout/place-order.ts";
import { findOrder } from "./orders/find-order.ts";
import { confirmReceived, deliver, type Parcel, pack, ship } from "./orders/fulfilment.ts";
import type { Order } from "./orders/order.ts";
import { type OrderContext, UnknownProvider } from "./orders/order-context.ts";
import { type NotificationHandler, OrderWorker, type Report } from "./orders/order-worker.ts";
import {
  countLiveOrders,
  endTestOrders,
  isTestOrder,
  liveSince,
  markLive,
  testOrderEnded,
} from "./orders/payments/live-switch.ts";
import type { PaymentProvider } from "./orders/payments/payment.ts";
import { PaymentError } from "./orders/payments/payment.ts";
import {
  applyKeptEvents,
  forgetOldEvents,
  type Receipt,
  receiveEvent,
} from "./orders/payments/payment-events.ts";
import { applySession } from "./orders/payments/payment-outcome.ts";
import { clearTrouble, noteTrouble } from "./orders/payments/payment-trouble.ts";
import {
  readMoney,
  reconcileDue,
  reconcileIfDue,
  reconcileOlder,
} from "./orders/payments/reconcile-payments.ts";
import { createReturn } from "./orders/payments/shopper-return.ts";
import { resolveQuarantine } from "./orders/quarantine.ts";
import { sweepPictures } from "./reviews/sweep-pictures.ts";

/** What commerce is built from. */
export interface CommerceOptions {
  /** Takes the payments of new orders. */
  readonly provider: PaymentProvider;
  /** Providers of older orders, from before another was set up. */
  readonly olderProviders?: readonly PaymentProvider[];
  /** Whether `provider` takes real money. A payment of the other kind is put in quarantine. */
  readonly live: boolean;
  /** As `OrderContext.largeHoldMs`. */
  readonly largeHoldMs?: number;
  readonly now?: () => Date;
  /** Told of what failed and will be tried again. */
  readonly onError?: Report;
  /** Told once of each payment page that could not be opened, with what the provider said. */
  readonly onRefusal?: (cause: unknown, context: { readonly order: string }) => void;
}

/**
 * The commands of an order's life. Each may be repeated, at the same time or after a crash, and acts once: an order
 * is placed, paid, shipped, refunded once in its life: its id is key enough.
 *
 * No queue is needed: what is still to be done stands in the order itself, with its time, and a sweep every second
 * does what is due, in whichever process comes first.
 */
export interface Commerce {
  /** Holds the stock and opens the payment session of a draft. @throws as `placeOrder` in place-order.ts */
  placeOrder(order: Order, network?: string): Promise<Order>;
  /** Cancels, closing the session or giving the money back as needed. @throws {PaymentUnderWay | IllegalTransition} */
  cancelOrder(order: Order, by: string): Promise<Order>;
  /** Takes a webhook delivery. @throws {BadSignature} */
  receiveEvent(provider: PaymentProvider, raw: Buffer, headers: Headers): Promise<Receipt>;
  /** Asks the provider about the order's payment, its refunds and disputes too, and applies what it finds. @throws {NotFound} */
  reconcile(order: string): Promise<Order>;
  /**
   * As `reconcile`, for whoever comes back from a payment page, but without a look for refunds and disputes: it asks the
   * provider once in some seconds at most, and not at all where that could tell nothing. @throws {NotFound}
   */
  comeBack(order: string, session: string | undefined): Promise<Order>;
  pack(order: Order, by?: string): Promise<Order>;
  /** @throws {HeldBack | IllegalTransition} */
  ship(order: Order, parcel: Parcel, by?: string, how?: { anyway?: boolean }): Promise<Order>;
  deliver(order: Order, by?: string): Promise<Order>;
  confirmReceived(order: Order, by?: string): Promise<Order>;
  resolveQuarantine(order: Order, decision: "accept" | "refund", by?: string): Promise<Order>;
  /** Names who hears the news of orders. A notice comes at least once; tell repeats by its id. */
  onNotification(handler: NotificationHandler): void;
  /** Names who hears of steps that are no news (packed, completed), to make cards true. Repeats as notices do. */
  onChange(handler: NotificationHandler): void;
  /** Names what forgets the chats of people who are erased once their last order is done. */
  onErase(forgetChats: ForgetChats): void;
  /**
   * In a live shop: notes that it is one, and ends the orders that wait for test money or were paid with it and not shipped; returns how many.
   * Call it at start; sweeps do it again every minute.
   */
  endTestOrders(): Promise<number>;
  /** Since when some process here takes real money; null where none ever did. */
  liveSince(): Promise<Date | null>;
  /** Has the payments of versions before this one looked at, too, for refunds and disputes; at start. Answers how many. */
  reconcileOlder(): Promise<number>;
  /** How many orders wait for real money at a provider. */
  countLiveOrders(): Promise<number>;
  /** Names what knows when visitors were last heard of. Without it, and what `onErase` names, no visitor is forgotten. */
  onVisitors(lastActive: LastActive): void;
  /** Does everything that is due now, and resolves when it is done. */
  sweep(): Promise<void>;
  /** Sweeps every second until `stop`. */
  start(): void;
  /** Stops sweeping and waits for what is under way. */
  stop(): Promise<void>;
}

const SWEEP_MS = 1_000;
const FORGET_MS = 60 * 60_000;
const TEST_EVERY_MS = 60_000;
/** How often it is looked whether a provider should be asked for refunds and disputes. */
const RECONCILE_EVERY_MS = 60_000;
/** How often it is looked for people who want to be erased once their orders are done. */
const ERASE_EVERY_MS = 60_000;
/** How often in a sweep the next fifty visitors are looked at: what is due of more waits for the next hour. */
const FORGET_ROUNDS = 40;

/** Joins the commands of the shop to a payment provider and a clock. */
export function createCommerce(options: CommerceOptions): Commerce {
  const {
    provider,
    olderProviders = [],
    live,
    now = () => new Date(),
    onError = () => {},
    onRefusal,
  } = options;
  const context: OrderContext = {
    live,
    now,
    ...(options.largeHoldMs !== undefined && { largeHoldMs: options.largeHoldMs }),
    provider: (name = provider.name) => {
      const found = [provider, ...olderProviders].find((one) => one.name === name);
      if (found === undefined) throw new UnknownProvider(name);
      return found;
    },
  };
  const worker = new OrderWorker(context, onError);
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;
  let forgotAt = 0;
  let testEndedAt = 0;
  let reconciledAt = 0;
  let erasedAt = 0;
  let lastActive: LastActive | undefined;
  let forgetChats: ForgetChats | undefined;

  /** Runs a command, then does what it has left to do; returns the order as it stands after that. */
  const done = async (order: Pick<Order, "_id">, command: Promise<Order>): Promise<Order> => {
    try {
      return await command;
    } finally {
      await worker.process(order._id);
    }
  };
  const settled = async (order: Pick<Order, "_id">, command: Promise<Order>): Promise<Order> => {
    const after = await done(order, command);
    return (await findOrder(order._id)) ?? after;
  };

  // Again from time to time: a process that still has the test keys may run beside this one for a while.
  async function endTest(): Promise<number> {
    testEndedAt = now().getTime();
    return (await endTestOrders(now())).length;
  }

  const unanswered = (error: unknown, order: string) => onError(error, { order, doing: "reconcile" });

  async function reconcileAll(): Promise<void> {
    if (now().getTime() - reconciledAt < RECONCILE_EVERY_MS) return;
    reconciledAt = now().getTime();
    for (const order of await reconcileDue(context, unanswered)) await worker.process(order);
  }

  async function sweep(): Promise<void> {
    if (live && now().getTime() - testEndedAt >= TEST_EVERY_MS) await endTest();
    const report = (error: unknown, event: string) => onError(error, { order: "", doing: `event ${event}` });
    for (const order of await applyKeptEvents(context, report)) await worker.process(order);
    await reconcileAll();
    await worker.sweep();
    await eraseWaiting();
    if (now().getTime() - forgotAt < FORGET_MS) return;
    forgotAt = now().getTime();
    await forgetOldEvents(now());
    await sweepPictures(now());
    if (forgetChats === undefined || lastActive === undefined) return;
    for (let rounds = 0; rounds < FORGET_ROUNDS; rounds++)
      if ((await forgetVisitors(now(), { forgetChats, lastActive })) === 0) return;
  }

  /** Erases who was waiting for the last of their orders. */
  async function eraseWaiting(): Promise<void> {
    if (now().getTime() - erasedAt < ERASE_EVERY_MS) return;
    erasedAt = now().getTime();
    await eraseDue(now(), forgetChats);
  }

  // Unknown after a start: another process may have noted it.
  let troubled = true;
  async function place(order: Order, network?: string): Promise<Order> {
    try {
      const placed = await placeOrder(context, order, network);
      if (troubled && placed.payment !== undefined) await clearTrouble(provider.name);
      troubled = troubled && placed.payment === undefined;
      return placed;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause !== undefined && error instanceof ShopError) onRefusal?.(cause, { order: order._id });
      if (cause instanceof PaymentError && cause.fault === "merchant") {
        troubled = true;
        await noteTrouble(provider.name, cause, now());
      }
      throw error;
    }
  }

  /** Asks the provider about the order's session, in one call, and applies what it finds. */
  async function readPayment(id: string): Promise<Order> {
    const order = await findOrder(id);
    if (order === null) throw new NotFound("order", id);
    const { payment } = order;
    if (payment === undefined) return order;
    if (isTestOrder(context, order)) return changeOrder(order, (current) => testOrderEnded(current, now()));
    const session = await context.provider(payment.provider).readSession(payment.session);
    return changeOrder(id, (current) => applySession(current, session, { live, now: now() }));
  }

  async function readAll(id: string): Promise<Order> {
    const seen = await readPayment(id);
    const { payment } = seen;
    if (payment !== undefined && !isTestOrder(context, seen))
      await readMoney(context, context.provider(payment.provider), id);
    return seen;
  }

  return {
    placeOrder: (order, network) => settled(order, place(order, network)),
    cancelOrder: (order, by) => settled(order, requestCancel(context, order, by)),
    async receiveEvent(from, raw, headers) {
      const receipt = await receiveEvent(context, from, raw, headers);
      const { order } = receipt;
      if (order === undefined) return receipt;
      await worker.process(order);
      // What is told of refunds may leave open how much was given back.
      if (receipt.about === "change" && (await reconcileIfDue(context, order, unanswered)))
        await worker.process(order);
      return receipt;
    },
    reconcile: (order) => settled({ _id: order }, readAll(order)),
    comeBack: createReturn(context, (order) => settled({ _id: order }, readPayment(order))),
    pack: (order, by) => settled(order, pack(order, by, now())),
    ship: (order, parcel, by, how) => settled(order, ship(order, parcel, by, now(), { ...how, live })),
    deliver: (order, by) => settled(order, deliver(order, by, now())),
    confirmReceived: (order, by) => settled(order, confirmReceived(order, by, now())),
    resolveQuarantine: (order, decision, by) => settled(order, resolveQuarantine(order, decision, by, now())),
    onNotification(handler) {
      worker.handler = handler;
    },
    onChange(handler) {
      worker.changed = handler;
    },
    onErase(named) {
      forgetChats = named;
    },
    async endTestOrders() {
      if (!live) return 0;
      await markLive(now());
      return await endTest();
    },
    liveSince,
    reconcileOlder: () => reconcileOlder(now()),
    countLiveOrders,
    onVisitors(named) {
      lastActive = named;
    },
    sweep,
    start() {
      timer ??= setInterval(() => {
        sweeping ??= sweep()
          .catch((error: unknown) => onError(error, { order: "", doing: "sweep" }))
          .finally(() => {
            sweeping = undefined;
          });
      }, SWEEP_MS);
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await sweeping;
      await worker.idle();
    },
  };
}
