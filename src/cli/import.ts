import { open } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { Presets, SingleBar } from "cli-progress";
import { readConfig } from "../config.ts";
import { fetchPicture } from "../http/fetch-picture.ts";
import type { Issue } from "../shop/catalog/files/csv/csv-table.ts";
import { applyImport, decimalMarks, type ImportPlan, planImport } from "../shop/catalog/import/index.ts";
import { recoverImports } from "../shop/catalog/import/journal.ts";
import { MEDIA_MAX } from "../shop/catalog/media.ts";
import { listedIssues } from "./listed-issues.ts";
import { runTool, UsageError } from "./report.ts";
import { openStore } from "./store.ts";

const USAGE = `npm run import -- FILE.csv [--yes] [--shop demo] [--pictures fetch|link]
                        [--decimal comma|point]

  Checks a catalog file, shows what importing it would do, and does it after you say so. The file is in Hawker's own
  format, or a product export of Shopify or WooCommerce.
  --yes       import without asking
  --shop      the shop to import into (demo)
  --pictures  fetch: pictures at addresses are fetched and kept, which is usual for other systems' files
              link: their addresses are kept, which is usual for Hawker's own
  --decimal   what parts the decimals of another system's file, where all its prices are like 1.290:
              comma (1290) or point (1.29)

  docs/import.md describes the format.`;

const LISTED = 100;
const PICTURE_LIMITS = { maxBytes: MEDIA_MAX, timeoutMs: 20_000 };

await runTool(USAGE, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      yes: { type: "boolean", default: false },
      shop: { type: "string", default: "demo" },
      pictures: { type: "string" },
      decimal: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError("Name one file to import.");
  const { pictures } = values;
  if (pictures !== undefined && pictures !== "fetch" && pictures !== "link")
    throw new UsageError("--pictures is fetch or link.");
  const decimal = decimalMarks.find((mark) => mark === values.decimal);
  if (values.decimal !== undefined && decimal === undefined)
    throw new UsageError("--decimal is comma or point.");
  const path = resolve(process.env.INIT_CWD ?? ".", name);
  // Opened before the store, so that a slip in its name is told at once.
  const file = await open(path);
  const close = await openStore(readConfig(process.env));
  try {
    await recoverImports();
    const plan = await planImport(values.shop, file.createReadStream(), dirname(path), { decimal });
    if (plan.issues.length > 0) return refuse(basename(path), plan);
    const changes = tell(basename(path), plan);
    if (changes === 0) {
      console.log("Nothing to import.");
      return 0;
    }
    if (!values.yes && !(await agreed())) {
      console.log("Nothing was changed. Import with --yes, or answer y.");
      return 0;
    }
    const fetching = pictures ?? (plan.format.name === "hawker" ? "link" : "fetch");
    const missed = await write(plan, fetching === "fetch");
    list(listedIssues(basename(path), missed).map((line) => `note: ${line}`));
    console.log(`Imported into ${values.shop}.`);
    return 0;
  } finally {
    await file.close();
    await close();
  }
});

/** Prints lines, not more than anybody reads. */
function list(lines: readonly string[], print: (line: string) => void = console.log): void {
  for (const line of lines.slice(0, LISTED)) print(line);
  if (lines.length > LISTED) print(`… and ${lines.length - LISTED} more`);
}

function refuse(file: string, { issues }: ImportPlan): number {
  list(listedIssues(file, issues), console.error);
  console.error(`${issues.length} problem${issues.length === 1 ? "" : "s"}. Nothing was imported.`);
  return 1;
}

/** Shows what would be done, by line; answers how much that is. */
function tell(file: string, plan: ImportPlan): number {
  const { entries, categories, pictures, format, unused, notes } = plan;
  if (format.name !== "hawker") console.log(`This is a file of ${format.title}.`);
  if (unused.length > 0) console.log(`Columns that are not used: ${unused.join(", ")}`);
  list(listedIssues(file, notes).map((line) => `note: ${line}`));
  const changing = entries.filter(({ action }) => action !== "same");
  list(
    changing.map(({ line, action, slug, changes }) => {
      const what = changes.length > 0 ? `: ${changes.join(", ")}` : "";
      return `line ${line}  ${action.padEnd(7)}  ${slug}${what}`;
    }),
  );
  for (const { slug, isNew } of categories)
    console.log(`category  ${isNew ? "new    " : "changed"}  ${slug}`);
  const count = (wanted: string) => entries.filter(({ action }) => action === wanted).length;
  const addresses = plan.addresses > 0 ? `, ${plan.addresses} at addresses` : "";
  console.log(
    `${count("new")} new, ${count("changed")} changed, ${count("same")} unchanged products; ${pictures.size} pictures${addresses}.`,
  );
  return changing.length + categories.length;
}

async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await questions.question("Import? [y/N] ")).trim());
  } finally {
    questions.close();
  }
}

async function write(plan: ImportPlan, fetching: boolean): Promise<Issue[]> {
  const bar = new SingleBar(
    { format: "{bar} {percentage}% {value}/{total}", hideCursor: true },
    Presets.shades_classic,
  );
  let started = false;
  try {
    return await applyImport(plan, {
      ...(fetching ? { fetchPicture: (url) => fetchPicture(url, PICTURE_LIMITS) } : {}),
      onProgress: (done, total) => {
        if (!started) bar.start(total, 0);
        started = true;
        // A line for each of a hundred thousand would take longer than the import.
        if (done === total || done % 50 === 0) bar.update(done);
      },
    });
  } finally {
    bar.stop();
  }
}
