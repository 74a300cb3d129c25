import { readFile, realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import type { Issue } from "../files/csv/csv-table.ts";
import { FILE_MARK } from "../files/reading.ts";
import { BadMedia, checkMedia, mediaId } from "../media.ts";
import type { ProductImage } from "../product.ts";

/** The pictures that a catalog file names beside it. Each is read once; none is kept in memory. */
export class PictureFiles {
  /** Paths by the id the picture will have. */
  readonly files = new Map<string, string>();
  readonly #ids = new Map<string, string>();
  readonly #faults = new Map<string, string>();
  readonly #shop: string;
  readonly #folder: string;
  readonly #column: string;
  readonly #issues: Issue[];

  constructor(shop: string, folder: string, column: string, issues: Issue[]) {
    this.#shop = shop;
    this.#folder = folder;
    this.#column = column;
    this.#issues = issues;
  }

  /** The pictures of a product with the ids they will have. */
  async kept(line: number, images: readonly ProductImage[]): Promise<ProductImage[]> {
    const kept: ProductImage[] = [];
    for (const image of images) {
      if (image.media === undefined) {
        kept.push(image);
        continue;
      }
      await this.#read(image.media);
      const fault = this.#faults.get(image.media);
      if (fault !== undefined) this.#issues.push({ line, column: this.#column, message: fault });
      kept.push({ ...image, media: this.#ids.get(image.media) ?? image.media });
    }
    return kept;
  }

  async #read(media: string): Promise<void> {
    if (this.#ids.has(media) || this.#faults.has(media)) return;
    const read = await readPicture(this.#folder, media.slice(FILE_MARK.length));
    if (typeof read === "string") {
      this.#faults.set(media, read);
      return;
    }
    const id = mediaId(this.#shop, read.bytes);
    this.#ids.set(media, id);
    this.files.set(id, read.path);
  }
}

/** The picture, or what is wrong with it. */
async function readPicture(folder: string, name: string): Promise<{ path: string; bytes: Buffer } | string> {
  try {
    const root = await realpath(folder);
    const path = await realpath(resolve(root, name));
    const inside = relative(root, path);
    if (isAbsolute(name) || inside.startsWith("..") || isAbsolute(inside))
      return `${name} is outside the file's folder`;
    const bytes = await readFile(path);
    await checkMedia(bytes);
    return { path, bytes };
  } catch (error) {
    if (error instanceof BadMedia) return `${name}: ${error.message}`;
    if (error instanceof Error && "code" in error) return `${name} cannot be read (${String(error.code)})`;
    throw error;
  }
}
