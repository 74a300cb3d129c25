import fc from "fast-check";
import type { Fault, Road } from "../../doubles/stripe.ts";

/** What a request of the shop's to Stripe meets. "dies": the shop's process ends before its effect, or after. */
export type Sky = "clear" | Fault | "dies before" | "dies after";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What people do with one of the shopper's two orders. */
const orderActs = [
  "places",
  "pays by card",
  "is declined",
  "promises a transfer",
  "has the transfer arrive",
  "has the transfer fail",
  "pays as the hold ends",
  "pays as the shopper cancels",
  "comes back to the shop",
  "cancels",
  "is cancelled by the shop",
  "is packed",
  "is shipped",
  "is delivered",
  "is accepted out of quarantine",
  "is refunded out of quarantine",
  "is given back in Stripe's dashboard",
  "is given back in part in Stripe's dashboard",
  "has its last refund sent back by the bank",
  "is disputed by the payer's bank",
  "has its dispute won",
  "has its dispute lost",
] as const;
export type OrderAct = (typeof orderActs)[number];

/** What happens to everything. */
const worldActs = {
  "a minute passes": MINUTE,
  "the hold's half hour passes": 31 * MINUTE,
  "three hours pass": 3 * HOUR,
  "26 hours pass": 26 * HOUR,
  "the shop sweeps": 0,
  "two processes sweep": 0,
  "the shop restarts": 0,
  "refunds arrive": 0,
  "refunds fail": 0,
  "the shop goes live": 0,
} as const;
export type WorldAct = keyof typeof worldActs;

/** For how long an act of the world lasts, in milliseconds. */
export const lasts = (act: WorldAct): number => worldActs[act];

/** One line of a history: what happens, and what the requests to Stripe meet meanwhile, one after the other. */
export type Step = { readonly skies: readonly Sky[] } & (
  | { readonly order: 0 | 1; readonly act: OrderAct }
  | { readonly order?: never; readonly act: WorldAct }
);

/** What a history is made of. */
export interface Plan {
  readonly steps: readonly Step[];
  /** How the attempts to deliver events go, in turn. */
  readonly roads: readonly Road[];
  /** How refunds begin, in turn. */
  readonly refunds: readonly ("succeeded" | "pending" | "requires_action" | "failed")[];
  /** What is still on its way when the weather clears. */
  readonly lateTransfers: "arrive" | "fail";
  readonly lateRefunds: "succeeded" | "failed";
  readonly lateDisputes: "won" | "lost";
  /** Events that have not come until then never will. */
  readonly eventsLost: boolean;
}

const sky: fc.Arbitrary<Sky> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Sky>("clear") },
  {
    weight: 7,
    arbitrary: fc.constantFrom<Sky>("error before", "error after", "cut", "cut before", "busy"),
  },
  { weight: 2, arbitrary: fc.constantFrom<Sky>("dies before", "dies after") },
);
const skies = fc.array(sky, { maxLength: 4 });

// What must come first for most else to matter is drawn more often.
const orderAct: fc.Arbitrary<OrderAct> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<OrderAct>("places") },
  { weight: 5, arbitrary: fc.constant<OrderAct>("pays by card") },
  { weight: 14, arbitrary: fc.constantFrom(...orderActs) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ order: fc.constantFrom<0 | 1>(0, 0, 0, 1), act: orderAct, skies }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constantFrom(...(Object.keys(worldActs) as WorldAct[])), skies }),
  },
);

const road: fc.Arbitrary<Road> = fc.record({
  delay: fc.constantFrom(0, 0, 0, 2_000, 20 * MINUTE, 5 * HOUR),
  end: fc.constantFrom<Road["end"]>("arrives", "arrives", "arrives twice", "answer lost", "lost", "lost"),
});

/** Histories: most begin with an order that is placed. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  steps: fc
    .tuple(skies, fc.array(step, { minLength: 1, maxLength: 14 }))
    .map(([first, rest]): Step[] => [{ order: 0, act: "places", skies: first }, ...rest]),
  roads: fc.array(road, { maxLength: 6 }),
  refunds: fc.array(fc.constantFrom("succeeded", "succeeded", "pending", "requires_action", "failed"), {
    maxLength: 3,
  }),
  lateTransfers: fc.constantFrom("arrive", "fail"),
  lateRefunds: fc.constantFrom("succeeded", "succeeded", "failed"),
  lateDisputes: fc.constantFrom("won", "lost"),
  eventsLost: fc.boolean(),
});

/** A history as lines to read. */
export function told(plan: Plan): string {
  const { steps, roads, refunds } = plan;
  const lines = steps.map(({ order, act, skies: met }) => {
    const who = order === undefined ? "" : `order ${order + 1} `;
    return `  ${who}${act}${met.length === 0 ? "" : `   [${met.join(", ")}]`}`;
  });
  const ways = roads.map(({ delay, end }) => `${end} after ${delay / 1000} s`);
  return [
    ...lines,
    `  events: ${ways.join("; ") || "arrive"}`,
    `  refunds: ${refunds.join(", ") || "succeed"}`,
    `  in the end: transfers ${plan.lateTransfers}, refunds ${plan.lateRefunds}, disputes ${plan.lateDisputes}, events ${plan.eventsLost ? "lost" : "come"}`,
  ].join("\n");
}
