import { findBySlug, getProduct } from "../src/shop/catalog/catalog.ts";
import type { OfferedProduct } from "../src/shop/catalog/offer.ts";

/** How an address names a product: by its handle, or by its id where a handle would be too long. */
export type NamedProduct = { readonly slug: string } | { readonly id: string };

/** What an address in a message leads to. */
export type ReadAddress =
  | { readonly kind: "product"; readonly product: NamedProduct }
  /** Another page of this shop. */
  | { readonly kind: "shop" }
  | { readonly kind: "foreign" };

const SLUG = "[a-z0-9-]{1,80}";
// A full-width sign ends an address: nobody puts a space before one.
const ADDRESS = "[^\\s<>|\"'\\])\\u3001-\\u3011\\uff01-\\uff1f]+";
const WITH_SCHEME = `(?<![a-z0-9.+-])[a-z][a-z0-9+.-]*://${ADDRESS}`;
/** What an address without scheme does not stand behind: then it is a part of something else. */
const APART = "(?<![\\p{L}\\p{N}@.\\/_%-])";
/** Signs that nobody sees, which apps put around what is copied. */
const UNSEEN = /\p{Cf}/gu;
/** Without a scheme only what leads to a product is told from a word with a dot and a stroke in it. */
const START = "[?&]start(?:app)?=[pi]-";

/**
 * The product that a start parameter names: `p-HANDLE`, or `i-ID`. A parameter on Telegram has at most 64 characters, so
 * there a product whose handle has more than 62 is named by its id (https://core.telegram.org/bots/features#deep-linking).
 */
export function productOfStart(parameter: string): NamedProduct | undefined {
  const [, kind, name = ""] = /^([pi])-([A-Za-z0-9_-]{1,80})$/.exec(parameter) ?? [];
  if (kind === undefined) return undefined;
  return kind === "p" ? { slug: name } : { id: name };
}

/** The product of a name while it is on sale, with the prices of `now`, else null. */
export const findNamed = (shop: string, named: NamedProduct, now: Date): Promise<OfferedProduct | null> =>
  "slug" in named ? findBySlug(shop, named.slug, now) : getProduct(shop, named.id, now);

/**
 * The address in what somebody wrote, as people and apps write one: alone or among words, in the markup of another app
 * (`<address|label>`, `[label](address)`), with or without its scheme, only its path (`/p/mug`), with whatever trackers
 * were added, or as a link to a bot (`t.me/bot?start=p-mug`). Undefined if there is none.
 */
export function readAddress(text: string, publicUrl: string): ReadAddress | undefined {
  const said = text.replace(UNSEEN, "").replaceAll("\uff0f", "/").trim().replace(/&amp;/g, "&");
  const own = new URL(publicUrl);
  const path = `${APART}/p/${SLUG}(?![a-z0-9-])[^\\s/]*`;
  const bare = `${APART}(?:(?:www\\.)?${escaped(own.hostname)}(?::\\d+)?/(?:${ADDRESS})?|[a-z0-9.-]+\\.[a-z]+/[\\w/]*${START}[\\w-]+)`;
  const alone = new RegExp(`^p/${SLUG}/?$`, "i").test(said) ? `/${said}` : said;
  const found = [...alone.matchAll(new RegExp(`${WITH_SCHEME}|${bare}|${path}`, "giu"))].flatMap(([one]) =>
    readOne(one.replace(/[.,;:!?\u3002\uff0c]+$/u, ""), own),
  );
  // Of several a product is meant.
  return found.find(({ kind }) => kind === "product") ?? found[0];
}

/** What one address leads to; nothing if it is none. */
function readOne(address: string, own: URL): ReadAddress[] {
  const whole = address.startsWith("/")
    ? `${own.href.replace(/\/$/, "")}${address}`
    : address.includes("://")
      ? address
      : `${own.protocol}//${address}`;
  return URL.canParse(whole) ? [readUrl(new URL(whole), own)] : [];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const bareHost = (host: string): string => host.toLowerCase().replace(/^www\./, "");

/** With the letters that need no code written out; a handle has no others. */
const decoded = (path: string): string =>
  path.replace(/%([2-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

function readUrl(url: URL, own: URL): ReadAddress {
  const started = productOfStart(url.searchParams.get("start") ?? url.searchParams.get("startapp") ?? "");
  // A link to a bot stands at the platform's own address; what it starts with names the product.
  if (bareHost(url.host) !== bareHost(own.host))
    return started ? { kind: "product", product: started } : { kind: "foreign" };
  const base = own.pathname.replace(/\/$/, "");
  const path = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : url.pathname;
  // What follows a handle without being of one is of the sentence: a quotation mark, a star, the next word.
  const slug = new RegExp(`^/+p/(${SLUG})(?:/?$|[^a-z0-9/-])`, "i").exec(decoded(path))?.[1]?.toLowerCase();
  const product = slug === undefined ? started : { slug };
  return product ? { kind: "product", product } : { kind: "shop" };
}
