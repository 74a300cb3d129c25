import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  BadSignature,
  type PaymentProvider,
  type PaymentSession,
  type ProviderEvent,
} from "../../src/shop/orders/payments/payment.ts";
import { anOrder } from "./an-order.ts";

/** A provider at work: the shop's webhook is up, and there are people who pay. */
export interface Bench {
  readonly provider: PaymentProvider;
  /** A person pays at the hosted page; with `later` the money is only promised. Rejects when the page is closed. */
  pays(session: PaymentSession, later?: boolean): Promise<void>;
  moneyArrives(session: PaymentSession): Promise<void>;
  moneyFails(session: PaymentSession): Promise<void>;
  declines(session: PaymentSession): Promise<void>;
  /** The merchant gives money back at the provider's own pages: all that is left, or half of it. */
  givesBack(session: PaymentSession, part?: boolean): Promise<void>;
  /** The bank sends the latest refund back. */
  refundFails(session: PaymentSession): Promise<void>;
  /** The payer's bank disputes the payment, and decides. */
  disputes(session: PaymentSession): Promise<void>;
  decides(session: PaymentSession, end: "won" | "lost"): Promise<void>;
  /** The last delivery to the webhook, as it came. */
  lastDelivery(): { raw: Buffer; headers: Headers };
  /** What the webhook received and verified, once every delivery under way has come. */
  events(): Promise<readonly ProviderEvent[]>;
  close(): Promise<void>;
}

/** What the shop expects of every payment provider. `make` starts one that lives by the given clock. */
export function paymentProviderContract(name: string, make: (now: () => Date) => Promise<Bench>): void {
  describe(`${name} as a payment provider`, () => {
    let at: Date;
    let bench: Bench;
    const now = () => at;
    const wait = (minutes: number) => {
      at = new Date(at.getTime() + minutes * 60_000);
    };
    const amount = { amount: 4250, currency: "EUR" };
    const open = (order = "order1") => bench.provider.createSession(anOrder(now, { order }));

    beforeEach(async () => {
      at = new Date("2026-11-23T12:00:00Z");
      bench = await make(now);
    });
    afterEach(() => bench.close());

    test("opens a page for an order, unpaid at first", async () => {
      const session = await open();
      expect(session.url).toMatch(/^https?:/);
      expect(session.expiresAt.getTime()).toBeGreaterThan(at.getTime());
      expect(await bench.provider.readSession(session.id)).toMatchObject({
        id: session.id,
        order: "order1",
        status: "open",
        payment: "unpaid",
        amount,
        live: false,
      });
    });

    test("answers the same session to the same key, and another to another", async () => {
      const session = await open();
      expect(await open()).toEqual(session);
      expect((await open("order2")).id).not.toBe(session.id);
    });

    test("answers two calls at once with one session", async () => {
      const results = await Promise.allSettled([open(), open(), open()]);
      const ids = results.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
      expect(new Set(ids).size).toBe(1);
    });

    test("refuses a key that comes back for another amount", async () => {
      await open();
      const other = anOrder(now, { amount: { amount: 4251, currency: "EUR" } });
      await expect(bench.provider.createSession(other)).rejects.toMatchObject({ fate: "refused" });
    });

    test("tells of a payment by an event and when asked, the same", async () => {
      const session = await open();
      await bench.pays(session);
      const state = await bench.provider.readSession(session.id);
      expect(state).toMatchObject({ status: "complete", payment: "paid", amount, order: "order1" });
      expect(state.method).toBe("card");
      const events = await bench.events();
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({
        at,
        session: { id: session.id, status: "complete", payment: "paid", amount },
      });
    });

    test("keeps the page open after a declined card, and the next try pays", async () => {
      const session = await open();
      await bench.declines(session);
      expect(await bench.provider.readSession(session.id)).toMatchObject({
        status: "open",
        payment: "unpaid",
      });
      expect(await bench.events()).toHaveLength(0);
      await bench.pays(session);
      expect(await bench.provider.readSession(session.id)).toMatchObject({ payment: "paid" });
    });

    test.each(["paid", "failed"] as const)(
      "says pending while promised money is on its way, then %s",
      async (end) => {
        const session = await open();
        await bench.pays(session, true);
        expect(await bench.provider.readSession(session.id)).toMatchObject({
          status: "complete",
          payment: "pending",
        });
        await (end === "paid" ? bench.moneyArrives(session) : bench.moneyFails(session));
        expect(await bench.provider.readSession(session.id)).toMatchObject({
          status: "complete",
          payment: end,
        });
        const events = await bench.events();
        expect(events.map((event) => event.session?.payment)).toEqual(["pending", end]);
        expect(new Set(events.map((event) => event.id)).size).toBe(2);
      },
    );

    test("closes an open session, once, and tells of it", async () => {
      const session = await open();
      expect(await bench.provider.expireSession(session.id)).toMatchObject({
        status: "expired",
        payment: "unpaid",
      });
      expect(await bench.provider.expireSession(session.id)).toMatchObject({ status: "expired" });
      await expect(bench.pays(session)).rejects.toThrow();
      expect((await bench.events()).map((event) => event.session?.status)).toEqual(["expired"]);
    });

    test("does not close a session that was paid, and says so", async () => {
      const session = await open();
      await bench.pays(session);
      expect(await bench.provider.expireSession(session.id)).toMatchObject({
        status: "complete",
        payment: "paid",
      });
      expect(await bench.events()).toHaveLength(1);
    });

    test("ends a session once when paying and closing meet", async () => {
      for (let round = 0; round < 10; round++) {
        const session = await open(`race${round}`);
        const [paid, closed] = await Promise.allSettled([
          bench.pays(session),
          bench.provider.expireSession(session.id),
        ]);
        const { status } = await bench.provider.readSession(session.id);
        expect(status).toBe(paid.status === "fulfilled" ? "complete" : "expired");
        expect(closed).toMatchObject({ status: "fulfilled", value: { status } });
        const told = (await bench.events()).filter((event) => event.session?.id === session.id);
        expect(told.map((event) => event.session?.status)).toEqual([status]);
      }
    });

    test("takes no money after a session's own end", async () => {
      const session = await open();
      wait(24 * 60 + 1);
      await expect(bench.pays(session)).rejects.toThrow();
      expect(await bench.provider.readSession(session.id)).toMatchObject({
        status: "expired",
        payment: "unpaid",
      });
    });

    test("gives money back once per key and never more than was paid", async () => {
      const session = await open();
      await bench.pays(session);
      const refund = (key: string, minor: number, currency = "EUR") =>
        bench.provider.refund({
          session: session.id,
          amount: { amount: minor, currency },
          idempotencyKey: key,
        });
      const first = await refund("a", 1000);
      expect(first.status).toBe("succeeded");
      expect(await refund("a", 1000)).toEqual(first);
      await expect(refund("a", 999)).rejects.toMatchObject({ fate: "refused" });
      await expect(refund("b", 3251)).rejects.toMatchObject({ fate: "refused" });
      // All that is left but for the one refund above.
      expect((await refund("c", 3250)).id).not.toBe(first.id);
      await expect(refund("d", 1)).rejects.toMatchObject({ fate: "refused" });
    });

    test("gives back no more than was paid when refunds meet", async () => {
      const session = await open();
      await bench.pays(session);
      const refunds = await Promise.allSettled(
        ["a", "b", "c", "d"].map((key) =>
          bench.provider.refund({
            session: session.id,
            amount: { amount: 2000, currency: "EUR" },
            idempotencyKey: key,
          }),
        ),
      );
      expect(refunds.filter((one) => one.status === "fulfilled")).toHaveLength(2);
    });

    test.each([
      ["another currency", 100, "USD"],
      ["nothing", 0, "EUR"],
      ["a negative amount", -5, "EUR"],
      ["a part of a cent", 0.5, "EUR"],
      ["more than was paid", 4251, "EUR"],
    ])("refuses to give back %s", async (_, minor, currency) => {
      const session = await open();
      await bench.pays(session);
      await expect(
        bench.provider.refund({
          session: session.id,
          amount: { amount: minor, currency },
          idempotencyKey: "r",
        }),
      ).rejects.toMatchObject({ fate: "refused" });
    });

    test("refuses to give back what was not paid", async () => {
      const session = await open();
      const refund = () => bench.provider.refund({ session: session.id, amount, idempotencyKey: "r" });
      await expect(refund()).rejects.toMatchObject({ fate: "refused", reason: "not_paid" });
      await bench.pays(session, true);
      await expect(refund()).rejects.toMatchObject({ fate: "refused", reason: "not_paid" });
    });

    const changes = async () => (await bench.events()).flatMap(({ change }) => change ?? []);

    test("tells what the merchant gives back at its own pages, all refunds together, and lets no more go back", async () => {
      const session = await open();
      await bench.pays(session);
      const { reference } = await bench.provider.readSession(session.id);
      await bench.givesBack(session, true);
      await bench.givesBack(session);
      const totals = (await changes()).filter(({ what }) => what === "refunded");
      expect(totals).toMatchObject([
        { total: { amount: 2125, currency: "EUR" }, reference, live: false },
        { total: amount, reference },
      ]);
      expect(await bench.provider.readSession(session.id)).toMatchObject({ refunded: 4250 });
      const refund = { session: session.id, amount: { amount: 1, currency: "EUR" }, idempotencyKey: "r" };
      await expect(bench.provider.refund(refund)).rejects.toMatchObject({
        fate: "refused",
        reason: "exceeds",
      });
    });

    test("tells of the shop's own refunds in the same way", async () => {
      const session = await open();
      await bench.pays(session);
      const refund = { session: session.id, amount, idempotencyKey: "r" };
      await Promise.all([bench.provider.refund(refund), bench.provider.refund(refund)]);
      const totals = (await changes()).filter(({ what }) => what === "refunded");
      expect(totals).toMatchObject([{ total: amount }]);
    });

    test("tells of a refund that fails after it had succeeded, which leaves the money to be refunded", async () => {
      const session = await open();
      await bench.pays(session);
      const request = { session: session.id, amount, idempotencyKey: "a" };
      const { id } = await bench.provider.refund(request);
      await bench.refundFails(session);
      const failed = (await changes()).filter((one) => one.what === "refund" && one.status === "failed");
      expect(failed.length).toBeGreaterThanOrEqual(1);
      for (const one of failed) expect(one).toMatchObject({ refund: id, amount });
      expect(await bench.provider.refund(request)).toEqual({ id, status: "failed" });
      expect(await bench.provider.refund({ ...request, idempotencyKey: "b" })).toMatchObject({
        status: "succeeded",
      });
    });

    test.each(["won", "lost"] as const)("tells of a dispute and how it ends: %s", async (end) => {
      const session = await open();
      await bench.pays(session);
      const { reference } = await bench.provider.readSession(session.id);
      await bench.disputes(session);
      await bench.decides(session, end);
      const told = (await changes()).flatMap((one) => (one.what === "dispute" ? [one] : []));
      expect(told[0]).toMatchObject({ status: "open", amount, reference, reason: "fraudulent" });
      expect(told.at(-1)).toMatchObject({ status: end, dispute: told[0]?.dispute });
      expect(await bench.provider.orderOf?.(reference ?? "")).toBe("order1");
    });

    test("knows no order of a payment that is not the shop's", async () => {
      expect(await bench.provider.orderOf?.("pi_none")).toBeUndefined();
    });

    test("refuses sessions that it does not know", async () => {
      const refund = { session: "cs_none", amount, idempotencyKey: "r" };
      await expect(bench.provider.readSession("cs_none")).rejects.toMatchObject({ fate: "refused" });
      await expect(bench.provider.expireSession("cs_none")).rejects.toMatchObject({ fate: "refused" });
      await expect(bench.provider.refund(refund)).rejects.toMatchObject({ fate: "refused" });
    });

    test("takes only deliveries that are its own, unchanged and fresh", async () => {
      await bench.pays(await open());
      await bench.events();
      const { raw, headers } = bench.lastDelivery();
      await expect(bench.provider.verifyEvent(raw, headers)).resolves.not.toBeNull();
      await expect(bench.provider.verifyEvent(raw, new Headers())).rejects.toThrow(BadSignature);
      const changed = Buffer.from(raw.toString().replace("4250", "4251"));
      await expect(bench.provider.verifyEvent(changed, headers)).rejects.toThrow(BadSignature);
      wait(6);
      await expect(bench.provider.verifyEvent(raw, headers)).rejects.toThrow(BadSignature);
      wait(-12);
      await expect(bench.provider.verifyEvent(raw, headers)).rejects.toThrow(BadSignature);
    });
  });
}
