import type { Issue } from "../files/csv/csv-table.ts";
import { BadMedia, keepMedia } from "../media.ts";
import type { ProductImage, ProductInput } from "../product.ts";

/** Gets the bytes at an https address, or throws an error whose message says why not. */
export type FetchPicture = (url: string) => Promise<Uint8Array>;

/** How many pictures are fetched at a time. */
const AT_A_TIME = 6;

/** The pictures of an import that are fetched from addresses: each address once. */
export class FetchedPictures {
  /** Those that could not be had. */
  readonly missed: Issue[] = [];
  readonly #media = new Map<string, string | null>();
  readonly #shop: string;
  readonly #fetchPicture: FetchPicture | undefined;

  constructor(shop: string, fetchPicture: FetchPicture | undefined) {
    this.#shop = shop;
    this.#fetchPicture = fetchPicture;
  }

  /** Fetches the pictures of some products and keeps them. */
  async fetch(
    works: readonly { line: number; product: ProductInput }[],
    step: (steps: number) => void,
  ): Promise<void> {
    const fetchPicture = this.#fetchPicture;
    if (fetchPicture === undefined) return;
    const waiting = works.flatMap(({ line, product }) =>
      product.images.flatMap(({ url }) => (url === undefined ? [] : [{ line, url }])),
    );
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (!this.#media.has(next.url)) {
          this.#media.set(next.url, null);
          this.#media.set(next.url, await this.#keep(next.line, next.url, fetchPicture));
        }
        step(1);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
  }

  async #keep(line: number, url: string, fetchPicture: FetchPicture): Promise<string | null> {
    try {
      return await keepMedia(this.#shop, await fetchPicture(url));
    } catch (error) {
      // What the address does not give is told; what the store refuses fails the import.
      if (
        !(
          error instanceof BadMedia ||
          (error instanceof Error && "code" in error && error.code === "NO_PICTURE")
        )
      )
        throw error;
      this.missed.push({ line, message: `picture ${url} is left out: ${error.message}` });
      return null;
    }
  }

  /** The product with kept pictures in the place of addresses, without those that could not be had. */
  put<P extends ProductInput>(product: P): P {
    if (this.#fetchPicture === undefined) return product;
    const images = product.images.map((image): ProductImage | null => {
      if (image.url === undefined) return image;
      const media = this.#media.get(image.url);
      return media ? { media, source: image.url, alt: image.alt } : null;
    });
    const kept = images.filter((image) => image !== null);
    const variants = product.variants.map(({ image, ...variant }) => {
      const shown = image === undefined ? undefined : images[image];
      return shown ? { ...variant, image: kept.indexOf(shown) } : variant;
    });
    return { ...product, images: kept, variants };
  }
}
