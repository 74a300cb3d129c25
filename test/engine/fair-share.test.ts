import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { expect, test } from "vitest";
import { z } from "zod";
import { type Address, conversationId, homeAddress } from "../../src/engine/address.ts";
import { ConversationModel } from "../../src/engine/conversation.ts";
import { Engine, PERSONS_SHARE } from "../../src/engine/engine.ts";
import { FairSemaphore } from "../../src/engine/fair-semaphore.ts";
import { FairShare } from "../../src/engine/fair-share.ts";
import { INBOX_MAX } from "../../src/engine/inbox.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { below, view } from "../../src/engine/turn.ts";
import { addressOf, amongOthers, engineOf, event, Platform, says, useStore } from "./harness.ts";

useStore();

/** A clock that is set by hand. */
const clock = (at = 1_800_000_000_000) => ({
  at,
  now() {
    return new Date(this.at);
  },
});

/** A script that answers each text with itself; `meanwhile` runs in each turn. */
const echo = (meanwhile: (text: string) => Promise<void> | void = () => {}): Router => {
  const router = new Router();
  router.text(async (_, text) => {
    await meanwhile(text);
    return below(view({ text: plain(text) }));
  });
  router.home(async () => below(view({ text: plain("home") })));
  router.signal("news", z.unknown(), async () => below(view({ text: plain("news") })));
  return router;
};

const outcomes = async (promises: readonly Promise<string>[]): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const outcome of await Promise.all(promises)) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

test("a person's share is a burst, and so much a second after it; another's is their own", () => {
  const time = clock();
  const share = new FairShare({ burst: 3, perSecond: 2 }, () => time.now());
  const taken = (person: string, tries: number) =>
    Array.from({ length: tries }, () => share.take(person)).filter(Boolean).length;
  expect(taken("a", 10)).toBe(3);
  expect(taken("b", 2)).toBe(2);
  time.at += 500;
  expect(taken("a", 10)).toBe(1);
  time.at += 60_000;
  expect(taken("a", 10)).toBe(3);
  time.at -= 10_000; // a clock that is set back gives and takes nothing
  expect(taken("a", 10)).toBe(0);
});

test("of 1,500 messages of one person some are read, and the rest costs the store nothing; they are told once, others wait for nothing", async () => {
  const time = clock();
  const platform = new Platform();
  const trips: string[] = [];
  const engine = new Engine({
    router: echo(),
    adapters: [platform],
    secret: "a secret of the shop",
    log: pino({ level: "silent" }),
    media: async () => null,
    keepMedia: async () => "",
    now: () => time.now(),
    share: { burst: 20, perSecond: 2 },
    metrics: { turn: () => {}, trip: (step) => trips.push(step), sent: () => {} },
  });
  const flood = Array.from({ length: 1500 }, (_, index) =>
    engine.accept(event("flood", says(`message ${index}`))),
  );
  const before = trips.length;
  const other = engine.accept(event("other", says("hello")));
  expect(await outcomes(flood)).toEqual({ accepted: 20, dropped: 1480 });
  expect(await other).toBe("accepted");
  await engine.idle();
  expect(before).toBeLessThanOrEqual(21);
  const texts = platform.texts("flood");
  expect(new Set(texts.filter((text) => text.startsWith("message ")))).toEqual(
    new Set(Array.from({ length: 20 }, (_, index) => `message ${index}`)),
  );
  expect(texts.filter((text) => /one moment/.test(text))).toHaveLength(1);
  expect(platform.texts("other")).toEqual(["hello"]);

  // Told again a minute later, if it goes on; and read again as soon as they are slower.
  time.at += 10_000;
  expect(await engine.accept(event("flood", says("slower")))).toBe("accepted");
  await engine.idle();
  expect(platform.texts("flood").at(-1)).toBe("slower");
});

test("a picture counts once, though it is asked for before it is fetched", async () => {
  const time = clock();
  const platform = new Platform();
  const engine = engineOf(echo(), platform, () => time.now());
  await engine.start();
  const host = platform.host!;
  const outcome = async (n: number) => {
    const sent = event("pictures", says(String(n)), `p${n}`);
    return host.admits?.(sent) ? await host.accept(sent) : "dropped";
  };
  const counts: Record<string, number> = {};
  for (let n = 0; n < PERSONS_SHARE.burst + 5; n += 1) {
    const was = await outcome(n);
    counts[was] = (counts[was] ?? 0) + 1;
    await engine.idle();
  }
  expect(counts).toEqual({ accepted: PERSONS_SHARE.burst, dropped: 5 });
  // What was asked for once is not free for good.
  expect(await host.accept(event("pictures", says("again"), "p0"))).toBe("dropped");
  await engine.stop();
});

test("what a person asks for beside a conversation is of their share, and without an answer beyond it", async () => {
  const time = clock();
  const platform = new Platform();
  const router = echo();
  let asked = 0;
  router.command("find", "command.cancel", async () => below(view({ text: plain("found") })), {
    name: "what",
    description: "command.cancel",
    suggest: async () => {
      asked += 1;
      return ["mug"];
    },
  });
  router.preview(async () => {
    asked += 1;
    return view({ text: plain("a mug") });
  });
  const engine = engineOf(router, platform, () => time.now());
  await engine.start();
  const host = platform.host!;
  const asker = { address: addressOf("asking"), sender: { id: "asking" } };
  for (let n = 0; n < 300; n += 1) {
    await host.suggest(asker, "find", "m");
    await host.preview(asker, "https://shop.example/p/mug");
  }
  expect(asked).toBe(PERSONS_SHARE.burst);
  expect(await host.suggest(asker, "find", "m")).toEqual([]);
  expect(await host.preview(asker, "https://shop.example/p/mug")).toBeNull();
  expect(await host.accept(event("asking", says("hello")))).toBe("dropped");
  await engine.stop();
});

test("who sends too much in one channel sends too much in all of them", async () => {
  const time = clock();
  const engine = engineOf(echo(), new Platform(), () => time.now());
  const inChannel = (channel: string) => ({
    ...event("group", says("hi"), randomUUID(), "greedy"),
    address: amongOthers(channel, "greedy"),
  });
  const sent = Array.from({ length: PERSONS_SHARE.burst + 30 }, (_, index) =>
    engine.accept(inChannel(`c${index % 10}`)),
  );
  expect(await outcomes(sent)).toEqual({ accepted: PERSONS_SHARE.burst, dropped: 30 });
  await engine.idle();
});

test("so many events wait in a conversation, news always finds room, and what was said is told from what is new", async () => {
  const time = clock();
  const platform = new Platform();
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const engine = engineOf(
    echo(() => gate),
    platform,
    () => time.now(),
  );
  const first = event("busy", says("first"));
  expect(await engine.accept(first)).toBe("accepted");
  const others = Array.from({ length: INBOX_MAX + 10 }, (_, index) => event("busy", says(`text ${index}`)));
  const answers: string[] = [];
  for (const other of others) answers.push(await engine.accept(other));
  // The first is still in the inbox: its turn is not over.
  expect(answers.indexOf("dropped")).toBe(INBOX_MAX - 1);
  expect(new Set(answers.slice(INBOX_MAX - 1))).toEqual(new Set(["dropped"]));
  expect(await engine.accept(first)).toBe("duplicate");
  expect(await engine.signal(addressOf("busy"), "paid", "news", {})).toBe("accepted");
  open();
  await engine.idle();
  const texts = platform.texts("busy");
  expect(texts.filter((text) => text === "news")).toHaveLength(1);
  expect(texts.filter((text) => /one moment/.test(text))).toHaveLength(1);
  expect(texts.filter((text) => text.startsWith("text "))).toHaveLength(INBOX_MAX - 1);
});

test("room goes round between people, of whom none has more than their part", async () => {
  const slots = new FairSemaphore(3, 2);
  const began: string[] = [];
  const begin = (person: string, name: string) => void slots.take(person).then(() => began.push(name));
  for (let index = 1; index <= 5; index++) begin("a", `a${index}`);
  begin("b", "b1");
  begin("b", "b2");
  begin("c", "c1");
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  await settled();
  expect(began).toEqual(["a1", "a2", "b1"]);
  slots.give("a");
  await settled();
  slots.give("b");
  slots.give("a");
  await settled();
  expect(began).toEqual(["a1", "a2", "b1", "a3", "b2", "c1"]);
  for (const person of ["a", "b", "c"]) slots.give(person);
  await settled();
  expect(began.slice(6)).toEqual(["a4", "a5"]);
});

const DAY = 24 * 3600_000;

test("a delivery is remembered for a day, however many came after it", async () => {
  const time = clock();
  const platform = new Platform();
  const engine = engineOf(echo(), platform, () => time.now());
  const said = (index: number) => event("memory", says(`text ${index}`), `delivery-${index}`);
  for (let index = 0; index < 300; index++) {
    time.at += 1_000;
    await engine.accept(said(index));
    if (index % 40 === 39) await engine.idle();
  }
  await engine.idle();
  expect(platform.texts("memory")).toHaveLength(300);
  const stored = () =>
    ConversationModel.findById(conversationId(addressOf("memory"))).lean<{
      seen: unknown[];
      inbox: unknown[];
    }>();
  // The document does not grow with them.
  expect((await stored())?.seen.length).toBeLessThan(300);
  for (const index of [0, 1, 127, 128, 200, 299]) {
    time.at += 1_000;
    await engine.accept(said(index));
    await engine.idle();
  }
  expect(platform.texts("memory")).toHaveLength(300);
  expect((await stored())?.inbox).toEqual([]);

  time.at += DAY;
  await engine.accept(said(1_000));
  await engine.idle();
  expect((await stored())?.seen.length).toBeLessThanOrEqual(1);
}, 180_000);

test.each(["u713812345", "i1122334455667788990", "Ev08MFMKH6", "web:visitor:one", "signal-paid/1"])(
  "the delivery %s is refused when it is replayed 23 hours later, after few others or many",
  async (id) => {
    const time = clock();
    const platform = new Platform();
    const engine = engineOf(echo(), platform, () => time.now());
    const many = 150;
    const [quiet, busy] = [`quiet ${id}`, `busy ${id}`];
    const said = async (channel: string, as: string) => {
      const taken = await engine.accept(event(channel, says(as), as, as));
      await engine.idle();
      return taken;
    };
    await said(quiet, id);
    await said(busy, id);
    for (let index = 0; index < many; index++) await said(busy, `${id}/${index}`);
    time.at += 23 * 60 * 60_000;
    const before = platform.sent.length;
    await said(quiet, id);
    await said(busy, id);
    await said(busy, `${id}/0`);
    await said(busy, `${id}/${many - 1}`);
    expect(platform.sent).toHaveLength(before);
    // What is kept of it is bounded: the document holds so many, a page the rest, for a day.
    const kept = await ConversationModel.findById(conversationId(addressOf(busy))).lean<{
      seen: unknown[];
    }>();
    expect(kept?.seen.length).toBeLessThan(many + 10);
    time.at += 2 * 60 * 60_000;
    await said(quiet, `${id}/new`);
    const left = await ConversationModel.findById(conversationId(addressOf(quiet))).lean<{
      seen: unknown[];
    }>();
    expect(left?.seen).toHaveLength(1);
  },
  60_000,
);

test("what an earlier version remembered is remembered still", async () => {
  const platform = new Platform();
  const engine = engineOf(echo(), platform);
  await engine.accept(event("upgraded", says("now")));
  await engine.idle();
  await ConversationModel.updateOne(
    { _id: conversationId(addressOf("upgraded")) },
    { $set: { seen: ["before", "after"] } },
  );
  expect(await engine.accept(event("upgraded", says("again"), "before"))).toBe("duplicate");
  await engine.accept(event("upgraded", says("new")));
  await engine.idle();
  expect(await engine.accept(event("upgraded", says("again"), "after"))).toBe("duplicate");
  expect(platform.texts("upgraded")).toEqual(["now", "new"]);
});

test("a person is forgotten in every kind of conversation they had, and nobody else is", async () => {
  const engine = engineOf(echo(), new Platform());
  const inPlace = async (address: Address, person: string) => {
    await engine.accept({ ...event("x", says("hi"), randomUUID(), person), address });
  };
  const home = homeAddress(addressOf("gone"), "gone");
  const shared = amongOthers("lobby", "gone");
  const others = [
    addressOf("stays"),
    homeAddress(addressOf("stays"), "stays"),
    amongOthers("lobby", "stays"),
  ];
  for (const address of [addressOf("gone"), home, shared]) await inPlace(address, "gone");
  for (const address of others) await inPlace(address, "stays");
  await inPlace({ ...addressOf("gone"), connection: "2" }, "gone");
  await engine.idle();
  expect(await engine.lastActive(addressOf("gone"))).toBeInstanceOf(Date);
  await engine.forget(addressOf("gone"));
  expect(await engine.lastActive(addressOf("gone"))).toBeNull();
  for (const address of [addressOf("gone"), home, shared])
    expect(await ConversationModel.findById(conversationId(address))).toBeNull();
  for (const address of others)
    expect(await ConversationModel.findById(conversationId(address))).not.toBeNull();
});
