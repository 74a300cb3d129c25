import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Presets, SingleBar } from "cli-progress";
import { readConfig } from "../config.ts";
import { writeExport } from "../shop/catalog/files/export.ts";
import { recoverImports } from "../shop/catalog/import/journal.ts";
import { runTool, UsageError } from "./report.ts";
import { openStore } from "./store.ts";

const USAGE = `npm run export -- FILE.csv [--shop demo] [--format hawker|shopify]

  Writes all products of a shop to a catalog file, and their pictures to a folder beside it.
  --shop    the shop to export (demo)
  --format  shopify: as a file that Shopify's product import reads (hawker)

  docs/import.md describes the format; npm run import reads it back.`;

await runTool(USAGE, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      shop: { type: "string", default: "demo" },
      format: { type: "string", default: "hawker" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError("Name one file to export to.");
  const { format } = values;
  if (format !== "hawker" && format !== "shopify") throw new UsageError("--format is hawker or shopify.");
  const path = resolve(process.env.INIT_CWD ?? ".", name);
  const close = await openStore(readConfig(process.env));
  const bar = new SingleBar(
    { format: "pictures {bar} {value}/{total}", hideCursor: true },
    Presets.shades_classic,
  );
  let started = false;
  try {
    await recoverImports();
    const onPicture = (done: number, total: number) => {
      if (!started) bar.start(total, 0);
      started = true;
      bar.update(done);
    };
    const { products, pictures, left } = await writeExport(values.shop, path, { format, onPicture });
    bar.stop();
    console.log(`${products} products and ${pictures} pictures written to ${path}`);
    if (left > 0)
      console.log(
        `${left} pictures are kept here only and have no address that Shopify could fetch them from.`,
      );
    return 0;
  } finally {
    bar.stop();
    await close();
  }
});
