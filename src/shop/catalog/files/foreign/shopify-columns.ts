import { columnFinder } from "../csv/column-names.ts";

/**
 * The columns that are read, by their names until 2025, each with its present name.
 * https://help.shopify.com/en/manual/products/import-export/using-csv
 */
const NAMES = {
  handle: ["URL handle"],
  title: [],
  "body (html)": ["Description", "Body HTML"],
  "product category": ["Category", "Standard product type"],
  type: ["Product type", "Custom product type"],
  tags: [],
  published: ["Published on online store"],
  status: [],
  "gift card": [],
  "variant sku": ["SKU"],
  "variant grams": ["Weight value (grams)"],
  "variant inventory tracker": ["Inventory tracker"],
  "variant inventory qty": ["Inventory quantity"],
  "variant inventory policy": ["Continue selling when out of stock"],
  "variant requires shipping": ["Requires shipping"],
  "variant price": ["Price"],
  "variant compare at price": ["Compare-at price"],
  "variant image": ["Variant image URL"],
  "image src": ["Product image URL", "Image URL"],
  "image position": [],
  "image alt text": [],
  currency: [],
  ...Object.fromEntries(
    [1, 2, 3].flatMap((n) => [`option${n} name`, `option${n} value`].map((name) => [name, []])),
  ),
};

/** Which column of Shopify's a name in a header means. */
export const shopifyColumn = columnFinder(NAMES);
