import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

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
}

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
    const [key] = this.#keys;
    const nonce = freshNonce();
    const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce).setAAD(bound(key.id, place));
    const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `${key.id}.${sealed.toString("base64url")}`;
  }

  /** Opens what was sealed for this very place. @throws {CannotOpen} */
  open(sealed: string, place: Place): string {
    const [keyId = "", body = ""] = sealed.split(".", 2);
    const key = this.#keys.find(({ id }) => id === keyId);
    const where = `${place.collection}.${place.field}`;
    if (key === undefined) throw new CannotOpen(`${where} was sealed with a secret that is not known`);
    const bytes = Buffer.from(body, "base64url");
    if (bytes.length < 28) throw new CannotOpen(`${where} is cut short`);
    try {
      const decipher = createDecipheriv("aes-256-gcm", key.bytes, bytes.subarray(0, 12), {
        authTagLength: 16,
      })
        .setAAD(bound(key.id, place))
        .setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString("utf8");
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
  return { id: derive("id", 4).toString("hex"), bytes: derive("key", 32) };
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
