import { SSEStreamingApi } from "hono/streaming";
import { expect, test } from "vitest";
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

test("a page that does not read is ended all the same", async () => {
  const streams = streamsOf(Promise.resolve(0));
  const following = streams.follow("web/web/a", 0, page());
  // It waits in its first write, which nobody reads.
  await new Promise((resolve) => setImmediate(resolve));
  streams.stop();
  await following;
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
