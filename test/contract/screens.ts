import mongoose from "mongoose";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../src/engine/action.ts";
import type { Adapter } from "../../src/engine/adapter.ts";
import { conversationId } from "../../src/engine/address.ts";
import { Engine } from "../../src/engine/engine.ts";
import { fit as fitted } from "../../src/engine/fit.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { below, refresh, type Turn, view } from "../../src/engine/turn.ts";
import type { View } from "../../src/engine/view.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import { chance } from "../doubles/chance.ts";
import { freshDatabase } from "../setup/database.ts";
import type { Bench, Shown, Someone, Traits } from "./bench.ts";
import { lost, squeezed, stretches } from "./shown.ts";

/** Another run, or the same one again: `SCREENS_SEED=7 npx vitest run test/contract`. */
const seed = Number(process.env.SCREENS_SEED ?? 20_261_130);
const ROUNDS = 16;

const go = action("go", {});
const image = (n: number) => ({ url: `https://pictures.example/${n}.jpg`, alt: "A vase" });

/** A screen of one to five messages, none like another. */
function screenOf(random: () => number, turn: Turn, { can }: Adapter, round: number): View {
  const parts = 1 + Math.floor(random() * 5);
  const button = turn.button("Go on", go());
  const words = `Round ${round}. `;
  const kind = Math.floor(random() * 4);
  if (kind === 0) return view({ text: plain(`${words}Short.`), controls: [button] });
  if (kind === 1)
    return view({ cards: [{ title: `${words}Vase`, image: image(round) }], controls: [button] });
  if (kind === 2) {
    const long = `${words}Hand thrown. `.repeat(
      Math.ceil(((parts - 0.5) * can.textMax) / (words.length + 13)),
    );
    return view({
      cards: [{ title: `${words}Vase`, text: plain(long), ...(random() < 0.5 && { image: image(round) }) }],
      controls: [button],
    });
  }
  const count = can.controlsMax * (parts - 1) + 2;
  return view({
    text: plain(words),
    controls: Array.from({ length: count }, (_, n) => turn.button(`${round}/${n}`, go())),
  });
}

/** An engine on the bench's adapter, and one person in front of it. */
class Stage {
  readonly bench: Bench;
  readonly engine: Engine;
  someone: Someone | undefined;
  #later = 0;

  constructor(bench: Bench, router: Router) {
    this.bench = bench;
    const { adapter } = bench;
    // The bench has started it already, and stops it.
    const started: Adapter = { ...adapter, start: async () => {}, stop: async () => {} };
    this.engine = new Engine({
      router,
      adapters: [started],
      secret: "a secret of the shop",
      log: pino({ level: "silent" }),
      media: async () => null,
      keepMedia: async () => "",
      now: () => new Date(Date.now() + this.#later),
    });
  }

  /** Hands on what the adapter hears of a deed, and waits until all of it is done. */
  async does(deed: () => Promise<void>): Promise<void> {
    const before = this.bench.host.accepted.length;
    await deed();
    await this.engine.accept(await this.bench.host.next(before));
    await this.settles();
  }

  async signals(id: string, name: string): Promise<void> {
    const { address } = this.someone ?? {};
    if (address) await this.engine.signal(address, id, name, {});
    await this.settles();
  }

  /** Waits, and lets the pauses after failures pass at once, until nothing is left to do. */
  async settles(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      await this.engine.idle();
      const found = await mongoose.connection
        .collection<{ _id: string; due: Date | null }>("conversations")
        .findOne({ _id: this.someone ? conversationId(this.someone.address) : "" });
      if (!found?.due) return;
      this.#later += 6 * 60_000;
      await this.engine.sweep();
    }
    throw new Error("It does not come to an end");
  }
}

/** What stands in the chat is the last screen, whole and in order, and nothing else. */
function expectOnly(shown: readonly Shown[], last: View, { can }: Adapter, about: string): void {
  expect(lost(last, shown), about).toEqual([]);
  expect(shown.length, about).toBe(fitted(last, can).length);
  const words = shown.map(({ text }) => squeezed(text)).join("");
  let at = 0;
  for (const stretch of stretches(last)) {
    const found = words.indexOf(stretch, at);
    expect(found, `${about}: in order`).toBeGreaterThanOrEqual(at);
    at = found;
  }
}

/** A screen owns its messages: the next one takes the place of all of them. */
export function screens(traits: Traits, bench: () => Bench): void {
  let drop: (() => Promise<void>) | undefined;
  beforeEach(async () => {
    // The web's bench has a store already.
    if (mongoose.connection.readyState !== 1) {
      const database = await freshDatabase();
      drop = async () => {
        await database.drop();
        await disconnect();
      };
      await connect(database.url);
    }
    await ensureIndexes();
    useSecret("a secret that seals what people write");
  });
  afterEach(async () => {
    await drop?.();
    drop = undefined;
  });

  async function walk(ada: Someone, part: number): Promise<void> {
    const random = chance(seed);
    let last: View = view({});
    let round = 0;
    const router = new Router();
    const next = (turn: Turn) => screenOf(random, turn, bench().adapter, round);
    router.command("start", "command.start", async (turn) => {
      last = next(turn);
      return below(last);
    });
    router.on(go, async (turn) => {
      last = next(turn);
      return last;
    });
    const stage = new Stage(bench(), router);
    stage.someone = ada;
    await stage.does(() => ada.commands("start"));
    bench().failing?.(part, seed);
    for (round = 1; round <= ROUNDS; round++) {
      const shown = await ada.shown();
      const pressable = shown.filter(({ actions }) => actions.length > 0);
      const on = pressable[Math.floor(random() * pressable.length)];
      const token = on?.actions[0]?.token ?? "";
      await stage.does(() => ada.presses(on?.message ?? "", token));
      bench().failing?.(0, seed);
      expectOnly(await ada.shown(), last, bench().adapter, `seed ${seed}, round ${round}`);
      bench().failing?.(part, seed + round);
    }
    bench().failing?.(0, seed);
  }

  test(`screens of one to five messages, each in place of the one before (seed ${seed})`, async () => {
    await walk(await bench().person(), 0);
  });

  if (traits.troubles)
    test(`the same while one call in twenty fails (seed ${seed})`, async () => {
      await walk(await bench().person(), 0.05);
    });

  test("a screen that grows while something newer stands below it is shown whole at the end, and the old one goes", async () => {
    const ada = await bench().person();
    const { adapter } = bench();
    const router = new Router();
    const small = (turn: Turn) => view({ text: plain("Small."), controls: [turn.button("Go on", go())] });
    const other = (turn: Turn) => view({ text: plain("Newer."), controls: [turn.button("Other", go())] });
    let large: View = view({});
    let count = 0;
    router.command("start", "command.start", async (turn) =>
      below(++count === 1 ? small(turn) : other(turn)),
    );
    router.on(go, async (turn) => {
      const words = "Hand thrown in small numbers. ".repeat(Math.ceil((2.5 * adapter.can.textMax) / 30));
      large = view({ text: plain(words), controls: [turn.button("Go on", go())] });
      return large;
    });
    const stage = new Stage(bench(), router);
    stage.someone = ada;
    await stage.does(() => ada.commands("start"));
    await stage.does(() => ada.commands("start"));
    const [first, newer] = (await ada.shown()).filter(({ actions }) => actions.length > 0);
    expect(newer?.text).toBe("Newer.");
    await stage.does(() => ada.presses(first?.message ?? "", first?.actions[0]?.token ?? ""));
    const [top, ...rest] = (await ada.shown()).filter(({ text }) => text !== "");
    expect(top).toMatchObject({ message: newer?.message, text: "Newer." });
    expectOnly(rest, large, adapter, "grown");
  });

  test("a card follows what it shows where it stands, by one edit, and the news is told below", async () => {
    const ada = await bench().person();
    const router = new Router();
    let state = "waiting";
    const card = (turn: Turn) =>
      view({
        subject: "order:1",
        text: plain(`Order: ${state}`),
        controls: state === "waiting" ? [turn.button("Cancel", go())] : [],
      });
    router.command("start", "command.start", async (turn) => below(card(turn)));
    router.signal("paid", z.object({}), async (turn) => [
      below(view({ text: plain(`News: ${state}`) })),
      refresh(card(turn)),
    ]);
    const stage = new Stage(bench(), router);
    stage.someone = ada;
    await stage.does(() => ada.commands("start"));
    const [before] = await ada.shown();
    expect(before?.actions).toHaveLength(1);
    for (const [round, calls] of [2, 1].entries()) {
      state = "paid";
      const made = bench().calls?.() ?? 0;
      await stage.signals(`round-${round}`, "paid");
      const [now, ...news] = await ada.shown();
      expect(now).toMatchObject({ message: before?.message, text: "Order: paid", actions: [] });
      expect(news.at(-1)?.text).toBe("News: paid");
      if (bench().calls) expect(bench().calls?.()).toBe(made + calls);
    }
  });
}
