import {
  type Button,
  bold,
  type Card,
  joined,
  plain,
  type RichText,
  type Router,
  rich,
  strike,
  type Turn,
  type View,
  view,
} from "../src/engine/index.ts";
import { getProduct, listProducts } from "../src/shop/catalog/catalog.ts";
import type { Category } from "../src/shop/catalog/category.ts";
import type { OfferedProduct, OfferedVariant } from "../src/shop/catalog/offer.ts";
import { variantTitle } from "../src/shop/catalog/product.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import type { Shop } from "../src/shop/core/shop.ts";
import { type Availability, SOLD_OUT, suffices } from "../src/shop/inventory/availability.ts";
import { stockOf } from "../src/shop/inventory/stock.ts";
import { actions } from "./actions.ts";
import { type Choosing, variantControls } from "./choose-variant.ts";
import { descriptionOf } from "./description.ts";
import { mainMenu, pager, picture, price, type Shopfront, stars, visit } from "./shopfront.ts";

const PAGE_SIZE = 6;
/** Below this many pieces the number left is told. */
const FEW = 5;

/** Categories, product lists and the product page. */
export function browseFlow(router: Router, front: Shopfront): void {
  const browse = async (turn: Turn, asked = 1) => {
    const { shop } = await visit(front, turn);
    const categories = await front.search.categories(shop._id);
    if (categories.length === 0)
      return view({ text: plain(turn.say("browse.empty")), controls: mainMenu(turn) });
    const size = turn.choicesMax;
    const pages = Math.ceil(categories.length / size);
    const page = Math.min(asked, pages);
    return view({
      text: joined([
        bold(turn.say("browse.title")),
        ...(pages > 1 ? [plain(turn.say("page", { page, pages }))] : []),
      ]),
      controls: [
        ...categories.slice((page - 1) * size, page * size).map((category) => categoryButton(turn, category)),
        ...pager(turn, { page, pages }, (to) => actions.browse({ page: to })),
        turn.button(turn.say("menu.search"), actions.askSearch()),
        turn.button(turn.say("menu.cart"), actions.cart()),
      ],
    });
  };

  router.command("shop", "command.shop", (turn) => browse(turn));
  router.on(actions.browse, (turn, { page }) => browse(turn, page));

  router.on(actions.category, async (turn, { category: id, page, sort = "new", max, after, before }) => {
    const { shop } = await visit(front, turn);
    const category = await front.search.category(shop._id, id);
    if (!category) return browse(turn);
    const filter = { category: id, ...(max !== undefined && { maxPrice: max }) };
    const found = await listProducts(
      shop._id,
      {
        ...filter,
        page,
        size: PAGE_SIZE,
        sort,
        total: await front.search.count(shop._id, filter),
        ...(after !== undefined && { after }),
        ...(before !== undefined && { before }),
      },
      turn.now,
    );
    const at = (change: Partial<Parameters<typeof actions.category>[0]>) =>
      actions.category({ category: id, page: 1, sort, max, ...change });
    const turnTo = (to: number) =>
      at({
        page: to,
        ...(to > found.page ? { after: found.products.at(-1)?._id } : { before: found.products[0]?._id }),
      });
    const steps = await front.search.priceSteps(shop._id, id);
    // A step that was chosen when the catalog was another is shown as chosen all the same.
    const limits = [...new Set([...steps, ...(max === undefined ? [] : [max])])].sort((a, b) => a - b);
    return view({
      text: joined([
        bold(inLanguage(category.title, turn.locale)),
        ...(found.total === 0 ? [plain(turn.say("list.empty"))] : []),
        ...(found.pages > 1 ? [plain(turn.say("page", { page: found.page, pages: found.pages }))] : []),
      ]),
      cards: found.products.map((product) => listCard(turn, shop, product)),
      controls: [
        ...pager(turn, found, turnTo),
        turn.pick(turn.say("list.sort"), [
          { label: turn.say("list.sort_new"), ref: at({ sort: "new" }), selected: sort === "new" },
          { label: turn.say("list.sort_price"), ref: at({ sort: "price" }), selected: sort === "price" },
          { label: turn.say("list.sort_rating"), ref: at({ sort: "rating" }), selected: sort === "rating" },
        ]),
        ...(limits.length === 0
          ? []
          : [
              turn.pick(turn.say("list.price"), [
                {
                  label: turn.say("list.price_any"),
                  ref: at({ max: undefined }),
                  selected: max === undefined,
                },
                ...limits.map((step) => ({
                  label: turn.say("list.price_max", { price: price(turn, step, shop.currency) }),
                  ref: at({ max: step }),
                  selected: max === step,
                })),
              ]),
            ]),
        turn.button(turn.say("back"), actions.browse()),
        turn.button(turn.say("menu.cart"), actions.cart()),
      ],
    });
  });

  router.on(actions.product, (turn, { product, sku, ...choosing }) =>
    productPage(front, turn, product, sku, choosing),
  );
}

/** The way into a category. */
export const categoryButton = (turn: Turn, category: Category & { products: number }): Button =>
  turn.button(
    turn.say("browse.category", {
      title: inLanguage(category.title, turn.locale),
      count: category.products,
    }),
    actions.category({ category: category._id, page: 1 }),
  );

/** The page of a product, with one of its variants chosen. */
export async function productPage(
  front: Shopfront,
  turn: Turn,
  id: string,
  sku?: string,
  choosing?: Choosing,
): Promise<View> {
  const { shop } = await visit(front, turn);
  const found = await getProduct(shop._id, id, turn.now);
  if (found?.status !== "active") {
    return view({ text: plain(turn.say("product.gone")), controls: mainMenu(turn) });
  }
  const stock = await stockOf(
    shop._id,
    found.variants.map((variant) => variant.sku),
  );
  const left = (variant: OfferedVariant) => stock.get(variant.sku) ?? SOLD_OUT;
  const chosen =
    found.variants.find((variant) => variant.sku === sku) ??
    found.variants.find((variant) => suffices(left(variant), 1)) ??
    found.variants[0];
  if (!chosen) return view({ text: plain(turn.say("product.gone")), controls: mainMenu(turn) });
  const page = productView(turn, shop, found, chosen, left, choosing);
  // Only an address that others can open is worth passing on.
  if (!front.publicUrl.startsWith("https:")) return page;
  const url = `${front.publicUrl}/p/${found.slug}`;
  return { ...page, controls: [...page.controls, { kind: "link", label: turn.say("product.link"), url }] };
}

/** A product in a list: title, price, rating, picture and the way in. */
export function listCard(turn: Turn, shop: Shop, product: OfferedProduct): Card {
  const lowest = price(turn, product.minPrice, shop.currency);
  const several = product.variants.some((variant) => variant.price !== product.minPrice);
  const cost = several ? turn.say("list.from", { price: lowest }) : lowest;
  const rated = product.rating.count > 0 ? ` · ${stars(product.rating.average)}` : "";
  return {
    title: inLanguage(product.title, turn.locale),
    text: plain(cost + rated),
    ...picture(product, turn),
    controls: [turn.button(turn.say("list.view"), actions.product({ product: product._id }))],
  };
}

/** Whether it can be bought; how many there are is told where they are few. */
function stockWords(turn: Turn, stock: Availability): string {
  if (!suffices(stock, 1)) return turn.say("product.sold_out");
  return stock.kind === "counted" && stock.units <= FEW
    ? turn.say("product.few", { count: stock.units })
    : turn.say("product.in_stock");
}

function productView(
  turn: Turn,
  shop: Shop,
  product: OfferedProduct,
  chosen: OfferedVariant,
  left: (variant: OfferedVariant) => Availability,
  choosing?: Choosing,
) {
  const cost = (variant: OfferedVariant) => price(turn, variant.price, shop.currency);
  const before: RichText = chosen.compareAt
    ? rich` ${strike(turn.say("product.was", { price: price(turn, chosen.compareAt, shop.currency) }))}`
    : [];
  const buyable = suffices(left(chosen), 1);
  const { average, count: reviews } = product.rating;
  const facts: [string, string][] = [[turn.say("product.stock"), stockWords(turn, left(chosen))]];
  if (reviews > 0)
    facts.push([
      turn.say("product.rating"),
      `${stars(average)} ${turn.say("product.rating_value", { average: average.toFixed(1), count: reviews })}`,
    ]);
  const several = product.variants.length > 1;
  return view({
    cards: [
      {
        title: inLanguage(product.title, turn.locale),
        text: joined([
          rich`${bold(cost(chosen))}${before}`,
          ...(several ? [plain(variantTitle(product, chosen, turn.locale))] : []),
          descriptionOf(product, turn.locale),
        ]),
        facts,
        ...picture(product, turn, chosen.image),
      },
    ],
    controls: [
      ...variantControls(turn, product, chosen, { cost, left }, choosing),
      ...(buyable
        ? [
            turn.button(
              turn.say("product.add"),
              actions.addToCart({ sku: chosen.sku, price: chosen.price }),
              {
                style: "primary",
              },
            ),
            turn.button(turn.say("product.buy"), actions.buyNow({ sku: chosen.sku, price: chosen.price })),
          ]
        : []),
      turn.button(
        reviews > 0 ? turn.say("product.reviews_count", { count: reviews }) : turn.say("product.reviews"),
        actions.reviews({ product: product._id, page: 1 }),
      ),
      turn.button(turn.say("back"), actions.category({ category: product.category, page: 1 })),
      turn.button(turn.say("menu.cart"), actions.cart()),
    ],
  });
}
