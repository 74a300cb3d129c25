import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
  packages: Record<
    string,
    { optionalDependencies?: Record<string, string>; integrity?: string; link?: boolean }
  >;
}

test("the lock file has the sum of every package it names, or whatever is served is installed (node .ci/complete-lock.mjs)", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Locked;
  const named = Object.entries(packages).filter(
    ([path, { link }]) => path.includes("node_modules/") && !link,
  );
  expect(named.length).toBeGreaterThan(100);
  expect(
    named.filter(([, { integrity = "" }]) => !/^sha512-[\w+/]{86}==$/.test(integrity)).map(([path]) => path),
  ).toEqual([]);
});

test("the lock file names the optional packages of every platform, or npm ci refuses it (node .ci/complete-lock.mjs)", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as Locked;
  const paths = Object.keys(packages);
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)));
  expect(missing).toEqual([]);
});
