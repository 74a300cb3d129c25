import fc from "fast-check";
import { expect, test } from "vitest";
import { CannotOpen, NoSecret, SecretBox } from "../../src/store/secret-box.ts";

const box = new SecretBox("a secret for tests, long enough");
const place = { collection: "customers", field: "email", id: "c1" };

test("what is sealed opens again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(box.open(box.seal(text, place), place)).toBe(text);
    }),
  );
});

test("a sealed value opens in no other field, document or collection", () => {
  const word = fc.string();
  fc.assert(
    fc.property(fc.record({ collection: word, field: word, id: word }), (other) => {
      fc.pre(JSON.stringify(other) !== JSON.stringify(place));
      expect(() => box.open(box.seal("mail@example.com", place), other)).toThrow(CannotOpen);
    }),
  );
  for (const other of [
    { ...place, field: "name" },
    { ...place, id: "c2" },
    { ...place, collection: "orders" },
    { collection: "customer", field: "semail", id: "c1" },
  ])
    expect(() => box.open(box.seal("mail@example.com", place), other)).toThrow(CannotOpen);
});

test("a sealed value that was altered anywhere does not open", () => {
  const sealed = box.seal("mail@example.com", place);
  const dot = sealed.indexOf(".") + 1;
  const bytes = Buffer.from(sealed.slice(dot), "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 1;
    expect(() => box.open(sealed.slice(0, dot) + altered.toString("base64url"), place)).toThrow(CannotOpen);
  }
  for (let length = 0; length < sealed.length - 1; length += 1)
    expect(() => box.open(sealed.slice(0, length), place)).toThrow(CannotOpen);
});

test("the same text is sealed differently each time, and never shows", () => {
  const all = Array.from({ length: 50 }, () => box.seal("mail@example.com", place));
  expect(new Set(all).size).toBe(50);
  for (const sealed of all)
    expect(Buffer.from(sealed.split(".")[1] ?? "", "base64url").includes("mail")).toBe(false);
});

test("after the secret was changed old values open with the old one, new ones are sealed with the new", () => {
  const old = box.seal("text", place);
  const changed = new SecretBox("another secret for tests, longer", ["a secret for tests, long enough"]);
  expect(changed.open(old, place)).toBe("text");
  expect(() => box.open(changed.seal("text", place), place)).toThrow(CannotOpen);
  expect(() => new SecretBox("another secret for tests, longer").open(old, place)).toThrow(CannotOpen);
});

test("a short secret is refused", () => {
  expect(() => new SecretBox("short")).toThrow(NoSecret);
});

test("an error tells neither text nor secret", () => {
  try {
    box.open(box.seal("mail@example.com", place), { ...place, id: "c2" });
    expect.unreachable();
  } catch (error) {
    expect(String(error)).not.toMatch(/mail@|secret for tests/);
  }
});
