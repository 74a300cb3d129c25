import type { Hono } from "hono";
import mongoose from "mongoose";
import { PaymentError } from "../../../src/payments/payment-error.ts";
import { stripeProvider } from "../../../src/payments/stripe.ts";
import { webhookRoutes } from "../../../src/payments/webhook.ts";
import { type Commerce, createCommerce } from "../../../src/shop/commerce.ts";
import { ShopError } from "../../../src/shop/core/errors.ts";
import { findOrder } from "../../../src/shop/orders/find-order.ts";
import { obstaclesOf } from "../../../src/shop/orders/obstacles.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import type { PaymentProvider } from "../../../src/shop/orders/payments/payment.ts";
import {
  type DoubleDispute,
  type DoubleRefund,
  type Fault,
  type Road,
  type StripeDouble,
  startStripe,
} from "../../doubles/stripe.ts";
import { Clock } from "../../shop/orders/clock.ts";
import { MINUTE } from "../../shop/orders/world.ts";
import { drafted, type House } from "./house.ts";
import { Life, mortal } from "./mortal.ts";
import { lasts, type OrderAct, type Plan, type Sky, type Step, type WorldAct } from "./steps.ts";

const { trusted } = mongoose;

/** The round of rest in which the longest pause between two questions to Stripe is over. */
const ASKED_BY = 6;
const WEBHOOK = "http://shop.test/webhooks/stripe";

/** What is no surprise in bad weather: a rule of the shop, or a provider that does not answer. */
const foreseen = (error: unknown): boolean =>
  error instanceof ShopError ||
  error instanceof PaymentError ||
  (error instanceof Error && /is still open|^the refund of .* failed/.test(error.message));

/** A shop, its shopper and their Stripe, from the first step of a plan to the day when all has come to rest. */
export class History {
  /** Stripe's test mode, and its live mode once the shop has gone live. */
  readonly test: StripeDouble;
  live: StripeDouble | undefined;
  /** Requests that test mode had seen when the shop went live. */
  testRequests = 0;
  /** News that was told, by its id. */
  readonly news = new Map<string, { readonly order: string; readonly name: string }>();
  readonly #house: House;
  readonly #plan: Plan;
  readonly #clock: Clock;
  readonly #openStripe: (live: boolean) => Promise<StripeDouble>;
  readonly #orders: (string | undefined)[] = [];
  readonly #surprises: unknown[] = [];
  #skies: Sky[] = [];
  #calm = false;
  #life: Life;
  #commerce: Commerce;
  #front: Hono;

  private constructor(
    house: House,
    plan: Plan,
    clock: Clock,
    test: StripeDouble,
    openStripe: (live: boolean) => Promise<StripeDouble>,
  ) {
    this.#house = house;
    this.#plan = plan;
    this.#clock = clock;
    this.#openStripe = openStripe;
    this.test = test;
    this.#life = new Life();
    [this.#commerce, this.#front] = this.#process(this.#life);
  }

  /** Whether some events never came. */
  get eventsLost(): boolean {
    return this.#plan.eventsLost;
  }

  /** Begins a history; the house must be clear. */
  static async begin(house: House, plan: Plan): Promise<History> {
    const clock = new Clock();
    const turn = <T>(all: readonly T[], otherwise: T) => {
      let count = 0;
      return (): T => all[count++ % Math.max(1, all.length)] ?? otherwise;
    };
    const straight: Road = { delay: 0, end: "arrives" };
    const road = turn(plan.roads, straight);
    const refund = turn(plan.refunds, "succeeded");
    let self: () => History = () => {
      throw new Error("not yet");
    };
    const openStripe = async (live: boolean) => {
      const stripe = await startStripe({
        now: clock.now,
        live,
        webhook: () => WEBHOOK,
        carry: (request) => self().#carry(request),
        weather: () => self().#weather(),
        road: () => (self().#calm ? straight : road()),
        refundStatus: () => (self().#calm ? "succeeded" : refund()),
      });
      stripe.delivery = "by road";
      return stripe;
    };
    const history = new History(house, plan, clock, await openStripe(false), openStripe);
    self = () => history;
    return history;
  }

  /** Both modes of Stripe, as far as there are. */
  get modes(): readonly StripeDouble[] {
    return this.live === undefined ? [this.test] : [this.test, this.live];
  }

  /** The mode that the shop's payments are made in now. */
  get stripe(): StripeDouble {
    return this.live ?? this.test;
  }

  async close(): Promise<void> {
    for (const stripe of this.modes) await stripe.close();
  }

  /** The mode that knows a session. */
  #modeOf(session: string): StripeDouble {
    return this.modes.find((stripe) => stripe.sessions().some(({ id }) => id === session)) ?? this.stripe;
  }

  async #deliverDue(): Promise<void> {
    for (const stripe of this.modes) await stripe.deliverDue();
  }

  /** The shop is started again with the live key. */
  async #goesLive(): Promise<void> {
    if (this.live !== undefined) return;
    const live = await this.#openStripe(true);
    this.#life.end();
    await this.#life.buried();
    this.live = live;
    this.testRequests = this.test.requests.length;
    await this.#restart();
    await this.#commerce.endTestOrders();
  }

  /** Lives through the plan and the calm after it. @throws what nobody could foresee */
  async lives(): Promise<void> {
    for (const step of this.#plan.steps) await this.#take(step);
    this.#skies = [];
    this.#calm = true;
    if (this.#plan.eventsLost) for (const stripe of this.modes) stripe.losesEvents();
    await this.#comeToRest();
    if (this.#surprises.length > 0) throw this.#surprises[0];
  }

  #process(life: Life): [Commerce, Hono] {
    const { url, secretKey, webhookSecret } = this.stripe;
    const stripe = stripeProvider({
      apiRoot: url,
      secretKey,
      webhookSecret,
      publicUrl: "http://shop.test",
      now: this.#clock.now,
    });
    const provider = mortal(stripe, life);
    const commerce = createCommerce({
      provider,
      live: this.live !== undefined,
      now: this.#clock.now,
      onError: (error) => {
        if (!foreseen(error)) this.#surprises.push(error);
      },
    });
    commerce.onNotification(async ({ id, order, name }) => void this.news.set(id, { order, name }));
    const receive = (from: PaymentProvider, raw: Buffer, headers: Headers) =>
      commerce.receiveEvent(from, raw, headers);
    return [commerce, webhookRoutes([provider], receive)];
  }

  #weather(): Fault | undefined {
    if (this.#life.dead) return "cut before";
    const sky = this.#skies.shift() ?? "clear";
    if (sky === "clear") return undefined;
    if (sky !== "dies before" && sky !== "dies after") return sky;
    this.#life.end();
    return sky === "dies before" ? "cut before" : "cut";
  }

  /** A process that dies while it handles a delivery answers nothing. */
  async #carry(request: Request): Promise<Response> {
    const life = this.#life;
    const silence = life.ended.then(() => new Response(null, { status: 503 }));
    return life.dead ? silence : Promise.race([Promise.resolve(this.#front.fetch(request)), silence]);
  }

  async #take({ skies, ...what }: Step): Promise<void> {
    this.#skies = [...skies];
    await this.#during(() =>
      what.order === undefined ? this.#happens(what.act) : this.#does(what.order, what.act),
    );
    await this.#during(() => this.#deliverDue());
  }

  /** What a process does until it is done or dead; a new one begins then. */
  async #during(work: () => Promise<unknown>): Promise<void> {
    const life = this.#life;
    const done = work().catch((error: unknown) => {
      if (!foreseen(error)) this.#surprises.push(error);
    });
    await Promise.race([done, life.ended]);
    if (life.dead) await this.#restart();
  }

  async #restart(): Promise<void> {
    this.#life.end();
    await this.#life.buried();
    this.#life = new Life();
    [this.#commerce, this.#front] = this.#process(this.#life);
  }

  async #happens(act: WorldAct): Promise<unknown> {
    this.#clock.advance(lasts(act));
    switch (act) {
      case "the shop sweeps":
        return this.#commerce.sweep();
      case "two processes sweep": {
        const [other] = this.#process(this.#life);
        return Promise.all([this.#commerce.sweep(), other.sweep()]);
      }
      case "the shop restarts":
        return this.#restart();
      case "refunds arrive":
        return this.#endRefunds("succeeded");
      case "refunds fail":
        return this.#endRefunds("failed");
      case "the shop goes live":
        return this.#goesLive();
      default:
        return;
    }
  }

  async #endRefunds(status: "succeeded" | "failed"): Promise<void> {
    for (const stripe of this.modes)
      for (const { id, status: now } of stripe.refunds)
        if (now === "pending" || now === "requires_action") await stripe.refundEnds(id, status);
  }

  async #does(number: 0 | 1, act: OrderAct): Promise<unknown> {
    const commerce = this.#commerce;
    if (act === "places") {
      const draft = await drafted(this.#house, `press-${number}`, this.#clock.now());
      this.#orders[number] = draft._id;
      return commerce.placeOrder(draft);
    }
    const order = await findOrder(this.#orders[number] ?? "");
    if (order === null) return;
    const session = order.payment?.session ?? "";
    const stripe = this.#modeOf(session);
    switch (act) {
      case "pays by card":
        return this.#pays(session);
      case "promises a transfer":
        return this.#pays(session, true);
      case "is declined":
        return this.#isOpen(session) && stripe.declines(session);
      case "has the transfer arrive":
        return this.#isPromised(session) && stripe.moneyArrives(session);
      case "has the transfer fail":
        return this.#isPromised(session) && stripe.moneyFails(session);
      case "pays as the hold ends":
        this.#clock.advance(Math.max(0, (order.holdUntil?.getTime() ?? 0) - this.#clock.now().getTime()));
        return Promise.all([this.#paysAndTells(session), commerce.sweep()]);
      case "pays as the shopper cancels":
        return Promise.all([this.#paysAndTells(session), commerce.cancelOrder(order, order.customer)]);
      case "comes back to the shop":
        return commerce.reconcile(order._id);
      case "cancels":
        return commerce.cancelOrder(order, order.customer);
      case "is cancelled by the shop":
        return commerce.cancelOrder(order, "shop");
      case "is packed":
        return commerce.pack(order);
      case "is shipped":
        return this.#ships(order);
      case "is delivered":
        return commerce.deliver(order);
      case "is accepted out of quarantine":
        // The merchant's word that the money was given back elsewhere is beyond what can be checked here.
        return order.state === "refunding" ? undefined : commerce.resolveQuarantine(order, "accept");
      case "is refunded out of quarantine":
        return commerce.resolveQuarantine(order, "refund");
      case "is given back in Stripe's dashboard":
        return this.#mayGiveBack(session) > 0 && stripe.givesBack(session);
      case "is given back in part in Stripe's dashboard":
        return this.#mayGiveBack(session) > 1 && stripe.givesBack(session, 1);
      case "has its last refund sent back by the bank": {
        const last = this.#refundsOf(session).findLast(({ status }) => status === "succeeded");
        // What was disputed can be refunded no more: only people know what becomes of the rest then.
        return last && this.#disputeOf(session) === undefined && stripe.refundFails(last.id);
      }
      case "is disputed by the payer's bank":
        return (
          this.#disputeOf(session) === undefined && this.#leftOf(session) > 0 && stripe.disputes(session)
        );
      case "has its dispute won":
        return this.#decides(session, "won");
      case "has its dispute lost":
        return this.#decides(session, "lost");
    }
  }

  /** What is known to be wrong with an order's money keeps its parcel back. */
  async #ships(order: Order): Promise<unknown> {
    const known = obstaclesOf(order, { live: this.live !== undefined });
    const after = await this.#commerce.ship(order, { carrier: "DHL", tracking: "1" });
    if (known.length > 0 && order.state !== "shipped" && order.state !== after.state)
      this.#surprises.push(new Error(`${known.map(({ kind }) => kind)}, and shipped without a word`));
    return after;
  }

  #isOpen(session: string): boolean {
    return this.#sessionOf(session)?.status === "open";
  }

  #sessionOf(session: string) {
    return this.#modeOf(session)
      .sessions()
      .find(({ id }) => id === session);
  }

  #refundsOf(session: string): readonly DoubleRefund[] {
    const known = this.#sessionOf(session);
    return this.#modeOf(session).refunds.filter(
      ({ payment_intent }) => known !== undefined && payment_intent === known.payment_intent,
    );
  }

  #disputeOf(session: string): DoubleDispute | undefined {
    const known = this.#sessionOf(session);
    return this.#modeOf(session).disputed.find(
      ({ payment_intent }) => known !== undefined && payment_intent === known.payment_intent,
    );
  }

  async #decides(session: string, how: "won" | "lost"): Promise<void> {
    const dispute = this.#disputeOf(session);
    if (dispute?.status === "needs_response") await this.#modeOf(session).decides(dispute, how);
  }

  /** What is left of a payment, in Stripe's books. */
  #leftOf(session: string): number {
    const known = this.#sessionOf(session);
    if (known?.payment_status !== "paid") return 0;
    return this.#refundsOf(session)
      .filter(({ status }) => status !== "failed" && status !== "canceled")
      .reduce((left, { amount }) => left - amount, known.amount_total);
  }

  /** What the merchant can give back of it: nothing while a bank decides, nor once it has taken the money. */
  #mayGiveBack(session: string): number {
    const dispute = this.#disputeOf(session);
    return dispute === undefined || dispute.status === "won" ? this.#leftOf(session) : 0;
  }

  #isPromised(session: string): boolean {
    return this.#sessionOf(session) !== undefined && this.#modeOf(session).isOnItsWay(session);
  }

  async #pays(session: string, later = false): Promise<void> {
    if (this.#isOpen(session))
      await this.#modeOf(session).pays(session, { later, method: later ? "sepa_debit" : "card" });
  }

  async #paysAndTells(session: string): Promise<void> {
    await this.#pays(session);
    await this.#deliverDue();
  }

  /** The weather is clear, and time passes until nothing is left to do: mostly an hour, three weeks at most. */
  async #comeToRest(): Promise<void> {
    const minutes = [1, 35, 61, 24 * 60, 73 * 60, 15 * 24 * 60, 61, 61, 61];
    for (const [round, pause] of minutes.entries()) {
      this.#clock.advance(pause * MINUTE);
      if (round === 1) await this.#endWhatIsOnItsWay();
      if (round > 1) await this.#endRefunds("succeeded");
      await this.#deliverDue();
      await this.#commerce.sweep();
      if (round === 0) continue;
      await this.#resolveQuarantines();
      await this.#deliverDue();
      // What nobody tells of is asked after, within a week at most.
      if (this.eventsLost && round < ASKED_BY) continue;
      if (await this.#isQuiet()) return;
    }
  }

  async #isQuiet(): Promise<boolean> {
    for (const stripe of this.modes) {
      if (stripe.onTheRoad > 0) return false;
      if (stripe.sessions().some(({ id }) => this.#isOpen(id) || this.#isPromised(id))) return false;
      if (stripe.refunds.some(({ status }) => status === "pending" || status === "requires_action"))
        return false;
    }
    return (await OrderModel.countDocuments({ attendAt: trusted({ $ne: null }) })) === 0;
  }

  async #endWhatIsOnItsWay(): Promise<void> {
    for (const stripe of this.modes)
      for (const { id } of stripe.sessions()) {
        await this.#decides(id, this.#plan.lateDisputes);
        if (!this.#isPromised(id)) continue;
        if (this.#plan.lateTransfers === "arrive") await stripe.moneyArrives(id);
        else await stripe.moneyFails(id);
      }
    await this.#endRefunds(this.#plan.lateRefunds);
  }

  async #resolveQuarantines(): Promise<void> {
    for (const order of (await OrderModel.find().lean<Order[]>()).filter(({ quarantine }) => quarantine))
      await this.#commerce.resolveQuarantine(order, "refund");
  }
}
