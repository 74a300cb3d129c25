import { somePath } from "../path.ts";
import { isDoc, type Value } from "../value.ts";

/** Whether a document passes a filter. */
export type Match = (doc: Value) => boolean;
/** Whether a value (missing: `undefined`) passes a condition. */
export type Test = (value: Value | undefined) => boolean;

/** Passes what passes every one of them, asked in this order; without any, everything. */
export function all(matches: Match[]): Match {
  if (matches.length === 0) return () => true;
  if (matches.length === 1) return matches[0] as Match;
  return (doc) => {
    for (const match of matches) if (!match(doc)) return false;
    return true;
  };
}

/** Passes what the other does not. */
export function not(match: Match): Match {
  return (doc) => !match(doc);
}

/** Passes documents in which some value at the path passes. Arrays are opened as by {@link somePath}. */
export function at(parts: readonly string[], leaves: boolean, test: Test): Match {
  if (parts.length === 1) {
    const name = parts[0] as string;
    // The common case, without the general walk.
    return (doc) => {
      if (!isDoc(doc)) return somePath(doc, parts, 0, leaves, test);
      const value = Object.hasOwn(doc, name) ? doc[name] : undefined;
      if (leaves && Array.isArray(value)) for (const item of value) if (test(item)) return true;
      return test(value);
    };
  }
  return (doc) => somePath(doc, parts, 0, leaves, test);
}
