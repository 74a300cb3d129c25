import { afterAll, expect, test } from "vitest";
import { findOrder } from "../../src/shop/orders/find-order.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { times } from "../setup/long.ts";
import type { World } from "../shop/orders/world.ts";
import { everyInterruption, type Meeting, type Outcome, pairsOfInterruptions } from "./interleavings.ts";
import {
  comeToRest,
  freshWorld,
  type TwoProcesses,
  twoProcesses,
  useGatedStore,
} from "./interleavings-world.ts";

/** Two processes, and the order both know of. */
export type Scene = TwoProcesses & { readonly order: Order };
export type Act = (scene: Scene) => Promise<unknown>;

/** The error of who lost, undefined for who did not. */
export const failed = (outcome: Outcome): unknown => ("error" in outcome ? outcome.error : undefined);
/** Its code, or the error itself where it is none of the shop's. */
export const codeOf = (outcome: Outcome): unknown => {
  const error = failed(outcome);
  return error instanceof Error && "code" in error ? error.code : error;
};

/**
 * Gives the file a store, and answers how it tests what two acts on one order come to, in every order of one
 * interruption and in a dozen of two (all of them in the long run). How many were run is printed at the end. `rest` lets
 * everything come to its end, in the shop as it is by then.
 */
export function useMeetings() {
  const store = useGatedStore();
  const counts: string[] = [];
  afterAll(() => console.log(`interleavings, of one and of two interruptions:\n${counts.join("\n")}`));

  return function meeting(
    name: string,
    scene: (world: World) => Promise<Order>,
    one: Act,
    other: Act,
    end: (scene: Scene, one: Outcome, other: Outcome) => Promise<void>,
    rest: (scene: Scene) => Promise<void> = comeToRest,
  ): void {
    const meet = async (): Promise<Meeting<Scene>> => {
      const original = await freshWorld();
      const order = await scene(original);
      const setTheScene = await store().picture();
      return {
        world: async () => {
          await setTheScene();
          return { ...twoProcesses(original), order };
        },
        one,
        other,
        elsewhere: ({ world }) => world.provider.calls.length,
        async rest(met, ...outcomes) {
          await rest(met);
          await end({ ...met, order: (await findOrder(order._id)) ?? order }, ...outcomes);
        },
      };
    };
    test(name, { timeout: 3_600_000 }, async () => {
      const both = await meet();
      const once = await everyInterruption(store().gate, both);
      const twice = await pairsOfInterruptions(store().gate, both, times(12, 100_000));
      counts.push(`${String(once).padStart(5)} + ${String(twice).padStart(5)}  ${name}`);
      expect(once).toBeGreaterThan(4);
    });
  };
}
