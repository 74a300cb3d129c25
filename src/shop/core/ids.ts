import { createHash, randomBytes } from "node:crypto";

/** Crockford's base32 in lower case: no i, l, o or u, so an id can be read aloud. https://www.crockford.com/base32.html */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Bytes as base32, five bits a character, cut to `length` characters. */
function base32(bytes: Uint8Array, length: number): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5 && text.length < length) {
      bits -= 5;
      text += ALPHABET.charAt((held >>> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return text;
}

/**
 * A new random id: `prefix` and ten characters (50 bits).
 *
 * Short, because ids travel in a Telegram button of 64 bytes; a clash is caught by the unique `_id`.
 */
export const newId = (prefix = ""): string => prefix + base32(randomBytes(7), 10);

/** An id made from contents: twenty characters (100 bits) of their SHA-256. The same parts give the same id. */
export function contentId(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.byteLength}:`).update(bytes);
  }
  return base32(hash.digest(), 20);
}
