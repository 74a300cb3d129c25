import { type Money, toDecimal } from "../../../core/money.ts";
import { type Availability, SOLD_OUT } from "../../../inventory/availability.ts";
import type { OfferedProduct } from "../../offer.ts";
import { htmlOfText } from "../../rich-description.ts";

/** The columns that Shopify's product import reads, in the order of its own exports. */
export const SHOPIFY_COLUMNS: readonly string[] = [
  "Handle",
  "Title",
  "Body (HTML)",
  "Vendor",
  "Type",
  "Tags",
  "Published",
  "Option1 Name",
  "Option1 Value",
  "Option2 Name",
  "Option2 Value",
  "Option3 Name",
  "Option3 Value",
  "Variant SKU",
  "Variant Grams",
  "Variant Inventory Tracker",
  "Variant Inventory Qty",
  "Variant Inventory Policy",
  "Variant Fulfillment Service",
  "Variant Price",
  "Variant Compare At Price",
  "Variant Requires Shipping",
  "Variant Taxable",
  "Image Src",
  "Image Position",
  "Image Alt Text",
  "Gift Card",
  "Variant Image",
  "Variant Weight Unit",
  "Status",
];

/** Who counts, and how many there are: nobody and nothing of what is untracked. */
const inventory = (stock: Availability): [string, string][] =>
  stock.kind === "untracked"
    ? [
        ["Variant Inventory Tracker", ""],
        ["Variant Inventory Qty", ""],
      ]
    : [
        ["Variant Inventory Tracker", "shopify"],
        ["Variant Inventory Qty", String(stock.units)],
      ];

/**
 * A product as rows of Shopify's product CSV, in its first language: a row for each variant or picture, whichever are
 * more. Pictures are told by their addresses; one that has none is left out.
 */
export function shopifyRows(
  product: OfferedProduct,
  shelf: string,
  currency: string,
  stock: ReadonlyMap<string, Availability>,
): Map<string, string>[] {
  const { slug, title, description, tags, status, options, variants } = product;
  const price = (amount: Money["amount"] | undefined) =>
    amount === undefined ? "" : toDecimal({ amount, currency });
  const addresses = product.images.map(({ url, source }) => url ?? source);
  const images = product.images.flatMap(({ alt }, index) => {
    const address = addresses[index];
    return address === undefined ? [] : [{ address, alt: alt.en }];
  });
  const whole: [string, string][] = [
    ["Title", title.en],
    ["Body (HTML)", product.descriptionFormat === "html" ? description.en : htmlOfText(description.en)],
    ["Type", shelf],
    ["Tags", tags.map((tag) => tag.replaceAll(",", " ")).join(", ")],
    ["Published", status === "active" ? "TRUE" : "FALSE"],
    ["Gift Card", "FALSE"],
    ["Status", status],
    ...(options.length === 0
      ? [["Option1 Name", "Title"] as [string, string]]
      : options.map(({ name }, n): [string, string] => [`Option${n + 1} Name`, name.en])),
  ];
  return Array.from({ length: Math.max(variants.length, images.length) }, (_, row) => {
    const variant = variants[row];
    const picture = images[row];
    return new Map<string, string>([
      ["Handle", slug],
      ...(row === 0 ? whole : []),
      ...(variant === undefined
        ? []
        : ([
            ...(options.length === 0
              ? [["Option1 Value", "Default Title"]]
              : variant.values.map((value, n) => [`Option${n + 1} Value`, value])),
            ["Variant SKU", variant.sku],
            ["Variant Grams", String(variant.grams ?? 0)],
            ["Variant Weight Unit", "g"],
            ...inventory(stock.get(variant.sku) ?? SOLD_OUT),
            ["Variant Inventory Policy", "deny"],
            ["Variant Fulfillment Service", "manual"],
            ["Variant Price", price(variant.price)],
            ["Variant Compare At Price", price(variant.compareAt)],
            ["Variant Requires Shipping", "TRUE"],
            ["Variant Taxable", "TRUE"],
            ["Variant Image", (variant.image === undefined ? "" : addresses[variant.image]) ?? ""],
          ] as [string, string][])),
      ...(picture === undefined
        ? []
        : ([
            ["Image Src", picture.address],
            ["Image Position", String(row + 1)],
            ["Image Alt Text", picture.alt],
          ] as [string, string][])),
    ]);
  });
}
