import mongoose from "mongoose";
import { beforeEach, describe, expect, test } from "vitest";
import { linkByCode, proposeLink } from "../../../src/shop/accounts/customer-link.ts";
import {
  LINK_CODE_MS,
  OwnCode,
  readLinkCode,
  refuseLinkCode,
  showLinkCode,
  TooManyTries,
  takeLinkCode,
  WRONG_TRIES_MAX,
  WrongCode,
} from "../../../src/shop/customers/link-code.ts";
import { Clock } from "../orders/clock.ts";
import { HOUR, useStore, World } from "../orders/world.ts";
import { anAccount } from "./accounts.ts";

useStore();

let clock: Clock;
const shop = "house";
const show = async (account: string) => (await showLinkCode(shop, account, clock.now())).code;
const read = async (account: string, code: string, at = shop) =>
  (await readLinkCode(at, account, code, clock.now())).proof;
const confirm = (account: string, proof: string, key = "turn") =>
  takeLinkCode(shop, account, proof, key, clock.now());
const take = async (account: string, code: string, key = "turn", at = shop) =>
  confirm(account, await read(account, code, at), key);
beforeEach(() => {
  clock = new Clock();
});

describe("a code", () => {
  test("has more than 128 bits, in groups that can be read aloud, and is another each time", async () => {
    const codes = new Set<string>();
    for (let time = 0; time < 50; time += 1) codes.add(await show("ada"));
    expect(codes.size).toBe(50);
    for (const code of codes) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(28 * Math.log2(32)).toBeGreaterThanOrEqual(128);
  });

  test("stands nowhere in the store", async () => {
    const code = await show("ada");
    const stored = await everything();
    expect(stored).toContain('"ada"');
    for (const form of [code, code.replaceAll("-", ""), code.toLowerCase()])
      expect(stored).not.toContain(form);
  });

  test.each([
    ["in lower case", (code: string) => code.toLowerCase()],
    ["without dashes", (code: string) => code.replaceAll("-", "")],
    ["with blanks and long dashes", (code: string) => ` ${code.replaceAll("-", " – ")}\n`],
    ["with O for 0 and l for 1", (code: string) => code.replaceAll("0", "o").replaceAll("1", "l")],
    ["in full-width signs", (code: string) => code.replace(/[0-9A-Z]/g, wide)],
  ])("can be typed %s", async (_how, typed) => {
    const code = await show("ada");
    expect(await take("eve", typed(code))).toBe("ada");
  });

  test("is used once, and again only by the turn that used it", async () => {
    const code = await show("ada");
    const proof = await read("eve", code);
    expect(await confirm("eve", proof, "turn 1")).toBe("ada");
    expect(await confirm("eve", proof, "turn 1")).toBe("ada");
    await expect(confirm("eve", proof, "turn 2")).rejects.toThrow(WrongCode);
    await expect(take("eve", code, "turn 1")).rejects.toThrow(WrongCode);
    await expect(take("bob", code, "turn 3")).rejects.toThrow(WrongCode);
  });

  test("is given to one of twenty who type it at a time", async () => {
    const code = await show("ada");
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => take(`p${index}`, code, `turn ${index}`)),
    );
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("is not used up by typing it, but by confirming it or refusing it", async () => {
    const code = await show("ada");
    const proof = await read("eve", code);
    expect(await read("bob", code)).toBe(proof);
    await refuseLinkCode(shop, proof);
    await expect(read("bob", code)).rejects.toThrow(WrongCode);
    await expect(confirm("eve", proof)).rejects.toThrow(WrongCode);
  });

  test("that was confirmed in time is not undone by refusing it", async () => {
    const proof = await read("eve", await show("ada"));
    await confirm("eve", proof, "turn");
    await refuseLinkCode(shop, proof);
    expect(await confirm("eve", proof, "turn")).toBe("ada");
  });

  test("that expires between typing and confirming links nobody", async () => {
    const proof = await read("eve", await show("ada"));
    clock.advance(LINK_CODE_MS);
    await expect(confirm("eve", proof)).rejects.toThrow(WrongCode);
  });

  test("is good for ten minutes", async () => {
    const code = await show("ada");
    clock.advance(LINK_CODE_MS - 1);
    expect(await take("eve", code, "in time")).toBe("ada");
    const late = await show("ada");
    clock.advance(LINK_CODE_MS);
    await expect(take("eve", late, "late")).rejects.toThrow(WrongCode);
  });

  test("is made useless by the next", async () => {
    const first = await show("ada");
    const second = await show("ada");
    await expect(take("eve", first)).rejects.toThrow(WrongCode);
    expect(await take("eve", second)).toBe("ada");
  });

  test("of one shop is no code in another", async () => {
    const code = await show("ada");
    await expect(take("eve", code, "turn", "elsewhere")).rejects.toThrow(WrongCode);
    expect(await take("eve", code)).toBe("ada");
  });

  test("typed where it was shown is not used up", async () => {
    const code = await show("ada");
    await expect(take("ada", code)).rejects.toThrow(OwnCode);
    expect(await take("eve", code)).toBe("ada");
  });

  test("that expired, was used or never was is refused in the same words", async () => {
    const used = await show("ada");
    await take("eve", used, "turn 1");
    const old = await show("bob");
    clock.advance(LINK_CODE_MS);
    const messages = new Set<string>();
    for (const code of [used, old, "0000-".repeat(7).slice(0, -1), "hello"])
      messages.add(String(await take("joe", code, "turn 2").catch((error: unknown) => error)));
    expect([...messages]).toEqual(["WrongCode: no such code, or not any more"]);
  });
});

describe("wrong codes", () => {
  test("are counted in the store: after ten the right one is refused too, for an hour", async () => {
    for (let time = 0; time < WRONG_TRIES_MAX; time += 1)
      await expect(take("eve", `wrong ${time}`)).rejects.toThrow(WrongCode);
    const code = await show("ada");
    await expect(take("eve", code)).rejects.toThrow(TooManyTries);
    expect(await take("bob", code)).toBe("ada");
    clock.advance(HOUR + 1);
    expect(await take("eve", await show("ada"), "later")).toBe("ada");
  });

  test("of fifty at a time are not more tries", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => take("eve", "wrong")));
    const refused = tries.map((one) => (one.status === "rejected" ? one.reason.code : "taken"));
    expect(refused.filter((code) => code === "WRONG_CODE")).toHaveLength(WRONG_TRIES_MAX);
    expect(refused.filter((code) => code === "TOO_MANY_TRIES")).toHaveLength(50 - WRONG_TRIES_MAX);
  });

  test("are not forgiven by right ones in between", async () => {
    for (let time = 0; time < WRONG_TRIES_MAX - 1; time += 1)
      await expect(take("eve", "wrong")).rejects.toThrow(WrongCode);
    await expect(take("eve", await show("eve"))).rejects.toThrow(OwnCode);
    expect(await take("eve", await show("ada"), "right")).toBe("ada");
    await expect(take("eve", "wrong")).rejects.toThrow(WrongCode);
    await expect(take("eve", "wrong")).rejects.toThrow(TooManyTries);
  });
});

test("the code of somebody who was erased meanwhile links nobody", async () => {
  await World.create();
  const eve = await anAccount(shop);
  const { code } = await showLinkCode(shop, "c-gone");
  await expect(proposeLink(shop, eve.id, code)).rejects.toThrow(WrongCode);
  const { proof } = await readLinkCode(shop, eve.id, code);
  await expect(linkByCode(shop, eve.id, proof, "turn")).rejects.toThrow(WrongCode);
});

const wide = (sign: string): string => String.fromCodePoint((sign.codePointAt(0) ?? 0) + 0xfee0);

async function everything(): Promise<string> {
  const found: unknown[] = [];
  for (const name of mongoose.modelNames()) found.push(await mongoose.model(name).find().lean());
  return JSON.stringify(found);
}
