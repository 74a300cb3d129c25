import { toDecimal } from "../../../core/money.ts";
import { type Availability, availabilityText, SOLD_OUT } from "../../../inventory/availability.ts";
import type { Category } from "../../category.ts";
import type { Product } from "../../product.ts";
import { joinList } from "../csv/csv-table.ts";
import { momentText } from "../csv/moments.ts";

/**
 * A product as rows of Hawker's own format; `pictures` are the names of kept pictures by their ids. The dates of sales are
 * told with their distance from UTC in `zone` (IANA), so that they are the same in a shop of another zone.
 */
export function hawkerRows(
  product: Product,
  category: Category | undefined,
  currency: string,
  stock: ReadonlyMap<string, Availability>,
  pictures: ReadonlyMap<string, string>,
  zone: string,
): Map<string, string>[] {
  const { title, description, images } = product;
  const whole: [string, string | undefined][] = [
    ["title_en", title.en],
    ["title_zh", title.zh],
    ["description_en", description.en],
    ["description_zh", description.zh],
    ["description_format", product.descriptionFormat],
    ["category", category?.slug ?? product.category],
    ["category_en", category?.title.en],
    ["category_zh", category?.title.zh],
    ["category_position", category === undefined ? undefined : String(category.position)],
    ["tags", joinList(product.tags)],
    ["status", product.status],
    ["images", joinList(images.map(({ media, url }) => (media && pictures.get(media)) ?? url ?? ""))],
    ["image_alt_en", joinList(images.map(({ alt }) => alt.en))],
    ["image_alt_zh", images.some(({ alt }) => alt.zh) ? joinList(images.map(({ alt }) => alt.zh ?? "")) : ""],
    ...product.options.flatMap(({ name }, index): [string, string | undefined][] => [
      [`option${index + 1}_name_en`, name.en],
      [`option${index + 1}_name_zh`, name.zh],
    ]),
  ];
  return product.variants.map((variant, row) => {
    const own: [string, string | undefined][] = [
      ["handle", product.slug],
      ["sku", variant.sku],
      ["price", toDecimal({ amount: variant.price, currency })],
      [
        "compare_at",
        variant.compareAt === undefined ? "" : toDecimal({ amount: variant.compareAt, currency }),
      ],
      ["sale_price", variant.sale && toDecimal({ amount: variant.sale.price, currency })],
      ["sale_from", variant.sale?.from && momentText(variant.sale.from, zone)],
      ["sale_until", variant.sale?.until && momentText(variant.sale.until, zone)],
      ["currency", currency],
      ["stock", availabilityText(stock.get(variant.sku) ?? SOLD_OUT)],
      ["grams", variant.grams?.toString()],
      ["variant_image", variant.image === undefined ? "" : String(variant.image + 1)],
      ...product.options.flatMap(({ values }, index): [string, string | undefined][] => [
        [`option${index + 1}_value_en`, variant.values[index]],
        [`option${index + 1}_value_zh`, values.find(({ en }) => en === variant.values[index])?.zh],
      ]),
    ];
    return new Map([...(row === 0 ? whole : []), ...own].map(([column, text]) => [column, text ?? ""]));
  });
}
