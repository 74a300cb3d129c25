import { lowestPrices } from "../catalog/offer.ts";
import type { Product } from "../catalog/product.ts";
import { textOfHtml } from "../catalog/rich-description.ts";
import type { Localised } from "../core/localised-text.ts";
import type { Entry } from "./search-index.ts";

/** A text in all its languages, as it is searched. */
export const both = ({ en, zh }: Localised): string => `${en} ${zh ?? ""}`;

/** What is to be read of a product to search it. */
export const SEARCHED_FIELDS = {
  slug: 1,
  title: 1,
  description: 1,
  descriptionFormat: 1,
  category: 1,
  tags: 1,
  options: 1,
  "variants.sku": 1,
  "variants.price": 1,
  "variants.sale": 1,
  status: 1,
  revision: 1,
  updatedAt: 1,
} as const;

/** A product as it is searched; `shelves` are the titles of the categories by their ids. */
export function entryOf(product: Product, shelves: ReadonlyMap<string, string>): Entry {
  const { _id: id, category, revision, title, tags, variants, description, options } = product;
  const plain = product.descriptionFormat === "html" ? textOfHtml : (text: string) => text;
  return {
    id,
    category,
    prices: lowestPrices(variants),
    revision,
    texts: [
      { boost: 4, text: both(title) },
      { boost: 2, text: tags.join(" ") },
      { boost: 2, text: shelves.get(category) ?? "" },
      { boost: 3, text: variants.map(({ sku }) => sku).join(" ") },
      {
        boost: 1,
        text: [
          plain(description.en),
          plain(description.zh ?? ""),
          ...options.flatMap(({ name, values }) => [both(name), ...values.map(both)]),
        ].join(" "),
      },
    ],
  };
}
