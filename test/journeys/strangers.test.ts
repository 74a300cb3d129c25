import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MediaModel } from "../../src/shop/catalog/media.ts";
import { openWorld, type World } from "./world.ts";

let world: World;
/** A picture of the catalog. */
let picture: string;
beforeAll(async () => {
  world = await openWorld({ LOG_LEVEL: "warn" });
  picture = `/media/${String((await MediaModel.findOne({}, { _id: 1 }).orFail().lean())._id)}?size=320`;
});
afterAll(() => world.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}
/** Asks for a path as it is written, which `fetch` would tidy first. */
const asked = (path: string, method = "GET", headers: Record<string, string> = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(world.url);
    request({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(
            Object.entries(response.headers).flatMap(([name, value]) =>
              value ? [[name, String(value)]] : [],
            ) as [string, string][],
          ),
          bytes: Buffer.concat(parts),
        }),
      );
    })
      .on("error", reject)
      .end();
  });

describe("a picture", () => {
  test("is known again by its tag, however the tag is sent", async () => {
    const { headers, bytes, status } = await asked(picture);
    const etag = headers.get("etag") ?? "";
    expect([status, Number(headers.get("content-length"))]).toEqual([200, bytes.length]);
    expect(headers.get("cache-control")).toMatch(/max-age=\d+/);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await asked(picture, "GET", { "If-None-Match": tag });
      expect([again.status, again.bytes.length, again.headers.get("etag")]).toEqual([304, 0, etag]);
    }
    expect((await asked(picture, "GET", { "If-None-Match": '"other"' })).status).toBe(200);
  });

  test("is told of by HEAD, without its bytes", async () => {
    const whole = await asked(picture);
    const head = await asked(picture, "HEAD");
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
    for (const name of ["content-length", "content-type", "etag", "cache-control"])
      expect(head.headers.get(name), name).toBe(whole.headers.get(name));
  });

  test.each([
    "bytes=0-9",
    "bytes=-1",
    "bytes=5-1",
    "bytes=0-0,0-0,0-0,0-0",
    `bytes=${"0-,".repeat(2000)}0-`,
    "x",
  ])("comes whole where a part of it is asked for: %.30s", async (range) => {
    const { status, bytes } = await asked(picture, "GET", { Range: range });
    expect(status).toBe(200);
    expect(bytes.equals((await asked(picture)).bytes)).toBe(true);
  });

  test.each(["0", "-1", "99999999", "1e9", "NaN", "320px", "", "%00", "320&size=9999"])(
    "has a size of ours, whatever is asked for: %s",
    async (size) => {
      const { status, bytes } = await asked(`${picture.split("?")[0]}?size=${size}`);
      expect(status).toBe(200);
      expect(bytes.length).toBeLessThan(1024 * 1024);
    },
  );
});

test.each([
  "/../../etc/passwd",
  "/chat/assets/../../package.json",
  "/chat/assets/..%2f..%2f..%2fpackage.json",
  "/chat/assets/%2e%2e/%2e%2e/package.json",
  "/chat/assets/..%5c..%5cpackage.json",
  "/chat/assets/%00",
  "/chat/assets/__proto__",
  "/chat/assets/constructor",
  "/media/..%2fsecret",
  "/media/%2e%2e%2f%2e%2e%2fdata%2fsecret",
  "/media/__proto__",
  "/media/far/AAAAAAAAAAAAAAAAAAAAAA/aHR0cDovLzE2OS4yNTQuMTY5LjI1NC8",
  "/p/..%2f..%2fadmin",
  "//evil.example/%2f..",
  "/%",
  "/%ff%fe",
])("%s leads nowhere", async (path) => {
  const { status, bytes, headers } = await asked(path);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(bytes.toString()).not.toMatch(/root:|"dependencies"|at .*\.ts:\d+/);
  expect(headers.get("location")).toBeNull();
});

test.each([
  "evil.example",
  "evil.example:3000",
  "127.0.0.1.evil.example",
  "localhost.evil.example",
  "[::ffff:8.8.8.8]",
  "a b",
])("a page that calls itself %s gets nothing of the shop", async (host) => {
  for (const path of ["/", "/chat/history", "/metrics", picture, "/pay/return?order=x"]) {
    const { status } = await asked(path, "GET", { Host: host });
    expect(status, path).toBeGreaterThanOrEqual(400);
    expect(status, path).toBeLessThan(500);
  }
});

test("every page says what it may load, and that is of this shop only", async () => {
  const pages = [
    "/",
    "/nowhere",
    "/pay/return",
    "/pay/sandbox/none",
    "/p/none",
    "/webhooks/slack/install",
    "/chat/assets/none",
  ];
  for (const path of pages) {
    const { headers } = await asked(path, "GET", { Accept: "text/html" });
    const policy = headers.get("content-security-policy") ?? "";
    const rules = new Map(policy.split(/;\s*/).map((rule) => [rule.split(" ")[0], rule.split(" ").slice(1)]));
    expect(rules.get("default-src"), path).toEqual(["'none'"]);
    for (const name of ["base-uri", "frame-ancestors"])
      expect(rules.get(name), `${path} ${name}`).toEqual(["'none'"]);
    for (const [name, sources = []] of rules)
      for (const source of sources)
        expect(source, `${path} ${name}`).toMatch(
          /^('none'|'self'|data:|'sha256-[\w+/=]+'|'nonce-[\w+/=-]+')$/,
        );
    expect(rules.get("script-src") ?? [], path).not.toContain("data:");
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
  }
});

test.each(["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])(
  "%s changes nothing and is no fault of ours",
  async (method) => {
    for (const path of ["/", picture, "/chat/events", "/webhooks/sandbox", "/healthz"]) {
      const { status } = await asked(path, method);
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(status, path).toBeLessThan(500);
    }
  },
);

test("nothing of all this was a fault in the log", () => {
  expect(world.log().filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
});
