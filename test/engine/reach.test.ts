import { expect, test } from "vitest";
import { z } from "zod";
import { SendError } from "../../src/engine/adapter.ts";
import { conversationId, directAddress } from "../../src/engine/address.ts";
import { ConversationModel } from "../../src/engine/conversation.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { below, view } from "../../src/engine/turn.ts";
import { addressOf, engineOf, event, Platform, says, useStore } from "./harness.ts";

useStore();

class OtherPlatform extends Platform {
  override readonly name = "other";
}

const router = () => {
  const told = new Router();
  told.text(async (_turn, text) => below(view({ text: plain(`you said ${text}`) })));
  told.signal("paid", z.number(), async (_turn, order) => below(view({ text: plain(`paid ${order}`) })));
  told.home(async () => below(view({ text: plain("home") })));
  return told;
};
const serving = (...connections: string[]) => {
  const platform = new Platform();
  platform.connections = () => connections;
  return platform;
};

test("what a process without the platform has to tell waits for one that has it, and is told once", async () => {
  const platform = new Platform();
  const without = engineOf(router(), new OtherPlatform());
  const connected = engineOf(router(), platform);

  expect(await without.signal(addressOf("r1"), "s1", "paid", 1)).toBe("accepted");
  expect(await without.signal(addressOf("r1"), "s1", "paid", 1)).toBe("duplicate");
  await without.idle();
  await without.sweep();
  await without.idle();
  expect(platform.sent).toEqual([]);
  expect(await ConversationModel.findById(conversationId(addressOf("r1"))).lean()).toMatchObject({
    owner: null,
  });

  await connected.sweep();
  await connected.idle();
  expect(platform.texts("r1")).toEqual(["paid 1"]);
  expect(await connected.signal(addressOf("r1"), "s1", "paid", 1)).toBe("duplicate");
});

test("an event of a conversation that was met before waits in its order", async () => {
  const platform = new Platform();
  const connected = engineOf(router(), platform);
  const without = engineOf(router(), new OtherPlatform());
  await connected.accept(event("r2", says("hello")));
  await connected.idle();
  await without.signal(addressOf("r2"), "s1", "paid", 1);
  await without.signal(addressOf("r2"), "s2", "paid", 2);
  await connected.sweep();
  await connected.idle();
  expect(platform.texts("r2")).toEqual(["you said hello", "paid 1", "paid 2"]);
});

test("what a process that died was doing is taken over only by one with the platform", async () => {
  const platform = new Platform();
  const dying = engineOf(router(), platform, () => new Date(Date.now() - 3_600_000));
  platform.before = () => new Promise(() => {}); // it never gets further than sending
  await dying.accept(event("r3", says("hello")));
  await expect
    .poll(() => ConversationModel.findById(conversationId(addressOf("r3"))).lean())
    .toMatchObject({ inbox: [], outbox: [{}] });

  const without = engineOf(router(), new OtherPlatform());
  await without.sweep();
  await without.idle();
  expect(await ConversationModel.findById(conversationId(addressOf("r3"))).lean()).toMatchObject({
    outbox: [{}],
  });

  const again = new Platform();
  const connected = engineOf(router(), again);
  await connected.sweep();
  await connected.idle();
  expect(again.texts("r3")).toEqual(["you said hello"]);
});

test("a process answers for its own connections only", async () => {
  const [one, two] = [serving("1"), serving("2")];
  const [first, second] = [engineOf(router(), one), engineOf(router(), two)];
  await second.signal(addressOf("r4"), "s1", "paid", 1); // connection 1
  await second.sweep();
  await second.idle();
  expect(two.sent).toEqual([]);
  await first.sweep();
  await first.idle();
  expect(one.texts("r4")).toEqual(["paid 1"]);
});

test("what a process was sending when its token was refused goes to another at once, and counts as no attempt", async () => {
  const refused = serving("1");
  refused.before = () => {
    refused.connections = () => [];
    throw new SendError("unsent", "401", { retryAfterMs: 60_000 });
  };
  const [first, other] = [engineOf(router(), refused), new Platform()];
  await first.accept(event("r7", says("hello")));
  await first.idle();
  expect(await ConversationModel.findById(conversationId(addressOf("r7"))).lean()).toMatchObject({
    owner: null,
    attempts: 0,
    outbox: [{}],
  });
  await first.signal(addressOf("r7"), "s1", "paid", 1);
  await first.sweep();
  await first.idle();
  expect(await first.undeliverable()).toEqual({ test: 1 });

  const second = engineOf(router(), other);
  await second.sweep();
  await second.idle();
  expect(other.texts("r7")).toEqual(["you said hello", "paid 1"]);
});

test("what waits for its turn while its token is refused is left as it is", async () => {
  const platform = serving("1");
  const slow = new Router();
  let asked = 0;
  slow.text(async () => {
    asked += 1;
    platform.connections = () => [];
    return below(view({ text: plain("once") }));
  });
  const first = engineOf(slow, platform);
  await Promise.all([1, 2].map((n) => first.accept(event("r8", says(`${n}`)))));
  await first.idle();
  expect(asked).toBe(1);
  expect(await ConversationModel.findById(conversationId(addressOf("r8"))).lean()).toMatchObject({
    owner: null,
    inbox: [{}],
    outbox: [{}],
  });
  await ConversationModel.deleteOne({ _id: conversationId(addressOf("r8")) });
});

test("of a platform with many connections only the refused ones wait", async () => {
  const platform = new Platform();
  let gone = ["1"];
  platform.refused = () => gone;
  let now = new Date();
  const engine = engineOf(router(), platform, () => now);
  const here = directAddress({ platform: "test", connection: "2" }, "r9");
  await engine.signal(addressOf("r9"), "s1", "paid", 1);
  await engine.signal(here, "s1", "paid", 2);
  await engine.idle();
  await engine.sweep();
  await engine.idle();
  expect(platform.texts("r9")).toEqual(["paid 2"]);
  expect(await engine.undeliverable()).toEqual({ test: 1 });
  gone = [];
  now = new Date(now.getTime() + 60_000);
  expect(await engine.undeliverable()).toEqual({});
  await engine.sweep();
  await engine.idle();
  expect(platform.texts("r9")).toEqual(["paid 2", "paid 1"]);
});

test("how many conversations wait is told by platform, and again when they were told", async () => {
  let now = new Date();
  const platform = new Platform();
  const without = engineOf(router(), new OtherPlatform(), () => now);
  expect(await without.undeliverable()).toEqual({});
  for (const channel of ["r5", "r6"]) await without.signal(addressOf(channel), "s1", "paid", 1);
  const later = () => {
    now = new Date(now.getTime() + 60_000);
  };
  later();
  expect(await without.undeliverable()).toEqual({ test: 2 });
  const connected = engineOf(router(), platform, () => now);
  expect(await connected.undeliverable()).toEqual({});
  await connected.sweep();
  await connected.idle();
  later();
  expect(await without.undeliverable()).toEqual({});
});
