import { CommandError } from "./errors.ts";
import { valueAt } from "./path.ts";
import { placeError, pointOf } from "./query/shapes.ts";
import { shellText } from "./shell-text.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "./value.ts";

/**
 * Kinds of indexes that are only declared here: `text`, `2d`, `2dsphere`, `hashed` and wildcard. They can be made,
 * listed and dropped, let the queries through that MongoDB refuses without them, and refuse the documents that
 * MongoDB refuses because of them; but they hold no entries, and what they are for is found by reading the collection.
 */
export type DeclaredKind = "text" | "2d" | "2dsphere" | "hashed" | "wildcard";

const kinds: ReadonlySet<string> = new Set(["text", "2d", "2dsphere", "hashed"]);

/** What kind of declared index a key pattern makes; undefined for an index that holds keys. */
export function declaredKind(key: Doc): DeclaredKind | undefined {
  for (const [path, direction] of Object.entries(key)) {
    if (isWildcard(path) && direction !== "text") return "wildcard";
    if (isKind(direction)) return direction;
  }
  return undefined;
}

function isKind(direction: Value): direction is DeclaredKind {
  return typeof direction === "string" && kinds.has(direction);
}

/** Whether a path of a key pattern stands for every field, or for every field below one. */
export function isWildcard(path: string): boolean {
  return path === "$**" || path.endsWith(".$**");
}

/** An index as far as a search for words or places needs it. */
export interface Declared {
  spec: Doc;
  hidden: boolean;
}

/** The text index of a collection, which has at most one. */
export function textIndexOf<T extends Declared>(indexes: readonly T[]): T | undefined {
  return indexes.find(({ spec, hidden }) => !hidden && declaredKind(spec.key as Doc) === "text");
}

/** Whether there is an index of places on a path, of one of these kinds. */
export function hasPlaces(
  indexes: readonly Declared[],
  path: string,
  wanted: readonly DeclaredKind[],
): boolean {
  return indexes.some(({ spec, hidden }) => {
    const kind = (spec.key as Doc)[path];
    return !hidden && wanted.some((each) => each === kind);
  });
}

/** Whether some declared index would serve a filter on a server on which it holds keys, for `notablescan`. */
export function declaredServes(indexes: readonly Declared[], filter: Doc): boolean {
  return Object.entries(filter).some(([path, condition]) => {
    if (path === "$text") return textIndexOf(indexes) !== undefined;
    if (path === "$and" && Array.isArray(condition))
      return condition.some((part) => isDoc(part) && declaredServes(indexes, part));
    if (path.startsWith("$")) return false;
    return indexes.some(({ spec, hidden }) => !hidden && servesField(spec.key as Doc, path, condition));
  });
}

function servesField(key: Doc, path: string, condition: Value): boolean {
  const [[first = "", direction] = []] = Object.entries(key);
  if (direction === "text") return false;
  if (isWildcard(first)) return first === "$**" || path.startsWith(first.slice(0, -"$**".length));
  if (first !== path) return false;
  const operators = isDoc(condition) ? Object.keys(condition).filter((name) => name.startsWith("$")) : [];
  if (direction === "hashed")
    return operators.length === 0 || operators.some((name) => name === "$eq" || name === "$in");
  return (
    (direction === "2d" || direction === "2dsphere") &&
    operators.some((name) => /^\$(?:geo\w+|near|nearSphere|within)$/.test(name))
  );
}

/**
 * Checks a document that is to be written against a declared index.
 *
 * @throws {CommandError} 16755, 13026 and 13027 for what is no place, 16766 for an array in a hashed field, 17261 for a
 * language that is no text.
 */
export function checkDeclared(spec: Doc, doc: Doc): void {
  for (const [path, direction] of Object.entries(spec.key as Doc)) {
    if (direction === "hashed") checkHashed(path, doc);
    else if (direction === "2dsphere") checkPlaces(path, doc);
    else if (direction === "2d") checkPlane(spec, path, doc);
    else if (path === "_fts") checkLanguage(spec, doc);
  }
}

function checkHashed(path: string, doc: Doc): void {
  const parts = path.split(".");
  for (let length = 1; length <= parts.length; length++) {
    if (Array.isArray(valueAt(doc, parts.slice(0, length))))
      throw new CommandError(
        16766,
        `hashed indexes do not currently support array values. Found array at path: ${path}`,
      );
  }
}

function checkPlaces(path: string, doc: Doc): void {
  const wrong = placeError(valueAt(doc, path.split(".")));
  if (wrong) throw new CommandError(16755, `Can't extract geo keys: ${shellText(doc)}  ${wrong}`);
}

/** Points of a `2d` index lie from `min` (included, -180) to `max` (not included, 180). */
function checkPlane({ min, max }: Doc, path: string, doc: Doc): void {
  const [low, high] = [isNumber(min) ? toNumber(min) : -180, isNumber(max) ? toNumber(max) : 180];
  const value = valueAt(doc, path.split("."));
  const point = pointOf(value);
  if (point?.some((each) => each < low || each > high))
    throw new CommandError(
      13027,
      `point not in interval of [ ${low}, ${high} ] :: caused by :: ${shellText(value)}`,
    );
  const several = Array.isArray(value) && value.every((each) => pointOf(each));
  if (!point && !several && (isDoc(value) || Array.isArray(value)))
    throw new CommandError(13026, `geo values must be 'legacy coordinate pairs' for 2d indexes`);
}

function checkLanguage(spec: Doc, doc: Doc): void {
  const field = typeof spec.language_override === "string" ? spec.language_override : "language";
  const value = doc[field];
  if (value === undefined || typeof value === "string") return;
  throw new CommandError(17261, `found language override field in document with non-string type`);
}
