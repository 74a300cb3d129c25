import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";
import { arrivals } from "./arrivals.ts";
import type { Bench, Traits } from "./bench.ts";
import { fates } from "./fates.ts";
import { liveCards } from "./live-cards.ts";
import { outgoing } from "./outgoing.ts";
import { screens } from "./screens.ts";

/**
 * What every adapter promises, tested through the platform's real client against its double.
 *
 * A new platform needs a `Bench` (its adapter, started, beside its double, and the people in it) and its `Traits`.
 */
export function adapterContract(name: string, traits: Traits): void {
  describe(name, () => {
    describe("shows", () => outgoing(traits, shared(traits)));
    describe("takes", () => arrivals(traits, fresh(traits)));
    describe("keeps to one screen:", () => screens(traits, fresh(traits)));
    if (traits.channels) describe("a live card", () => liveCards(traits, fresh(traits)));
    describe("tells", () => fates(traits, fresh(traits)));
  });
}

/** One bench for all tests of a group: none of them spoils it, since each has a person of its own. */
function shared({ open }: Traits): () => Bench {
  let bench: Bench;
  beforeAll(async () => {
    bench = await open();
  });
  afterAll(() => bench.close());
  return () => bench;
}

/** A bench for each test. */
function fresh({ open }: Traits): () => Bench {
  let bench: Bench;
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(() => bench.close());
  return () => bench;
}
