import { BadAmount, fromDecimal, minorDigits } from "../money.ts";
import type { ProductImage } from "../product.ts";
import { DESCRIPTION_MAX, PRODUCT_LIMITS } from "../product-schema.ts";
import { cutHtml } from "../rich-description.ts";
import { lineSchema } from "../shop.ts";
import type { Row } from "./csv-table.ts";
import { shelfFor, skuFor } from "./made-up.ts";
import type { Reading } from "./reading.ts";

/** What files of other shop systems have in common. Columns are named as merchants see them. */
export class Foreign {
  readonly reading: Reading;
  constructor(reading: Reading) {
    this.reading = reading;
  }

  /** Something that must be put right. */
  fault(row: Row, column: string, message: string): void {
    this.reading.issues.push({ line: row.line, column, message });
  }

  /** Something that is taken otherwise than it stands there. */
  note(row: Row, column: string, message: string): void {
    this.reading.notes.push({ line: row.line, column, message });
  }

  /**
   * A price in minor units: a decimal with a point, or with a comma as spreadsheets of other countries write it. Noughts
   * beyond the currency's digits do not count. Undefined where it is blank.
   */
  price(row: Row, column: string): number | undefined {
    const { currency } = this.reading;
    const text = row.cell(column.toLowerCase());
    if (text === "") return undefined;
    const other = row.cell("currency").toUpperCase();
    if (other !== "" && other !== currency)
      this.fault(row, "Currency", `"${other.slice(0, 10)}" is not the shop's ${currency}`);
    const [, whole = "", fraction = ""] = /^(\d+)(?:[.,](\d{1,4}))?$/.exec(text) ?? [];
    const digits = minorDigits(currency);
    // "1,299" may be a thousand or one: who meant which, nobody can tell.
    const doubtful = /,\d{3}$/.test(text);
    try {
      if (whole === "" || doubtful) throw new BadAmount(text);
      const kept = fraction.slice(digits).replace(/0+$/, "") === "" ? fraction.slice(0, digits) : fraction;
      return fromDecimal(kept === "" ? whole : `${whole}.${kept}`, currency).amount;
    } catch (error) {
      if (!(error instanceof BadAmount)) throw error;
      this.fault(row, column, `"${text.slice(0, 40)}" is not a price in ${currency}`);
      return undefined;
    }
  }

  /** A whole number, where it may be negative (oversold) and then counts as none. */
  count(row: Row, column: string): number | undefined {
    const text = row.cell(column.toLowerCase());
    if (text === "") return undefined;
    if (/^-\d{1,9}(\.0+)?$/.test(text)) {
      this.note(row, column, `${text} counts as 0`);
      return 0;
    }
    if (/^\d{1,9}(\.0+)?$/.test(text)) return Number(text);
    this.fault(row, column, `"${text.slice(0, 40)}" is not a whole number`);
    return undefined;
  }

  /** An SKU as Hawker can use it. */
  sku(row: Row, column: string, text: string): string {
    const sku = skuFor(text);
    if (sku !== text) this.note(row, column, `${text.slice(0, 60)} becomes ${sku}`);
    return sku;
  }

  /** The category of this title; of no title: "Other". */
  category(row: Row, title: string): string {
    const name = shelfTitle.safeParse([...title].slice(0, 60).join("")).data ?? "Other";
    return shelfFor(name, row.line, this.reading);
  }

  /** A description in HTML, cut if it is longer than Hawker keeps. */
  description(row: Row, column: string, html: string) {
    const { html: kept, cut } = cutHtml(html, DESCRIPTION_MAX);
    if (cut) this.note(row, column, `is cut to ${DESCRIPTION_MAX} characters`);
    // Without a mark it is plain text.
    if (!/<(?!\/?p>|br>)/.test(kept)) {
      const text = kept
        .replace(/<\/p>(?=<p>)/g, "\n\n")
        .replace(/<\/?p>/g, "")
        .replaceAll("<br>", "\n")
        .replace(/&(lt|gt|quot|amp);/g, (_, name: string) => PLAIN[name] ?? "");
      return { description: { en: text } };
    }
    return { description: { en: kept }, descriptionFormat: "html" as const };
  }

  /** A list of tags, without those Hawker can not keep. */
  tags(row: Row, column: string, texts: readonly string[]): string[] {
    const wanted = [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ""))];
    const good = wanted.filter((text) => tag.safeParse(text).success);
    const kept = good.slice(0, PRODUCT_LIMITS.tags);
    if (kept.length < wanted.length)
      this.note(
        row,
        column,
        `${wanted.length - kept.length} tags are left out: at most ${PRODUCT_LIMITS.tags} of ${PRODUCT_LIMITS.tag} characters`,
      );
    return kept;
  }

  /** Pictures at https addresses, the first ten. */
  images(pictures: readonly { row: Row; url: string; alt: string }[], column: string, title: string) {
    const images: ProductImage[] = [];
    for (const { row, url, alt } of pictures) {
      if (images.some((image) => image.url === url)) continue;
      if (!URL.canParse(url) || new URL(url).protocol !== "https:" || url.length > 2000)
        this.note(row, column, `${url.slice(0, 80)} is no https address; the picture is left out`);
      else if (images.length === MOST_IMAGES)
        this.note(row, column, `a product has at most ${MOST_IMAGES} pictures; this one is left out`);
      else images.push({ url: new URL(url).href, alt: { en: shortened(alt || title, 200) } });
    }
    return images;
  }
}

const PLAIN: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&" };
const MOST_IMAGES = PRODUCT_LIMITS.images;
const shelfTitle = lineSchema(60);
const tag = lineSchema(PRODUCT_LIMITS.tag);

/** A text of at most `max` characters. */
const shortened = (text: string, max: number): string => [...text].slice(0, max).join("");
