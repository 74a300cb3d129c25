import { createHmac, timingSafeEqual } from "node:crypto";
import type { View } from "../../src/engine/view.ts";

/** Where the page finds a picture that stands at an address elsewhere. */
const FAR = "/media/far";

/**
 * Pictures of products that stand at addresses elsewhere. The page loads nothing but from its own server, which nobody
 * outside learns of: so the server fetches them, and only those that the shop has shown, told by a tag in their address.
 */
export class FarPictures {
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = createHmac("sha256", secret).update("hawker far pictures").digest();
  }

  /** The view with the pictures of its cards at addresses of the page's own server, and without those that none fetches. */
  brought(view: View): View {
    if (view.cards.every(({ image }) => image?.url === undefined)) return view;
    const cards = view.cards.map(({ image, ...card }) => {
      if (image?.url === undefined || image.id !== undefined) return { ...card, ...(image && { image }) };
      if (!isFetched(image.url)) return card;
      return { ...card, image: { ...image, url: this.#addressOf(image.url) } };
    });
    return { ...view, cards };
  }

  /** The address that stands behind one of these; undefined if it was not made here. */
  behind(tag: string, encoded: string): string | undefined {
    const url = Buffer.from(encoded, "base64url").toString();
    const given = Buffer.from(tag, "base64url");
    const right = this.#tagOf(url);
    return given.length === right.length && timingSafeEqual(given, right) ? url : undefined;
  }

  #addressOf(url: string): string {
    const tag = this.#tagOf(url).toString("base64url");
    return `${FAR}/${tag}/${Buffer.from(url).toString("base64url")}`;
  }

  #tagOf(url: string): Buffer {
    return createHmac("sha256", this.#key).update(url).digest().subarray(0, 16);
  }
}

const isFetched = (url: string): boolean => URL.canParse(url) && new URL(url).protocol === "https:";
