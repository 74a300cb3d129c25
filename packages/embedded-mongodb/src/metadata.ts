import { CommandError } from "./errors.ts";
import { isDoc, type Value } from "./value.ts";

/** What a search knows about a document it found, beside what stands in it. */
interface Metadata {
  /** How well it fits the words of `$text`. */
  textScore?: number;
  /** How far it is from the place of `$near` or `$geoNear`, in the unit of the query. */
  geoNearDistance?: number;
  /** The place that distance was measured to. */
  geoNearPoint?: Value;
}

/** The metadata that `$meta` may ask for and a search here gives. */
export type MetadataName = "textScore" | "geoNearDistance" | "geoNearPoint";

const known = new WeakMap<object, Metadata>();

/** Remembers something about a document, as long as the document itself is kept in memory. */
export function remember(doc: Value, more: Metadata): void {
  if (isDoc(doc)) known.set(doc, { ...known.get(doc), ...more });
}

/** Hands what is known about a document to the one that a stage made of it. */
export function handOn<T extends Value>(from: Value, to: T): T {
  const metadata = isDoc(from) && from !== to ? known.get(from) : undefined;
  if (metadata && isDoc(to)) known.set(to, metadata);
  return to;
}

const unsupported = new Set([
  "indexKey",
  "randVal",
  "recordId",
  "searchHighlights",
  "searchScore",
  "sortKey",
  "vectorSearchScore",
]);

/**
 * Reads the operand of `$meta` (source: MongoDB manual, "$meta").
 *
 * @throws {CommandError} 17308 for metadata that there is not.
 */
export function metadataName(operand: Value | undefined): MetadataName {
  if (operand === "textScore" || operand === "geoNearDistance" || operand === "geoNearPoint") return operand;
  if (typeof operand === "string" && unsupported.has(operand))
    throw new CommandError(
      "NotImplemented",
      `{ $meta: "${operand}" } is not implemented by the embedded store`,
    );
  throw new CommandError(17308, `Unsupported argument to $meta: ${String(operand)}`);
}

/** @throws {CommandError} 40218 when the search has not made it known. */
export function metadataOf(doc: Value | undefined, name: MetadataName): Value {
  const value = isDoc(doc) ? known.get(doc)?.[name] : undefined;
  if (value !== undefined) return value;
  const what =
    name === "textScore" ? "text score" : name === "geoNearPoint" ? "$geoNear point" : "$geoNear distance";
  throw new CommandError(40218, `query requires ${what} metadata, but it is not available`);
}
