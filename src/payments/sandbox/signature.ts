import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { BadSignature } from "../../shop/orders/payments/payment.ts";

/** Header of a signed event: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body" in hex>`. */
export const signatureHeader = "hawker-signature";

/** Seconds a signature's timestamp may be away from now, in either direction. */
const tolerance = 300;

/** Signs the sandbox's events and forms, each with a key of its own made of the one secret. */
export interface Signer {
  /** The header's value for a body sent at `now`. */
  sign(body: string, now: Date): string;
  /** @throws {BadSignature} */
  verify(body: Buffer, header: string | null, now: Date): void;
  /** Goes into each form of a session's pages and comes back with it. */
  formToken(session: string): string;
  isFormToken(session: string, token: string): boolean;
}

/** @throws {Error} without a secret, since then anybody could sign. */
export function createSigner(secret: string): Signer {
  if (secret.trim() === "") throw new Error("The sandbox needs a secret to sign its events with.");
  const key = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", secret, "hawker", `sandbox ${purpose}`, 32));
  const eventKey = key("event");
  const formKey = key("form");
  const mac = (by: Buffer, ...parts: (string | Buffer)[]) =>
    parts.reduce((hmac, part) => hmac.update(part), createHmac("sha256", by)).digest();
  const formMac = (session: string) => mac(formKey, session);

  return {
    sign(body, now) {
      const seconds = Math.floor(now.getTime() / 1000);
      return `t=${seconds},v1=${mac(eventKey, `${seconds}.`, body).toString("hex")}`;
    },

    verify(body, header, now) {
      const [, time, signature] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? "") ?? [];
      if (time === undefined || signature === undefined) throw new BadSignature("The signature is missing.");
      if (!timingSafeEqual(Buffer.from(signature, "hex"), mac(eventKey, `${time}.`, body)))
        throw new BadSignature("The signature is not ours.");
      const age = now.getTime() / 1000 - Number(time);
      if (age > tolerance) throw new BadSignature("The signature is too old.");
      if (age < -tolerance) throw new BadSignature("The signature is from the future.");
    },

    formToken: (session) => formMac(session).toString("base64url"),
    isFormToken(session, token) {
      const given = Buffer.from(token, "base64url");
      const right = formMac(session);
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
}
