import { pino } from "pino";
import { expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../src/engine/action.ts";
import type { Change, Delivery, Removal } from "../../src/engine/adapter.ts";
import { type Address, channelAddress, conversationId } from "../../src/engine/address.ts";
import { ConversationModel } from "../../src/engine/conversation.ts";
import { Engine } from "../../src/engine/engine.ts";
import { viewText } from "../../src/engine/fit.ts";
import type { Step } from "../../src/engine/lease.ts";
import { plain, textOf } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { view } from "../../src/engine/turn.ts";
import { addressOf, amongOthers, event, Platform, useStore } from "./harness.ts";

useStore();

/** A platform whose messages can be changed; counts its calls, and can hold them back. */
class Board extends Platform {
  readonly calls: string[] = [];
  readonly standing = new Map<string, string>();
  hold: Promise<void> | undefined;
  #posted = 0;

  override async send(to: Address, delivery: Delivery) {
    await this.before(delivery);
    this.sent.push({ to, delivery });
    if (to.kind !== "channel") return { message: "" };
    await this.hold;
    this.calls.push("post");
    const message = `m${++this.#posted}`;
    this.standing.set(message, textOf(viewText(delivery.view)));
    return { message };
  }
  async edit(_: Address, { replaces, view }: Change) {
    await this.hold;
    this.calls.push("edit");
    if (!this.standing.has(replaces)) return false;
    this.standing.set(replaces, textOf(viewText(view)));
    return true;
  }
  async remove(_: Address, { message }: Removal) {
    this.standing.delete(message);
  }
}

const join = action("join", {});
const channelOf = (name: string) => channelAddress({ platform: "test", connection: "1" }, name);

/** A shop that shows how many have joined, its engine at a clock of its own, and the round trips it makes. */
function opened(board: Board) {
  const joined = new Set<string>();
  const router = new Router();
  let drawn = 0;
  router.card("count", z.object({}), async (turn) => {
    drawn += 1;
    return view({ text: plain(`${joined.size} joined`), controls: [turn.button("Join", join())] });
  });
  router.on(join, async (turn) => {
    joined.add(turn.sender.id);
    turn.show("count:1");
    return view({ text: plain("In."), controls: [turn.button("Again", join())] });
  });
  let now = Date.now();
  const trips: Step[] = [];
  const metrics = {
    turn: () => undefined,
    sent: () => undefined,
    trip: (step: Step) => void trips.push(step),
  };
  const engine = new Engine({
    router,
    adapters: [board],
    secret: "a secret of the shop",
    log: pino({ level: "silent" }),
    media: async () => null,
    keepMedia: async () => "",
    metrics,
    now: () => new Date(now),
  });
  const later = async (ms: number) => {
    now += ms;
    await engine.sweep();
    await engine.idle();
  };
  return { engine, joined, trips, later, drawn: () => drawn };
}

test("of many that ask for a card at once the newest counts: it is drawn and changed a few times, not once for each", async () => {
  const board = new Board({ cardEveryMs: 0 });
  const { engine, joined, trips, drawn } = opened(board);
  const channel = channelOf("c1");
  await engine.show(channel, "count:1");
  await engine.idle();
  let letGo = () => {};
  board.hold = new Promise((resolve) => (letGo = resolve));
  trips.length = 0;
  const [before, calls] = [drawn(), board.calls.length];
  for (let n = 1; n <= 50; n++) {
    joined.add(`p${n}`);
    await engine.show(channel, "count:1");
  }
  letGo();
  await engine.idle();
  expect([...board.standing.values()]).toEqual(["50 joined"]);
  // The first is under way when the others come; of those only the last is drawn.
  expect(drawn() - before).toBe(2);
  expect(board.calls.slice(calls)).toEqual(["edit", "edit"]);
  expect(trips.filter((step) => step === "commit")).toHaveLength(2);
});

test("a card is changed no sooner after the last change than its platform bears, and then to what is true", async () => {
  const board = new Board({ cardEveryMs: 10_000 });
  const { engine, joined, later } = opened(board);
  const channel = channelOf("c2");
  await engine.show(channel, "count:1");
  await engine.idle();
  for (let n = 1; n <= 5; n++) {
    joined.add(`p${n}`);
    await engine.show(channel, "count:1");
    await engine.idle();
  }
  expect(board.calls).toEqual(["post"]);
  await later(9_000);
  expect(board.calls).toEqual(["post"]);
  await later(1_001);
  expect(board.calls).toEqual(["post", "edit"]);
  expect([...board.standing.values()]).toEqual(["5 joined"]);
});

test("the same id is handled once, and a card that shows the same costs no call", async () => {
  const board = new Board({ cardEveryMs: 0 });
  const { engine, joined } = opened(board);
  const channel = channelOf("c3");
  expect(await engine.show(channel, "count:1", {}, "one")).toBe("accepted");
  await engine.idle();
  joined.add("ada");
  expect(await engine.show(channel, "count:1", {}, "one")).toBe("duplicate");
  await engine.idle();
  expect([...board.standing.values()]).toEqual(["0 joined"]);
  joined.clear();
  await engine.show(channel, "count:1");
  await engine.idle();
  expect(board.calls).toEqual(["post"]);
});

test("a press that goes on in the person's own chat still changes the card of the channel it was made in", async () => {
  const board = new Board({ cardEveryMs: 0, ephemeral: false });
  const { engine, joined, later } = opened(board);
  await engine.show(channelOf("c4"), "count:1");
  await engine.idle();
  const { token } = board.button("Join");
  const [message] = board.standing.keys();
  const press = event("ada", { kind: "press", token, message: message ?? "" });
  await engine.accept({ ...press, address: amongOthers("c4", "ada") });
  await engine.idle();
  await later(0);
  expect([...joined]).toEqual(["ada"]);
  expect([...board.standing]).toEqual([[message, "1 joined"]]);
  expect(board.texts("ada")).toEqual(["In."]);
});

test("a card's button that was made up or changed does nothing", async () => {
  const board = new Board({ cardEveryMs: 0, ephemeral: true });
  const { engine, joined } = opened(board);
  await engine.show(channelOf("c5"), "count:1");
  await engine.idle();
  const { token } = board.button("Join");
  for (const forged of [token.replace("join", "jolt"), `${token}x`, token.replace(/~.*/, "~aaaaaaaa")]) {
    const press = event("eve", { kind: "press", token: forged });
    await engine.accept({ ...press, address: amongOthers("c5", "eve") });
    await engine.idle();
  }
  expect(joined.size).toBe(0);
});

test("who is forgotten is forgotten in each channel they were in, before it is forgotten which those are", async () => {
  const board = new Board({ cardEveryMs: 0, ephemeral: true });
  const { engine } = opened(board);
  await engine.show(channelOf("c6"), "count:1");
  await engine.idle();
  const { token } = board.button("Join");
  const there = amongOthers("c6", "pat");
  const press = event("pat", { kind: "press", token });
  await engine.accept({ ...press, address: there });
  await engine.idle();
  const forgotten: Address[] = [];
  const adapter: Platform & { forgetAmongOthers?: (address: Address) => Promise<void> } = board;
  adapter.forgetAmongOthers = async () => {
    throw new Error("The process died");
  };
  await expect(engine.forget(addressOf("pat"))).rejects.toThrow("died");
  adapter.forgetAmongOthers = async (address) => void forgotten.push(address);
  await engine.forget(addressOf("pat"));
  expect(forgotten).toEqual([there]);
  expect(await ConversationModel.exists({ _id: conversationId(there) })).toBeNull();
  expect(await ConversationModel.exists({ _id: conversationId(channelOf("c6")) })).not.toBeNull();
});

test("where there are no buttons its numbers work for everyone, unless they stand for something of one's own", async () => {
  const board = new Board({ cardEveryMs: 0, ephemeral: true, buttons: false });
  const { engine, joined } = opened(board);
  await engine.show(channelOf("c7"), "count:1");
  await engine.idle();
  expect([...board.standing.values()][0]).toContain("1. Join");
  for (const [who, text] of [
    ["ada", "1"],
    ["eve", "1"],
    ["max", "2"],
  ] as const) {
    await engine.accept({ ...event(who, { kind: "text", text }), address: amongOthers("c7", who) });
    await engine.idle();
  }
  expect([...joined]).toEqual(["ada", "eve"]);
  expect([...board.standing.values()][0]).toContain("2 joined");
});
