import { z } from "zod";
import { action } from "../src/engine/index.ts";

const id = z.string().max(40);
const sku = z.string().max(64);
const page = z.coerce.number().int().min(1).max(9999);

/** What does the same for whoever presses it: everyone may, on whosever message it stands. */
const open = <S extends Record<string, z.ZodType>>(name: string, shape: S) =>
  action(name, shape, { forEveryone: true });

/** Every action a button can carry. Declared in one place, so that flows lead to each other without importing each other. */
export const actions = {
  home: open("home", {}),
  browse: open("browse", { page: page.optional() }),
  help: open("help", {}),
  askSearch: open("ask", {}),
  /**
   * Products of a category; `max` is the highest price in minor units. The page begins after one product or ends before
   * one, so that it is found however deep it is.
   */
  category: open("cat", {
    category: id,
    page,
    sort: z.enum(["new", "price", "rating"]).optional(),
    max: z.coerce.number().int().min(0).optional(),
    after: id.optional(),
    before: id.optional(),
  }),
  search: open("find", { query: z.string().max(200), page }),
  /** `step` is the index of the option that is being chosen, `page` the page of its values. */
  product: open("p", {
    product: id,
    sku: sku.optional(),
    step: z.coerce.number().int().min(0).max(99).optional(),
    page: page.optional(),
  }),
  reviews: open("revs", { product: id, page }),
  /** `price` is what was shown, in minor units; buttons of earlier versions have none. */
  addToCart: open("add", { sku, price: z.coerce.number().int().min(0).optional() }),
  /** `price` is what was shown, in minor units. */
  buyNow: open("buy", { sku, price: z.coerce.number().int().min(0) }),
  cart: open("cart", {}),
  setQuantity: action("qty", { sku, quantity: z.coerce.number().int() }),
  removeLine: action("rm", { sku }),
  /** `prices` stands for the prices that were shown. */
  acceptCart: action("ok", { prices: z.string().max(64) }),
  checkout: action("co", {}),
  newAddress: action("adr", { order: id }),
  useAddress: action("use", { order: id, address: id }),
  shipping: action("ship", { order: id, option: id }),
  place: action("place", { order: id }),
  /** Back to the step that an order is at. */
  goOn: action("on", { order: id }),
  orders: open("os", { page }),
  order: action("o", { order: id }),
  track: action("track", { order: id }),
  received: action("got", { order: id }),
  chooseReview: action("rvs", { order: id }),
  writeReview: action("rv", { order: id, sku }),
  cancelOrder: action("no", { order: id }),
  reallyCancel: action("no!", { order: id }),
  account: open("acc", {}),
  addAddress: action("adda", {}),
  /** Where news goes: to one of the linked accounts, or where they wrote last. */
  newsTo: action("news", { account: id.optional() }),
  linkAccounts: action("link", {}),
  enterCode: action("code", {}),
  /** `proof` stands for the code that was typed; 64 hex digits. */
  confirmLink: action("lnk", { proof: z.string().max(64) }),
  refuseLink: action("lnk!", { proof: z.string().max(64) }),
  unlink: action("unl", {}),
  /** Ids of accounts to let go of, joined by dots. */
  unlinkThose: action("unl!", { accounts: z.string().max(400) }),
  privacy: action("priv", {}),
  exportData: action("exp", {}),
  erase: action("era", {}),
  reallyErase: action("era!", {}),
  eraseLater: action("eral", {}),
  keepData: action("keep", {}),
  languages: open("lang", {}),
  language: action("say", { language: z.string().max(8) }),
};
