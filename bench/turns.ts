/**
 * Turns a second of a whole Hawker on Telegram, beside a bare grammY bot that does the same browsing and cart work.
 * Load comes at a fixed rate (an open loop, see bench/turns/shoppers.ts) from a process of its own, which is Telegram's
 * side as well; the bots are processes of their own. Prints one line a figure and writes bench/turns.json.
 *
 *   npm run bench:turns -- [--rate 300] [--seconds 45] [--people 4000] [--only hawker,reference,…] [--grow]
 *
 * Parts: harness, engine, hawker, reference, memory, adapters; outside where MONGODB_URL is set; grow with --grow.
 * BENCH_NODE="--cpu-prof --cpu-prof-dir=profiles" profiles the bots.
 */
import { parseArgs } from "node:util";
import { Figures } from "./figures.ts";
import { benchAdapters } from "./turns/adapters.ts";
import { benchEngine } from "./turns/engine.ts";
import { benchGrowth } from "./turns/growth.ts";
import { benchReference } from "./turns/reference.ts";
import { benchCeiling, benchHawker, benchMemory } from "./turns/telegram.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "300" },
    seconds: { type: "string", default: "45" },
    people: { type: "string", default: "4000" },
    conversations: { type: "string", default: "4000,10000" },
    only: { type: "string", default: "" },
    grow: { type: "boolean", default: false },
    sizes: { type: "string", default: "24/1000/1000,2000/10000/10000,20000/50000/50000" },
    out: { type: "string", default: "bench" },
  },
});
const numbers = (text: string, by: string) => text.split(by).map(Number);
const load = { rate: Number(values.rate), seconds: Number(values.seconds), people: Number(values.people) };
const everyday = ["harness", "engine", "hawker", "outside", "reference", "memory", "adapters"];
const parts = new Set(values.only ? values.only.split(",") : values.grow ? ["grow"] : everyday);

const figures = new Figures("turns", values.out);
/** The everyday parts begin within this time, so that all is over within seven minutes; growing takes what it takes. */
const LAST_BEGINS_MS = 330_000;
const has = (part: string): boolean => {
  if (!parts.has(part)) return false;
  if (part === "grow" || performance.now() < LAST_BEGINS_MS) return true;
  console.log(`   no time left for: ${part} (run it alone with --only ${part})`);
  return false;
};
const mongodbUrl = process.env.MONGODB_URL;
if (has("harness")) await benchCeiling(figures, Math.min(5, load.seconds));
if (has("engine")) await benchEngine(figures, Math.min(5, load.seconds));
const hawker = has("hawker") ? await benchHawker(figures, "hawker", load) : undefined;
if (has("outside") && mongodbUrl) await benchHawker(figures, "hawker on MONGODB_URL", load, mongodbUrl);
if (has("reference")) await benchReference(figures, { ...load, seconds: Math.min(20, load.seconds) }, hawker);
if (has("memory")) await benchMemory(figures, numbers(values.conversations, ","));
if (has("adapters")) await benchAdapters(figures, Math.min(5, load.seconds));
if (has("grow"))
  await benchGrowth(
    figures,
    { ...load, seconds: Math.min(20, load.seconds) },
    values.sizes.split(",").map((size) => numbers(size, "/")),
  );
console.log(
  `\nwritten to ${figures.write()}${figures.missed.length > 0 ? `; missed: ${figures.missed.join(", ")}` : ""}`,
);
