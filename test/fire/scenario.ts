import type { Person } from "../doubles/telegram-person.ts";
import type { CrashWorld } from "./crash-world.ts";
import { ordersOf } from "./promises.ts";

/** Does one thing of a life and waits until all that follows from it is done. */
export type DoStep = (name: string, deed: () => Promise<unknown>) => Promise<void>;

/** Where the person of the scenarios lives, in the order in which a chat asks for it. */
const home = {
  Name: "Ada Example",
  Email: "ada@example.com",
  Phone: "+49 30 901820",
  Street: "Lindenstraße 1",
  City: "Berlin",
  Country: "Germany",
  "Postal code": "10969",
};
/** What is bought, by its address and its SKU. */
export const product = { slug: "dune-mug", title: "Dune Mug" };

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Longer than a killed process takes to come back on a busy machine. */
const WAIT_MS = 20_000;

/** One person on Telegram with their orders, as tests walk them through the shop. */
export class Shopping {
  readonly person: Person;
  readonly world: CrashWorld;
  readonly #step: DoStep;

  constructor(world: CrashWorld, person: Person, step: DoStep) {
    this.world = world;
    this.person = person;
    this.#step = step;
  }

  step(name: string, deed: () => Promise<unknown>): Promise<void> {
    return this.#step(name, deed);
  }

  says = (text: string) => this.step(`says ${text}`, () => this.person.says(text));
  presses = (label: string | RegExp) =>
    this.step(`presses ${label}`, async () => {
      // A button of a message that is still to come is waited for longer than a person's own patience.
      await this.person.sees(label instanceof RegExp ? buttonLike(label) : button(label), WAIT_MS);
      await this.person.presses(label);
    });
  answers = (field: string, value: string) =>
    this.step(`answers ${field}`, () => this.person.fills({ [field]: value }));
  sees = (text: RegExp) => this.person.sees(text, WAIT_MS);

  /** From the front door to an order that waits for payment. */
  async placesFromCart(): Promise<void> {
    await this.says("/start");
    await this.presses("Browse");
    await this.says("dune mug");
    await this.presses(/^(View|Dune Mug)$/);
    await this.presses("Add to cart");
    await this.presses(/^Cart \(1\)$/);
    await this.presses("Checkout");
    for (const [field, value] of Object.entries(home)) await this.answers(field, value);
    await this.presses(/days/);
    await this.sees(/Waiting for payment/);
  }

  /** Another order of somebody whose address is known. */
  async buysAgain(): Promise<void> {
    await this.says(`/start p-${product.slug}`);
    await this.presses("Buy now");
    await this.presses(/^Ada Example/);
    await this.presses(/days/);
    await this.sees(/Waiting for payment/);
  }

  /** The number of the person's latest order and the id of its session. */
  async latest(): Promise<{ number: string; session: string }> {
    const [order] = await ordersOf(this.world, this.person.id);
    return { number: order?.number ?? "", session: order?.payment?.session ?? "" };
  }

  async pays(how?: { later: boolean }): Promise<void> {
    const { session } = await this.latest();
    await this.step(`pays${how?.later ? " by a transfer" : ""}`, () => this.world.stripe.pays(session, how));
  }

  /** Paid, shipped, delivered, received, reviewed, and asked for a review a day later. */
  async isServed(): Promise<void> {
    await this.pays();
    await this.sees(/is paid/);
    const { number } = await this.latest();
    await this.step("is shipped", () =>
      this.world.merchant("ship", number, "--carrier", "DHL", "--tracking", "00340434"),
    );
    await this.sees(/on its way with DHL, tracking number 00340434/);
    await this.step("is delivered", () => this.world.merchant("deliver", number));
    await this.sees(/was delivered/);
    await this.presses("View order");
    await this.presses("Received");
    await this.presses("Write a review");
    await this.answers("Rating", "5");
    await this.answers("Comment", "Warm and round.");
    await this.presses("Skip");
    await this.sees(/Thank you for your review/);
    await this.step("a day passes", async () => this.world.forward(DAY + MINUTE));
  }

  /** Nobody pays, and the hold ends. */
  async letsItExpire(): Promise<void> {
    await this.step("half an hour passes", async () => this.world.forward(31 * MINUTE));
    await this.sees(/was not paid in time/);
  }

  /** Cancelled before it is paid. */
  async cancelsUnpaid(): Promise<void> {
    await this.presses("Cancel order");
    await this.presses("Yes, cancel it");
    await this.sees(/is cancelled/);
  }

  /** Paid, then cancelled: the money goes back. */
  async paysAndCancels(): Promise<void> {
    await this.pays();
    await this.sees(/is paid/);
    await this.presses("View order");
    await this.presses("Cancel order");
    await this.presses("Yes, cancel it");
    await this.sees(/on its way back to you/);
  }

  /** Paid, disputed and won, then given back in Stripe's dashboard before it is shipped. */
  async isGivenBackElsewhere(): Promise<void> {
    await this.pays();
    await this.sees(/is paid/);
    const { session } = await this.latest();
    const { stripe } = this.world;
    await this.step("is disputed", () => stripe.disputes(session));
    await this.sees(/bank is asking about the payment/);
    await this.step("has its dispute won", async () => {
      const dispute = stripe.disputed.find(
        ({ payment_intent }) => payment_intent === stripe.session(session).payment_intent,
      );
      if (dispute !== undefined) await stripe.decides(dispute, "won");
    });
    await this.step("is given back in Stripe's dashboard", () => stripe.givesBack(session));
    await this.sees(/on its way back to you/);
  }

  /** The money is promised, and comes later or not at all. */
  async paysByTransfer(arrives: boolean): Promise<void> {
    await this.pays({ later: true });
    const { session } = await this.latest();
    const { stripe } = this.world;
    await this.step(arrives ? "the money arrives" : "the money never arrives", () =>
      arrives ? stripe.moneyArrives(session) : stripe.moneyFails(session),
    );
    await this.sees(arrives ? /is paid/ : /did not go through/);
  }
}

/** The parts of a life, which may follow each other for one person; "first order" is how it begins. */
export const parts: Readonly<Record<string, (shopping: Shopping) => Promise<void>>> = {
  "first order": async (shopping) => {
    await shopping.placesFromCart();
    await shopping.isServed();
  },
  "unpaid order": async (shopping) => {
    await shopping.buysAgain();
    await shopping.letsItExpire();
  },
  "cancelled order": async (shopping) => {
    await shopping.buysAgain();
    await shopping.cancelsUnpaid();
  },
  "refunded order": async (shopping) => {
    await shopping.buysAgain();
    await shopping.paysAndCancels();
  },
  "money given back elsewhere": async (shopping) => {
    await shopping.buysAgain();
    await shopping.isGivenBackElsewhere();
  },
  "late money": async (shopping) => {
    await shopping.buysAgain();
    await shopping.paysByTransfer(true);
  },
  "money that never came": async (shopping) => {
    await shopping.buysAgain();
    await shopping.paysByTransfer(false);
  },
};

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
/** A message with a button of this label, as a person's transcript shows it. */
const button = (label: string) => new RegExp(`\\[[^\\]]*${escaped(label)}[^\\]]*\\]`, "i");
const buttonLike = ({ source }: RegExp) =>
  new RegExp(
    `\\[${source.startsWith("^") ? source.slice(1).replace(/\$$/, "") : `[^\\]]*${source}`}[^\\]]*\\]`,
  );
