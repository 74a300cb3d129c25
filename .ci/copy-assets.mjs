// Puts what `tsc` leaves behind (pages, styles, pictures, CSV files) beside the compiled code in dist/.
import { cpSync } from "node:fs";

for (const folder of ["src", "adapters", "flows"])
  cpSync(folder, `dist/${folder}`, { recursive: true, filter: (from) => !from.endsWith(".ts") });
