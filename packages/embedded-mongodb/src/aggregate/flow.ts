import type { Doc, Value } from "../value.ts";

/**
 * A stage at work on documents that come a part at a time. It keeps no more of them than its result needs, so a
 * pipeline of such stages takes the memory of its result, not of what it reads.
 */
export interface Flow {
  /** Takes the next documents and gives what can be said already. */
  take(docs: Doc[]): Doc[];
  /** Gives what can only be said after the last one. */
  end?(): Doc[];
  /** Whether further documents would change nothing. */
  full?(): boolean;
}

/** Makes the working state of one run of a stage. */
export type MakeFlow = () => Flow;

/** For a stage that treats each document by itself. */
export function each(run: (docs: Doc[]) => Doc[]): MakeFlow {
  return () => ({ take: run });
}

/** `$limit`. */
export function limited(most: number): MakeFlow {
  return () => {
    let left = most;
    return {
      take(docs) {
        const taken = docs.slice(0, left);
        left -= taken.length;
        return taken;
      },
      full: () => left === 0,
    };
  };
}

/** `$skip`. */
export function skipped(first: number): MakeFlow {
  return () => {
    let left = first;
    return {
      take(docs) {
        const taken = docs.slice(left);
        left = Math.max(0, left - docs.length);
        return taken;
      },
    };
  };
}

/** `$count`. */
export function counted(field: string): MakeFlow {
  return () => {
    let count = 0;
    return {
      take(docs) {
        count += docs.length;
        return [];
      },
      end: () => (count === 0 ? [] : [{ [field]: count }]),
    };
  };
}

/** The growing value of one accumulator in one group. */
export interface Fold {
  add(doc: Doc): void;
  end(): Value;
}
