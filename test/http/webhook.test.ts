import { generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "vitest";
import { ed25519Verifier } from "../../src/http/ed25519.ts";
import { isFresh, webhookRoute } from "../../src/http/webhook.ts";

/** A route that takes numbers, signed by the word "us"; 13 cannot be stored. */
function numbers() {
  const read: string[] = [];
  const failed: number[] = [];
  const app = webhookRoute<number>({
    isSigned: (headers) => headers.get("X-Signed-By") === "us",
    read: (body) => {
      read.push(body);
      return /^\d+$/.test(body) ? Number(body) : null;
    },
    receive: async (event) => {
      if (event === 13) throw new Error("The store is away");
      return Response.json({ took: event });
    },
    failed: (_, event) => void failed.push(event),
  });
  const post = (body: string, by = "us") =>
    app.request("/", { method: "POST", body, headers: { "X-Signed-By": by } });
  return { post, read, failed };
}

test("an event is answered once it is stored, and with 500 if it could not be", async () => {
  const { post, failed } = numbers();
  expect(await (await post("7")).json()).toEqual({ took: 7 });
  expect((await post("13")).status).toBe(500);
  expect(failed).toEqual([13]);
});

test("a body is not looked at before its signature, and refused where it is too large or no event", async () => {
  const { post, read } = numbers();
  expect((await post("7", "them")).status).toBe(401);
  expect((await post("7".repeat(256 * 1024 + 1))).status).toBe(413);
  expect(read).toEqual([]);
  expect((await post("seven")).status).toBe(400);
});

test("a signature is fresh for five minutes either way", () => {
  const now = 1_800_000_000_000;
  expect([-300, 0, 300].map((off) => isFresh(String(now / 1000 + off), now))).toEqual([true, true, true]);
  expect([-301, 301].map((off) => isFresh(String(now / 1000 + off), now))).toEqual([false, false]);
  expect([null, "", "now", "-1", "1e9"].map((text) => isFresh(text, now))).not.toContain(true);
});

test("an Ed25519 signature is one of the very bytes by the very key", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const isValid = ed25519Verifier(key);
  const signature = sign(null, Buffer.from("7"), privateKey).toString("hex");
  expect(isValid(Buffer.from("7"), signature)).toBe(true);
  expect(isValid(Buffer.from("8"), signature)).toBe(false);
  expect(isValid(Buffer.from("7"), "no signature")).toBe(false);
  expect(() => ed25519Verifier(key.slice(1))).toThrow(/64 hexadecimal digits/);
});
