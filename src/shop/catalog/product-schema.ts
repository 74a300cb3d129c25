import { z } from "zod";
import { localisedSchema, localisedTextSchema } from "../core/localised-text.ts";
import { priceSchema } from "../core/money.ts";
import { lineSchema } from "../core/text-schemas.ts";
import type { ProductInput } from "./product.ts";
import { cleanHtml } from "./rich-description.ts";

/** The characters of handles and category names in catalog files and addresses. */
export const slugSchema = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower case words joined by -")
  .max(80);

/** A stock keeping unit. Printable, no spaces at the ends; short, since it travels in buttons. */
export const skuSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, "must be letters, digits, . _ and - (up to 32)");

const imageUrlSchema = z
  .url({ protocol: /^https$/ })
  .max(2000)
  .transform((url) => new URL(url).href);

/** The most characters of a description, marks included. */
export const DESCRIPTION_MAX = 4000;

/**
 * How much of each a product may have. They are what Shopify allows, so that a shop that moves here fits; only pictures
 * are fewer. https://help.shopify.com/en/manual/products/variants, https://shopify.dev/docs/api/admin-graphql/latest
 */
export const PRODUCT_LIMITS = {
  title: 255,
  optionName: 255,
  optionValue: 255,
  tag: 255,
  tags: 250,
  options: 3,
  variants: 2048,
  images: 50,
  imageAlt: 512,
  grams: 1_000_000,
} as const;

const saleSchema = z
  .strictObject({ price: priceSchema, from: z.date().optional(), until: z.date().optional() })
  .superRefine(({ from, until }, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (from === undefined && until === undefined) fault("from", "is needed, or an end");
    if (from !== undefined && until !== undefined && from >= until)
      fault("until", "must be after the beginning");
  });

/** What a variant must be, by itself. */
const variantSchema = z.strictObject({
  sku: skuSchema,
  values: z.array(lineSchema(PRODUCT_LIMITS.optionValue)).max(PRODUCT_LIMITS.options),
  price: priceSchema,
  compareAt: priceSchema.optional(),
  sale: saleSchema.optional(),
  image: z.number().int().min(0).optional(),
  grams: z.number().int().min(0).max(PRODUCT_LIMITS.grams).optional(),
});

/**
 * What `saveProduct` takes, with the rules that reach over several fields. The values of an option come out in the order
 * the variants use them, which is also how a catalog file tells them; one that no variant has is left out.
 */
export const productSchema: z.ZodType<ProductInput> = z.preprocess(
  withCleanHtml,
  z
    .strictObject({
      _id: z.string().optional(),
      shop: z.string(),
      slug: slugSchema,
      title: localisedSchema(PRODUCT_LIMITS.title),
      description: localisedTextSchema(DESCRIPTION_MAX),
      descriptionFormat: z.literal("html").optional(),
      category: z.string().min(1),
      tags: z.array(lineSchema(PRODUCT_LIMITS.tag)).max(PRODUCT_LIMITS.tags),
      options: z
        .array(
          z.strictObject({
            name: localisedSchema(PRODUCT_LIMITS.optionName),
            values: z.array(localisedSchema(PRODUCT_LIMITS.optionValue)).min(1).max(PRODUCT_LIMITS.variants),
          }),
        )
        .max(PRODUCT_LIMITS.options),
      variants: z.array(variantSchema).min(1).max(PRODUCT_LIMITS.variants),
      images: z
        .array(
          z
            .strictObject({
              media: z.string().optional(),
              url: imageUrlSchema.optional(),
              source: imageUrlSchema.optional(),
              alt: localisedSchema(PRODUCT_LIMITS.imageAlt),
            })
            .refine(({ media, url }) => (media === undefined) !== (url === undefined), {
              message: "needs either a kept picture or an https address",
            }),
        )
        .max(PRODUCT_LIMITS.images),
      status: z.enum(["active", "draft", "archived"]),
    })
    .superRefine((product, context) => {
      const fault = (path: (string | number)[], message: string) =>
        context.addIssue({ code: "custom", path, message });
      const skus = new Set<string>();
      const combinations = new Set<string>();
      const allowed = product.options.map(({ values }) => new Set(values.map(({ en }) => en)));
      product.variants.forEach((variant, index) => {
        if (skus.has(variant.sku)) fault(["variants", index, "sku"], `${variant.sku} is there twice`);
        skus.add(variant.sku);
        if (variant.values.length !== product.options.length)
          fault(["variants", index, "values"], "must have one value for each option");
        variant.values.forEach((value, option) => {
          if (allowed[option]?.has(value) === false)
            fault(["variants", index, "values"], `${value} is not a value of the option`);
        });
        const combination = JSON.stringify(variant.values);
        if (combinations.has(combination))
          fault(["variants", index, "values"], "another variant has the same option values");
        combinations.add(combination);
        if (variant.compareAt !== undefined && variant.compareAt <= variant.price)
          fault(["variants", index, "compareAt"], "must be above the price");
        if (variant.sale !== undefined && variant.sale.price >= variant.price)
          fault(["variants", index, "sale", "price"], "must be below the price");
        if (variant.image !== undefined && variant.image >= product.images.length)
          fault(["variants", index, "image"], "names a picture that is not there");
      });
      product.options.forEach(({ values }, index) => {
        if (new Set(values.map(({ en }) => en)).size !== values.length)
          fault(["options", index, "values"], "has a value twice");
      });
    })
    .transform((product) => ({
      ...product,
      options: product.options.map(({ name, values }, index) => {
        const used = new Set(product.variants.map((variant) => variant.values[index]));
        const known = new Map(values.map((value) => [value.en, value]));
        return { name, values: [...used].flatMap((en) => (en === undefined ? [] : (known.get(en) ?? []))) };
      }),
    })),
);

// Before its length is looked at, so that what is left out does not count.
function withCleanHtml(input: unknown): unknown {
  if (typeof input !== "object" || input === null) return input;
  if (!("descriptionFormat" in input && input.descriptionFormat === "html")) return input;
  if (!("description" in input && typeof input.description === "object" && input.description !== null))
    return input;
  const description = Object.fromEntries(
    Object.entries(input.description).map(([language, text]) => [
      language,
      typeof text === "string" ? cleanHtml(text) : text,
    ]),
  );
  return { ...input, description };
}
