import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  type Address,
  channelAddress,
  conversationId,
  destinationOf,
  directAddress,
  homeAddress,
  memberAddress,
  personAt,
  readAddress,
} from "../../src/engine/address.ts";
import { ConversationModel } from "../../src/engine/conversation.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { below, view } from "../../src/engine/turn.ts";
import { addressOf, amongOthers, engineOf, event, Platform, says, useStore } from "./harness.ts";

useStore();

const there = { platform: "slack", connection: "T1" };
/** An address of each kind, its key, and how versions before this one kept it, where they knew the kind. */
const kinds: readonly [Address, id: string, earlier: object | undefined][] = [
  [directAddress(there, "U1"), "slack/T1/U1", { ...there, channel: "U1" }],
  [memberAddress(there, "C1", "U1"), "slack/T1/C1/U1", { ...there, channel: "C1", user: "U1" }],
  [homeAddress(there, "U1"), "slack/T1/home:U1", { ...there, channel: "home:U1" }],
  [channelAddress(there, "C1"), "slack/T1/channel:C1", undefined],
];

describe.each(kinds)("%o", (address, id, earlier) => {
  test("has a key of its own, the one it always had", () => {
    expect(conversationId(address)).toBe(id);
    expect(new Set(kinds.map(([one]) => conversationId(one))).size).toBe(kinds.length);
  });

  test("is read as it was stored, by this version and by those before", () => {
    expect(readAddress(JSON.parse(JSON.stringify(address)))).toEqual(address);
    if (earlier !== undefined) expect(readAddress(earlier as Address)).toEqual(address);
  });
});

test("a place is a channel where there is one, and a channel is nobody's", () => {
  expect(kinds.map(([address]) => destinationOf(address))).toEqual(["U1", "C1", "U1", "C1"]);
  expect(kinds.map(([address]) => personAt(address))).toEqual(["U1", "U1", "U1", undefined]);
});

/** Writes a conversation as versions before this one left it: address, what waits in its inbox, and all. */
async function madeEarlier(address: Address, earlier: object): Promise<void> {
  await ConversationModel.collection.updateOne(
    { _id: conversationId(address) as never },
    { $set: { address: earlier } },
  );
}

test("a conversation of an earlier version goes on where it was", async () => {
  const router = new Router();
  router.text(async (turn, text) => below(view({ text: plain(`${text} ${turn.address.kind}`) })));
  const platform = new Platform({ ephemeral: true });
  const engine = engineOf(router, platform);
  const own = { ...event("old", says("first")), address: addressOf("old") };
  const among = { ...event("old", says("first")), address: amongOthers("room", "old") };
  for (const one of [own, among]) await engine.accept(one);
  await engine.idle();
  await madeEarlier(own.address, { platform: "test", connection: "1", channel: "old" });
  await madeEarlier(among.address, { platform: "test", connection: "1", channel: "room", user: "old" });
  for (const one of [own, among]) await engine.accept({ ...one, id: randomUUID(), body: says("second") });
  await engine.idle();
  expect(platform.texts("old")).toEqual(["first direct", "second direct"]);
  expect(platform.texts("room")).toEqual(["first member", "second member"]);
  await engine.forget(own.address);
  for (const { address } of [own, among])
    expect(await ConversationModel.exists({ _id: conversationId(address) })).toBeNull();
});

test("a channel's own conversation stays when somebody who was there is forgotten", async () => {
  const engine = engineOf(new Router(), new Platform());
  const channel = channelAddress({ platform: "test", connection: "1" }, "square");
  await engine.accept({ ...event("una", says("hi")), address: channel });
  await engine.idle();
  await engine.forget(directAddress(channel, "una"));
  expect(await ConversationModel.exists({ _id: conversationId(channel) })).not.toBeNull();
});
