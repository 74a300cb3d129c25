import { pino } from "pino";
import { expect, test } from "vitest";
import { Engine, Router } from "../../src/engine/index.ts";
import { completions } from "../../src/platform/completions.ts";
import { receivedPhoto } from "../../src/platform/received-photo.ts";
import { BadMedia } from "../../src/shop/catalog/media.ts";
import { addressOf, Platform, useStore } from "./harness.ts";

useStore();

const from = { address: addressOf("ada"), sender: { id: "ada", name: "Ada Example" } };

/** An engine whose pictures are kept as said and whose completions are broken, and the lines that it logs. */
async function opened(keepMedia: () => Promise<string>) {
  const lines: string[] = [];
  const router = new Router();
  router.command("search", "command.search", async () => undefined, {
    name: "words",
    description: "command.search",
    suggest: async () => {
      throw new Error("the index is broken");
    },
  });
  const platform = new Platform();
  const engine = new Engine({
    router,
    adapters: [platform],
    secret: "a secret of the shop",
    log: pino({ level: "debug" }, { write: (line: string) => void lines.push(line) }),
    media: async () => null,
    keepMedia,
  });
  await engine.start();
  if (platform.host === undefined) throw new Error("The platform was not started.");
  return { host: platform.host, lines, stop: () => engine.stop() };
}

test("a picture that is refused is told to its sender, and the log has its cause once", async () => {
  const cause = new Error("the decoder found no end");
  const { host, lines, stop } = await opened(async () => {
    throw new BadMedia("not-a-picture", "no picture that can be decoded", { cause });
  });
  const taken = await receivedPhoto(host, from, new Uint8Array(3));
  await stop();
  expect(taken).toEqual({ kind: "other", what: "photo" });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("BAD_MEDIA");
  expect(lines[0]).toContain("the decoder found no end");
  expect(lines[0]).not.toContain("Ada");
});

test("a command that cannot be completed offers nothing, and the log has its cause once", async () => {
  const { host, lines, stop } = await opened(async () => "");
  const typing = { ...from, command: "search", text: "ada@example.org" };
  expect(await completions(host, typing, { max: 5, length: 20 })).toEqual([]);
  await stop();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("the index is broken");
  expect(lines[0]).not.toContain("example.org");
});
