import { type AddressInfo, connect, type Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { SSEStreamingApi, streamSSE } from "hono/streaming";
import { expect, test } from "vitest";
import { cutOff } from "../../src/http/cut-off.ts";
import { EventStreams, NETWORK_STREAMS_MAX } from "../../src/http/event-stream.ts";
import { createLogger } from "../../src/log.ts";

const quiet = createLogger("silent");

/** A page that is connected but reads nothing. */
const page = () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  return new SSEStreamingApi(writable, readable);
};

const streamsOf = (newest: Promise<number>) =>
  new EventStreams({ newest: () => newest, since: async () => [], changedAfter: async () => [] }, quiet);

test("of sixty streams of one conversation that come before any of them got anywhere, the oldest end at once", async () => {
  let answer = (_: number) => {};
  const streams = streamsOf(new Promise<number>((resolve) => (answer = resolve)));
  const pages = Array.from({ length: 60 }, page);
  const following = pages.map((out) => streams.follow("web/web/a", 0, out));
  expect(pages.map(({ aborted }) => aborted)).toEqual(pages.map((_, index) => index < 52));
  answer(0);
  streams.stop();
  await Promise.all(following);
});

test("many read one conversation, each up to eight times, and a change is read once for all of them", async () => {
  let asked = 0;
  let change = 0;
  const source = {
    newest: async () => 0,
    since: async (_: string, after: number) => {
      asked += 1;
      return after < change ? [{ change }] : [];
    },
    changedAfter: async () => [],
  };
  const streams = new EventStreams(source, quiet);
  const pages = Array.from({ length: 50 }, page);
  const sent = pages.map(async ({ responseReadable }) => {
    let text = "";
    for await (const chunk of responseReadable) {
      text += Buffer.from(chunk).toString();
      if (text.includes('{"change":1}')) return;
    }
  });
  const following = pages.map((out, n) =>
    streams.follow("web/web/channel:a", 0, out, "", undefined, `v${n}`),
  );
  expect(pages.map(({ aborted }) => aborted)).toEqual(pages.map(() => false));
  await expect.poll(() => asked).toBeGreaterThan(0);
  // Until all of them have looked and wait.
  await expect.poll(() => Promise.resolve(asked)).toBe(asked);
  asked = 0;
  change = 1;
  streams.wake("web/web/channel:a");
  await Promise.all(sent);
  // Once for the change, and once to see that there is nothing after it.
  expect(asked).toBeLessThanOrEqual(2);
  streams.stop();
  await Promise.all(following);
});

test("a page that does not read is ended all the same", async () => {
  const streams = streamsOf(Promise.resolve(0));
  const following = streams.follow("web/web/a", 0, page());
  // It waits in its first write, which nobody reads.
  await new Promise((resolve) => setImmediate(resolve));
  streams.stop();
  await following;
});

test("pages that stop reading are cut off, and hold only what one of them was being sent", async () => {
  let asked = 0;
  const endless = {
    newest: async () => 1_000_000,
    since: async (_: string, change: number) => {
      asked += 1;
      return [{ change: change + 1, text: "x".repeat(256 * 1024) }];
    },
    changedAfter: async () => [],
  };
  const streams = new EventStreams(endless, quiet, 100);
  const app = new Hono().get("/:who", (c) =>
    streamSSE(c, (out) => streams.follow(c.req.param("who"), 0, out, c.req.param("who"), () => cutOff(c))),
  );
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const { port } = server.address() as AddressInfo;
  // Each takes what the system's buffers hold before it stops, some megabytes.
  const PAGES = 8;
  const pages = Array.from({ length: PAGES }, (_, index) => {
    const client = connect(port, "127.0.0.1", () =>
      client.write(`GET /${index} HTTP/1.1\r\nHost: x\r\n\r\n`),
    );
    client.on("error", () => undefined);
    return client.pause();
  });
  let most = 0;
  await expect
    .poll(
      () => {
        most = Math.max(most, ...[...sockets].map((socket) => socket.writableLength));
        return asked > PAGES && sockets.size;
      },
      // One that is not cut off stays for ever; a busy machine may take a while.
      { timeout: 60_000, interval: 20 },
    )
    .toBe(0);
  // Of each no more waits in this process than the message that was on its way, and the one behind it.
  expect(most).toBeLessThan(600 * 1024);
  for (const page of pages) page.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test("a network has room for so many streams, over all conversations, until they have ended", async () => {
  const streams = streamsOf(Promise.resolve(0));
  const following = Array.from({ length: NETWORK_STREAMS_MAX }, (_, index) =>
    streams.follow(`web/web/${index}`, 0, page(), "192.0.2.1"),
  );
  expect(streams.hasRoom("192.0.2.1")).toBe(false);
  expect(streams.hasRoom("192.0.2.2")).toBe(true);
  streams.stop();
  await Promise.all(following);
  expect(streams.hasRoom("192.0.2.1")).toBe(true);
});
