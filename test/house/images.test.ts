import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (file: string): string => readFileSync(file, "utf8");
const pinned = /^[a-z0-9/.-]+:[\w.-]+@sha256:[0-9a-f]{64}$/;

test("every image is named by its digest, so that what is built is what was tried", () => {
  const compose = [...read("compose.yaml").matchAll(/^ +image: (.+)$/gm)].map(([, name]) => name);
  const docker = [...read("Dockerfile").matchAll(/^FROM (\S+)/gm)].map(([, name]) => name);
  expect(compose).toHaveLength(2);
  expect(docker).toHaveLength(2);
  for (const name of [...compose, ...docker]) expect(name).toMatch(pinned);
});

test("no container starts without a password, and .env.example names each that is asked for", () => {
  const compose = read("compose.yaml");
  const example = read(".env.example");
  const required = [...compose.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!);
  expect(required.toSorted()).toEqual([
    "HAWKER_SECRET",
    "MONGO_PASSWORD",
    "MONGO_ROOT_PASSWORD",
    "REDIS_PASSWORD",
  ]);
  for (const name of required) expect(example).toMatch(new RegExp(`^${name}=$`, "m"));
  for (const page of ["README.md", "docs/operating.md"])
    expect(read(page)).toContain(
      `for name in HAWKER_SECRET MONGO_ROOT_PASSWORD MONGO_PASSWORD REDIS_PASSWORD; do`,
    );
});
