import { spread } from "../figures.ts";
import type { Reply, TelegramSide } from "./telegram-side.ts";

/** What people do, in parts of a hundred. Checkouts go up to the payment link. */
export const MIX = { browse: 60, search: 20, cart: 15, checkout: 5 } as const;
/** One of the things people do. */
export type Deed = keyof typeof MIX;

/** A press or a text that a person could send next. */
export type Next = { readonly press: string; readonly message: number } | { readonly say: string };

const WORDS = ["mug", "bowl", "paper", "lamp", "blanket", "gift", "coffee", "pen"];
/** The links that lead on from where a person stands, by deed: those that come first are preferred. */
const WAYS: Readonly<Record<Exclude<Deed, "search">, readonly string[]>> = {
  browse: ["cat", "p", "browse"],
  cart: ["add", "cart", "qty"],
  checkout: ["ship", "use", "co"],
};
/** Of so many people one stands before the checkout when the load begins. */
const CHECKING_OUT = 10;

/** Somebody who talks with the bot, and the buttons they have been shown lately, by the name of their link. */
class Shopper {
  readonly id: number;
  readonly #shown = new Map<string, { press: string; message: number }[]>();
  #steps = 0;

  constructor(id: number) {
    this.id = id;
  }

  sees({ buttons, message }: Reply): void {
    const fresh = new Map<string, { press: string; message: number }[]>();
    for (const { token } of buttons) {
      if (token === undefined) continue;
      const name = token.split(/[|~]/, 1)[0] ?? "";
      fresh.set(name, [...(fresh.get(name) ?? []), { press: token, message }]);
    }
    for (const [name, presses] of fresh) this.#shown.set(name, presses);
  }

  /** How to do a deed from here; undefined if it needs something that has not been seen yet. */
  next(deed: Deed): Next | undefined {
    this.#steps++;
    if (deed === "search") return { say: WORDS[this.#steps % WORDS.length] ?? "mug" };
    const ways = WAYS[deed];
    const turned = deed === "checkout" ? ways : ways.map((_, at) => ways[(at + this.#steps) % ways.length]);
    for (const name of turned) {
      const found = name === undefined ? undefined : this.#shown.get(name);
      if (!found) continue;
      // The steps of a checkout are for one order.
      if (name === "ship") for (const step of ["ship", "use", "co"]) this.#shown.delete(step);
      if (name === "use") this.#shown.delete("use");
      return found[this.#steps % found.length];
    }
    if (deed === "browse") return { say: "/shop" };
    return deed === "cart" ? { say: "/cart" } : undefined;
  }

  /** The shortest way to a cart with something in it: what was searched for, its page, into the cart. */
  towardsCheckout(): Next {
    this.#steps++;
    const found = this.#shown.get("add") ?? this.#shown.get("p");
    return found?.[this.#steps % found.length] ?? { say: WORDS[this.#steps % WORDS.length] ?? "mug" };
  }

  /** Whether they are between the cart and the payment link. */
  get checkingOut(): boolean {
    return this.#shown.has("use") || this.#shown.has("ship");
  }

  get readyToCheckOut(): boolean {
    return this.checkingOut || this.#shown.has("co");
  }
}

/** What a run of load has shown. Times in milliseconds. */
export interface LoadResult {
  readonly turns: number;
  readonly seconds: number;
  readonly deeds: Record<Deed, number>;
  readonly latency: ReturnType<typeof spread> & { p999: number };
  /** Updates that the bot did not take (another status than 2xx). */
  readonly refused: number;
  /** Updates that no reply came to until ten seconds after the last one. */
  readonly unanswered: number;
  /** Whether the load ended before its time because the bot was hopelessly behind. */
  readonly gaveUp: boolean;
  /** How late the generator itself sent, which is part of the latencies. */
  readonly late: ReturnType<typeof spread>;
  readonly paymentLinks: number;
}

const GRACE_MS = 10_000;
/** A load ends by itself when the bot is so many seconds of updates behind, or nearly all people wait: nothing more would be learnt. */
const BEHIND_SECONDS = 8;
/** A search, a product, the cart, and some more where a product is sold out. */
const STEPS_TO_CART = 8;

/** Many people at once on Telegram's side of a bot. */
export class Crowd {
  readonly #side: TelegramSide;
  readonly #shoppers: Map<number, Shopper>;
  readonly #waiting = new Map<number, (reply: Reply) => void>();

  /** People of the ids 1 to `people`. */
  constructor(side: TelegramSide, people: number) {
    this.#side = side;
    this.#shoppers = new Map(
      Array.from({ length: people }, (_, at) => [at + 1, new Shopper(at + 1)] as const),
    );
    side.onReply = (reply) => {
      this.#shoppers.get(reply.chat)?.sees(reply);
      const waiting = this.#waiting.get(reply.chat);
      this.#waiting.delete(reply.chat);
      waiting?.(reply);
    };
  }

  /** Sends one update of a person and waits for the reply to it; null if none comes in time. */
  async exchange(person: number, next: Next, patience = 60_000): Promise<Reply | null> {
    const replied = this.#replied(person, patience);
    void this.#send(person, next);
    return replied;
  }

  /** All people say something, `atATime` of them at once: a warm-up. Answers how many got no reply. */
  async all(text: string, atATime: number, from = 1, to = this.#shoppers.size): Promise<number> {
    let person = from;
    let lost = 0;
    const worker = async () => {
      for (let mine = person++; mine <= to; mine = person++)
        if ((await this.exchange(mine, { say: text })) === null) lost++;
    };
    await Promise.all(Array.from({ length: atATime }, worker));
    return lost;
  }

  /** Resolves when nobody waits for a reply any more, or after so long. */
  async quiet(patienceMs: number): Promise<void> {
    const until = performance.now() + patienceMs;
    while (this.#waiting.size > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 100));
  }

  /**
   * Walks some people, who have an address, to a full cart with its button for the checkout, so that there is somebody to
   * check out from the start. Answers how many got there.
   */
  async prepareCheckouts(atATime: number): Promise<number> {
    const people = [...this.#shoppers.values()].filter(({ id }) => id % CHECKING_OUT === 0);
    let ready = 0;
    const worker = async () => {
      for (let shopper = people.pop(); shopper; shopper = people.pop()) {
        const mine: Shopper = shopper;
        for (let step = 0; step < STEPS_TO_CART && !mine.readyToCheckOut; step++)
          if (!(await this.exchange(mine.id, mine.towardsCheckout()))) break;
        if (mine.readyToCheckOut) ready++;
      }
    };
    await Promise.all(Array.from({ length: atATime }, worker));
    return ready;
  }

  /**
   * Sends updates at a fixed rate, whatever the bot does (an open loop): the n-th is due n/rate seconds after the
   * start, and its latency counts from then on, so a stall shows in all that came due during it ("coordinated
   * omission" left out). A person has one update under way at a time; the next idle one takes the next.
   */
  async load({ rate, seconds }: { rate: number; seconds: number }): Promise<LoadResult> {
    const all = [...this.#shoppers.values()];
    const idle = all.filter(({ readyToCheckOut }) => !readyToCheckOut);
    const checkouts = all.filter(({ readyToCheckOut }) => readyToCheckOut);
    const deeds: Record<Deed, number> = { browse: 0, search: 0, cart: 0, checkout: 0 };
    const latencies: number[] = [];
    const late: number[] = [];
    const under = new Set<Promise<void>>();
    let refused = 0;
    let unanswered = 0;
    let paymentLinks = 0;
    let checkoutsDue = 0;
    let gaveUp = false;
    const total = Math.round(rate * seconds);
    const start = performance.now();
    let last = start;

    const one = async (due: number, wanted: Deed): Promise<void> => {
      // Who is ready for the deed, so that a checkout is gone through by one person.
      if (wanted === "checkout") checkoutsDue++;
      const shopper = checkoutsDue > 0 ? (checkouts.shift() ?? idle.shift()) : idle.shift();
      if (!shopper) {
        gaveUp = true; // nobody is left to say anything: the bot is that far behind
        return;
      }
      const deed =
        checkoutsDue > 0 && shopper.readyToCheckOut ? "checkout" : wanted === "checkout" ? "cart" : wanted;
      if (deed === "checkout") checkoutsDue--;
      const next = shopper.next(deed) ?? { say: "/shop" };
      deeds[deed]++;
      late.push(performance.now() - due);
      const replied = this.#replied(shopper.id, GRACE_MS + seconds * 1000);
      void this.#send(shopper.id, next).then((status) => {
        if (status < 200 || status > 299) refused++;
      });
      const reply = await replied;
      if (!reply) unanswered++;
      else {
        latencies.push(reply.at - due);
        last = Math.max(last, reply.at);
        if (reply.buttons.some(({ url }) => url?.includes("/pay/"))) paymentLinks++;
      }
      // Whoever is in the middle of it goes on first: else everybody takes one step and nobody arrives.
      if (!shopper.readyToCheckOut || deed === "browse") idle.push(shopper);
      else if (shopper.checkingOut) checkouts.unshift(shopper);
      else checkouts.push(shopper);
    };

    const dealt: Record<Deed, number> = { browse: 0, search: 0, cart: 0, checkout: 0 };
    for (let n = 0; n < total && !gaveUp; ) {
      const now = performance.now();
      for (; n < total && start + (n * 1000) / rate <= now; n++) {
        const deed = furthestBehind(dealt);
        dealt[deed]++;
        const work = one(start + (n * 1000) / rate, deed).finally(() => under.delete(work));
        under.add(work);
      }
      gaveUp ||= under.size > Math.min(rate * BEHIND_SECONDS, 0.9 * all.length);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const ended = performance.now();
    const patience = new Promise<void>((resolve) => setTimeout(resolve, GRACE_MS).unref());
    await Promise.race([Promise.all(under), patience]);
    unanswered += under.size;
    const sorted = [...latencies].sort((a, b) => a - b);
    return {
      turns: latencies.length,
      seconds: (Math.max(last, gaveUp ? ended : start + seconds * 1000) - start) / 1000,
      deeds,
      latency: { ...spread(latencies), p999: sorted[Math.max(0, Math.ceil(sorted.length * 0.999) - 1)] ?? 0 },
      refused,
      unanswered,
      gaveUp,
      late: spread(late),
      paymentLinks,
    };
  }

  #send(person: number, next: Next): Promise<number> {
    return "say" in next
      ? this.#side.says(person, next.say)
      : this.#side.presses(person, next.press, next.message);
  }

  #replied(person: number, patience: number): Promise<Reply | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(person);
        resolve(null);
      }, patience);
      this.#waiting.set(person, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
    });
  }
}

/** The deed that is furthest behind its part of the mix: an even deal without chance. */
function furthestBehind(dealt: Readonly<Record<Deed, number>>): Deed {
  const all = Object.values(dealt).reduce((sum, count) => sum + count, 0) + 1;
  const lag = (deed: Deed) => (MIX[deed] * all) / 100 - dealt[deed];
  const deeds: Deed[] = ["browse", "search", "cart", "checkout"];
  return deeds.reduce((most, deed) => (lag(deed) > lag(most) ? deed : most));
}
