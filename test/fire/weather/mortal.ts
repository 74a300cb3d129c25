import type { PaymentProvider } from "../../../src/shop/orders/payments/payment.ts";

/** The life of one process of the shop. After its end nothing it waited for comes back to it. */
export class Life {
  #end: () => void = () => {};
  #underWay = new Set<Promise<unknown>>();
  dead = false;
  /** Resolves when the process ends. */
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  /** Ends the process, as a power cut does. */
  end(): void {
    this.dead = true;
    this.#end();
  }

  /** What the process waits for; never settles once it is dead. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.dead) return new Promise<never>(() => {});
    const doing = work();
    this.#underWay.add(doing);
    const settled = await doing.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    this.#underWay.delete(doing);
    return this.dead ? new Promise<never>(() => {}) : settled();
  }

  /** Resolves when nothing that a dead process began is still on its wires. */
  async buried(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}

/** A provider as a process has it that can die while it waits for an answer. */
export const mortal = (provider: PaymentProvider, life: Life): PaymentProvider => ({
  name: provider.name,
  createSession: (request) => life.during(() => provider.createSession(request)),
  readSession: (id) => life.during(() => provider.readSession(id)),
  expireSession: (id) => life.during(() => provider.expireSession(id)),
  refund: (request) => life.during(() => provider.refund(request)),
  readRefunds: (of) => life.during(async () => (await provider.readRefunds?.(of)) ?? []),
  readDisputes: (of) => life.during(async () => (await provider.readDisputes?.(of)) ?? []),
  orderOf: (reference) => life.during(async () => provider.orderOf?.(reference)),
  verifyEvent: (raw, headers) => life.during(() => provider.verifyEvent(raw, headers)),
});
