/** A rule of the shop said no. `code` is stable and names the sentence a shopper sees; the message is for the log. */
export class ShopError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Something asked for by id is not in this shop. */
export class NotFound extends ShopError {
  readonly what: string;
  readonly id: string;
  constructor(what: string, id: string) {
    super("NOT_FOUND", `no ${what} ${id}`);
    this.what = what;
    this.id = id;
  }
}

export { isDuplicateKey } from "../../store/duplicate-key.ts";
