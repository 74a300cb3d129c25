import type { Collection, Document } from "mongodb";
import { beforeAll, describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { shown } from "./finds.ts";
import { type Bench, conformsEach, failure, keepTypes, openBench, typed } from "./servers.ts";

/** The code by which a server refuses an expression, or `true` when the documentation names none. */
export class Fails {
  readonly code: number | true;
  constructor(code: number | true) {
    this.code = code;
  }
}

/** An expression that must fail with this code; without one, with any. */
export const fails = (code: number | true = true): Fails => new Fails(code);
/** A result that is a missing value. */
export const missing = Symbol("missing");

/** An expression and what it gives. */
export type ExpressionCase = readonly [expression: unknown, gives: unknown];

let bench: Promise<Bench> | undefined;

/**
 * States what expressions give on one document. Results are compared with their types: an int is not a double.
 */
export async function expressions(
  about: string,
  document: Document,
  cases: readonly ExpressionCase[],
): Promise<void> {
  bench ??= openBench();
  const { filled, db } = await bench;
  describe(about, () => {
    let collection: Collection<Document>;
    beforeAll(async () => {
      const { collectionName } = await filled([{ _id: 1, ...document }]);
      collection = db.collection(collectionName, keepTypes);
    });
    const evaluate = async (expression: unknown): Promise<unknown> => {
      const [result] = await collection.aggregate([{ $replaceWith: { r: expression } }], keepTypes).toArray();
      return result && "r" in result ? result.r : missing;
    };
    conformsEach(
      cases.map(([expression, gives]) => ({
        expression,
        gives,
        deviates: deviationsOf(`${about} > ${shown(expression)}`),
      })),
      ({ expression }) => shown(expression),
      async ({ expression, gives }) => {
        if (gives instanceof Fails) {
          const { code } = await failure(() => evaluate(expression));
          if (gives.code !== true) expect(code).toBe(gives.code);
          else expect(code).toBeDefined();
        } else if (gives === missing) expect(await evaluate(expression)).toBe(missing);
        else expect(typed(await evaluate(expression))).toEqual(typed(gives));
      },
    );
  });
}
