import type { Availability } from "../../../../src/shop/inventory/availability.ts";

/** How many there are, or that nobody counts. */
export const unitsOf = (stock: Availability | undefined): number | string | undefined =>
  stock?.kind === "counted" ? stock.units : stock?.kind;
