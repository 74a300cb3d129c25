import { contentId } from "../../../core/ids.ts";
import type { Localised } from "../../../core/localised-text.ts";
import { skuSchema, slugSchema } from "../../product-schema.ts";
import type { Reading } from "../reading.ts";

/** Plain letters and digits of a text, joined by a sign; accents go, ß becomes ss. */
const simplified = (text: string, joint: string): string =>
  text
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9]+/g, joint)
    .replace(new RegExp(`^\\${joint}+|\\${joint}+$`, "g"), "");

const trimmedTo = (text: string, length: number): string => text.slice(0, length).replace(/-+$/, "");

/**
 * A handle as Hawker has them, made from any text: itself if it is one, else its plain letters and six characters of its
 * hash, so that texts that differ do not meet. The same text always gives the same.
 */
export function slugFor(text: string): string {
  if (slugSchema.safeParse(text).success) return text;
  const plain = trimmedTo(simplified(text, "-").toLowerCase(), 70);
  return [plain, contentId(text).slice(0, 6)].filter((part) => part !== "").join("-");
}

/**
 * The slug of the category with this title: that of a category which is there or was named before by the same title,
 * else one made from it, which is noted as a new category.
 */
export function shelfFor(title: string, line: number, { shelves, categories }: Reading): string {
  const same = (other: Localised | undefined) => other?.en.toLowerCase() === title.toLowerCase();
  const known =
    shelves.find((shelf) => same(shelf.title)) ?? [...categories.values()].find((shelf) => same(shelf.title));
  if (known !== undefined && !("line" in known)) categories.set(known.slug, { line, slug: known.slug });
  if (known !== undefined) return known.slug;
  const plain = trimmedTo(simplified(title, "-").toLowerCase(), 80);
  const free =
    /^[\p{Script=Latin}\p{M}\p{N}\p{P}\p{S}\p{Z}]+$/u.test(title) &&
    plain !== "" &&
    !categories.has(plain) &&
    !shelves.some(({ slug }) => slug === plain);
  const slug = free ? plain : slugFor(`${title} `);
  categories.set(slug, { line, slug, title: { en: title } });
  return slug;
}

/** The same for an SKU: itself if Hawker can use it, else its plain letters and five characters of its hash. */
export function skuFor(text: string): string {
  if (skuSchema.safeParse(text).success) return text;
  const plain = trimmedTo(simplified(text, "-"), 24);
  return [plain, contentId(text).slice(0, 5)].filter((part) => part !== "").join("-");
}

/** An SKU for a variant that has none, made from the product's handle and what tells the variant from its siblings. */
export function madeUpSku(handle: string, values: readonly string[]): string {
  const plain = trimmedTo(simplified(handle, "-"), 23);
  return [plain, contentId(handle, ...values).slice(0, 8)].filter((part) => part !== "").join("-");
}
