import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

/** Where a sealed value lives. A value moved to another field or document does not open. */
export interface Place {
  readonly collection: string;
  readonly field: string;
  readonly id: string;
}

/** A sealed value cannot be opened: it was altered, moved, or sealed with a secret that is not known. */
export class CannotOpen extends Error {
  readonly code = "CANNOT_OPEN";
}

/** No secret has been set yet. */
export class NoSecret extends Error {
  readonly code = "NO_SECRET";
}

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
  /** For fingerprints. */
  readonly mark: Buffer;
}

/** The bytes of a sealed value beside its contents: key id (4), nonce (12), tag (16). */
const SEAL_BYTES = 32;

/**
 * Keeps personal data sealed at rest: AES-256-GCM with a random nonce of 96 bits (NIST SP 800-38D) under a key derived
 * from the deployment's secret by HKDF (RFC 5869).
 *
 * A sealed value reads `keyId.base64url(nonce, ciphertext, tag)`. The key id tells which secret opens it, so the secret
 * can be changed: new values are sealed with the first, old ones still open while their secret is among the others.
 */
export class SecretBox {
  readonly #keys: readonly [Key, ...Key[]];

  /** @param secret at least 16 characters, kept outside the store; `older` secrets open but do not seal. */
  constructor(secret: string, older: readonly string[] = []) {
    this.#keys = [deriveKey(secret), ...older.map(deriveKey)];
  }

  /** Seals a text for one place. */
  seal(text: string, place: Place): string {
    const sealed = this.sealBytes(Buffer.from(text, "utf8"), place);
    return `${this.#keys[0].id}.${sealed.subarray(4).toString("base64url")}`;
  }

  /** Opens what was sealed for this very place. @throws {CannotOpen} */
  open(sealed: string, place: Place): string {
    const [keyId = "", body = ""] = sealed.split(".", 2);
    return this.#open(keyId, Buffer.from(body, "base64url"), place).toString("utf8");
  }

  /** Seals bytes for one place: key id, nonce, ciphertext and tag, without the third that base64 would add. */
  sealBytes(bytes: Uint8Array, place: Place): Buffer {
    const [key] = this.#keys;
    const nonce = freshNonce();
    const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce).setAAD(bound(key.id, place));
    return Buffer.concat([
      Buffer.from(key.id, "hex"),
      nonce,
      cipher.update(bytes),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  /** Opens bytes that were sealed for this very place. @throws {CannotOpen} */
  openBytes(sealed: Uint8Array, place: Place): Buffer {
    if (sealed.byteLength < SEAL_BYTES)
      throw new CannotOpen(`${place.collection}.${place.field} is cut short`);
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    return this.#open(bytes.toString("hex", 0, 4), bytes.subarray(4), place);
  }

  /**
   * The same text for the same text and purpose, which tells nobody without the secret what it was made of, nor lets
   * them try (HMAC-SHA256). For keys that name what need not be known itself, such as an address of the net.
   */
  fingerprint(text: string, purpose: string): string {
    const [key] = this.#keys;
    return createHmac("sha256", key.mark)
      .update(JSON.stringify([purpose, text]))
      .digest("base64url");
  }

  #open(keyId: string, bytes: Buffer, place: Place): Buffer {
    const key = this.#keys.find(({ id }) => id === keyId);
    const where = `${place.collection}.${place.field}`;
    if (key === undefined) throw new CannotOpen(`${where} was sealed with a secret that is not known`);
    if (bytes.length < 28) throw new CannotOpen(`${where} is cut short`);
    try {
      const decipher = createDecipheriv("aes-256-gcm", key.bytes, bytes.subarray(0, 12), {
        authTagLength: 16,
      })
        .setAAD(bound(key.id, place))
        .setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    } catch (cause) {
      throw new CannotOpen(`${where} was altered or belongs elsewhere`, { cause });
    }
  }
}

/** Tells which secret it is without telling it: the key id that what it seals begins with. @throws {NoSecret} */
export const secretId = (secret: string): string => deriveKey(secret).id;

function deriveKey(secret: string): Key {
  if (secret.length < 16) throw new NoSecret("the secret must have at least 16 characters");
  const derive = (use: string, length: number) =>
    Buffer.from(hkdfSync("sha256", secret, "hawker", `secret-box/${use}`, length));
  return { id: derive("id", 4).toString("hex"), bytes: derive("key", 32), mark: derive("fingerprint", 32) };
}

// Asked of the system for many at a time, which is most of what a nonce costs. None is given out twice.
const NONCE_BYTES = 12;
const NONCES = 256;
let nonces = Buffer.alloc(0);
function freshNonce(): Buffer {
  if (nonces.length < NONCE_BYTES) nonces = randomBytes(NONCE_BYTES * NONCES);
  const nonce = nonces.subarray(0, NONCE_BYTES);
  nonces = nonces.subarray(NONCE_BYTES);
  return nonce;
}

// As JSON, so that no two places give the same bytes.
const bound = (keyId: string, { collection, field, id }: Place): Buffer =>
  Buffer.from(JSON.stringify([keyId, collection, field, id]));

let box: SecretBox | undefined;

/** Sets the deployment's secret (HAWKER_SECRET), once at start; `older` ones still open what they sealed. */
export function useSecret(secret: string, older: readonly string[] = []): void {
  box = new SecretBox(secret, older);
}

function secretBox(): SecretBox {
  if (box === undefined) throw new NoSecret("useSecret has not been called");
  return box;
}

/** Seals a text with the deployment's secret. @throws {NoSecret} */
export const seal = (text: string, place: Place): string => secretBox().seal(text, place);

/** Opens a text sealed by `seal` for this place. @throws {CannotOpen | NoSecret} */
export const open = (sealed: string, place: Place): string => secretBox().open(sealed, place);

/** Seals bytes with the deployment's secret. @throws {NoSecret} */
export const sealBytes = (bytes: Uint8Array, place: Place): Buffer => secretBox().sealBytes(bytes, place);

/** Opens bytes sealed by `sealBytes` for this place. @throws {CannotOpen | NoSecret} */
export const openBytes = (sealed: Uint8Array, place: Place): Buffer => secretBox().openBytes(sealed, place);

/** A keyed fingerprint, see `SecretBox.fingerprint`. @throws {NoSecret} */
export const fingerprint = (text: string, purpose: string): string => secretBox().fingerprint(text, purpose);
