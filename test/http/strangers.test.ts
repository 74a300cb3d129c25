import { connect, type Socket } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import { afterEach, describe, expect, test } from "vitest";
import { createHttp, type Http, type HttpOptions } from "../../src/http/server.ts";
import { createLogger } from "../../src/log.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A server that has little patience. */
async function serve(mount: (http: Http) => void, options: Partial<HttpOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger("info", { write: (line) => lines.push(line) });
  const patience = { headersMs: 200, requestMs: 400, stillMs: 300, lookMs: 50 };
  const http = createHttp({ log, publicUrl: "http://localhost", drainMs: 500, patience, ...options });
  endings.push(() => http.close());
  mount(http);
  const { port } = await http.listen(0, "127.0.0.1");
  return { port, lines };
}

/** A connection that says what it is told to, and what came back over it until it ended. */
function stranger(
  port: number,
  says: string,
): { socket: Socket; answer: () => string; ended: Promise<void> } {
  const socket = connect(port, "127.0.0.1", () => socket.write(says));
  endings.push(() => socket.destroy());
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    answer += text;
  });
  socket.on("error", () => undefined);
  return {
    socket,
    answer: () => answer,
    ended: new Promise((resolve) => socket.once("close", () => resolve())),
  };
}
/** Says something again and again until the connection ends. */
function keepsSaying(socket: Socket, text: string): void {
  const saying = setInterval(() => socket.write(text), 20);
  socket.once("close", () => clearInterval(saying));
}

const echo = ({ app }: Http) => app.post("/echo", async (c) => c.text(await c.req.text()));

describe("who takes too long is cut off:", () => {
  test("with headers that never end", async () => {
    const { port } = await serve(echo);
    const { socket, answer, ended } = stranger(port, "POST /echo HTTP/1.1\r\nHost: localhost\r\n");
    keepsSaying(socket, "X-More: 1\r\n");
    await ended;
    expect(answer()).toMatch(/^HTTP\/1\.1 408/);
  });

  test("with a body a byte at a time", async () => {
    const { port } = await serve(echo);
    const head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
    const { socket, answer, ended } = stranger(port, head);
    keepsSaying(socket, "x");
    await ended;
    expect(answer()).not.toMatch(/^HTTP\/1\.1 2/);
  });

  test("who says nothing at all", async () => {
    const { port } = await serve(echo);
    await stranger(port, "").ended;
  });

  test("who does not read a long answer", async () => {
    let cut = () => {};
    const isCut = new Promise<void>((resolve) => (cut = resolve));
    const long = ({ app }: Http) =>
      app.get("/long", (c) => {
        const { outgoing }: Partial<HttpBindings> = c.env ?? {};
        outgoing?.once("close", cut);
        return c.text("x".repeat(64 * 1024 * 1024));
      });
    const { port } = await serve(long, { patience: { stillMs: 300 } });
    const { socket, ended } = stranger(port, "GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.pause();
    await isCut;
    socket.resume();
    await ended;
    expect(socket.bytesRead).toBeLessThan(64 * 1024 * 1024);
  });
});

describe("who says what is none is told so:", () => {
  const bad = async (says: string) => {
    const { port, lines } = await serve(echo, { patience: {} });
    const { answer, ended } = stranger(port, says);
    await ended;
    expect(lines.join()).not.toMatch(/"level":(50|60)/);
    return answer();
  };
  const head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";

  test("headers of a megabyte", async () => {
    expect(
      await bad(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(1024 * 1024)}\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 431/);
  });

  test("a length and chunks at the same time, as who smuggles requests past a proxy", async () => {
    expect(
      await bad(
        `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 400/);
  });

  test("two lengths", async () => {
    expect(await bad(`${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`)).toMatch(
      /^HTTP\/1\.1 400/,
    );
  });

  test("a line break in a header", async () => {
    expect(await bad("GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n")).toMatch(/^HTTP\/1\.1 400/);
  });

  test("no host", async () => {
    expect(await bad("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 4/);
  });

  test("another protocol", async () => {
    expect(await bad("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")).toMatch(/^HTTP\/1\.1 400/);
  });
});
