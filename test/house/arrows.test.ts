import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * The arrows of docs/architecture.md. A part is a folder of the house; each may import what its list names, and
 * itself. A root joins parts together and may import anything; nothing but a root may import a root.
 */
const parts: readonly { readonly part: string; readonly may: readonly string[] | "anything" }[] = [
  { part: "root", may: "anything" },
  { part: "flows", may: ["src/shop", "src/engine", "src/jobs", "src/i18n", "config"] },
  {
    part: "adapters",
    may: ["src/platform", "src/engine", "src/http", "src/store", "src/i18n", "config"],
  },
  { part: "src/platform", may: ["src/engine", "src/http", "src/store", "src/i18n", "config"] },
  { part: "src/payments", may: ["src/shop", "src/jobs", "src/http", "src/store", "src/i18n", "config"] },
  { part: "src/shop", may: ["src/jobs", "src/store", "src/pictures", "src/i18n", "config"] },
  { part: "src/engine", may: ["src/jobs", "src/store", "src/i18n", "config"] },
  { part: "src/jobs", may: ["src/store", "config"] },
  { part: "src/http", may: ["config"] },
  { part: "src/pictures", may: ["config"] },
  { part: "src/store", may: ["config"] },
  { part: "src/i18n", may: [] },
];
/** Small things every part may know: the shape of the configuration and the logger. */
const config = [
  "src/config.ts",
  "src/config-variables.ts",
  "src/kept-secret.ts",
  "src/log.ts",
  "src/redact.ts",
];

const files = ["src", "adapters", "flows"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file).replaceAll("\\", "/")),
);
/** main.ts and what stands beside it, the command line tools, and the demo shop. */
const isRoot = (file: string): boolean => /^src\/([^/]+\.ts|(cli|demo)\/.+)$/.test(file);
const partOf = (file: string): string => {
  if (config.includes(file)) return "config";
  if (isRoot(file)) return "root";
  return parts.find(({ part }) => file.startsWith(`${part}/`))?.part ?? "unknown";
};

/** The files of the house that `file` imports. An arrow made by a type is an arrow too; a circle of types is none. */
function importsOf(file: string): readonly { readonly target: string; readonly typeOnly: boolean }[] {
  const source = readFileSync(file, "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  return [...source.matchAll(/\b(?:import|export)\b(\s+type\b)?[^"';]*?"(\.{1,2}\/[^"]+)"/g)].map(
    ([, type, path]) => ({
      target: relative(".", resolve(join(dirname(file), path!))).replaceAll("\\", "/"),
      typeOnly: type !== undefined,
    }),
  );
}
const graph = new Map(files.map((file) => [file, importsOf(file)]));
const targets = (file: string): readonly string[] => (graph.get(file) ?? []).map(({ target }) => target);

test("the check sees the house", () => {
  expect(files.length).toBeGreaterThan(50);
  const written = files.flatMap(
    (file) => readFileSync(file, "utf8").match(/(from|import) "\.{1,2}\//g) ?? [],
  );
  expect([...graph.values()].flat().length).toBeGreaterThanOrEqual(written.length);
  expect(written.length).toBeGreaterThan(100);
  expect(files.filter((file) => partOf(file) === "unknown")).toEqual([]);
});

describe("imports point down only", () => {
  test.each(parts)("from $part", ({ part, may }) => {
    const wrong = files
      .filter((file) => partOf(file) === part)
      .flatMap((file) =>
        targets(file)
          .filter((target) => {
            const to = partOf(target);
            return to !== part && may !== "anything" && !may.includes(to);
          })
          .map((target) => `${file} -> ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test("an adapter knows no other platform's adapter", () => {
    const platform = (file: string) => /^adapters\/([^/]+)\//.exec(file)?.[1];
    const wrong = files.flatMap((file) =>
      targets(file)
        .filter((target) => platform(file) && platform(target) && platform(file) !== platform(target))
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe("in the shop", () => {
  /** From the ground up: a room may know itself and those before it. */
  const rooms = [
    "core",
    "inventory",
    "catalog",
    "search",
    "customers",
    "cart",
    "orders",
    "reviews",
    "accounts",
  ];
  const inShop = files.filter((file) => file.startsWith("src/shop/"));
  /** What joins the rooms stands beside them, and counts as above them all. */
  const floorOf = (file: string): number => {
    const room = /^src\/shop\/([^/]+)\//.exec(file)?.[1];
    return room === undefined ? rooms.length : rooms.indexOf(room);
  };

  test("a room knows only those below it", () => {
    expect(inShop.filter((file) => floorOf(file) < 0)).toEqual([]);
    const wrong = inShop.flatMap((file) =>
      targets(file)
        .filter((target) => target.startsWith("src/shop/") && floorOf(target) > floorOf(file))
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("no folder holds more than can be looked over", () => {
    const held = (folder: string) => inShop.filter((file) => dirname(file) === folder).length;
    const full = [...new Set(inShop.map((file) => dirname(file)))].filter((folder) => held(folder) > 15);
    expect(full).toEqual([]);
  });
});

describe("a package", () => {
  const inPackages = readdirSync("packages", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file.split(sep)[1] === "src")
    .map((file) => join("packages", file).replaceAll("\\", "/"));
  const homeOf = (file: string) => file.split("/").slice(0, 2).join("/");

  test("knows nothing of the house around it", () => {
    expect(inPackages.length).toBeGreaterThan(100);
    const wrong = inPackages.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => homeOf(target) !== homeOf(file))
        .map(({ target }) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
    const named = inPackages.filter((file) => readFileSync(file, "utf8").includes('from "@hawker/'));
    expect(named).toEqual([]);
  });

  test("is known by its name alone", () => {
    const wrong = files.flatMap((file) => targets(file).filter((target) => target.startsWith("packages/")));
    expect(wrong).toEqual([]);
    const knowing = files.filter((file) => readFileSync(file, "utf8").includes('from "@hawker/'));
    expect(knowing.filter((file) => partOf(file) !== "root")).toEqual([]);
  });
});

test("no file imports itself by a detour", () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    for (const { target, typeOnly } of graph.get(file) ?? []) if (!typeOnly) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(circles).toEqual([]);
});

test("flows, the shop and the engine name no platform", () => {
  const named = files
    .filter((file) => ["flows", "src/shop", "src/engine"].includes(partOf(file)))
    .flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        // Prose may mention a platform to explain a limit; code may not.
        .map((line, index) => ({ line: line.replace(/\/\/.*$|^\s*(\/?\*).*$|\/\*.*?\*\//g, ""), index }))
        .filter(({ line }) => /telegram|discord|slack/i.test(line))
        .map(({ index }) => `${file}:${index + 1}`),
    );
  expect(named).toEqual([]);
});

test("addresses of conversations are made in one place", () => {
  const made = files.filter((file) =>
    /kind: "(direct|member|channel|home)"/.test(readFileSync(file, "utf8").replace(/readonly kind: .*/g, "")),
  );
  expect(made).toEqual(["src/engine/address.ts"]);
});
