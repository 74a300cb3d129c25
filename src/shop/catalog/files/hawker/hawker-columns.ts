/** The numbers of the options a product may have. */
export const OPTIONS = [1, 2, 3] as const;

/** The columns of one option. */
export const perOption = (n: number) =>
  ["name_en", "name_zh", "value_en", "value_zh"].map((part) => `option${n}_${part}`);

/** The columns of a catalog file, in the order an export writes them. docs/import.md describes each. */
export const COLUMNS: readonly string[] = [
  "handle",
  "title_en",
  "title_zh",
  "description_en",
  "description_zh",
  "description_format",
  "category",
  "category_en",
  "category_zh",
  "tags",
  "status",
  ...OPTIONS.flatMap(perOption),
  "sku",
  "price",
  "compare_at",
  "sale_price",
  "sale_from",
  "sale_until",
  "currency",
  "stock",
  "grams",
  "images",
  "image_alt_en",
  "image_alt_zh",
  "category_position",
  "variant_image",
];

/** The columns a file must have. */
export const REQUIRED = ["handle", "title_en", "category", "sku", "price"];

const nameColumns = OPTIONS.flatMap((n) => [`option${n}_name_en`, `option${n}_name_zh`]);

/** The columns that describe the product as a whole: on its first row, blank or the same on the others. */
export const PRODUCT_COLUMNS = [
  "title_en",
  "title_zh",
  "description_en",
  "description_zh",
  "description_format",
  "category",
  "category_en",
  "category_zh",
  "category_position",
  "tags",
  "status",
  ...nameColumns,
  "images",
  "image_alt_en",
  "image_alt_zh",
];
