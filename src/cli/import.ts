import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { Presets, SingleBar } from "cli-progress";
import { readConfig } from "../config.ts";
import { applyImport, type ImportPlan, planImport } from "../shop/import.ts";
import { recoverImports } from "../shop/import-journal.ts";
import { runTool, UsageError } from "./report.ts";
import { openStore } from "./store.ts";

const USAGE = `npm run import -- FILE.csv [--yes] [--shop demo]

  Checks a catalog file, shows what importing it would do, and does it after you say so.
  --yes    import without asking
  --shop   the shop to import into (demo)

  docs/import.md describes the format.`;

const LISTED = 100;

await runTool(USAGE, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      yes: { type: "boolean", default: false },
      shop: { type: "string", default: "demo" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError("Name one file to import.");
  const path = resolve(process.env.INIT_CWD ?? ".", name);
  const bytes = await readFile(path);
  const close = await openStore(readConfig(process.env));
  try {
    await recoverImports();
    const plan = await planImport(values.shop, bytes, dirname(path));
    if (plan.issues.length > 0) return refuse(basename(path), plan);
    const changes = tell(plan);
    if (changes === 0) {
      console.log("Nothing to import.");
      return 0;
    }
    if (!values.yes && !(await agreed())) {
      console.log("Nothing was changed. Import with --yes, or answer y.");
      return 0;
    }
    await write(plan);
    console.log(`Imported into ${values.shop}.`);
    return 0;
  } finally {
    await close();
  }
});

function refuse(file: string, { issues }: ImportPlan): number {
  for (const { line, column, message } of issues.slice(0, LISTED))
    console.error(`${file}:${line}: ${column === undefined ? "" : `${column} `}${message}`);
  if (issues.length > LISTED) console.error(`… and ${issues.length - LISTED} more`);
  console.error(`${issues.length} problem${issues.length === 1 ? "" : "s"}. Nothing was imported.`);
  return 1;
}

/** Shows what would be done, by line; answers how much that is. */
function tell({ entries, categories, pictures }: ImportPlan): number {
  const changing = entries.filter(({ action }) => action !== "same");
  for (const { line, action, slug, changes } of changing.slice(0, LISTED)) {
    const what = changes.length > 0 ? `: ${changes.join(", ")}` : "";
    console.log(`line ${line}  ${action.padEnd(7)}  ${slug}${what}`);
  }
  if (changing.length > LISTED) console.log(`… and ${changing.length - LISTED} more`);
  for (const { slug, isNew } of categories)
    console.log(`category  ${isNew ? "new    " : "changed"}  ${slug}`);
  const count = (wanted: string) => entries.filter(({ action }) => action === wanted).length;
  console.log(
    `${count("new")} new, ${count("changed")} changed, ${count("same")} unchanged products; ${pictures.size} pictures.`,
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

async function write(plan: ImportPlan): Promise<void> {
  const bar = new SingleBar(
    { format: "{bar} {percentage}% {value}/{total}", hideCursor: true },
    Presets.shades_classic,
  );
  let started = false;
  try {
    await applyImport(plan, {
      onProgress: (done, total) => {
        if (!started) bar.start(total, 0);
        started = true;
        bar.update(done);
      },
    });
  } finally {
    bar.stop();
  }
}
