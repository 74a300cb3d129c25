import mongoose from "mongoose";
import { afterEach, beforeEach } from "vitest";

// Kills the process, as far as the store can tell: the n-th write is the last that gets through (or the first that
// does not), and from then on nothing does.
const collection = mongoose.mongo.Collection.prototype;
const writes = [
  "insertOne",
  "updateOne",
  "updateMany",
  "replaceOne",
  "deleteOne",
  "deleteMany",
  "findOneAndUpdate",
] as const;
type Write = (...given: unknown[]) => Promise<unknown>;
const original = new Map<string, Write>(writes.map((name: string) => [name, Reflect.get(collection, name)]));
let left = Number.POSITIVE_INFINITY;
let dead = false;

/** Lets the tests of a file use `killedAfter` and `everywhere`. */
export function dieAnywhere(): void {
  beforeEach(() => {
    left = Number.POSITIVE_INFINITY;
    dead = false;
    for (const name of writes) {
      const kept: Write = original.get(name)!;
      Reflect.set(collection, name, async function (this: unknown, ...given: unknown[]) {
        if (dead) throw new Error("killed");
        left -= 1;
        if (left >= 0.5) return Reflect.apply(kept, this, given);
        dead = true;
        // A whole number dies after its write, a half before it.
        if (left === 0) await Reflect.apply(kept, this, given);
        throw new Error("killed");
      });
    }
  });
  afterEach(() => {
    for (const name of writes) Reflect.set(collection, name, original.get(name));
  });
}

/** Runs the steps until the process dies after `writes` writes; answers whether it did. */
export async function killedAfter(count: number, steps: (() => Promise<unknown>)[]): Promise<boolean> {
  left = count;
  for (const step of steps) await step().catch(() => {});
  const died = dead;
  dead = false;
  left = Number.POSITIVE_INFINITY;
  return died;
}

/** Every point at which a process can die, before and after each write, until it gets through whole. */
export async function everywhere(scenario: (at: number) => Promise<boolean>): Promise<number> {
  let at = 0.5;
  while (await scenario(at)) {
    for (const name of mongoose.modelNames()) await mongoose.model(name).deleteMany({});
    at += 0.5;
  }
  return at;
}
