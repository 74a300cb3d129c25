import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
  packages: Record<string, { optionalDependencies?: Record<string, string> }>;
}

test("the lock file names the optional packages of every platform, or npm ci refuses it (node .ci/complete-lock.mjs)", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Locked;
  const paths = Object.keys(packages);
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)));
  expect(missing).toEqual([]);
});
