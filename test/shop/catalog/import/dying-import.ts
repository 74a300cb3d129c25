/** Imports a file and kills its own process after some steps: `node dying-import.ts URL SHOP FILE STEPS`. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { applyImport, planImport } from "../../../../src/shop/catalog/import/index.ts";
import { connect } from "../../../../src/store/connect.ts";

const [url = "", shop = "", file = "", steps = ""] = process.argv.slice(2);
await connect(url);
const plan = await planImport(shop, await readFile(file), dirname(file));
await applyImport(plan, {
  batch: 1,
  onProgress: (done) => {
    if (done === Number(steps)) process.kill(process.pid, "SIGKILL");
  },
});
process.exit(0);
