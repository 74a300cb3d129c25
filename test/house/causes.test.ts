import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/*
 * An error that becomes a sentence for a person or a merchant is gone, unless its cause is logged where that happens. So each
 * place in which one can be caught either throws on, or tells it to what writes the log.
 */

const root = new URL("../../", import.meta.url).pathname;
const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

/** What stands between a bracket and the one that closes it. */
function within(text: string, from: number): string {
  const [open = "", close = ""] = text[from] === "{" ? "{}" : "()";
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === open) depth += 1;
    if (text[at] === close) depth -= 1;
    if (depth === 0) return text.slice(from + 1, at);
  }
  return text.slice(from);
}

/** Each place in which an error is caught: its line, and what becomes of it. */
function caught(text: string): { line: number; body: string }[] {
  return [...text.matchAll(/\bcatch\b\s*(?:\(\w+(?:: unknown)?\)\s*)?\{|\.catch\(/g)].map((match) => {
    const bracket = match.index + match[0].length - 1;
    return { line: text.slice(0, match.index).split("\n").length, body: within(text, bracket) };
  });
}

/** Told to the log: by the flows' `refused`, by a logger, by the tools' `tellError`. */
const tells =
  /\brefused(?:\?\.)?\(|\blog\??\.(?:debug|info|warn|error)\(|\btellError\(|\breport\(|\bfailed\b/;
/** Thrown on in every case: it ends in a throw, and returns nowhere. */
function throwsOn(body: string): boolean {
  const indent = (line: string) => line.length - line.trimStart().length;
  const lines = body
    .replace(/^\(?\w[^=\n]*=>\s*\{/, "")
    .split("\n")
    .filter((line) => !/^\s*($|[})\]])/.test(line));
  const base = Math.min(...lines.map(indent));
  const statements = lines.filter((line) => indent(line) === base);
  return /^\s*throw /.test(statements.at(-1) ?? "") && !/\breturn\b/.test(body);
}

/** Those that catch what is no error for anybody: by file and the words that prove it, with the reason. */
const harmless: readonly (readonly [file: string, words: string, why: string])[] = [
  [
    "flows/shopfront.ts",
    "cache.delete(id)",
    "the error itself is passed on by the promise that was returned",
  ],
  ["flows/checkout.ts", "lost its lease", "placing the order, which follows, tells whether it can be had"],
  ["src/cli/shop.ts", "explained", "throws on, with the sentence"],
  ["src/cli/store.ts", "ENOENT", "no shop runs here, which is no error"],
];

describe("an error that becomes a sentence leaves its cause in the log", () => {
  test.each([...files("flows"), ...files("src/cli"), "src/payments/landing.ts", "src/engine/host.ts"])(
    "%s",
    (file) => {
      const silent = caught(readFileSync(join(root, file), "utf8")).filter(
        ({ body }) =>
          !tells.test(body) &&
          !throwsOn(body) &&
          !harmless.some(([where, words]) => where === file && body.includes(words)),
      );
      expect(silent.map(({ line, body }) => `${file}:${line} ${body.trim()}`)).toEqual([]);
    },
  );

  test("the check finds one that is silent, and lets pass what tells or throws on", () => {
    expect(caught("try {} catch (error) {\n  return say(error);\n}")).toHaveLength(1);
    expect(caught("a().catch(() => null)").map(({ body }) => tells.test(body) || throwsOn(body))).toEqual([
      false,
    ]);
    expect(throwsOn("\n  throw new Told(error);\n")).toBe(true);
    expect(throwsOn("\n  if (known(error)) throw error;\n")).toBe(false);
    expect(tells.test("front.refused?.(error); return view;")).toBe(true);
  });
});
