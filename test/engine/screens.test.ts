import { pino } from "pino";
import { expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../src/engine/action.ts";
import { type Change, type Delivery, type Removal, SendError } from "../../src/engine/adapter.ts";
import type { Address } from "../../src/engine/address.ts";
import { ConversationModel } from "../../src/engine/conversation.ts";
import { Engine } from "../../src/engine/engine.ts";
import { viewText } from "../../src/engine/fit.ts";
import { plain, textOf } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { below, refresh, type Turn, view } from "../../src/engine/turn.ts";
import { addressOf, capabilities, engineOf, event, Platform, useStore } from "./harness.ts";

useStore();

/** A platform whose messages can be changed and taken away; knows what stands, and counts its calls. */
class Wall extends Platform {
  readonly standing = new Map<string, string>();
  readonly calls: string[] = [];
  #posted = 0;

  override async send(to: Address, delivery: Delivery) {
    await this.before(delivery);
    this.sent.push({ to, delivery });
    const { replaces } = delivery;
    const edited = replaces !== undefined && this.standing.has(replaces);
    const message = edited ? replaces : `m${++this.#posted}`;
    this.calls.push(edited ? "edit" : "post");
    this.standing.set(message, textOf(viewText(delivery.view)));
    return { message };
  }
  async edit(to: Address, change: Change) {
    if (!this.standing.has(change.replaces)) return false;
    await this.send(to, change);
    return true;
  }
  async remove(_: Address, { message }: Removal) {
    this.calls.push("remove");
    this.standing.delete(message);
  }
  override texts(): string[] {
    return [...this.standing.values()];
  }
}

const go = action("go", { parts: z.coerce.number() });
const words = (parts: number, of: string) =>
  plain(Array.from({ length: parts }, (_, n) => `${of}${n} `.padEnd(capabilities.textMax, "x")).join(""));
const screen = (turn: Turn, parts: number, of: string) =>
  view({
    text: words(parts, of),
    controls: [1, 2, 3, 4].map((n) => turn.button(`go ${n}`, go({ parts: n }))),
  });

/** Shows screens of as many messages as are asked for, each named by the next letter. */
function screens(): Router {
  const router = new Router();
  let letter = 64;
  const next = () => String.fromCharCode(++letter);
  router.command("start", "command.start", async (turn) => below(screen(turn, 3, next())));
  router.on(go, async (turn, { parts }) => screen(turn, parts, next()));
  return router;
}

const press = (wall: Wall, channel: string, parts: number, message: string) =>
  event(channel, { kind: "press", token: wall.button(`go ${parts}`).token, message });
const names = (wall: Wall) => wall.texts().map((text) => text.slice(0, 2));

test("the next screen takes the place of all messages of the last one, whichever of them was pressed", async () => {
  const wall = new Wall();
  const engine = engineOf(screens(), wall);
  await engine.accept(event("s1", { kind: "command", name: "start", rest: "" }));
  await engine.idle();
  expect(names(wall)).toEqual(["A0", "A1", "A2"]);
  for (const [parts, pressed, calls] of [
    [2, "m2", ["edit", "edit", "remove"]],
    [1, "m1", ["edit", "remove"]],
    [1, "m1", ["edit"]],
    [3, "m1", ["edit", "post", "post"]],
    [2, "m5", ["edit", "edit", "remove"]],
  ] as const) {
    wall.calls.length = 0;
    await engine.accept(press(wall, "s1", parts, pressed));
    await engine.idle();
    expect(wall.texts()).toHaveLength(parts);
    expect(wall.calls).toEqual(calls);
  }
  expect(names(wall)).toEqual(["F0", "F1"]);
});

test("a screen that grows where something newer stands below it is shown anew as a whole; one that does not stays", async () => {
  const wall = new Wall();
  const engine = engineOf(screens(), wall);
  const start = async () => {
    await engine.accept(event("s10", { kind: "command", name: "start", rest: "" }));
    await engine.idle();
  };
  const presses = async (parts: number, message: string) => {
    wall.calls.length = 0;
    await engine.accept(press(wall, "s10", parts, message));
    await engine.idle();
  };
  await start();
  await presses(1, "m1");
  await start();
  expect(names(wall)).toEqual(["B0", "C0", "C1", "C2"]);
  await presses(1, "m1");
  expect([names(wall), wall.calls]).toEqual([["D0", "C0", "C1", "C2"], ["edit"]]);
  await presses(3, "m1");
  expect(names(wall)).toEqual(["C0", "C1", "C2", "E0", "E1", "E2"]);
  expect(wall.calls).toEqual(["post", "post", "post", "remove"]);
  // Of several messages, with one less than is needed now.
  await presses(2, "m4");
  expect(names(wall)).toEqual(["F0", "F1", "E0", "E1", "E2"]);
  await presses(4, "m4");
  expect(names(wall)).toEqual(["E0", "E1", "E2", "G0", "G1", "G2", "G3"]);
  // The newest grows where it stands.
  await presses(1, "m10");
  await presses(3, "m10");
  expect(names(wall)).toEqual(["E0", "E1", "E2", "I0", "I1", "I2"]);
  expect(wall.calls).toEqual(["edit", "post", "post"]);
});

test("a turn that shows one message costs three round trips to the store, also where a card is remembered", async () => {
  const wall = new Wall();
  const trips: string[] = [];
  const router = new Router();
  const card = (turn: Turn, count: number) =>
    view({
      subject: "cart",
      text: plain(`Cart: ${count}`),
      controls: [turn.button("go 1", go({ parts: 1 }))],
    });
  let count = 0;
  router.command("start", "command.start", async (turn) => below(card(turn, ++count)));
  router.on(go, async (turn) => card(turn, ++count));
  const engine = new Engine({
    router,
    adapters: [wall],
    secret: "a secret of the shop",
    log: pino({ level: "silent" }),
    media: async () => null,
    keepMedia: async () => "",
    metrics: { turn: () => {}, trip: (step) => void trips.push(step), sent: () => {} },
  });
  await engine.accept(event("s2", { kind: "command", name: "start", rest: "" }));
  await engine.idle();
  trips.length = 0;
  wall.calls.length = 0;
  await engine.accept(press(wall, "s2", 1, "m1"));
  await engine.idle();
  expect(trips).toEqual(["accept", "commit", "settle"]);
  expect(wall.calls).toEqual(["edit"]);
  expect(wall.texts()).toEqual(["Cart: 2"]);
});

test("a process that dies between two messages of a screen leaves none of them twice", async () => {
  const wall = new Wall();
  let clock = Date.now();
  const now = () => new Date(clock);
  const router = screens();
  let sent = 0;
  // The first process dies while it sends the third message.
  wall.before = () => (++sent === 3 ? new Promise<void>(() => {}) : undefined);
  await engineOf(router, wall, now).accept(event("s3", { kind: "command", name: "start", rest: "" }));
  await expect.poll(() => sent).toBe(3);
  expect(names(wall)).toEqual(["A0", "A1"]);
  clock += 31_000;
  const other = engineOf(router, wall, now);
  await other.sweep();
  await other.idle();
  expect(names(wall)).toEqual(["A0", "A1", "A2"]);
  await other.accept(press(wall, "s3", 1, "m2"));
  await other.idle();
  expect(names(wall)).toEqual(["B0"]);
});

test("a message that may have been sent before is sent with a word of it: after a lost answer, and after a crash", async () => {
  const wall = new Wall();
  let clock = Date.now();
  const now = () => new Date(clock);
  const engine = engineOf(screens(), wall, now);
  const tries: (boolean | undefined)[] = [];
  let fate: () => Promise<void> = async () => {};
  wall.before = async ({ again }) => {
    tries.push(again);
    await fate();
  };
  const start = async (on: Engine) => {
    await on.accept(event("s11", { kind: "command", name: "start", rest: "" }));
    await on.idle();
  };
  await start(engine);
  expect(tries.splice(0)).toEqual([undefined, undefined, undefined]);
  let lost = 1;
  fate = async () => {
    if (lost-- > 0) throw new SendError("unknown", "The answer was lost");
  };
  await start(engine);
  clock += 6 * 60_000;
  await engine.sweep();
  await engine.idle();
  expect(tries.splice(0)).toEqual([undefined, true, true, true]);
  // The first process dies before it hears that the first message was sent.
  fate = () => new Promise<void>(() => {});
  void start(engineOf(screens(), wall, now));
  await expect.poll(() => tries.length).toBe(1);
  fate = async () => {};
  clock += 31_000;
  await engine.sweep();
  await engine.idle();
  expect(tries.splice(0)).toEqual([undefined, true, true, true]);
});

const changed = z.object({});

/** An order of which cards stand, whose state the tests set. */
function order(state: { is: string }): Router {
  const router = new Router();
  const card = (turn: Turn) =>
    view({
      subject: "order:1",
      text: plain(`Order: ${state.is}`),
      controls: state.is === "open" ? [turn.button("Pay", go({ parts: 1 }))] : [],
    });
  router.command("start", "command.start", async (turn) => below(card(turn)));
  router.text(async (_turn, text) => below(view({ text: plain(text) })));
  router.signal("order.paid", changed, async (turn) => [
    below(view({ text: plain("Thank you") })),
    refresh(card(turn)),
  ]);
  router.signal("order.changed", changed, async (turn) => refresh(card(turn)));
  return router;
}

test("the cards of an order follow it, the last two of a chat, each by one edit; what is as it was costs none", async () => {
  const wall = new Wall();
  const state = { is: "open" };
  const engine = engineOf(order(state), wall);
  for (let n = 0; n < 3; n++)
    await engine.accept(event("s4", { kind: "command", name: "start", rest: "" }, `start-${n}`));
  await engine.idle();
  wall.calls.length = 0;
  await engine.signal(addressOf("s4"), "s4-1", "order.changed", {});
  await engine.idle();
  expect(wall.calls).toEqual([]);
  state.is = "paid";
  await engine.signal(addressOf("s4"), "s4-2", "order.paid", {});
  await engine.idle();
  expect(wall.calls).toEqual(["post", "edit", "edit"]);
  expect(wall.texts()).toEqual(["Order: open", "Order: paid", "Order: paid", "Thank you"]);
});

test("a card that was deleted is not sent again, and is not looked for any more", async () => {
  const wall = new Wall();
  const state = { is: "open" };
  const engine = engineOf(order(state), wall);
  await engine.accept(event("s5", { kind: "command", name: "start", rest: "" }));
  await engine.idle();
  wall.standing.clear();
  state.is = "paid";
  await engine.signal(addressOf("s5"), "s5-1", "order.changed", {});
  await engine.idle();
  expect(wall.texts()).toEqual([]);
  const stored = await ConversationModel.findById("test/1/s5").lean();
  expect(stored?.subjects).toEqual([]);
});

test("cards in all chats are found by what they show, the chat apart that was told", async () => {
  const wall = new Wall();
  const state = { is: "open" };
  const engine = engineOf(order(state), wall);
  for (const channel of ["s6", "s7", "s8"]) {
    await engine.accept(event(channel, { kind: "command", name: "start", rest: "" }));
    await engine.idle();
  }
  state.is = "paid";
  await engine.signalCards("order:1", "s6-1", "order.changed", {}, addressOf("s8"));
  await engine.idle();
  expect(wall.texts()).toEqual(["Order: paid", "Order: paid", "Order: open"]);
});

test("what stands lies in the store unreadable", async () => {
  const wall = new Wall();
  const engine = engineOf(screens(), wall);
  await engine.accept(event("s9", { kind: "command", name: "start", rest: "" }));
  await engine.idle();
  const stored = await ConversationModel.findById("test/1/s9").lean();
  expect(stored?.screens).toBeTypeOf("string");
  expect(JSON.stringify(stored)).not.toContain('"m1"');
});
