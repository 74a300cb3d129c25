import { model, Schema } from "mongoose";
import { inLanguage, type Localised, localisedField } from "../core/localised-text.ts";

/** Something a shopper chooses, such as the size. */
export interface ProductOption {
  name: Localised;
  values: Localised[];
}

/**
 * A lower price for a time: from `from` on (from the first day where it is absent) and before `until` (for good where it
 * is absent). At least one of them is there; a reduction without dates is `price` with `compareAt`.
 */
export interface Sale {
  /** Minor units; below the variant's own price. */
  price: number;
  from?: Date;
  until?: Date;
}

/**
 * What is bought: one combination of option values, with a price of its own. What it costs at a moment `offerAt` tells, as
 * a sale comes and goes by itself.
 */
export interface Variant {
  /** Unique within the shop. */
  sku: string;
  /** The English value of each option, in the options' order. */
  values: string[];
  /** Minor units of the shop's currency, while no sale is on. */
  price: number;
  /** What it cost before, in minor units; shown struck through. */
  compareAt?: number;
  sale?: Sale;
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
  /** The lowest price of its variants as it was last worked out, kept for filters and sorting. */
  minPrice: number;
  /** When a sale next begins or ends, so that `minPrice` is to be worked out again; absent in documents of earlier versions. */
  repriceAt?: Date | null;
  rating: { average: number; count: number };
  /** Counts the changes of this document. */
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

/** A product as it is written: without what the shop works out itself. */
export type ProductInput = Omit<
  Product,
  "_id" | "minPrice" | "repriceAt" | "rating" | "revision" | "createdAt" | "updatedAt"
> & {
  _id?: string;
};

/** The words that tell a variant from its siblings ("Blue / L"), "" where a product has no options. */
export const variantTitle = (
  product: Pick<Product, "options">,
  variant: Pick<Variant, "values">,
  locale: string,
): string =>
  variantValues(product, variant)
    .map((value) => inLanguage(value, locale))
    .join(" / ");

/** The variant's value of each option, in all languages. */
export const variantValues = (
  product: Pick<Product, "options">,
  variant: Pick<Variant, "values">,
): Localised[] =>
  variant.values.map(
    (value, index) => product.options[index]?.values.find(({ en }) => en === value) ?? { en: value },
  );

const part = { _id: false, id: false, strict: "throw" } as const;

const optionField = new Schema<ProductOption>(
  { name: { type: localisedField, required: true }, values: [localisedField] },
  part,
);
const saleField = new Schema<Sale>(
  { price: { type: Number, required: true }, from: Date, until: Date },
  part,
);
const variantField = new Schema<Variant>(
  {
    sku: { type: String, required: true },
    values: [String],
    price: { type: Number, required: true },
    compareAt: Number,
    sale: saleField,
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
    repriceAt: { type: Date, default: null },
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
// For lists by price, which first bring up to date what a sale has changed.
schema.index({ shop: 1, repriceAt: 1 });
// One index for each order of the product list, with and without a category.
schema.index({ shop: 1, status: 1, createdAt: -1, _id: 1 });
schema.index({ shop: 1, status: 1, minPrice: 1, _id: 1 });
schema.index({ shop: 1, status: 1, "rating.average": -1, "rating.count": -1, _id: 1 });
schema.index({ shop: 1, status: 1, category: 1, createdAt: -1, _id: 1 });
schema.index({ shop: 1, status: 1, category: 1, minPrice: 1, _id: 1 });
schema.index({ shop: 1, status: 1, category: 1, "rating.average": -1, "rating.count": -1, _id: 1 });

/** The products of all shops. Write through `saveProduct`, which keeps what is derived in step. */
export const ProductModel = model<Product>("Product", schema);
