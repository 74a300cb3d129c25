import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, expect, test } from "vitest";
import { DownloadFailed, download } from "../../src/http/download.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

async function served(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-token/file`;
}
const limits = { maxBytes: 1000, timeoutMs: 2000 };

test("the bytes come as they are, and the headers are sent", async () => {
  const url = await served((request, response) => response.end(request.headers.authorization));
  const bytes = await download(url, { ...limits, headers: { authorization: "Bearer x" } });
  expect(Buffer.from(bytes ?? []).toString()).toBe("Bearer x");
});

test("up to the limit, and null for one byte more, told beforehand or not", async () => {
  const sized = (bytes: number, told: boolean) =>
    served((_, response) => {
      if (told) response.setHeader("content-length", bytes);
      response.write(Buffer.alloc(bytes - 1));
      response.end(Buffer.alloc(1));
    });
  for (const told of [true, false]) {
    expect(await download(await sized(1000, told), limits)).toHaveLength(1000);
    expect(await download(await sized(1001, told), limits)).toBeNull();
  }
});

test("a body without an end is read no further than the limit", async () => {
  let sent = 0;
  const url = await served((_, response) => {
    const more = (): void => {
      sent += 64_000;
      if (!response.destroyed) response.write(Buffer.alloc(64_000), more);
    };
    more();
  });
  expect(await download(url, limits)).toBeNull();
  expect(sent).toBeLessThan(10_000_000);
});

test("what is not there, or not there any more, is null", async () => {
  for (const status of [404, 410]) {
    const url = await served((_, response) => response.writeHead(status).end());
    expect(await download(url, limits)).toBeNull();
  }
});

test.each<[string, RequestListener]>([
  ["an error of the server", (_, response) => response.writeHead(500).end()],
  [
    "a redirect",
    ({ url }, response) => {
      if (url === "/elsewhere") response.end("bytes of another place");
      else response.writeHead(302, { location: "/elsewhere" }).end();
    },
  ],
  ["a connection cut before the answer", (request) => request.socket.destroy()],
  [
    "a connection cut within the body",
    (request, response) => {
      response.writeHead(200, { "content-length": 500 });
      response.write("x", () => request.socket.destroy());
    },
  ],
  ["silence", () => {}],
])("%s fails without telling the address", async (_, answer) => {
  const failed = await download(await served(answer), { ...limits, timeoutMs: 300 }).catch(
    (error: unknown) => error,
  );
  expect(failed).toBeInstanceOf(DownloadFailed);
  expect(inspect(failed, { depth: null })).not.toContain("secret-token");
});
