/** Prices are parted into so many groups, by one step fewer. */
const GROUPS = 5;
/** Fewer steps than these say little; then groups of many products at one price are let go of. */
const ENOUGH = 3;

/**
 * Round prices that part a catalog: "up to 20, 50, 100 …". They come from its own prices, in minor units, so they fit any
 * currency and any kind of goods. Each has products at or below it and products above it; they grow; at most four.
 *
 * The prices are cut into fifths, and near each cut the roundest number is taken: one that is a multiple of the largest unit of the
 * series 1, 2, 5, 10, 20, 50 … Where there is none that people would call round (two digits, or a tenth of the range) there is no
 * step. Prices that are all alike have none.
 */
export function priceSteps(prices: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(prices).sort();
  const byProducts = stepsOf(sorted, GROUPS);
  if (byProducts.length >= ENOUGH) return byProducts;
  // Many products of one price leave no room between the cuts: every price counts once then.
  const distinct = sorted.filter((price, index) => index === 0 || price !== sorted[index - 1]);
  const byPrices = stepsOf(distinct, Math.min(GROUPS, distinct.length));
  return byPrices.length > byProducts.length ? byPrices : byProducts;
}

function stepsOf(sorted: Float64Array, groups: number): number[] {
  const last = sorted.length - 1;
  const finest = ((sorted[last] ?? 0) - (sorted[0] ?? 0)) / 10;
  const priceAt = (cut: number): number =>
    sorted[Math.min(Math.floor((cut / groups) * sorted.length), last)] ?? 0;
  const steps: number[] = [];
  for (let group = 1; group < groups; group += 1) {
    const step = roundest(priceAt(group - 0.5), priceAt(group + 0.5), finest);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

/** The roundest number from `low` on and below `high`; undefined where none is round. */
function roundest(low: number, high: number, finest: number): number | undefined {
  const least = Math.max(low, 1);
  if (least >= high) return undefined;
  for (const unit of unitsUpTo(high)) {
    const first = Math.ceil(least / unit) * unit;
    if (first >= high) continue;
    const last = (Math.ceil(high / unit) - 1) * unit;
    const middle = Math.round((least + high) / 2 / unit) * unit;
    const step = Math.min(Math.max(middle, first), last);
    return unit * 2.5 > finest || digitsOf(step) <= 2 ? step : undefined;
  }
  return undefined;
}

/** 1, 2, 5, 10, 20, 50 … up to a number, the largest first. */
function unitsUpTo(most: number): number[] {
  const units: number[] = [];
  for (let power = 1; power <= most; power *= 10) units.push(power, 2 * power, 5 * power);
  return units.filter((unit) => unit <= most).reverse();
}

/** The digits of a whole number without the noughts at its end. */
const digitsOf = (value: number): number => String(value).replace(/0+$/, "").length;
