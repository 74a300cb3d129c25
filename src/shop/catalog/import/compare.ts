import type { Localised } from "../../core/localised-text.ts";
import type { Product, ProductImage, ProductInput } from "../product.ts";

const FIELDS = [
  "title",
  "description",
  "descriptionFormat",
  "category",
  "tags",
  "options",
  "variants",
  "images",
  "status",
] as const;

// The same for the same contents, whatever the order of the keys.
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? "";

/** The fields in which two forms of a product differ. */
export const changedFields = (before: ProductInput, after: ProductInput): string[] =>
  FIELDS.filter((field) => canonical(before[field]) !== canonical(after[field]));

type Identified = ProductInput & { _id: string };

/**
 * The product with what a file can not tell and that stays therefore as it is: where kept pictures were fetched from,
 * and, of a file in one language, the translations of texts that have not changed.
 */
export function inheriting(
  product: Identified,
  before: Product | undefined,
  oneLanguage: boolean,
): Identified {
  if (before === undefined) return product;
  const images = product.images.map((image) => knownPicture(image, before.images));
  if (!oneLanguage) return { ...product, images };
  const translated = (text: Localised, known: Localised | undefined): Localised =>
    known !== undefined && known.en === text.en ? { ...known } : text;
  const sameFormat = product.descriptionFormat === before.descriptionFormat;
  return {
    ...product,
    title: translated(product.title, before.title),
    description: sameFormat ? translated(product.description, before.description) : product.description,
    options: product.options.map(({ name, values }) => {
      const known = before.options.find((option) => option.name.en === name.en);
      const value = (text: Localised) =>
        translated(
          text,
          known?.values.find(({ en }) => en === text.en),
        );
      return { name: translated(name, known?.name), values: values.map(value) };
    }),
    images: images.map((image, index) => ({
      ...image,
      alt: translated(image.alt, before.images[index]?.alt),
    })),
  };
}

// A picture that was fetched before is not fetched again.
function knownPicture(image: ProductImage, known: readonly ProductImage[]): ProductImage {
  const fetched = known.find(({ source }) => source !== undefined && source === image.url);
  if (fetched?.media !== undefined && fetched.source !== undefined)
    return { media: fetched.media, source: fetched.source, alt: image.alt };
  const same = known.find(({ media, source }) => source !== undefined && media === image.media);
  return same?.source === undefined ? image : { ...image, source: same.source };
}
