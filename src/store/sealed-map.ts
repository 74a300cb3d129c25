import mongoose, { type Model, Schema } from "mongoose";
import type { z } from "zod";
import type { SecretBox } from "./secret-box.ts";

interface Stored {
  _id: string;
  sealed: string;
  at: Date;
}

/** Small secrets by key, such as the tokens of workspaces, sealed in a collection of their own. */
export class SealedMap<T> {
  readonly #box: SecretBox;
  readonly #shape: z.ZodType<T>;
  readonly #model: Model<Stored>;
  readonly #collection: string;

  constructor(box: SecretBox, collection: string, shape: z.ZodType<T>) {
    this.#box = box;
    this.#shape = shape;
    this.#collection = collection;
    const fields = { _id: String, sealed: { type: String, required: true }, at: Date } as const;
    this.#model =
      mongoose.models[collection] ??
      mongoose.model<Stored>(collection, new Schema<Stored>(fields, { versionKey: false }), collection);
  }

  /** @throws {CannotOpen} if it was sealed with another secret, and a ZodError if it has another shape */
  async get(id: string): Promise<T | undefined> {
    const stored = await this.#model.findById(id).lean();
    return stored ? this.#shape.parse(JSON.parse(this.#box.open(stored.sealed, this.#place(id)))) : undefined;
  }

  /** Keeps a value in place of an older one. */
  async set(id: string, value: T): Promise<void> {
    const sealed = this.#box.seal(JSON.stringify(value), this.#place(id));
    await this.#model.updateOne({ _id: id }, { sealed, at: new Date() }, { upsert: true });
  }

  /** Deletes a value kept no later than `before`, as news of its end may come after a newer one; false if there is none. */
  async delete(id: string, before: Date): Promise<boolean> {
    const at = mongoose.trusted({ $lte: before });
    return (await this.#model.deleteOne({ _id: id, at })).deletedCount > 0;
  }

  #place(id: string) {
    return { collection: this.#collection, field: "sealed", id };
  }
}
