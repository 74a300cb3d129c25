import mongoose from "mongoose";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../src/engine/action.ts";
import type { Adapter } from "../../src/engine/adapter.ts";
import { type ChannelAddress, channelAddress } from "../../src/engine/address.ts";
import { ConversationModel } from "../../src/engine/conversation.ts";
import { Engine } from "../../src/engine/engine.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { type Turn, view } from "../../src/engine/turn.ts";
import type { View } from "../../src/engine/view.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import { freshDatabase } from "../setup/database.ts";
import type { Bench, Shown, Someone, Traits } from "./bench.ts";

/** Another run, or the same one again: `CARDS_SEED=7 npx vitest run test/contract`. */
const seed = Number(process.env.CARDS_SEED ?? 20_261_201);
const MEMBERS = 50;
const CARD = "poll:tea";

const vote = action("vote", {}, { brief: true });
/** So long that no platform's button holds it. */
const choose = action("choose", { cup: z.string() });
const CUPS = ["small", "large"].map((size) => `${size} ${"cup ".repeat(300)}`);

/** A poll in a channel: who has voted, and a card that tells how many have. */
class Poll {
  readonly voters = new Set<string>();
  readonly chosen: string[] = [];
  readonly router = new Router();
  words = "Tea?";

  constructor() {
    this.router.card(CARD.split(":", 1)[0] ?? "", z.object({}), async (turn) => this.card(turn));
    this.router.on(vote, async (turn) => {
      this.voters.add(turn.sender.id);
      turn.show(CARD);
      return view({ text: plain("You take part.") });
    });
    this.router.on(choose, async (turn, { cup }) => {
      this.chosen.push(cup);
      turn.show(CARD);
      return view({ text: plain("Chosen."), controls: [turn.button("Vote", vote())] });
    });
  }

  card(turn: Turn): View {
    return view({
      text: plain(`${this.words} ${this.voters.size} votes, ${this.chosen.length} cups.`),
      controls: [
        turn.button("Vote", vote()),
        turn.pick(
          "Cup",
          CUPS.map((cup, n) => ({ label: `Cup ${n}`, ref: choose({ cup }) })),
        ),
      ],
    });
  }

  get truth(): string {
    return `${this.words} ${this.voters.size} votes, ${this.chosen.length} cups.`;
  }
}

/** An engine on the bench's adapter, with a clock that stands still until it is moved. */
class Stage {
  readonly poll = new Poll();
  readonly engine: Engine;
  readonly channel: ChannelAddress;
  readonly #bench: Bench;
  #now = Date.now();

  constructor(bench: Bench, member: Someone) {
    this.#bench = bench;
    const { adapter } = bench;
    if (member.address.kind !== "member") throw new Error("Not among others");
    this.channel = channelAddress(member.address, member.address.channel);
    // The bench has started it already, and stops it.
    const started: Adapter = { ...adapter, start: async () => {}, stop: async () => {} };
    this.engine = new Engine({
      router: this.poll.router,
      adapters: [started],
      secret: "a secret of the shop",
      log: pino({ level: "silent" }),
      media: async () => null,
      keepMedia: async () => "",
      now: () => new Date(this.#now),
    });
  }

  async shows(): Promise<void> {
    await this.engine.show(this.channel, CARD);
    await this.settles();
  }

  /** Does what each of them does at the same moment, and hands on all that comes of it. */
  async together(deeds: readonly (() => Promise<void>)[]): Promise<void> {
    const { host } = this.#bench;
    const before = host.accepted.length;
    await Promise.all(deeds.map((deed) => deed()));
    const events = await host.until(() => {
      const come = host.accepted.slice(before);
      return come.length >= deeds.length && come;
    });
    await Promise.all(events.map((event) => this.engine.accept(event)));
  }

  /** Lets time pass, second by second, until nothing is left to do; returns how many seconds that took. */
  async settles(): Promise<number> {
    for (let seconds = 0; seconds < 3600; seconds++) {
      await this.engine.idle();
      const left = await ConversationModel.countDocuments({
        "address.platform": this.channel.platform,
        due: mongoose.trusted({ $type: "date" }),
      });
      if (left === 0) return seconds;
      this.#now += 1000;
      await this.engine.sweep();
    }
    throw new Error("It does not come to an end");
  }

  /** Lets a quiet minute pass. */
  quiet(): void {
    this.#now += 60_000;
  }

  get calls(): number {
    return this.#bench.openCalls?.(this.channel) ?? 0;
  }
}

const isCard = ({ text, hidden }: Shown): boolean => text.startsWith("Tea?") && !hidden;

/** A live card stands once in its channel, is kept true there, and its buttons are for everyone. */
export function liveCards(traits: Traits, bench: () => Bench): void {
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

  /** Somebody in the channel, and the stage around them. */
  async function begin(): Promise<{ ada: Someone; stage: Stage; cards: () => Promise<Shown[]> }> {
    const ada = await bench().personAmongOthers!();
    const stage = new Stage(bench(), ada);
    return { ada, stage, cards: async () => (await ada.shown()).filter(isCard) };
  }

  test("is posted once, and that very message is changed from then on", async () => {
    const { stage, cards } = await begin();
    await stage.shows();
    const [posted, ...others] = await cards();
    expect([posted?.text, others]).toEqual([stage.poll.truth, []]);
    const made = stage.calls;
    await stage.shows();
    expect(stage.calls, "nothing has changed").toBe(made);
    stage.quiet();
    stage.poll.voters.add("eve");
    await stage.shows();
    expect(await cards()).toMatchObject([{ message: posted?.message, text: stage.poll.truth }]);
    expect(stage.calls).toBe(made + 1);
  });

  test("is posted again once where somebody deleted it", async () => {
    const { stage, cards } = await begin();
    await stage.shows();
    const [posted] = await cards();
    await bench().removes({ address: stage.channel }, posted?.message ?? "");
    expect(await cards()).toEqual([]);
    for (const voter of ["eve", "bob"]) {
      stage.quiet();
      stage.poll.voters.add(voter);
      await stage.shows();
    }
    expect(await cards()).toMatchObject([{ text: stage.poll.truth }]);
  });

  test("is a new message where the old one can not be changed any more, which then has no buttons or is gone", async () => {
    const { stage, cards } = await begin();
    await stage.shows();
    const [posted] = await cards();
    const { ages } = bench();
    if (!ages) return expect(traits.ages).toBe(false);
    ages(stage.channel, posted?.message ?? "");
    stage.quiet();
    stage.poll.voters.add("eve");
    await stage.shows();
    const standing = await cards();
    expect(standing.at(-1)).toMatchObject({ text: stage.poll.truth });
    expect(standing.at(-1)?.message).not.toBe(posted?.message);
    expect(standing.filter(({ actions }) => actions.length > 0)).toHaveLength(1);
  });

  test("goes where there is nothing more to show", async () => {
    const { stage, cards } = await begin();
    await stage.shows();
    stage.poll.card = () => view({});
    stage.quiet();
    await stage.shows();
    expect(await cards()).toEqual([]);
  });

  test("offers picks and long tokens to everyone, and answers each for their eyes", async () => {
    const { ada, stage, cards } = await begin();
    const eve = await bench().personAmongOthers!();
    await stage.shows();
    for (const [n, person] of [ada, eve].entries()) {
      const [card] = await cards();
      const option = card?.actions.find(({ label }) => label === `Cup ${n}`);
      stage.quiet();
      await stage.together([() => person.presses(card?.message ?? "", option?.token ?? "")]);
      await stage.settles();
    }
    expect(stage.poll.chosen).toEqual(CUPS);
    expect(await cards()).toMatchObject([{ text: stage.poll.truth }]);
    const openly = (shown: readonly Shown[]) =>
      shown.filter(({ text, hidden }) => text === "Chosen." && !hidden);
    if (traits.ephemeral) {
      expect(openly(await eve.shown())).toEqual([]);
      for (const person of [ada, eve])
        expect((await person.shown()).filter(({ text }) => text === "Chosen.")).toHaveLength(1);
    }
  });

  test(`ends at the truth when fifty press at once while one call in twenty fails, within its pace (seed ${seed})`, async () => {
    const { ada, stage, cards } = await begin();
    const others = await Promise.all(Array.from({ length: MEMBERS - 1 }, () => bench().personAmongOthers!()));
    const members = [ada, ...others];
    await stage.shows();
    stage.quiet();
    const [card] = await cards();
    const token = card?.actions.find(({ label }) => label === "Vote")?.token ?? "";
    const made = stage.calls;
    bench().failing?.(0.05, seed);
    await stage.together(members.map((member) => () => member.presses(card?.message ?? "", token)));
    const seconds = await stage.settles();
    bench().failing?.(0, seed);
    expect(stage.poll.voters.size).toBe(MEMBERS);
    expect(await cards()).toMatchObject([{ message: card?.message, text: stage.poll.truth }]);
    const paced = Math.floor((seconds * 1000) / (bench().adapter.can.cardEveryMs ?? 1000)) + 1;
    expect(stage.calls - made).toBeLessThanOrEqual(paced);
    for (const member of members) {
      const said = [
        ...(member.toasts?.() ?? []),
        ...(await member.shown()).filter(({ hidden }) => hidden).map(({ text }) => text),
      ];
      expect(said).toEqual(["You take part."]);
    }
  });
}
