import type { Collection, Document } from "mongodb";
import { beforeAll, describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { type Bench, conformsEach, type Deviating, failure, openBench } from "./servers.ts";

/** A filter with the `_id`s it finds in any order, or with the code by which the server refuses it. */
export interface Finds extends Deviating {
  finds: Document;
  ids?: readonly (string | number)[];
  fails?: number;
}

let bench: Promise<Bench> | undefined;

/** Shows a filter in a test's title. */
export function shown(value: unknown): string {
  const seen = JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof RegExp) return String(item);
    if (typeof item === "bigint" || (typeof item === "number" && !Number.isFinite(item))) return String(item);
    return Object.is(item, -0) ? "-0" : item;
  });
  return seen ?? "undefined";
}

/** Makes a collection of these documents, and a function that states what filters find in it. */
export async function findsBench(
  about: string,
  documents: readonly Document[],
): Promise<(cases: readonly Finds[]) => void> {
  bench ??= openBench();
  const { filled } = await bench;
  return (cases) => {
    describe(about, () => {
      let collection: Collection<Document>;
      beforeAll(async () => {
        collection = await filled(documents);
      });
      const told = cases.map((item) => ({
        ...item,
        deviates: item.deviates ?? deviationsOf(`${about} > ${shown(item.finds)}`),
      }));
      conformsEach(
        told,
        ({ finds, ids, fails }) =>
          `${shown(finds)} ${ids ? `finds ${ids.join(" ") || "nothing"}` : `fails with ${fails}`}`,
        async ({ finds, ids, fails }) => {
          if (ids) {
            const found = await collection.find(finds).project({ _id: 1 }).toArray();
            expect(found.map(({ _id }) => String(_id)).sort()).toEqual(ids.map(String).sort());
          } else expect((await failure(() => collection.find(finds).toArray())).code).toBe(fails);
        },
      );
    });
  };
}
