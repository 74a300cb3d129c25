import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { fateOfNetwork, fateOfStatus, networkCode } from "../../src/platform/fate.ts";

const withCode = (code: string) => Object.assign(new Error("to https://x/bot1:secret"), { code });

test("a request that never left is unsent, one that was cut off is of unknown fate", async () => {
  expect(fateOfNetwork(withCode("ECONNREFUSED"))).toBe("unsent");
  expect(fateOfNetwork(new TypeError("fetch failed", { cause: withCode("ENOTFOUND") }))).toBe("unsent");
  expect(fateOfNetwork(withCode("ECONNRESET"))).toBe("unknown");
  expect(fateOfNetwork(new DOMException("too late", "TimeoutError"))).toBe("unknown");
});

test("the fate of a real request is read from where fetch hides its cause", async () => {
  const server = createServer((request) => request.socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const failed = () => fetch(url).catch((error: unknown) => error);
  expect(fateOfNetwork(await failed())).toBe("unknown");
  await new Promise((resolve) => server.close(resolve));
  const refused = await failed();
  expect([networkCode(refused), fateOfNetwork(refused)]).toEqual(["ECONNREFUSED", "unsent"]);
});

test("what may be repeated without harm is unsent where it is not known whether it arrived", () => {
  expect(fateOfNetwork(withCode("ECONNRESET"), true)).toBe("unsent");
  expect(fateOfStatus(502, true)).toBe("unsent");
});

test.each([
  [429, "unsent"],
  [500, "unknown"],
  [503, "unknown"],
  [400, "refused"],
  [403, "refused"],
  [404, "refused"],
] as const)("status %i: %s", (status, fate) => {
  expect(fateOfStatus(status)).toBe(fate);
});

test("the word for trouble tells no address", () => {
  expect(networkCode(withCode("ECONNRESET"))).toBe("ECONNRESET");
  expect(networkCode(new TypeError("to https://x/bot1:secret"))).toBe("TypeError");
  expect(networkCode("to https://x/bot1:secret")).toBe("UNKNOWN");
});
