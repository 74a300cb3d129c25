import { createPublicKey, verify } from "node:crypto";

/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410, section 4). */
const DER = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Verifies Ed25519 signatures (RFC 8032) by a public key; key and signatures as hexadecimal digits. What is no
 * signature at all is answered false.
 *
 * @throws {TypeError} if the key has not 64 digits
 */
export function ed25519Verifier(publicKey: string): (signed: Uint8Array, signature: string) => boolean {
  if (!/^[0-9a-f]{64}$/i.test(publicKey)) throw new TypeError("An Ed25519 key has 64 hexadecimal digits");
  const spki = Buffer.concat([DER, Buffer.from(publicKey, "hex")]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  return (signed, signature) => verify(null, signed, key, Buffer.from(signature, "hex"));
}
