import { z } from "zod";
import { type Figures, spread } from "../figures.ts";
import { Crowd, type Next } from "../turns/shoppers.ts";
import type { Reply } from "../turns/telegram-side.ts";
import { openBenchWorld } from "../turns/world.ts";

/** Who wants what. */
export interface Sale {
  readonly shoppers: number;
  readonly units: number;
  /** Updates that are under way at a time. */
  readonly sockets: number;
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

const stock = z.object({
  available: z.number(),
  holds: z.array(z.object({ quantity: z.number() })),
  sold: z.number(),
  adjustments: z.number(),
});
const holds = z.object({ held: z.number(), soldOut: z.number(), seconds: z.number() });

type End = "link" | "sold out" | "other" | "none";

/** Runs the sale against a Hawker of its own and tells the figures. */
export async function flashSale(figures: Figures, { shoppers, units, sockets }: Sale): Promise<Sold> {
  const { side, child, close } = await openBenchWorld({ sockets });
  try {
    const sku = z.string().parse(await child.ask({ ask: "flash", units: shoppers }));
    await child.ask({ ask: "customers", people: shoppers });
    const crowd = new Crowd(side, shoppers);
    // Everybody stands before the product, with units enough to be shown the button.
    const pages = await standing(crowd, shoppers, sockets);
    await child.ask({ ask: "stock", available: units, sku });

    console.log(`${shoppers} people stand before the product`);
    const before = await child.sample();
    const started = performance.now();
    const firsts: number[] = [];
    const ends: End[] = [];
    let presses = 0;
    const through = async (person: number): Promise<End> => {
      let next: Next | undefined = pages.get(person);
      for (let step = 0; next; step++) {
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
    // All at once; what is under way at a time is bounded by the sockets alone.
    ends.push(...(await Promise.all([...pages.keys()].map(through))));
    const seconds = (performance.now() - started) / 1000;
    const after = await child.sample(false);
    const count = (end: End) => ends.filter((one) => one === end).length;

    const left = stock.parse(await child.ask({ ask: "stock of", sku }));
    const held = left.holds.reduce((sum, { quantity }) => sum + quantity, 0);
    const adds = left.available + held + left.sold === left.adjustments && left.available >= 0;
    figures.tell("flash: people a second to their end", shoppers / seconds, "/s");
    figures.tell("flash: presses a second", presses / seconds, "/s");
    const times = spread(firsts);
    for (const part of ["p50", "p95", "p99", "max"] as const)
      figures.tell(`flash: press to answer ${part}, all at once`, times[part], "ms");
    figures.tell("flash: CPU a press", ((after.cpuMs - before.cpuMs) / presses) * 1000, "us");
    figures.tell("flash: RSS", after.rssMb, "MB");
    figures.tell("flash: payment links", count("link"), "", { least: units, most: units });
    figures.tell("flash: told that it is sold out", count("sold out"), "", { least: shoppers - units });
    figures.tell("flash: other answers", count("other"), "", { most: 0 });
    figures.tell("flash: not answered", count("none"), "", { most: 0 });
    figures.tell("flash: oversold", Math.max(0, held + left.sold - units), "", { most: 0 });
    figures.tell("flash: stock adds up", adds ? 1 : 0, "", { least: 1 });

    await child.ask({ ask: "stock", available: units, sku });
    const bare = holds.parse(await child.ask({ ask: "hold", sku, orders: shoppers, atATime: sockets }));
    figures.tell("shop alone: holds decided a second", shoppers / bare.seconds, "/s", { least: 1_000 });
    figures.tell("shop alone: held", bare.held, "", { least: units, most: units });
    const right =
      adds &&
      count("none") === 0 &&
      count("link") <= units &&
      held + left.sold <= units &&
      bare.held === units;
    return { links: count("link"), soldOut: count("sold out"), unanswered: count("none"), right };
  } finally {
    await close();
  }
}

/** Lets everybody find the product; answers where each would press "Buy now". */
async function standing(crowd: Crowd, shoppers: number, atATime: number): Promise<Map<number, Next>> {
  const pages = new Map<number, Next>();
  let person = 1;
  const worker = async () => {
    for (let mine = person++; mine <= shoppers; mine = person++) {
      const page = await crowd.exchange(mine, { say: "/start p-flash" }, PATIENCE_MS);
      const press = page && pressOf(page, "buy");
      if (!press) throw new Error(`${mine} sees no "Buy now": ${page?.text}`);
      pages.set(mine, press);
    }
  };
  await Promise.all(Array.from({ length: Math.min(32, atATime) }, worker));
  return pages;
}

function pressOf({ buttons, message }: Reply, link: string): Next | undefined {
  const press = buttons.find(({ token }) => token?.split(/[|~]/, 1)[0] === link)?.token;
  return press === undefined ? undefined : { press, message };
}
