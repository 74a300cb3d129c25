import { once } from "node:events";
import { connect, type Socket } from "node:net";
import pino from "pino";
import { afterEach, expect, test } from "vitest";
import { BoundedBodies, PICTURE_BODIES } from "../../src/http/bounded-bodies.ts";
import { createHttp, type Http } from "../../src/http/server.ts";

const MB = 1024 * 1024;
let http: Http;
let port: number;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await http.close();
});

/** A server that hands out a body of this size to whoever says who they are (`/?who=ada`). */
async function serve(size: number, limits: Partial<typeof PICTURE_BODIES> = {}): Promise<BoundedBodies> {
  const bodies = new BoundedBodies({ ...PICTURE_BODIES, ...limits });
  const body = Buffer.alloc(size, "x");
  http = createHttp({ log: pino({ level: "silent" }), publicUrl: "http://127.0.0.1" });
  http.app.get("/", (c) => bodies.send(c, c.req.query("who") ?? "", body, { "Content-Type": "image/jpeg" }));
  port = (await http.listen(0, "127.0.0.1")).port;
  return bodies;
}

const get = (who = "ada", init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}/?who=${who}`, init);

/** Asks and then reads nothing. */
async function asksAndStops(who: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").pause();
  socket.on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  socket.write(`GET /?who=${who} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  return socket;
}

test("a body comes whole, and what it took is free again", async () => {
  const bodies = await serve(3 * MB);
  const answer = await get();
  expect(answer.headers.get("content-length")).toBe(String(3 * MB));
  expect((await answer.arrayBuffer()).byteLength).toBe(3 * MB);
  await expect.poll(() => bodies.bytes).toBe(0);
});

test("a hundred and sixty readers that stop reading hold no more than their share, and others are served", async () => {
  // More than the system's buffers take in, so that all of it would stay with this process.
  const bodies = await serve(8 * MB, { bytes: 64 * MB, bytesEach: 16 * MB, waitMs: 100 });
  await Promise.all(Array.from({ length: 160 }, () => asksAndStops("eve")));
  await expect.poll(() => bodies.bytes).toBe(16 * MB);
  const answers = await Promise.all([get("ada"), get("bob")]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  for (const answer of answers) expect((await answer.arrayBuffer()).byteLength).toBe(8 * MB);
  expect(bodies.bytes).toBeLessThanOrEqual(16 * MB);
});

test("who stops reading is cut off, and their share is free again", async () => {
  // More than the system's buffers take in.
  const bodies = await serve(30 * MB, { bytesEach: 30 * MB, stallMs: 100 });
  const eve = await asksAndStops("eve");
  await expect.poll(() => bodies.bytes).toBe(30 * MB);
  await expect.poll(() => bodies.bytes).toBe(0);
  const closed = once(eve, "close");
  eve.resume();
  await closed;
});

test("who leaves in the middle is forgotten at once", async () => {
  const bodies = await serve(30 * MB, { bytesEach: 30 * MB });
  const eve = await asksAndStops("eve");
  await expect.poll(() => bodies.bytes).toBe(30 * MB);
  eve.destroy();
  await expect.poll(() => bodies.bytes).toBe(0);
});

test("what finds no room in time is told when to come back", async () => {
  const bodies = await serve(20 * MB, { bytes: 20 * MB, bytesEach: 20 * MB, waitMs: 20 });
  await asksAndStops("eve");
  await expect.poll(() => bodies.bytes).toBe(20 * MB);
  const answer = await get();
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(answer.headers.get("cache-control")).toBe("no-store");
});

test("more than may wait are told so at once, and those that wait come in turn", async () => {
  const bodies = await serve(MB, { bytes: MB, bytesEach: MB, waiting: 5 });
  const answers = await Promise.all(
    Array.from({ length: 30 }, () =>
      get().then(async (one) => ({ status: one.status, size: (await one.arrayBuffer()).byteLength })),
    ),
  );
  const served = answers.filter(({ status }) => status === 200);
  expect(served.length).toBeGreaterThanOrEqual(6);
  expect(served.every(({ size }) => size === MB)).toBe(true);
  await expect.poll(() => bodies.bytes).toBe(0);
});

test("HEAD tells the size and takes no room", async () => {
  const bodies = await serve(3 * MB);
  const answer = await get("ada", { method: "HEAD" });
  expect([answer.status, answer.headers.get("content-length")]).toEqual([200, String(3 * MB)]);
  expect(bodies.bytes).toBe(0);
});
