import mongoose, { model, Schema } from "mongoose";
import { isDuplicateKey, ShopError } from "./errors.ts";
import { familyIds } from "./family.ts";
import { contentId } from "./ids.ts";
import type { Money } from "./money.ts";
import { money, multiply, sum } from "./money.ts";
import { type Product, ProductModel, type Variant } from "./product.ts";
import { getShop, type Localised } from "./shop.ts";
import { OutOfStock, stockOf } from "./stock.ts";

const { trusted } = mongoose;

/** At most so many lines. */
export const CART_LINES_MAX = 50;
/** At most so many pieces of one thing. */
export const QUANTITY_MAX = 99;

/** A line of a cart. `seenPrice` (minor units) is the price the customer was last shown and agreed to. */
export interface CartLine {
  sku: string;
  quantity: number;
  seenPrice: number;
}

/** What a customer is about to buy; one cart a customer. */
export interface Cart {
  /** The customer's id. */
  _id: string;
  shop: string;
  lines: CartLine[];
  /** Counts the writes; each write names the revision it has seen. */
  revision: number;
  /** The idempotency keys of the latest changes, so that a repeated turn changes nothing. */
  keys: string[];
}

const KEYS_KEPT = 20;

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

/** The SKU is not on sale (any more). */
export class NotOnSale extends ShopError {
  readonly sku: string;
  constructor(sku: string) {
    super("NOT_ON_SALE", `${sku} is not on sale`);
    this.sku = sku;
  }
}

const part = { _id: false, id: false, strict: "throw" } as const;

/** The carts of all shops, read and written by customer. */
export const CartModel = model<Cart>(
  "Cart",
  new Schema<Cart>(
    {
      _id: { type: String, required: true },
      shop: { type: String, required: true },
      lines: [
        new Schema<CartLine>(
          {
            sku: { type: String, required: true },
            quantity: { type: Number, required: true },
            seenPrice: { type: Number, required: true },
          },
          part,
        ),
      ],
      revision: { type: Number, required: true },
      keys: [String],
    },
    { strict: "throw", versionKey: false, id: false },
  ),
);

/** A cart line as it is now. `was` is the price last seen where it is another one today; `problem` keeps it from being bought. */
export interface CartViewLine {
  readonly sku: string;
  /** Null once the SKU is not on sale any more. */
  readonly product: Product | null;
  readonly variant: Variant | null;
  readonly title: Localised;
  readonly quantity: number;
  readonly price: Money;
  readonly was?: Money;
  readonly available: number;
  readonly problem?: "price-changed" | "sold-out" | "too-many" | "gone";
}

/** The cart at today's prices. */
export interface CartView {
  readonly lines: CartViewLine[];
  /** Of the lines that are on sale and in stock. */
  readonly subtotal: Money;
  /** True while a line has a problem; checkout waits until each is accepted, changed or removed. */
  readonly changed: boolean;
  /** Stands for the prices of this view: hand it to `acceptPrices`, so that no other prices are accepted. */
  readonly prices: string;
}

/** Puts pieces of a SKU into the cart, on top of what is there. With a `key` that was used before, nothing changes. @throws {NotOnSale | BadQuantity | CartFull | OutOfStock} */
export async function addToCart(
  shop: string,
  customer: string,
  sku: string,
  quantity: number,
  key: string,
): Promise<CartView> {
  return change(shop, customer, key, async (lines) => {
    const there = lines.find((line) => line.sku === sku);
    const line = await wanted(shop, sku, (there?.quantity ?? 0) + quantity, quantity);
    if (there !== undefined)
      return lines.map((other) => (other === there ? { ...there, quantity: line.quantity } : other));
    if (lines.length >= CART_LINES_MAX) throw new CartFull();
    return [...lines, line];
  });
}

/** Sets the pieces of a SKU; 0 takes the line out. With a `key` that was used before, nothing changes. @throws {NotOnSale | BadQuantity | CartFull | OutOfStock} */
export async function setQuantity(
  shop: string,
  customer: string,
  sku: string,
  quantity: number,
  key: string,
): Promise<CartView> {
  if (quantity === 0) return removeLine(shop, customer, sku);
  return change(shop, customer, key, async (lines) => {
    const line = await wanted(shop, sku, quantity, quantity);
    if (lines.some((other) => other.sku === sku))
      return lines.map((other) => (other.sku === sku ? { ...other, quantity } : other));
    if (lines.length >= CART_LINES_MAX) throw new CartFull();
    return [...lines, line];
  });
}

/** Takes a SKU out of the cart. Safe to repeat. */
export const removeLine = (shop: string, customer: string, sku: string): Promise<CartView> =>
  change(shop, customer, undefined, async (lines) => lines.filter((line) => line.sku !== sku));

/**
 * Takes what was bought out of the cart: the one that is theirs now, if the account was linked since. With a `key` that
 * was used before, nothing changes.
 */
export async function removeLines(
  shop: string,
  customer: string,
  skus: readonly string[],
  key?: string,
): Promise<CartView> {
  const [owner = customer] = await familyIds(shop, customer);
  return change(shop, owner, key, async (lines) => lines.filter(({ sku }) => !skus.includes(sku)));
}

/**
 * Accepts the prices a view has shown. With the view's `prices`, nothing is accepted if they have changed since: the
 * answer then still has `changed`, with the new prices to show. Without it today's prices are accepted.
 */
export async function acceptPrices(shop: string, customer: string, prices?: string): Promise<CartView> {
  return change(shop, customer, undefined, async (lines) => {
    const view = await viewOf(shop, lines);
    if (prices !== undefined && prices !== view.prices) return lines;
    return lines.map((line) => {
      const now = view.lines.find(({ sku }) => sku === line.sku);
      return now === undefined || now.variant === null ? line : { ...line, seenPrice: now.price.amount };
    });
  });
}

/**
 * Adds what lies in one customer's cart to another's, as they become one customer. Pieces of a SKU are summed up to
 * `QUANTITY_MAX`; of two prices seen the lower stands, so that nobody pays more than they were shown anywhere. Lines
 * beyond `CART_LINES_MAX` stay behind. A cart that was added before and not changed since is not added again.
 */
export async function mergeCarts(shop: string, into: string, from: string): Promise<void> {
  const { lines: added, revision } = await load(shop, from);
  if (added.length === 0) return;
  await change(shop, into, `merge-${from}-${revision}`, async (lines) => merged(lines, added));
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

/** Throws the carts of these customers away. */
export async function forgetCarts(customers: readonly string[]): Promise<void> {
  await CartModel.deleteMany({ _id: trusted({ $in: [...customers] }) });
}

/** The customer's cart at today's prices; empty where there is none. */
export async function readCart(shop: string, customer: string): Promise<CartView> {
  return viewOf(shop, (await load(shop, customer)).lines);
}

async function wanted(shop: string, sku: string, total: number, asked: number): Promise<CartLine> {
  if (!Number.isSafeInteger(asked) || asked < 1 || total > QUANTITY_MAX) throw new BadQuantity(asked);
  const { product, variant } = (await onSale(shop, [sku])).get(sku) ?? {};
  if (product === undefined || variant === undefined) throw new NotOnSale(sku);
  const available = (await stockOf(shop, [sku])).get(sku) ?? 0;
  if (total > available) throw new OutOfStock(sku, available);
  return { sku, quantity: total, seenPrice: variant.price };
}

async function load(shop: string, customer: string): Promise<Cart> {
  const cart = await CartModel.findOne({ _id: customer, shop }).lean<Cart>();
  return cart ?? { _id: customer, shop, lines: [], revision: 0, keys: [] };
}

// Compare and swap on the revision; asked again when another write came between.
async function change(
  shop: string,
  customer: string,
  key: string | undefined,
  decide: (lines: CartLine[]) => Promise<CartLine[]>,
): Promise<CartView> {
  for (;;) {
    const cart = await load(shop, customer);
    if (key !== undefined && cart.keys.includes(key)) return viewOf(shop, cart.lines);
    const lines = await decide(cart.lines);
    const keys = key === undefined ? cart.keys : [...cart.keys, key].slice(-KEYS_KEPT);
    if (await write({ ...cart, lines, keys, revision: cart.revision + 1 })) return viewOf(shop, lines);
  }
}

async function write(cart: Cart): Promise<boolean> {
  if (cart.revision > 1) {
    return (
      (await CartModel.replaceOne({ _id: cart._id, revision: cart.revision - 1 }, cart)).matchedCount === 1
    );
  }
  try {
    await CartModel.create(cart);
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** The variants of these SKUs that are on sale, each with its product; one query. */
export async function onSale(
  shop: string,
  skus: readonly string[],
): Promise<Map<string, { product: Product; variant: Variant }>> {
  if (skus.length === 0) return new Map();
  const filter = { shop, "variants.sku": trusted({ $in: [...skus] }), status: "active" as const };
  const products = await ProductModel.find(filter).lean<Product[]>();
  return new Map(
    products.flatMap((product) =>
      product.variants.map((variant) => [variant.sku, { product, variant }] as const),
    ),
  );
}

async function viewOf(shop: string, lines: readonly CartLine[]): Promise<CartView> {
  const { currency } = await getShop(shop);
  const skus = lines.map(({ sku }) => sku);
  const [found, stock] = await Promise.all([onSale(shop, skus), stockOf(shop, skus)]);
  const shown = lines.map((line): CartViewLine => {
    const { sku, quantity, seenPrice } = line;
    const known = found.get(sku);
    const seen = money(seenPrice, currency);
    if (known === undefined) {
      const title = { en: sku };
      return {
        sku,
        product: null,
        variant: null,
        title,
        quantity,
        price: seen,
        available: 0,
        problem: "gone",
      };
    }
    const { product, variant } = known;
    const available = stock.get(sku) ?? 0;
    const price = money(variant.price, currency);
    const repriced = variant.price !== seenPrice;
    const problem =
      available === 0
        ? "sold-out"
        : quantity > available
          ? "too-many"
          : repriced
            ? "price-changed"
            : undefined;
    return {
      sku,
      product,
      variant,
      title: product.title,
      quantity,
      price,
      available,
      ...(repriced ? { was: seen } : {}),
      ...(problem === undefined ? {} : { problem }),
    };
  });
  const sellable = shown.filter(({ problem }) => problem !== "gone" && problem !== "sold-out");
  return {
    lines: shown,
    subtotal: sum(
      sellable.map(({ price, quantity }) => multiply(price, quantity)),
      currency,
    ),
    changed: shown.some(({ problem }) => problem !== undefined),
    prices: contentId(...shown.map(({ sku, price }) => `${sku}=${price.amount}`)).slice(0, 8),
  };
}
