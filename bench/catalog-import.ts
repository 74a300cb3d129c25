/** Imports a catalog file twice in a process of its own and prints what that costs: `catalog-import.ts URL FILE`. */
import { createReadStream } from "node:fs";
import { dirname } from "node:path";
import { demoShop } from "../src/demo/shop.ts";
import { applyImport, planImport } from "../src/shop/catalog/import/index.ts";
import { saveShop } from "../src/shop/core/shop.ts";
import { connect, disconnect, ensureIndexes } from "../src/store/connect.ts";

const [url = "", path = ""] = process.argv.slice(2);
await connect(url);
await ensureIndexes();
await saveShop(demoShop);
const read = () => planImport(demoShop._id, createReadStream(path), dirname(path));
const seconds = async <T>(work: () => Promise<T>): Promise<{ wall: number; cpu: number; result: T }> => {
  const began = performance.now();
  const used = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(used);
  return { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6, result };
};
const planned = await seconds(read);
if (planned.result.issues.length > 0) throw new Error(JSON.stringify(planned.result.issues[0]));
const applied = await seconds(() => applyImport(planned.result));
const again = await seconds(read);
await disconnect();
console.log(
  JSON.stringify({
    check: planned.wall,
    write: applied.wall,
    cpu: planned.cpu + applied.cpu,
    again: again.wall,
    left: again.result.work.length,
    rssMb: process.resourceUsage().maxRSS / 1024,
  }),
);
