import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Json } from "./discord-refusal.ts";

/** How a delivery is signed: as Discord does, with another key, or not at all. */
export type Signature = "right" | "forged" | "missing";

/** What an interactions endpoint answered. */
export interface Delivered {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Posts interactions to an endpoint, signed with Ed25519 over timestamp and body
 * (https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint-validating-security-request-headers).
 */
export class Signer {
  /** The raw public key, in hex, as the developer portal shows it. */
  readonly publicKey: string;
  readonly #key: KeyObject;
  readonly #otherKey = generateKeyPairSync("ed25519").privateKey;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    this.#key = privateKey;
    this.publicKey = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
  }

  /** @returns status 0 if there was no answer in time */
  async deliver(
    url: string,
    payload: Json,
    { timeoutMs, now, signature = "right" }: { timeoutMs: number; now: number; signature?: Signature },
  ): Promise<Delivered> {
    const body = JSON.stringify(payload);
    const timestamp = String(Math.floor(now / 1000));
    const key = signature === "forged" ? this.#otherKey : this.#key;
    const signed = sign(null, Buffer.from(timestamp + body), key).toString("hex");
    try {
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          "user-agent": "Discord-Interactions/1.0 (+https://discord.com)",
          ...(signature !== "missing" && {
            "x-signature-ed25519": signed,
            "x-signature-timestamp": timestamp,
          }),
        },
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : parsed(text) };
    } catch {
      // No connection, or no answer in time: to Discord these are one, and the deed has failed.
      return { status: 0, body: undefined };
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
