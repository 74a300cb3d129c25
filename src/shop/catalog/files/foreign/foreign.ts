import { cut } from "../../../../i18n/graphemes.ts";
import { BadAmount, fromDecimal, minorDigits } from "../../../core/money.ts";
import { lineSchema } from "../../../core/text-schemas.ts";
import { CATEGORY_TITLE_MAX } from "../../category.ts";
import type { ProductImage, Variant } from "../../product.ts";
import { DESCRIPTION_MAX } from "../../product-schema.ts";
import { cutHtml } from "../../rich-description.ts";
import type { Row } from "../csv/csv-table.ts";
import { withoutEntities } from "../csv/html-entities.ts";
import { beginningOf, endOf } from "../csv/moments.ts";
import { type Doubt, plainly } from "../csv/number-notation.ts";
import type { Reading } from "../reading.ts";
import { shelfFor, skuFor } from "./generated-handles.ts";
import { foldedText } from "./unified-values.ts";

/** What files of other shop systems have in common. Columns are named as merchants see them. */
export class Foreign {
  readonly reading: Reading;
  constructor(reading: Reading) {
    this.reading = reading;
  }

  /** Something that must be put right. */
  fault(row: Row, column: string, message: string, alike?: string): void {
    this.reading.issues.push({ line: row.line, column, message, ...(alike === undefined ? {} : { alike }) });
  }

  /**
   * Something that is taken otherwise than it stands there.
   *
   * @param alike what is said once for many rows, where the message names what is in this one
   */
  note(row: Row, column: string, message: string, alike?: string): void {
    this.reading.notes.push({ line: row.line, column, message, ...(alike === undefined ? {} : { alike }) });
  }

  /**
   * A price in minor units, written as the price columns of the file are. Noughts beyond the currency's digits do not
   * count. Undefined where it is blank.
   */
  price(row: Row, column: string): number | undefined {
    const { currency, numbers } = this.reading;
    const text = row.cell(column.toLowerCase());
    if (text === "") return undefined;
    const other = row.cell("currency").toUpperCase();
    if (other !== "" && other !== currency)
      this.fault(row, "Currency", `"${other.slice(0, 10)}" is not the shop's ${currency}`);
    const found = numbers.of("price").read(text);
    if (found.kind === "doubtful") {
      this.fault(row, column, doubtful(text, found.doubt, minorDigits(currency)), DOUBTFUL);
      return undefined;
    }
    try {
      if (found.kind === "none" || found.value.negative) throw new BadAmount(text);
      const { whole, fraction } = found.value;
      const digits = minorDigits(currency);
      const kept = fraction.slice(digits).replace(/0+$/, "") === "" ? fraction.slice(0, digits) : fraction;
      return fromDecimal(kept === "" ? whole : `${whole}.${kept}`, currency).amount;
    } catch (error) {
      if (!(error instanceof BadAmount)) throw error;
      this.fault(row, column, `"${text.slice(0, 40)}" is not a price in ${currency}`);
      return undefined;
    }
  }

  /**
   * What a price and a sale price with its dates come to. A sale without dates holds until it is changed: it is the price, beside
   * the one before. One with dates comes and goes by itself. One that is not lower is none.
   */
  pricing(
    row: Row,
    columns: { regular: string; sale: string; starts: string; ends: string },
  ): Pick<Variant, "price" | "compareAt" | "sale"> {
    const regular = this.price(row, columns.regular);
    const price = this.price(row, columns.sale);
    if (row.cell(columns.regular.toLowerCase()) === "") this.fault(row, columns.regular, "is needed");
    const from = this.#moment(row, columns.starts, beginningOf);
    // What such systems store is the last second, not the first one after it.
    const until = this.#moment(row, columns.ends, (text, zone) => endOf(text, zone, 1));
    if (regular === undefined) return { price: 0 };
    if (price === undefined || price >= regular) return { price: regular };
    if (from === undefined && until === undefined) return { price, compareAt: regular };
    if (from !== undefined && until !== undefined && from >= until) {
      this.fault(row, columns.ends, `is before ${columns.starts}`);
      return { price: regular };
    }
    return {
      price: regular,
      sale: { price, ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) },
    };
  }

  #moment(row: Row, column: string, read: typeof beginningOf): Date | undefined {
    const text = row.cell(column.toLowerCase());
    if (text === "") return undefined;
    const at = read(text, this.reading.zone);
    if (at === undefined) this.fault(row, column, `"${text.slice(0, 40)}" is not a date such as 2026-11-30`);
    return at;
  }

  /** A whole number, where it may be negative (oversold) and then counts as none. */
  count(row: Row, column: string): number | undefined {
    const text = row.cell(column.toLowerCase());
    if (text === "") return undefined;
    const found = this.reading.numbers.of("count").read(text);
    if (found.kind === "doubtful") {
      this.fault(row, column, doubtful(text, found.doubt), DOUBTFUL);
      return undefined;
    }
    if (found.kind === "none" || !/^0*$/.test(found.value.fraction) || found.value.whole.length > 9) {
      this.fault(row, column, `"${text.slice(0, 40)}" is not a whole number`);
      return undefined;
    }
    if (found.value.negative && found.value.whole !== "0") {
      this.note(row, column, `${text} counts as 0`, "is below 0 and counts as 0");
      return 0;
    }
    return Number(found.value.whole);
  }

  /** A weight in whole grams, of a cell in units of so many grams; none where it is blank, nought or can not be told. */
  grams(row: Row, column: string, unit: number): number | undefined {
    const text = row.cell(column.toLowerCase());
    if (text === "") return undefined;
    const found = this.reading.numbers.of("weight").read(text);
    if (found.kind === "number" && !found.value.negative)
      return Math.round(Number(plainly(found.value)) * unit) || undefined;
    const why =
      found.kind === "doubtful" ? doubtful(text, found.doubt) : `"${text.slice(0, 40)}" is not a weight`;
    this.note(row, column, `${why}; the weight is left out`, "can not be told; the weight is left out");
    return undefined;
  }

  /** An SKU as Hawker can use it. */
  sku(row: Row, column: string, text: string): string {
    const sku = skuFor(text);
    if (sku !== text)
      this.note(
        row,
        column,
        `${text.slice(0, 60)} becomes ${sku}`,
        "is rewritten in the characters that SKUs have here",
      );
    return sku;
  }

  /** The category of this title; of no title: "Other". */
  category(row: Row, column: string, title: string): string {
    const kept = cut(title.trim(), CATEGORY_TITLE_MAX);
    if (kept !== title.trim()) this.note(row, column, `is cut to ${CATEGORY_TITLE_MAX} characters`);
    return shelfFor(shelfTitle.safeParse(kept).data ?? "Other", row.line, this.reading);
  }

  /** A description in HTML, cut if it is longer than Hawker keeps. */
  description(row: Row, column: string, html: string) {
    const { html: kept, cut: isCut } = cutHtml(html, DESCRIPTION_MAX);
    if (isCut) this.note(row, column, `is cut to ${DESCRIPTION_MAX} characters`);
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

  /** A list of tags, each once. */
  tags(texts: readonly string[]): string[] {
    const tags = new Map<string, string>();
    for (const text of texts.map(textOf))
      if (text !== "" && !tags.has(foldedText(text))) tags.set(foldedText(text), text);
    return [...tags.values()];
  }

  /** Pictures at https addresses, each once. */
  images(pictures: readonly { row: Row; url: string; alt: string }[], column: string, title: string) {
    const images = new Map<string, ProductImage>();
    for (const { row, url, alt } of pictures) {
      const address = URL.canParse(url) ? new URL(url) : undefined;
      if (address?.protocol !== "https:" || url.length > 2000)
        this.note(
          row,
          column,
          `${url.slice(0, 80)} is no https address; the picture is left out`,
          "is no https address; the picture is left out",
        );
      else if (!images.has(address.href))
        images.set(address.href, { url: address.href, alt: { en: textOf(alt) || title } });
    }
    return [...images.values()];
  }
}

/** One line of text as the product will keep it, without HTML's entities and marks. */
export const textOf = (cell: string): string => {
  if (PLAIN_LINE.test(cell)) return cell;
  const text = withoutEntities(cell.replace(MARKS, (_, name: string) => (/^br$/i.test(name) ? " " : "")));
  return anyLine.safeParse(text).data ?? text.trim();
};

/** What is said of a product that another system does not send. */
export const NOT_SHIPPED =
  "needs no shipping there; here it is sold like all else: with an address, shipping and a parcel to send";

const anyLine = lineSchema(100_000);

/** Marks that shop systems let into names; nothing else between angle brackets is one. */
const MARKS = /<\/?(b|strong|i|em|u|s|small|big|sup|sub|span|font|mark|br)(?:\s[^<>]*)?\/?>/gi;
/** ASCII without "&" and "<", with single spaces: most cells are, and there is nothing in them to be read otherwise. */
const PLAIN_LINE = /^(?:[!-%'-;=-~]+(?: [!-%'-;=-~]+)*)?$/;

/** @param digits after the decimal mark that a number of this column may have; any, if absent */
function doubtful(
  text: string,
  { asThousands, asDecimal, clear, contrary, against }: Doubt,
  digits = Number.POSITIVE_INFINITY,
): string {
  const [thousands, decimal] = [plainly(asThousands), plainly(asDecimal)];
  const both = `"${text.slice(0, 40)}" may be ${thousands} or ${decimal}`;
  if (against !== undefined)
    return `${both}: --decimal says one, and "${against.slice(0, 20)}" in the file the other; leave --decimal out`;
  // A point that parts thousands stands in a file whose decimals are parted by a comma.
  const [thousandsIf, decimalIf] = clear.decimal.includes(".") ? ["comma", "point"] : ["point", "comma"];
  const say = `import with --decimal ${thousandsIf} for ${thousands}`;
  const sayEither = `${say} or --decimal ${decimalIf} for ${decimal}`;
  if (contrary !== undefined)
    return `${both}, as the file writes both "${contrary[0].slice(0, 20)}" and "${contrary[1].slice(0, 20)}": write all alike, or ${sayEither}`;
  const [, fraction = ""] = decimal.split(".");
  return fraction.length > digits
    ? `${both}, which has too many decimals: write ${clear.thousands} or a price with ${digits} decimals, or ${say}`
    : `${both}, and nothing else in the file tells which: write ${clear.thousands} or ${clear.decimal}, or ${sayEither}`;
}

const DOUBTFUL =
  "may have thousands or decimals, and nothing in the file tells which: import with --decimal comma or --decimal point";
const PLAIN: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&" };
const shelfTitle = lineSchema(CATEGORY_TITLE_MAX);
