import { LRUCache } from "lru-cache";

/** How a platform shows something that was stored here. */
export interface Upload<T> {
  readonly byName: (name: string) => Promise<T>;
  readonly upload: () => Promise<T>;
  /** What the platform calls the upload, from the answer to showing it. */
  readonly nameIn: (shown: T) => string | undefined;
  /** Whether `byName` failed because the platform does not know the name any more. */
  readonly isGone: (error: unknown) => boolean;
}

/** Shows stored things by the names platforms give to uploads, so that each is uploaded once. */
export class UploadOnce {
  readonly #names = new LRUCache<string, Promise<string | undefined>>({ max: 5000 });

  /** Shows a thing by its name, awaiting an upload under way; uploads it where there is no name, or a forgotten one. */
  async show<T>(id: string, how: Upload<T>): Promise<T> {
    const named = this.#names.get(id);
    // No pause if there is no name yet: the upload must begin before anyone else looks.
    const name = named && (await named);
    if (name !== undefined) {
      try {
        return await how.byName(name);
      } catch (error) {
        if (!how.isGone(error)) throw error;
        if (this.#names.get(id) === named) this.#names.delete(id);
        return await this.show(id, how);
      }
    }
    const showing = how.upload();
    this.#names.set(
      id,
      showing.then(how.nameIn, () => undefined),
    );
    return await showing;
  }
}
