import { model, Schema } from "mongoose";
import { z } from "zod";
import { isDuplicateKey } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { type Localised, localisedField, localisedSchema } from "../core/localised-text.ts";
import { catalogChanged } from "./catalog-version.ts";
import { ProductModel } from "./product.ts";
import { slugSchema } from "./product-schema.ts";

/** A shelf of the shop. */
export interface Category {
  _id: string;
  shop: string;
  /** Its name in catalog files; unique within the shop. */
  slug: string;
  title: Localised;
  /** Its place in the list, from 0. */
  position: number;
}

const schema = new Schema<Category>(
  {
    _id: { type: String, required: true },
    shop: { type: String, required: true },
    slug: { type: String, required: true },
    title: { type: localisedField, required: true },
    position: { type: Number, required: true },
  },
  { strict: "throw", versionKey: false, id: false },
);
schema.index({ shop: 1, slug: 1 }, { unique: true });
schema.index({ shop: 1, position: 1, slug: 1 });

/** The categories of all shops. */
export const CategoryModel = model<Category>("Category", schema);

/** The most characters of a category's title: it is a button. */
export const CATEGORY_TITLE_MAX = 60;

/** What `saveCategory` takes. */
export const categorySchema = z.strictObject({
  _id: z.string().optional(),
  shop: z.string(),
  slug: slugSchema,
  title: localisedSchema(CATEGORY_TITLE_MAX),
  position: z.number().int().min(0).max(100_000),
});

/** Creates the category of this slug (with `_id`, if given) or changes it. @throws {z.ZodError} */
export async function saveCategory(input: Omit<Category, "_id"> & { _id?: string }): Promise<Category> {
  const { _id = newId("g"), shop, slug, title, position } = categorySchema.parse(input);
  const write = () =>
    CategoryModel.updateOne(
      { shop, slug },
      { $set: { title, position }, $setOnInsert: { _id } },
      { upsert: true },
    ).exec();
  // When two make the same category at a time, MongoDB tries the later upsert again by itself; DocumentDB does not.
  await write().catch(async (error: unknown) => {
    if (!isDuplicateKey(error)) throw error;
    await write();
  });
  await catalogChanged(shop);
  const saved = await CategoryModel.findOne({ shop, slug }).lean<Category>();
  if (saved === null) throw new Error(`category ${slug} was removed while it was saved`);
  return saved;
}

/** All categories in their order, empty ones too. */
export const allCategories = async (shop: string): Promise<Category[]> =>
  CategoryModel.find({ shop }).sort({ position: 1, slug: 1 }).lean<Category[]>();

/** The category of this id, or null. */
export const getCategory = async (shop: string, id: string): Promise<Category | null> =>
  CategoryModel.findOne({ _id: id, shop }).lean<Category>();

/** A category and how many products are on sale in it. */
export type Shelf = Category & { products: number };

/**
 * The categories in their order, each with the number of products on sale; those with none are left out. Counted in the
 * store by one command each; `most` is where counting ends.
 */
export async function listCategories(shop: string, most?: number): Promise<Shelf[]> {
  const categories = await allCategories(shop);
  const counted = await Promise.all(
    categories.map(async (category) => ({
      ...category,
      products: await ProductModel.countDocuments(
        { shop, status: "active", category: category._id },
        most === undefined ? {} : { limit: most },
      ),
    })),
  );
  return counted.filter(({ products }) => products > 0);
}
