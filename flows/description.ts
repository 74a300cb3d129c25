import { bold, italic, joined, linked, plain, type RichText } from "../src/engine/index.ts";
import type { Product } from "../src/shop/catalog/product.ts";
import { readHtml, type Span, spansOf } from "../src/shop/catalog/rich-description.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";

/** The description of a product in the reader's language, with its marks. */
export function descriptionOf(product: Product, locale: string): RichText {
  const text = inLanguage(product.description, locale);
  return product.descriptionFormat === "html" ? joined(spansOf(readHtml(text)).map(marked), "") : plain(text);
}

function marked({ text, bold: isBold, italic: isItalic, link }: Span): RichText {
  let words = plain(text);
  if (isItalic) words = italic(words);
  if (isBold) words = bold(words);
  return link === undefined ? words : linked(words, link);
}
