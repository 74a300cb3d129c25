import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { variables } from "../../src/config.ts";
import { createMetrics } from "../../src/http/metrics.ts";

const read = (file: string): string => readFileSync(file, "utf8");
const tracked = execFileSync("git", ["ls-files"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(file));
const pages = tracked.filter((file) => file.endsWith(".md"));
/** What the page is about: a package of the workspace, else the house. */
const homeOf = (page: string): string => /^packages\/[^/]+/.exec(page)?.[0] ?? ".";

test("every variable has a row in docs/operating.md, and no other has one", () => {
  const rows = [...read("docs/operating.md").matchAll(/^\| `([A-Z][A-Z_]+)` *\|/gm)].map(([, name]) => name);
  expect(rows).toEqual(variables({}).map(({ name }) => name));
});

test("compose.yaml hands on every variable but those the image sets", () => {
  const service = read("compose.yaml").split("\n  mongo:\n")[0];
  const handed = [...service!.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name);
  const own = ["HOST", "DATA_DIR"];
  expect(handed.toSorted()).toEqual(
    variables({})
      .map(({ name }) => name)
      .filter((name) => !own.includes(name))
      .toSorted(),
  );
});

test("every metric has a row in docs/operating.md, and no other has one", async () => {
  const { registry } = createMetrics({ defaults: false });
  const metrics = (await registry.getMetricsAsJSON()).map(({ name }) => name);
  const rows = [...read("docs/operating.md").matchAll(/^\| `(hawker_\w+)` *\|/gm)].map(([, name]) => name);
  expect(rows.toSorted()).toEqual(metrics.toSorted());
});

describe("the README", () => {
  const commands = [...read("README.md").matchAll(/```sh\n([^`]+)\n```/g)].map(([, lines]) => lines);

  test("starts the shop by its first command", () => {
    expect(commands[0]).toBe("npm install && npm start");
  });

  test("tests by its second command, which is the one continuous integration runs", () => {
    expect(commands[1]).toBe(read(".ci/run").trimEnd().split("\n").at(-1));
    expect(commands[1]).not.toContain("\n");
  });
});

describe.each(pages)("%s", (page) => {
  const text = read(page);
  const home = homeOf(page);

  test("leads nowhere that is not there", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target!);
    expect(links.filter((target) => !existsSync(join(dirname(page), target)))).toEqual([]);
  });

  test("names only npm scripts that there are", () => {
    const { scripts } = JSON.parse(read(join(home, "package.json"))) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("names only files that there are", () => {
    const named = [...text.matchAll(/`((?:src|test|flows|adapters|docs|packages|\.ci)\/[\w./-]+)`/g)].map(
      ([, file]) => file!,
    );
    const made = ["flows/tip.ts", "test/contract/matrix-bench.ts"];
    expect(named.filter((file) => !made.includes(file) && !existsSync(join(home, file)))).toEqual([]);
  });
});

test("no file names a path of the machine it was written on", () => {
  const local = /(^|[\s"'`(=:])\/(work|root|home|Users)\/|\/tmp\/(?!hawker)\w/m;
  const binary = /\.(png|jpe?g|webp|ico)$/;
  const found = tracked
    .filter(
      (file) => !binary.test(file) && file !== "package-lock.json" && file !== "test/house/docs.test.ts",
    )
    .filter((file) => local.test(read(file)));
  expect(found).toEqual([]);
});
