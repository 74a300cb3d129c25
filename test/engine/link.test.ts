import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRef, encodeRef } from "../../src/engine/action.ts";
import { isShort, shorten, TokenSealer } from "../../src/engine/token.ts";

const anyRef = fc.record({
  name: fc.string({ minLength: 1, unit: "grapheme" }),
  args: fc.array(fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }), { maxLength: 5 }),
});
const withoutTail = (args: readonly (string | undefined)[]) =>
  args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1);

test("any action survives encoding and decoding, whatever its arguments hold", () => {
  fc.assert(
    fc.property(anyRef, (ref) => {
      const back = decodeRef(encodeRef(ref));
      expect(back.name).toBe(ref.name);
      expect(withoutTail(back.args)).toEqual(withoutTail(ref.args));
    }),
  );
});

test("any text decodes to something, so a forged press never throws", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void decodeRef(text)));
});

const sealer = new TokenSealer("a secret of the shop");

test("a sealed action opens for its person and for nobody else", () => {
  fc.assert(
    fc.property(anyRef, fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (ref, person, other) => {
      fc.pre(person !== other && person !== "*" && other !== "*");
      const token = sealer.seal(ref, person);
      expect(sealer.open(token, person)).toMatchObject({ kind: "ok", ref: { name: ref.name } });
      expect(sealer.open(token, other).kind).toBe("foreign");
    }),
  );
});

test("an action for everyone opens for anyone", () => {
  const token = sealer.seal({ name: "join", args: ["g1"] }, "*");
  expect(sealer.open(token, "telegram/1/2")).toEqual({ kind: "ok", ref: { name: "join", args: ["g1"] } });
});

test("an action for everyone on somebody's message opens for anyone, and tells guests from who was shown it", () => {
  fc.assert(
    fc.property(anyRef, (ref) => {
      const token = sealer.seal(ref, { shownTo: "telegram/1/2" });
      const own = sealer.open(token, "telegram/1/2");
      const opened = sealer.seal(ref, "*");
      const ofAll = sealer.open(opened, "anyone");
      expect(own).toEqual(ofAll); // the same action, however it was sealed
      expect(sealer.open(token, "telegram/1/3")).toEqual({ ...own, guest: true });
      expect(sealer.open(token.replace(/~.*$/, "~AAAAAAAA"), "telegram/1/2").kind).toBe("foreign");
    }),
  );
  const marked = sealer.seal({ name: "p", args: ["mug"] }, { shownTo: "telegram/1/2" });
  expect(sealer.open(marked.replace("mug", "tea"), "telegram/1/2").kind).toBe("foreign");
});

test("a changed or made-up token does not open", () => {
  const token = sealer.seal({ name: "add", args: ["mug"] }, "me");
  expect(sealer.open(token.replace("mug", "tea"), "me").kind).toBe("foreign");
  expect(sealer.open("add|mug", "me").kind).toBe("stale");
  expect(sealer.open("add|mug~", "me").kind).toBe("foreign");
  expect(new TokenSealer("another secret").open(token, "me").kind).toBe("foreign");
});

test("a short token fits 64 bytes and is the same for the same action", () => {
  const token = sealer.seal({ name: "find", args: ["陶".repeat(100), "2"] }, "me");
  expect(Buffer.byteLength(shorten(token))).toBeLessThanOrEqual(64);
  expect(shorten(token)).toBe(shorten(token));
  expect(isShort(shorten(token))).toBe(true);
  expect(isShort(token)).toBe(false);
});
