import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { type ActionRef, decodeRef, encodeRef } from "./action.ts";

/**
 * Who may press a button: one person (`platform/connection/user`), or everyone: on somebody else's words ("*"), on a live
 * card of the channel ("card"), or on a message shown to one person.
 */
export type Audience = string | "*" | "card" | { readonly shownTo: string };

/** What a pressed token turned out to be. */
export type Opened =
  /**
   * `guest`: everyone may press it, and this is not the person whose message it stands on. `card`: it stands on a card
   * that belongs to the channel and to nobody in it.
   */
  | { readonly kind: "ok"; readonly ref: ActionRef; readonly guest?: true; readonly card?: true }
  | { readonly kind: "foreign" }
  | { readonly kind: "stale" };

const TAG_LENGTH = 8; // 48 bits of HMAC: a forger gets rate-limited long before a guess comes true
const SHORT_PREFIX = "#";
/** A short token whose long one is kept with the channel's own conversation. */
const CARD_PREFIX = "#*";
/** Stands before the mark of whom a message was shown to. */
const OWNER = "^";
const MARK_LENGTH = 4; // 24 bits: should two people share a mark, one's press replaces the other's message
/** The audience in the tag of a button that everyone may press on somebody's message. */
const SHOWN = "*^";

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

  seal(ref: ActionRef, audience: Audience): string {
    const payload = encodeRef(ref);
    if (typeof audience === "string") return `${payload}~${this.#tag(payload, audience)}`;
    const marked = `${payload}${OWNER}${this.#markOf(audience.shownTo)}`;
    return `${marked}~${this.#tag(marked, SHOWN)}`;
  }

  /** Opens a full token pressed by `person`. Never throws: a press may be forged, stale or someone else's. */
  open(token: string, person: string): Opened {
    const at = token.lastIndexOf("~");
    if (at < 1) return { kind: "stale" };
    const payload = token.slice(0, at);
    const tag = Buffer.from(token.slice(at + 1));
    const made = (audience: string) => {
      const right = Buffer.from(this.#tag(payload, audience));
      return right.length === tag.length && timingSafeEqual(right, tag);
    };
    if (made("card")) return { kind: "ok", ref: decodeRef(payload), card: true };
    if (made(person) || made("*")) return { kind: "ok", ref: decodeRef(payload) };
    if (!made(SHOWN)) return { kind: "foreign" };
    const mark = payload.lastIndexOf(OWNER);
    const guest = payload.slice(mark + 1) !== this.#markOf(person);
    return { kind: "ok", ref: decodeRef(payload.slice(0, mark)), ...(guest && { guest }) };
  }

  /** Tells people apart without naming them. */
  #markOf(person: string): string {
    return this.#tag(person, "mark").slice(0, MARK_LENGTH);
  }

  #tag(payload: string, audience: string): string {
    return createHmac("sha256", this.#secret)
      .update(`${audience}\n${payload}`)
      .digest("base64url")
      .slice(0, TAG_LENGTH);
  }
}

/** True if a token stands for a longer one that is kept with the conversation. */
export const isShort = (token: string): boolean => token.startsWith(SHORT_PREFIX);

/** True if it stands on a live card, so that the longer one is kept with the channel's own conversation. */
export const isShortOfCard = (token: string): boolean => token.startsWith(CARD_PREFIX);

/** The content-addressed stand-in for a token: the same token always has the same one. */
export const shorten = (token: string, audience?: Audience): string =>
  (audience === "card" ? CARD_PREFIX : SHORT_PREFIX) +
  createHash("sha256").update(token).digest("base64url").slice(0, 22);
