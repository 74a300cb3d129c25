import { decode } from "./bson-reader.ts";
import type { Collection } from "./collection.ts";
import { isNumber, toNumber } from "./value.ts";

/** Removes the oldest documents of a capped collection beyond its limits. Inside a write only. */
export function trimCapped(collection: Collection): void {
  const size = isNumber(collection.options.size)
    ? toNumber(collection.options.size)
    : Number.POSITIVE_INFINITY;
  const most =
    isNumber(collection.options.max) && toNumber(collection.options.max) > 0
      ? toNumber(collection.options.max)
      : Number.POSITIVE_INFINITY;
  while (collection.count > most || (collection.size > size && collection.count > 1)) {
    const [oldest] = [...collection.scan(undefined, false, 1)];
    if (!oldest) return;
    collection.remove(oldest.record, decode(oldest.bytes), oldest.bytes);
  }
}
