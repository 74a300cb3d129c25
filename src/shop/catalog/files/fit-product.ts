import { cut } from "../../../i18n/graphemes.ts";
import type { Localised } from "../../core/localised-text.ts";
import { priceSchema, toDecimal } from "../../core/money.ts";
import type { ProductInput, Variant } from "../product.ts";
import { DESCRIPTION_MAX, PRODUCT_LIMITS } from "../product-schema.ts";
import { cutHtml } from "../rich-description.ts";

type Candidate = Omit<ProductInput, "shop" | "_id">;

/** Tells what was cut or left out, at the field of the product. */
type Note = (path: string[], message: string) => void;

/** The highest price in minor units: what a payment provider takes. */
const PRICE_MAX = priceSchema.maxValue ?? Number.MAX_SAFE_INTEGER;

/**
 * The product within the limits of what is kept: texts are cut, and what is too much of a list is left off, each with a
 * note. Null if it can not be made to fit: then it is left out, which is noted, and the others are not held up.
 */
export function fitProduct(product: Candidate, currency: string, note: Note): Candidate | null {
  const leaveOut = (path: string[], why: string) => {
    note(path, `${product.title.en || product.slug} is left out: ${why}`);
    return null;
  };
  const { variants, options } = product;
  if (variants.length > PRODUCT_LIMITS.variants)
    return leaveOut(
      ["variants"],
      `it has ${variants.length} variants; at most ${PRODUCT_LIMITS.variants} are kept`,
    );
  if (options.length > PRODUCT_LIMITS.options)
    return leaveOut(
      ["options"],
      `it has ${options.length} options; at most ${PRODUCT_LIMITS.options} are kept`,
    );
  const dear = variants.findIndex(({ price }) => price > PRICE_MAX);
  if (dear >= 0) {
    const most = toDecimal({ amount: PRICE_MAX, currency });
    return leaveOut(
      ["variants", String(dear), "price"],
      `its price is above ${most} ${currency}, the most that can be paid`,
    );
  }
  const values = options.map((option) => option.values.map(({ en }) => cut(en, PRODUCT_LIMITS.optionValue)));
  const doubled = values.findIndex(
    (all, n) => new Set(all).size < new Set(options[n]?.values.map(({ en }) => en)).size,
  );
  if (doubled >= 0)
    return leaveOut(
      ["options", String(doubled), "values"],
      `values of an option differ only after ${PRODUCT_LIMITS.optionValue} characters`,
    );
  return {
    ...product,
    title: cutLine(product.title, PRODUCT_LIMITS.title, (message) => note(["title"], message)),
    description: fittingDescription(product, (message) => note(["description"], message)),
    tags: fittingTags(product.tags, note),
    options: options.map(({ name, values: known }, n) => ({
      name: cutLine(name, PRODUCT_LIMITS.optionName, (message) => note(["options", String(n)], message)),
      values: known.map((value, index) =>
        cutLine(value, PRODUCT_LIMITS.optionValue, (message) =>
          note(["options", String(n), "values", String(index)], message),
        ),
      ),
    })),
    variants: variants.map((variant, index) => fittingVariant(variant, index, product.images.length, note)),
    images: fittingImages(product, note),
  };
}

/** A text in all its languages, cut. */
function cutLine<T extends Localised>(text: T, max: number, note: (message: string) => void): T {
  const { en, zh } = text;
  // The schema counts without what it tidies away: what is a little longer here may fit there.
  const longest = Math.max(en.trim().length, zh?.trim().length ?? 0);
  if (longest <= max) return text;
  note(`is cut to ${max} characters (from ${longest})`);
  return { ...text, en: cut(en.trim(), max), ...(zh === undefined ? {} : { zh: cut(zh.trim(), max) }) };
}

function fittingDescription(
  { description, descriptionFormat }: Candidate,
  note: (message: string) => void,
): Localised {
  if (descriptionFormat !== "html") return cutLine(description, DESCRIPTION_MAX, note);
  const texts = {
    en: cutHtml(description.en, DESCRIPTION_MAX),
    zh: cutHtml(description.zh ?? "", DESCRIPTION_MAX),
  };
  if (texts.en.cut || texts.zh.cut) note(`is cut to ${DESCRIPTION_MAX} characters`);
  return { en: texts.en.html, ...(description.zh === undefined ? {} : { zh: texts.zh.html }) };
}

function fittingTags(tags: readonly string[], note: Note): string[] {
  const kept = tags.filter((tag) => tag.trim().length <= PRODUCT_LIMITS.tag).slice(0, PRODUCT_LIMITS.tags);
  const left = tags.length - kept.length;
  if (left > 0)
    note(
      ["tags"],
      `${left} ${left === 1 ? "tag is" : "tags are"} left out: at most ${PRODUCT_LIMITS.tags} of ${PRODUCT_LIMITS.tag} characters are kept`,
    );
  return kept;
}

function fittingVariant(variant: Variant, index: number, images: number, note: Note): Variant {
  const { compareAt, grams, image, ...rest } = variant;
  const heavy = grams !== undefined && grams > PRODUCT_LIMITS.grams;
  if (heavy)
    note(
      ["variants", String(index), "grams"],
      `${grams} g is more than ${PRODUCT_LIMITS.grams} g; the weight is left out`,
    );
  const dear = compareAt !== undefined && compareAt > PRICE_MAX;
  if (dear)
    note(["variants", String(index), "compareAt"], "is above what can be paid; the former price is left out");
  return {
    ...rest,
    values: variant.values.map((value) => cut(value, PRODUCT_LIMITS.optionValue)),
    ...(compareAt === undefined || dear ? {} : { compareAt }),
    ...(image === undefined || (image >= PRODUCT_LIMITS.images && image < images) ? {} : { image }),
    ...(grams === undefined || heavy ? {} : { grams }),
  };
}

function fittingImages({ images }: Candidate, note: Note): Candidate["images"] {
  const left = images.length - PRODUCT_LIMITS.images;
  if (left > 0) note(["images"], `has ${images.length} pictures; at most ${PRODUCT_LIMITS.images} are kept`);
  return images.slice(0, PRODUCT_LIMITS.images).map((image) => ({
    ...image,
    alt: cutLine(image.alt, PRODUCT_LIMITS.imageAlt, () => {}),
  }));
}
