import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { decodeRef, encodeRef, type LinkRef } from "./link.ts";

/** Who may press a button: one person (`platform/connection/user`), or everyone. */
export type Audience = string | "*";

/** What a pressed token turned out to be. */
export type Opened =
  | { readonly kind: "ok"; readonly ref: LinkRef }
  | { readonly kind: "foreign" }
  | { readonly kind: "stale" };

const TAG_LENGTH = 8; // 48 bits of HMAC: a forger gets rate-limited long before a guess comes true
const SHORT_PREFIX = "#";

/**
 * Seals actions into button tokens and opens them again.
 *
 * A token is `payload~tag`; the tag is a truncated HMAC-SHA256 over the person and the payload, so a button
 * works only for whom it was made and cannot be made up. A token that is too long for the platform is
 * replaced by a content-addressed short one, `#` and 22 characters of its SHA-256.
 */
export class TokenSealer {
  readonly #secret: KeyObject;
  constructor(secret: string) {
    this.#secret = createSecretKey(secret, "utf8");
  }

  seal(ref: LinkRef, audience: Audience): string {
    const payload = encodeRef(ref);
    return `${payload}~${this.#tag(payload, audience)}`;
  }

  /** Opens a full token pressed by `person`. Never throws: a press may be forged, stale or someone else's. */
  open(token: string, person: string): Opened {
    const at = token.lastIndexOf("~");
    if (at < 1) return { kind: "stale" };
    const payload = token.slice(0, at);
    const tag = Buffer.from(token.slice(at + 1));
    const made = (audience: Audience) => {
      const right = Buffer.from(this.#tag(payload, audience));
      return right.length === tag.length && timingSafeEqual(right, tag);
    };
    return made(person) || made("*") ? { kind: "ok", ref: decodeRef(payload) } : { kind: "foreign" };
  }

  #tag(payload: string, audience: Audience): string {
    return createHmac("sha256", this.#secret)
      .update(`${audience}\n${payload}`)
      .digest("base64url")
      .slice(0, TAG_LENGTH);
  }
}

/** True if a token stands for a longer one that is kept with the conversation. */
export const isShort = (token: string): boolean => token.startsWith(SHORT_PREFIX);

/** The content-addressed stand-in for a token: the same token always has the same one. */
export const shorten = (token: string): string =>
  SHORT_PREFIX + createHash("sha256").update(token).digest("base64url").slice(0, 22);
