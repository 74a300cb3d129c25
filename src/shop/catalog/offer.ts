import type { Product, Sale, Variant } from "./product.ts";

/** A variant as it is offered at a moment: `price` is what it costs then, `compareAt` what is struck through beside it. */
export interface OfferedVariant extends Omit<Variant, "sale"> {
  /** Never there, so that a variant as it is stored is not taken for an offer. */
  sale?: never;
}

/** A product as it is offered at a moment, at the prices of then. */
export interface OfferedProduct extends Omit<Product, "variants"> {
  variants: OfferedVariant[];
}

/** The lowest price from a moment on, in milliseconds of the epoch. */
export interface PriceFrom {
  readonly from: number;
  readonly price: number;
}

type Priced = Pick<Variant, "price" | "sale">;

/** The product at the prices of a moment. */
export function offerAt(product: Product, at: Date): OfferedProduct {
  const variants = product.variants.map((variant): OfferedVariant => {
    const { sale, ...offered } = variant;
    if (!isOn(sale, at.getTime())) return offered;
    // What is struck through is what it cost until the sale and costs after it.
    return { ...offered, price: sale.price, compareAt: variant.price };
  });
  return { ...product, variants, minPrice: Math.min(...variants.map(({ price }) => price)) };
}

/** The lowest price of some variants at a moment, and when a sale next begins or ends; null if none does. */
export function lowestPriceAt(
  variants: readonly Priced[],
  at: Date,
): { minPrice: number; repriceAt: Date | null } {
  const next = changesOf(variants).find((change) => change > at.getTime());
  return { minPrice: lowest(variants, at.getTime()), repriceAt: next === undefined ? null : new Date(next) };
}

/** The lowest price of some variants at all times: the first from ever, the others from their moments on, in order. */
export function lowestPrices(variants: readonly Priced[]): PriceFrom[] {
  return [Number.NEGATIVE_INFINITY, ...changesOf(variants)].map((from) => ({
    from,
    price: lowest(variants, from),
  }));
}

const lowest = (variants: readonly Priced[], at: number): number =>
  Math.min(...variants.map(({ price, sale }) => (isOn(sale, at) ? sale.price : price)));

const isOn = (sale: Sale | undefined, at: number): sale is Sale =>
  sale !== undefined &&
  (sale.from === undefined || sale.from.getTime() <= at) &&
  (sale.until === undefined || at < sale.until.getTime());

/** The moments at which a sale begins or ends, in order. */
const changesOf = (variants: readonly Priced[]): number[] =>
  [
    ...new Set(
      variants.flatMap(({ sale }) =>
        [sale?.from, sale?.until].flatMap((change) => (change === undefined ? [] : [change.getTime()])),
      ),
    ),
  ].sort((a, b) => a - b);
