// Puts what `tsc` leaves behind beside the compiled code in dist/: pages, styles, pictures, CSV files, and what Node reads
// to find a package of the workspace.
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

for (const folder of ["src", "adapters", "flows"])
  cpSync(folder, `dist/${folder}`, { recursive: true, filter: (from) => !from.endsWith(".ts") });

for (const folder of readdirSync("packages")) {
  const about = JSON.parse(readFileSync(`packages/${folder}/package.json`, "utf8"));
  const compiled = Object.entries(about.exports).map(([name, file]) => [name, file.replace(/\.ts$/, ".js")]);
  const told = {
    name: about.name,
    version: about.version,
    type: about.type,
    exports: Object.fromEntries(compiled),
  };
  writeFileSync(`dist/node_modules/${about.name}/package.json`, `${JSON.stringify(told, null, 2)}\n`);
}
