import { NotOnSale, onSale } from "../catalog/on-sale.ts";
import { ShopError } from "../core/errors.ts";
import { linkedAccountIds } from "../customers/linked-accounts.ts";
import { SOLD_OUT } from "../inventory/availability.ts";
import { OutOfStock, stockOf } from "../inventory/stock.ts";
import { type CartLine, changeLines, loadCart } from "./cart.ts";
import { type CartView, cartViewOf } from "./cart-view.ts";

/** At most so many lines. */
export const CART_LINES_MAX = 50;
/** At most so many pieces of one thing. */
export const QUANTITY_MAX = 99;

/** The cart is full: fifty lines. */
export class CartFull extends ShopError {
  constructor() {
    super("CART_FULL", `a cart holds ${CART_LINES_MAX} lines`);
  }
}

/** Not a whole number of pieces from 1 to 99. */
export class BadQuantity extends ShopError {
  readonly max: number;
  constructor(quantity: number) {
    super("BAD_QUANTITY", `${quantity} is not a quantity from 1 to ${QUANTITY_MAX}`);
    this.max = QUANTITY_MAX;
  }
}

/**
 * Puts pieces of a SKU into the cart, on top of what is there. With a `key` that was used before, nothing changes.
 *
 * @param options.seenPrice what the customer was shown, in minor units; a line that costs something else `now` has a problem
 *   until they accept it. Without it, they are taken to have seen the price of now.
 * @throws {NotOnSale | BadQuantity | CartFull | OutOfStock}
 */
export async function addToCart(
  shop: string,
  customer: string,
  sku: string,
  quantity: number,
  key: string,
  { seenPrice }: { seenPrice?: number | undefined } = {},
  now: Date = new Date(),
): Promise<CartView> {
  return change(shop, customer, key, now, async (lines) => {
    const there = lines.find((line) => line.sku === sku);
    const line = await wanted(shop, sku, (there?.quantity ?? 0) + quantity, quantity, now);
    if (there !== undefined)
      return lines.map((other) => (other === there ? { ...there, quantity: line.quantity } : other));
    if (lines.length >= CART_LINES_MAX) throw new CartFull();
    return [...lines, { ...line, seenPrice: seenPrice ?? line.seenPrice }];
  });
}

/** Sets the pieces of a SKU; 0 takes the line out. With a `key` that was used before, nothing changes. @throws {NotOnSale | BadQuantity | CartFull | OutOfStock} */
export async function setQuantity(
  shop: string,
  customer: string,
  sku: string,
  quantity: number,
  key: string,
  now: Date = new Date(),
): Promise<CartView> {
  if (quantity === 0) return removeLine(shop, customer, sku, now);
  return change(shop, customer, key, now, async (lines) => {
    const line = await wanted(shop, sku, quantity, quantity, now);
    if (lines.some((other) => other.sku === sku))
      return lines.map((other) => (other.sku === sku ? { ...other, quantity } : other));
    if (lines.length >= CART_LINES_MAX) throw new CartFull();
    return [...lines, line];
  });
}

/** Takes a SKU out of the cart. Safe to repeat. */
export const removeLine = (
  shop: string,
  customer: string,
  sku: string,
  now: Date = new Date(),
): Promise<CartView> =>
  change(shop, customer, undefined, now, async (lines) => lines.filter((line) => line.sku !== sku));

/**
 * Takes what was bought out of the cart: the one that is theirs now, if the account was linked since. With a `key` that
 * was used before, nothing changes.
 */
export async function removeLines(
  shop: string,
  customer: string,
  skus: readonly string[],
  key?: string,
  now: Date = new Date(),
): Promise<CartView> {
  const [owner = customer] = await linkedAccountIds(shop, customer);
  return change(shop, owner, key, now, async (lines) => lines.filter(({ sku }) => !skus.includes(sku)));
}

/**
 * Accepts the prices a view has shown. With the view's `prices`, nothing is accepted if they have changed since: the
 * answer then still has `changed`, with the new prices to show. Without it the prices of `now` are accepted.
 */
export async function acceptPrices(
  shop: string,
  customer: string,
  prices?: string,
  now: Date = new Date(),
): Promise<CartView> {
  return change(shop, customer, undefined, now, async (lines) => {
    const view = await cartViewOf(shop, lines, now);
    if (prices !== undefined && prices !== view.prices) return lines;
    return lines.map((line) => {
      const shown = view.lines.find(({ sku }) => sku === line.sku);
      return shown === undefined || shown.variant === null
        ? line
        : { ...line, seenPrice: shown.price.amount };
    });
  });
}

/**
 * Adds what lies in one customer's cart to another's, as they become one customer. Pieces of a SKU are summed up to
 * `QUANTITY_MAX`; of two prices seen the lower stands, so that nobody pays more than they were shown anywhere. Lines
 * beyond `CART_LINES_MAX` stay behind. A cart that was added before and not changed since is not added again.
 */
export async function mergeCarts(shop: string, into: string, from: string): Promise<void> {
  const { lines: added, revision } = await loadCart(shop, from);
  if (added.length === 0) return;
  await changeLines(shop, into, `merge-${from}-${revision}`, async (lines) => merged(lines, added));
}

function merged(lines: readonly CartLine[], added: readonly CartLine[]): CartLine[] {
  const bySku = new Map(lines.map((line) => [line.sku, line]));
  for (const line of added) {
    const there = bySku.get(line.sku);
    bySku.set(line.sku, {
      sku: line.sku,
      quantity: Math.min(QUANTITY_MAX, line.quantity + (there?.quantity ?? 0)),
      seenPrice: Math.min(line.seenPrice, there?.seenPrice ?? line.seenPrice),
    });
  }
  return [...bySku.values()].slice(0, CART_LINES_MAX);
}

async function wanted(shop: string, sku: string, total: number, asked: number, now: Date): Promise<CartLine> {
  if (!Number.isSafeInteger(asked) || asked < 1 || total > QUANTITY_MAX) throw new BadQuantity(asked);
  const { product, variant } = (await onSale(shop, [sku], now)).get(sku) ?? {};
  if (product === undefined || variant === undefined) throw new NotOnSale(sku);
  const stock = (await stockOf(shop, [sku])).get(sku) ?? SOLD_OUT;
  if (stock.kind === "counted" && total > stock.units) throw new OutOfStock(sku, stock.units);
  return { sku, quantity: total, seenPrice: variant.price };
}

async function change(
  shop: string,
  customer: string,
  key: string | undefined,
  now: Date,
  decide: (lines: CartLine[]) => Promise<CartLine[]>,
): Promise<CartView> {
  return cartViewOf(shop, await changeLines(shop, customer, key, decide), now);
}
