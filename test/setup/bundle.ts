import { mkdir, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "../..");

/** A program in one file, which starts in a fraction of the time that its sources take. */
export interface Bundle {
  readonly file: string;
  remove(): Promise<void>;
}

/**
 * Bundles a program of this repository, named from its root. What is native stays outside, with `packages: "external"`
 * all packages do: the program is then loaded as a compiled one is.
 */
export async function bundle(entry: string, options: { packages?: "external" } = {}): Promise<Bundle> {
  // Inside node_modules, so that the packages left outside are found from there.
  const cache = join(await realpath(join(root, "node_modules")), ".cache");
  await mkdir(cache, { recursive: true });
  const dir = await mkdtemp(join(cache, "hawker-"));
  const ours = new RegExp(`^${root.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")}/(src|adapters|flows)/.*\\.ts$`);
  await build({
    entryPoints: { main: join(root, entry) },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outdir: dir,
    outExtension: { ".js": ".mjs" },
    // The first two are native; the third tells an AbortSignal by the name of its class, which bundling changes.
    external: ["lmdb", "esbuild", "grammy"],
    logLevel: "error",
    ...options,
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    plugins: [
      {
        // A package of the workspace is a source like any other, also where packages stay outside.
        name: "workspace",
        setup: (bundler) =>
          bundler.onResolve({ filter: /^@hawker\// }, ({ path }) => ({
            path: fileURLToPath(import.meta.resolve(path)),
          })),
      },
      {
        // Modules that read files beside them must look where their source is.
        name: "own-addresses",
        setup: (bundler) =>
          bundler.onLoad({ filter: ours }, async ({ path }) => ({
            loader: "ts",
            contents: (await readFile(path, "utf8"))
              .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
              .replaceAll("import.meta.filename", JSON.stringify(path)),
          })),
      },
    ],
  });
  return { file: join(dir, "main.mjs"), remove: () => rm(dir, { recursive: true, force: true }) };
}
