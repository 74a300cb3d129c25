import { model, Schema, trusted } from "mongoose";
import { isDuplicateKey } from "../core/errors.ts";

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

/** The cart of a customer; empty, and not written yet, where there is none. */
export async function loadCart(shop: string, customer: string): Promise<Cart> {
  const cart = await CartModel.findOne({ _id: customer, shop }).lean<Cart>();
  return cart ?? { _id: customer, shop, lines: [], revision: 0, keys: [] };
}

/**
 * Changes the lines of a cart, and returns them as they are then. With a `key` that was used before, nothing changes.
 *
 * Compare and swap on the revision: `decide` is asked again when another write came between.
 */
export async function changeLines(
  shop: string,
  customer: string,
  key: string | undefined,
  decide: (lines: CartLine[]) => Promise<CartLine[]>,
): Promise<CartLine[]> {
  for (;;) {
    const cart = await loadCart(shop, customer);
    if (key !== undefined && cart.keys.includes(key)) return cart.lines;
    const lines = await decide(cart.lines);
    const keys = key === undefined ? cart.keys : [...cart.keys, key].slice(-KEYS_KEPT);
    if (await write({ ...cart, lines, keys, revision: cart.revision + 1 })) return lines;
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

/** Throws the carts of these customers away. */
export async function forgetCarts(customers: readonly string[]): Promise<void> {
  await CartModel.deleteMany({ _id: trusted({ $in: [...customers] }) });
}
