import { model, Schema } from "mongoose";
import { z } from "zod";
import { isDuplicateKey, ShopError } from "./errors.ts";
import { newId } from "./ids.ts";
import { cleanHtml } from "./rich-description.ts";
import {
  inLanguage,
  type Localised,
  lineSchema,
  localisedField,
  localisedSchema,
  localisedTextSchema,
  priceSchema,
} from "./shop.ts";

/** Something a shopper chooses, such as the size. */
export interface ProductOption {
  name: Localised;
  values: Localised[];
}

/** What is bought: one combination of option values, with a price of its own. */
export interface Variant {
  /** Unique within the shop. */
  sku: string;
  /** The English value of each option, in the options' order. */
  values: string[];
  /** Minor units of the shop's currency. */
  price: number;
  /** What it cost before, in minor units; shown struck through. */
  compareAt?: number;
  /** Index of its picture in `Product.images`. */
  image?: number;
  grams?: number;
}

/** A picture of a product: kept in the store (`media`) or elsewhere (`url`, https). */
export interface ProductImage {
  media?: string;
  url?: string;
  /** The https address that a kept picture was fetched from by an import. */
  source?: string;
  alt: Localised;
}

export interface Product {
  _id: string;
  shop: string;
  /** The handle of the product in catalog files; unique within the shop. */
  slug: string;
  title: Localised;
  description: Localised;
  /** "html" when the description is HTML of the elements that `cleanHtml` leaves; plain text otherwise. */
  descriptionFormat?: "html";
  /** Id of its category. */
  category: string;
  tags: string[];
  options: ProductOption[];
  variants: Variant[];
  images: ProductImage[];
  status: "active" | "draft" | "archived";
  /** The lowest price of its variants, kept for filters and sorting. */
  minPrice: number;
  rating: { average: number; count: number };
  /** Counts the changes of this document. */
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

/** A product as it is written: without what the shop works out itself. */
export type ProductInput = Omit<
  Product,
  "_id" | "minPrice" | "rating" | "revision" | "createdAt" | "updatedAt"
> & {
  _id?: string;
};

/** The words that tell a variant from its siblings ("Blue / L"), "" where a product has no options. */
export const variantTitle = (product: Product, variant: Variant, locale: string): string =>
  variantValues(product, variant)
    .map((value) => inLanguage(value, locale))
    .join(" / ");

/** The variant's value of each option, in all languages. */
export const variantValues = (product: Product, variant: Variant): Localised[] =>
  variant.values.map(
    (value, index) => product.options[index]?.values.find(({ en }) => en === value) ?? { en: value },
  );

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

/** What a variant must be, by itself. */
export const variantSchema = z.strictObject({
  sku: skuSchema,
  values: z.array(lineSchema(60)).max(3),
  price: priceSchema,
  compareAt: priceSchema.optional(),
  image: z.number().int().min(0).optional(),
  grams: z.number().int().min(0).max(1_000_000).optional(),
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
      title: localisedSchema(120),
      description: localisedTextSchema(DESCRIPTION_MAX),
      descriptionFormat: z.literal("html").optional(),
      category: z.string().min(1),
      tags: z.array(lineSchema(40)).max(30),
      options: z
        .array(
          z.strictObject({ name: localisedSchema(40), values: z.array(localisedSchema(60)).min(1).max(50) }),
        )
        .max(3),
      variants: z.array(variantSchema).min(1).max(100),
      images: z
        .array(
          z
            .strictObject({
              media: z.string().optional(),
              url: imageUrlSchema.optional(),
              source: imageUrlSchema.optional(),
              alt: localisedSchema(200),
            })
            .refine(({ media, url }) => (media === undefined) !== (url === undefined), {
              message: "needs either a kept picture or an https address",
            }),
        )
        .max(10),
      status: z.enum(["active", "draft", "archived"]),
    })
    .superRefine((product, context) => {
      const fault = (path: (string | number)[], message: string) =>
        context.addIssue({ code: "custom", path, message });
      const skus = new Set<string>();
      const combinations = new Set<string>();
      product.variants.forEach((variant, index) => {
        if (skus.has(variant.sku)) fault(["variants", index, "sku"], `${variant.sku} is there twice`);
        skus.add(variant.sku);
        if (variant.values.length !== product.options.length)
          fault(["variants", index, "values"], "must have one value for each option");
        variant.values.forEach((value, option) => {
          if (product.options[option]?.values.some(({ en }) => en === value) === false)
            fault(["variants", index, "values"], `${value} is not a value of the option`);
        });
        const combination = JSON.stringify(variant.values);
        if (combinations.has(combination))
          fault(["variants", index, "values"], "another variant has the same option values");
        combinations.add(combination);
        if (variant.compareAt !== undefined && variant.compareAt <= variant.price)
          fault(["variants", index, "compareAt"], "must be above the price");
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
        const used = [...new Set(product.variants.map((variant) => variant.values[index]))];
        return { name, values: used.flatMap((en) => values.find((value) => value.en === en) ?? []) };
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

const part = { _id: false, id: false, strict: "throw" } as const;

const optionField = new Schema<ProductOption>(
  { name: { type: localisedField, required: true }, values: [localisedField] },
  part,
);
const variantField = new Schema<Variant>(
  {
    sku: { type: String, required: true },
    values: [String],
    price: { type: Number, required: true },
    compareAt: Number,
    image: Number,
    grams: Number,
  },
  part,
);
const imageField = new Schema<ProductImage>(
  { media: String, url: String, source: String, alt: { type: localisedField, required: true } },
  part,
);
const ratingField = new Schema<Product["rating"]>(
  { average: { type: Number, required: true }, count: { type: Number, required: true } },
  part,
);

const schema = new Schema<Product>(
  {
    _id: { type: String, required: true },
    shop: { type: String, required: true },
    slug: { type: String, required: true },
    title: { type: localisedField, required: true },
    description: { type: localisedField, required: true },
    descriptionFormat: { type: String, enum: ["html"] },
    category: { type: String, required: true },
    tags: [String],
    options: [optionField],
    variants: [variantField],
    images: [imageField],
    status: { type: String, enum: ["active", "draft", "archived"], required: true },
    minPrice: { type: Number, required: true },
    rating: { type: ratingField, required: true },
    revision: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { strict: "throw", versionKey: false, id: false },
);
schema.index({ shop: 1, slug: 1 }, { unique: true });
schema.index({ shop: 1, "variants.sku": 1 }, { unique: true });
// For search indexes, which ask what has changed since they looked last.
schema.index({ shop: 1, updatedAt: 1 });
// One index for each order of the product list, with and without a category.
schema.index({ shop: 1, status: 1, createdAt: -1, _id: 1 });
schema.index({ shop: 1, status: 1, minPrice: 1, _id: 1 });
schema.index({ shop: 1, status: 1, "rating.average": -1, "rating.count": -1, _id: 1 });
schema.index({ shop: 1, status: 1, category: 1, createdAt: -1, _id: 1 });
schema.index({ shop: 1, status: 1, category: 1, minPrice: 1, _id: 1 });
schema.index({ shop: 1, status: 1, category: 1, "rating.average": -1, "rating.count": -1, _id: 1 });

/** The products of all shops. Write through `saveProduct`, which keeps what is derived in step. */
export const ProductModel = model<Product>("Product", schema);

/** How far a shop's catalog has changed. */
export interface CatalogVersion {
  /** Counts the changes. */
  version: number;
  /** Counts those of them that a look at all products only can tell, such as products that were taken away. */
  wholly: number;
}

const VersionModel = model<CatalogVersion & { _id: string }>(
  "CatalogVersion",
  new Schema(
    {
      _id: { type: String, required: true },
      version: { type: Number, required: true },
      wholly: { type: Number, default: 0 },
    },
    { strict: "throw", versionKey: false, id: false },
  ),
);

/** How far the catalog has changed so far. */
export async function catalogVersion(shop: string): Promise<CatalogVersion> {
  const known = await VersionModel.findById(shop).lean<CatalogVersion>();
  return { version: known?.version ?? 0, wholly: known?.wholly ?? 0 };
}

/**
 * Tells search indexes, in every process, that products of the shop have changed. Call it after the change. They ask for
 * the products whose `updatedAt` is new, or with `wholly` look at all of them.
 */
export async function catalogChanged(shop: string, { wholly = false } = {}): Promise<void> {
  await VersionModel.updateOne(
    { _id: shop },
    { $inc: { version: 1, wholly: wholly ? 1 : 0 } },
    { upsert: true },
  );
  changesHere.set(shop, catalogChangesHere(shop) + 1);
}

const changesHere = new Map<string, number>();

/** How often this process has called `catalogChanged`: known without the store, so that what changes here shows at once. */
export const catalogChangesHere = (shop: string): number => changesHere.get(shop) ?? 0;

/** Another product of the shop has this handle or one of these SKUs. */
export class ProductClash extends ShopError {
  constructor(slug: string, cause: unknown) {
    super("PRODUCT_CLASH", `the handle or a SKU of ${slug} belongs to another product`, { cause });
  }
}

/**
 * Creates the product, or replaces the one with its `_id`; rating and time of creation stay.
 *
 * @throws {z.ZodError} naming the field
 * @throws {ProductClash}
 */
export async function saveProduct(input: ProductInput, now: Date = new Date()): Promise<Product> {
  const product = await writeProduct(productSchema.parse(input), now);
  await catalogChanged(product.shop);
  return product;
}

/** Writes a valid product without telling search indexes, for writers of many that tell them once. */
export async function writeProduct(
  { _id = newId("p"), ...product }: ProductInput,
  now: Date,
  createdAt: Date = now,
): Promise<Product> {
  const minPrice = Math.min(...product.variants.map(({ price }) => price));
  try {
    await ProductModel.updateOne(
      { _id, shop: product.shop },
      {
        $set: { ...product, minPrice, updatedAt: now },
        ...(product.descriptionFormat === undefined ? { $unset: { descriptionFormat: 1 } } : {}),
        $inc: { revision: 1 },
        $setOnInsert: { createdAt, rating: { average: 0, count: 0 } },
      },
      { upsert: true, runValidators: true },
    );
  } catch (error) {
    if (isDuplicateKey(error)) throw new ProductClash(product.slug, error);
    throw error;
  }
  const saved = await ProductModel.findById(_id).lean<Product>();
  if (saved === null) throw new Error(`product ${_id} was removed while it was saved`);
  return saved;
}
