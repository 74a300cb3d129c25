/** What can be bought of a SKU: so many pieces or, where nobody counts, as many as anybody wants. */
export type Availability =
  | { readonly kind: "counted"; readonly units: number }
  | { readonly kind: "untracked" };

/** So many pieces. */
export const counted = (units: number): Availability => ({ kind: "counted", units });

/** Always there to be bought: made to order, sold beyond what is in store, or not counted by the merchant. */
export const UNTRACKED: Availability = { kind: "untracked" };

/** Nothing is there. */
export const SOLD_OUT: Availability = counted(0);

/** Whether so many pieces can be bought. */
export const suffices = (stock: Availability, quantity: number): boolean =>
  stock.kind === "untracked" || stock.units >= quantity;

/** Whether two say the same. */
export const sameAvailability = (one: Availability, other: Availability): boolean =>
  one.kind === "untracked"
    ? other.kind === "untracked"
    : other.kind === "counted" && other.units === one.units;

/** What files and logs call it: the number of pieces, or "untracked". */
export const availabilityText = (stock: Availability): string =>
  stock.kind === "untracked" ? stock.kind : String(stock.units);
