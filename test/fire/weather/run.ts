import fc from "fast-check";
import { Stripe } from "stripe";
import { connect, disconnect, ensureIndexes } from "../../../src/store/connect.ts";
import { useSecret } from "../../../src/store/secret-box.ts";
import { History } from "./history.ts";
import { clearHouse, openHouse } from "./house.ts";
import { type Plan, plans, told } from "./steps.ts";
import { complaints } from "./verdict.ts";

/**
 * A process that lives through histories: `run.ts <database> <seed> <how many> [path]`. It prints one line of JSON
 * at its end: how many it lived through, and the smallest that went wrong, if one did.
 */
const [url = "", seed = "", runs = "", path] = process.argv.slice(2);

// The SDK waits at least half a second before it tries again; here it does as often, but at once.
Reflect.set(Stripe.prototype, "getInitialNetworkRetryDelay", () => 0.001);
Reflect.set(Stripe.prototype, "getMaxNetworkRetryDelay", () => 0.002);

useSecret("a secret that only tests know");
await connect(url);
await ensureIndexes();
const house = await openHouse();
const began = performance.now();
let lived = 0;

const converges = fc.asyncProperty(plans, async (plan: Plan) => {
  await clearHouse(house);
  const history = await History.begin(house, plan);
  try {
    await history.lives();
    const wrong = await complaints(history);
    if (wrong.length > 0) throw new Error(wrong.join("; "));
    lived += 1;
  } finally {
    await history.close();
  }
});
const result = await fc.check(converges, {
  seed: Number(seed),
  numRuns: Number(runs),
  ...(path === undefined ? {} : { path }),
});
await disconnect();

const error = result.errorInstance;
process.stdout.write(
  `${JSON.stringify({
    lived,
    seconds: (performance.now() - began) / 1000,
    ...(result.failed && {
      replay: `${result.seed}:${result.counterexamplePath ?? ""}`,
      story: result.counterexample === null ? "" : told(result.counterexample[0]),
      wrong: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }),
  })}\n`,
);
