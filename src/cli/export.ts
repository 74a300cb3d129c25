import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Presets, SingleBar } from "cli-progress";
import { readConfig } from "../config.ts";
import { writeExport } from "../shop/export.ts";
import { recoverImports } from "../shop/import-journal.ts";
import { runTool, UsageError } from "./report.ts";
import { openStore } from "./store.ts";

const USAGE = `npm run export -- FILE.csv [--shop demo]

  Writes all products of a shop to a catalog file, and their pictures to a folder beside it.
  --shop   the shop to export (demo)

  docs/import.md describes the format; npm run import reads it back.`;

await runTool(USAGE, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { shop: { type: "string", default: "demo" }, help: { type: "boolean", default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError("Name one file to export to.");
  const path = resolve(process.env.INIT_CWD ?? ".", name);
  const close = await openStore(readConfig(process.env));
  const bar = new SingleBar(
    { format: "pictures {bar} {value}/{total}", hideCursor: true },
    Presets.shades_classic,
  );
  let started = false;
  try {
    await recoverImports();
    const { products, pictures } = await writeExport(values.shop, path, (done, total) => {
      if (!started) bar.start(total, 0);
      started = true;
      bar.update(done);
    });
    bar.stop();
    console.log(`${products} products and ${pictures} pictures written to ${path}`);
    return 0;
  } finally {
    bar.stop();
    await close();
  }
});
