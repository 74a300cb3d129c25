import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { type Figures, spread } from "../figures.ts";
import type { Child } from "../turns/child.ts";
import { Crowd, type Next } from "../turns/shoppers.ts";
import type { Reply } from "../turns/telegram-side.ts";
import { openBenchWorld } from "../turns/world.ts";

/** Who wants what. */
export interface Sale {
  readonly shoppers: number;
  readonly units: number;
  /** Updates that are under way at a time. */
  readonly sockets: number;
  /** The sale ends by itself so many seconds after the start, with what was reached; 400 unless given. */
  readonly seconds?: number;
}

/** What came of it. */
export interface Sold {
  readonly links: number;
  readonly soldOut: number;
  readonly unanswered: number;
  /** Nothing oversold, everybody answered, and the stock adds up. */
  readonly right: boolean;
}

const PATIENCE_MS = 5 * 60_000;
/** Of the time, this part goes to getting everybody to stand before the product. */
const STANDING_PART = 0.35;
/** A person's way through the sale takes as long as so many looks at the product: three presses, each with more to do. */
const LOOKS_A_PERSON = 6;
const HOLDS_MOST = 5_000;
const TELL_EVERY_MS = 5_000;

const stock = z.object({
  available: z.number(),
  holds: z.array(z.object({ quantity: z.number() })),
  sold: z.number(),
  adjustments: z.number(),
});
const holds = z.object({ held: z.number(), soldOut: z.number(), seconds: z.number() });

type End = "link" | "sold out" | "other" | "none";

/** Runs the sale against a Hawker of its own and tells the figures. */
export async function flashSale(figures: Figures, sale: Sale): Promise<Sold> {
  const { units, sockets, seconds: limit = 400 } = sale;
  const begun = performance.now();
  const { side, child, close } = await openBenchWorld({ sockets, counting: true });
  let shoppers = sale.shoppers;
  let ended = false;
  try {
    const sku = z.string().parse(await child.ask({ ask: "flash", units: shoppers }));
    await child.ask({ ask: "customers", people: shoppers });
    const crowd = new Crowd(side, shoppers);
    // Everybody stands before the product, with units enough to be shown the button.
    const looked = performance.now();
    const all = await standing(crowd, shoppers, sockets, begun + limit * 1000 * STANDING_PART);
    const looks = all.size / (performance.now() - looked);
    const left = limit * 1000 - (performance.now() - begun);
    const bearable = Math.max(2 * units, Math.floor((looks * left) / LOOKS_A_PERSON));
    const pages = new Map([...all].slice(0, bearable));
    if (pages.size < shoppers)
      console.log(
        `   ${shoppers} people are above what this machine bears in ${limit} s; ${pages.size} take part`,
      );
    shoppers = pages.size;
    await child.ask({ ask: "stock", available: units, sku });

    console.log(`${shoppers} people stand before the product`);
    const before = await child.sample();
    const started = performance.now();
    const firsts: number[] = [];
    const ends: End[] = [];
    let presses = 0;
    const through = async (person: number): Promise<End> => {
      let next: Next | undefined = pages.get(person);
      for (let step = 0; next && !ended; step++) {
        const sent = performance.now();
        const reply = await crowd.exchange(person, next, PATIENCE_MS);
        presses++;
        if (!reply) return "none";
        if (step === 0) firsts.push(reply.at - sent);
        if (reply.buttons.some(({ url }) => url?.includes("/pay/"))) return "link";
        if (/sold out|somebody was faster/i.test(reply.text)) return "sold out";
        next = pressOf(reply, "ship") ?? pressOf(reply, "use");
      }
      return "other";
    };
    const telling = setInterval(
      () => process.stderr.write(`   ${presses} presses, ${ends.length} of ${shoppers} people are through\n`),
      TELL_EVERY_MS,
    );
    const over = new AbortController();
    const time = pause(Math.max(0, begun + limit * 1000 - performance.now()), undefined, over).catch(
      () => {},
    );
    // All at once; what is under way at a time is bounded by the sockets alone.
    const everybody = [...pages.keys()].map(async (person) => ends.push(await through(person)));
    await Promise.race([Promise.all(everybody), time]);
    ended = true;
    over.abort();
    clearInterval(telling);
    const unfinished = shoppers - ends.length;
    const seconds = (performance.now() - started) / 1000;
    const after = await child.sample(false);
    const count = (end: End) => ends.filter((one) => one === end).length;

    const rest = stock.parse(await child.ask({ ask: "stock of", sku }));
    const held = rest.holds.reduce((sum, { quantity }) => sum + quantity, 0);
    const adds = rest.available + held + rest.sold === rest.adjustments && rest.available >= 0;
    figures.tell("flash: people", shoppers, "", { least: sale.shoppers });
    figures.tell("flash: not through when the time was over", unfinished, "", { most: 0 });
    figures.tell("flash: people a second to their end", ends.length / seconds, "/s");
    figures.tell("flash: presses a second", presses / seconds, "/s");
    const times = spread(firsts);
    for (const part of ["p50", "p95", "p99", "max"] as const)
      figures.tell(`flash: press to answer ${part}, all at once`, times[part], "ms");
    figures.tell("flash: CPU a press", ((after.cpuMs - before.cpuMs) / presses) * 1000, "us");
    for (const [kind, count] of Object.entries(after.commands)) {
      const each = (count - (before.commands[kind] ?? 0)) / presses;
      if (each >= 0.05) figures.tell(`flash:   ${kind} a press`, each, "");
    }
    figures.tell("flash: RSS", after.rssMb, "MB");
    figures.tell("flash: payment links", count("link"), "", { least: units, most: units });
    figures.tell("flash: told that it is sold out", count("sold out"), "", {
      least: shoppers - units - unfinished,
    });
    figures.tell("flash: other answers", count("other"), "", { most: 0 });
    figures.tell("flash: not answered", count("none"), "", { most: 0 });
    figures.tell("flash: oversold", Math.max(0, held + rest.sold - units), "", { most: 0 });
    figures.tell("flash: stock adds up", adds ? 1 : 0, "", { least: 1 });

    // What is left of an unfinished sale would take part in it.
    const heldRight = unfinished > 0 || (await holdsAlone(figures, child, sku, sale, shoppers));
    const right =
      adds && count("none") === 0 && count("link") <= units && held + rest.sold <= units && heldRight;
    return { links: count("link"), soldOut: count("sold out"), unanswered: count("none"), right };
  } finally {
    await close();
  }
}

/** As many holds straight from the shop; whether exactly those units were held. */
async function holdsAlone(
  figures: Figures,
  child: Child,
  sku: string,
  { units, sockets }: Sale,
  shoppers: number,
): Promise<boolean> {
  await child.ask({ ask: "stock", available: units, sku });
  const orders = Math.min(shoppers, HOLDS_MOST);
  const bare = holds.parse(await child.ask({ ask: "hold", sku, orders, atATime: sockets }));
  figures.tell("shop alone: holds decided a second", orders / bare.seconds, "/s", { least: 1_000 });
  figures.tell("shop alone: held", bare.held, "", { least: units, most: units });
  return bare.held === units;
}

/** Lets everybody find the product, or as many as do until a time; answers where each would press "Buy now". */
async function standing(
  crowd: Crowd,
  shoppers: number,
  atATime: number,
  until: number,
): Promise<Map<number, Next>> {
  const pages = new Map<number, Next>();
  let person = 1;
  const telling = setInterval(
    () => process.stderr.write(`   ${pages.size} of ${shoppers} people stand before the product\n`),
    TELL_EVERY_MS,
  );
  const worker = async () => {
    for (let mine = person++; mine <= shoppers && performance.now() < until; mine = person++) {
      const page = await crowd.exchange(mine, { say: "/start p-flash" }, PATIENCE_MS);
      const press = page && pressOf(page, "buy");
      if (!press) throw new Error(`${mine} sees no "Buy now": ${page?.text}`);
      pages.set(mine, press);
    }
  };
  await Promise.all(Array.from({ length: Math.min(32, atATime) }, worker)).finally(() =>
    clearInterval(telling),
  );
  return pages;
}

function pressOf({ buttons, message }: Reply, link: string): Next | undefined {
  const press = buttons.find(({ token }) => token?.split(/[|~]/, 1)[0] === link)?.token;
  return press === undefined ? undefined : { press, message };
}
