import type { ProductImage } from "../catalog/product.ts";
import type { Localised } from "../core/localised-text.ts";
import type { OrderState } from "./order-machine.ts";

/** What is bought, as it was called and priced when the order was drafted. Prices in minor units. */
export interface OrderLine {
  sku: string;
  product: string;
  title: Localised;
  /** The words that tell the variant from its siblings. */
  values: Localised[];
  unitPrice: number;
  quantity: number;
  image?: ProductImage;
}

/** The payment of an order at its provider. Amounts in minor units. */
export interface Payment {
  provider: string;
  session: string;
  url: string;
  expiresAt: Date;
  /** Whether real money is expected. */
  live: boolean;
  /** The order was for test money, and ended for that once the shop took real money. */
  testMoney?: boolean;
  /** The provider's own id of the payment, which its refunds and disputes name. */
  reference?: string;
  status: "unpaid" | "pending" | "paid" | "failed";
  method?: string;
  /** What was captured, in `currency`: that of the order, unless the order is in quarantine. */
  paid: number;
  currency: string;
  /** What has been given back, by us or at the provider. */
  refunded: number;
  /** Id of our own refund at the provider. */
  refund?: string;
  /** Our own refunds that came to nothing; the next one is another refund, not a repeat. */
  refundsFailed: number;
  /** Refunds that failed, by whomever they were made. */
  failedRefunds?: FailedRefund[];
  /** Refunds that are known one by one; `refunded` may count others too, of which only a total was told. */
  refunds?: KnownRefund[];
  /** When the provider is asked next for refunds and disputes that nobody told of; absent where it never will be. */
  reconcileAt?: Date | null;
}

/** One refund of a payment, by whomever it was made. */
export interface KnownRefund {
  id: string;
  amount: number;
  status: "pending" | "succeeded" | "failed";
}

/** A refund that the payer's bank did not take. */
export interface FailedRefund {
  id: string;
  amount: number;
  at: Date;
  /** It was told before the refund itself: a total that is no later still counts it. */
  early: boolean;
}

/** The payer's bank asks for its money back. Amounts in minor units of the payment's currency. */
export interface Dispute {
  id: string;
  status: "open" | "won" | "lost";
  amount: number;
  reason?: string;
  /** Of the latest word of it. */
  at: Date;
}

/** A paid session that is not the order's own; its money goes back. */
export interface StrayPayment {
  session: string;
  amount: number;
  currency: string;
  refund?: string;
  /** The provider refuses its refund for good: the merchant was told, and decides. */
  refused?: boolean;
  /** Refunds of it that came to nothing. */
  refundsFailed?: number;
  /** Absent where it was kept before this was noted; then as the order's own. */
  live?: boolean;
}

/** What can be due for an order. */
export type TaskName =
  | "discard"
  | "expire"
  | "cancel"
  | "check"
  | "cart"
  | "commit"
  | "release"
  | "restock"
  | "shipped"
  | "refund"
  | "refund-strays"
  | "invite"
  | "complete";

/** Something that is to be done for the order at a time; it stays until it is done. */
export interface Task {
  name: TaskName;
  at: Date;
  attempts: number;
  by?: string;
}

/** What a customer is told of an order. */
export type NotificationName =
  | "order.paid"
  | "order.packed"
  | "order.shipped"
  | "order.delivered"
  | "order.completed"
  | "order.expired"
  | "order.cancelled"
  | "order.refunded"
  | "order.refunded_part"
  | "order.refund_failed"
  | "order.disputed"
  | "order.dispute_won"
  | "order.dispute_lost"
  | "order.test_ended"
  | "order.payment_failed"
  | "order.quarantined"
  | "review.invite";

/** News about an order that somebody must hear; stays in the order until it was handed over. */
export interface NotificationEntry {
  /** Unique over all orders and the same over retries: receivers tell repeats by it. */
  id: string;
  name: NotificationName;
  data: Record<string, unknown>;
  /** When it happened. */
  at: Date;
  /** When it is to be handed over (again). */
  due: Date;
  attempts: number;
}

/**
 * An order: what was bought, where it stands, and what is still to be done for it. The document is its own saga log
 * (`tasks`) and outbox (`notices`), written in the same write as the state they follow from.
 */
export interface Order {
  _id: string;
  shop: string;
  /** What people call it: "H-1042". */
  number: string;
  customer: string;
  /** Idempotency key of the checkout that made it. */
  key: string;
  /** Counts the writes; each write names the revision it has seen. */
  revision: number;
  lines: OrderLine[];
  buyNow: boolean;
  locale: string;
  currency: string;
  /** Minor units of `currency`; `total` includes shipping once chosen. */
  subtotal: number;
  total: number;
  /** Sealed; read it with `addressOf`. */
  address?: string;
  /** ISO 3166 alpha-2, kept beside the sealed address to offer shipping. */
  country?: string;
  shipping?: { id: string; name: Localised; price: number };
  state: OrderState;
  /** Stands for the network it was placed from, while it holds stock; the address can not be told from it. */
  network?: string;
  /** When the hold on its stock may end; null while nothing is held. */
  holdUntil: Date | null;
  payment?: Payment;
  strays: StrayPayment[];
  /** Absent where there never was one. */
  disputes?: Dispute[];
  tracking?: { carrier: string; number: string };
  history: { state: OrderState; at: Date; by: string }[];
  tasks: Task[];
  notices: NotificationEntry[];
  /** The earliest time a task or notice is due; null when all is done. */
  attendAt: Date | null;
  /** Why its payment does not count. */
  quarantine?: string;
  createdAt: Date;
}
