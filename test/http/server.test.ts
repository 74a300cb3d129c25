import { request } from "node:http";
import { connect } from "node:net";
import { HTTPException } from "hono/http-exception";
import { streamSSE } from "hono/streaming";
import { afterEach, describe, expect, test } from "vitest";
import { healthRoutes } from "../../src/http/health.ts";
import { createMetrics, metricsRoutes } from "../../src/http/metrics.ts";
import { metricsAccess } from "../../src/http/metrics-access.ts";
import { CannotListen, createHttp, type Http, type HttpOptions } from "../../src/http/server.ts";
import { createLogger } from "../../src/log.ts";

const running: Http[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((http) => http.close()));
});

/** A server on a free port with the routes `mount` puts on it, and what it logged. */
async function serve(mount: (http: Http) => void, options: Partial<HttpOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger("debug", { write: (line) => lines.push(line) });
  const http = createHttp({ log, publicUrl: "http://localhost", drainMs: 1_000, ...options });
  running.push(http);
  mount(http);
  const { port } = await http.listen(0, "127.0.0.1");
  return { http, port, lines, url: `http://127.0.0.1:${port}` };
}

const echo = ({ app }: Http) => app.post("/echo", async (c) => c.text(await c.req.text()));
const asBrowser = { headers: { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };

describe("security headers", () => {
  test("stand on every answer, errors included", async () => {
    const { url } = await serve(({ app }) => app.get("/", (c) => c.text("hi")));
    for (const path of ["/", "/nowhere"]) {
      const { headers } = await fetch(url + path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("strict-transport-security")).toBeNull();
    }
  });

  test("leave a page its own policy", async () => {
    const { url } = await serve(({ app }) =>
      app.get("/", (c) => c.text("hi", 200, { "Content-Security-Policy": "default-src 'self'" })),
    );
    expect((await fetch(url)).headers.get("content-security-policy")).toBe("default-src 'self'");
  });

  test("ask for https to be kept where the shop is reached by it", async () => {
    const { url } = await serve(() => {}, { publicUrl: "https://shop.example.com" });
    expect((await fetch(url)).headers.get("strict-transport-security")).toMatch(/max-age=\d{8}/);
  });
});

/** Asks with any Host, as a page under another name would. */
const asked = (url: string, host: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    request(url, { headers: { ...headers, Host: host } }, (response) => {
      let text = "";
      response.on("data", (bytes) => {
        text += bytes;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on("error", reject)
      .end();
  });

describe("the host", () => {
  const shop = ({ app }: Http) => {
    app.route("/", healthRoutes({ ping: async () => {} }));
    app.get("/secret", (c) => c.text("the cart"));
  };
  const options = { publicUrl: "https://Shop.Example.com", allowedHosts: ["hawker", "www.example.com:8443"] };

  test.each([
    "shop.example.com",
    "SHOP.example.com:3000",
    "shop.example.com.",
    "www.example.com",
    "hawker:3000",
    "localhost:3000",
    "my.localhost",
    "127.0.0.1",
    "127.8.8.8:99",
    "[::1]:3000",
  ])("%s is the shop's", async (host) => {
    const { url } = await serve(shop, options);
    expect(await asked(`${url}/secret`, host)).toEqual({ status: 200, text: "the cart" });
  });

  test.each([
    "evil.example",
    "shop.example.com.evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.8",
  ])("%j is not, so a name that leads here by another's doing reads nothing", async (host) => {
    const { url, lines } = await serve(shop, options);
    const { status, text } = await asked(`${url}/secret`, host);
    expect(status).toBe(421);
    expect(text).not.toContain("the cart");
    await asked(`${url}/secret`, host);
    expect(lines.filter((line) => line.includes("ALLOWED_HOSTS"))).toHaveLength(1);
  });

  test("of a probe may be the machine's address", async () => {
    const { url } = await serve(shop, options);
    for (const path of ["/healthz", "/readyz"])
      expect((await asked(url + path, "10.0.0.8:3000")).status).toBe(200);
  });
});

describe("the figures", () => {
  const figures = (publicUrl: string, token?: string) =>
    serve(
      ({ app }) => {
        app.use("/metrics", metricsAccess(publicUrl, token));
        app.route("/", metricsRoutes(createMetrics({ defaults: false })));
      },
      { publicUrl },
    );
  const token = "0123456789abcdef0123";

  test("are for who has the token", async () => {
    const { url } = await figures("https://shop.example.com", token);
    const read = (authorization?: string) =>
      fetch(`${url}/metrics`, authorization === undefined ? {} : { headers: { authorization } });
    for (const wrong of [
      undefined,
      token,
      "Bearer",
      `Bearer ${token}x`,
      `Basic ${token}`,
      `Bearer  ${token}`,
    ]) {
      const refused = await read(wrong);
      expect(refused.status).toBe(401);
      expect(await refused.text()).not.toContain("hawker_");
    }
    expect((await read()).headers.get("www-authenticate")).toBe("Bearer");
    for (const right of [`Bearer ${token}`, `bearer ${token}`])
      expect(await (await read(right)).text()).toContain("hawker_turns_total");
  });

  test("without a token are for this machine, while a shop is tried out there", async () => {
    const { url } = await figures("http://localhost:3000");
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("hawker_turns_total");
    for (const proxied of ["X-Forwarded-For", "Forwarded", "Via"])
      expect((await fetch(`${url}/metrics`, { headers: { [proxied]: "6.6.6.6" } })).status).toBe(404);
  });

  test("without a token are for nobody where the shop has a public address: a proxy's requests come from this machine too", async () => {
    const { url } = await figures("https://shop.example.com");
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });
});

describe("the body limit", () => {
  test("takes 256 KB and refuses a byte more with 413", async () => {
    const { url } = await serve(echo);
    const post = (bytes: number) => fetch(`${url}/echo`, { method: "POST", body: "x".repeat(bytes) });
    expect((await post(256 * 1024)).status).toBe(200);
    const refused = await post(256 * 1024 + 1);
    expect(refused.status).toBe(413);
    expect(refused.headers.get("connection")).toBe("close");
    expect(await refused.json()).toMatchObject({ error: { message: "The request is larger than 256 KB." } });
  });

  test("counts the bytes of a body that does not tell its length", async () => {
    const { url } = await serve(echo);
    const post = (chunks: number) => {
      const chunk = new TextEncoder().encode("x".repeat(32 * 1024));
      let left = chunks;
      const body = new ReadableStream({
        pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
      });
      return fetch(`${url}/echo`, { method: "POST", body, duplex: "half" } as RequestInit);
    };
    expect(await (await post(2)).text()).toHaveLength(64 * 1024);
    expect((await post(9)).status).toBe(413);
  });

  test("may be set for a path", async () => {
    const { url } = await serve(echo, { bodyLimits: { "/ec": 10, "/echo": 20 } });
    const post = (bytes: number) => fetch(`${url}/echo`, { method: "POST", body: "x".repeat(bytes) });
    expect((await post(20)).status).toBe(200);
    expect((await post(21)).status).toBe(413);
  });
});

describe("errors", () => {
  const failing = ({ app }: Http) => {
    app.get("/broken", () => {
      throw new Error("the password is hunter2 at /srv/hawker/file.ts");
    });
    app.get("/refused", () => {
      throw new HTTPException(403, { message: "This button is someone else's." });
    });
  };

  test("tell a program a status, a message and the request's id, and keep the cause to the log", async () => {
    const { url, lines } = await serve(failing);
    const response = await fetch(`${url}/broken`, { headers: { "X-Request-Id": "abc-1" } });
    expect(response.status).toBe(500);
    expect(response.headers.get("x-request-id")).toBe("abc-1");
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { status: 500, requestId: "abc-1" } });
    expect(text).not.toMatch(/hunter2|file\.ts|stack/);
    expect(lines.join("")).toMatch(/"err":.*file\.ts/);
  });

  test("tell a browser the same as a page", async () => {
    const { url } = await serve(failing);
    const response = await fetch(`${url}/broken`, asBrowser);
    expect(response.headers.get("content-type")).toContain("text/html");
    const page = await response.text();
    expect(page).toContain("<h1>Something went wrong on our side</h1>");
    expect(page).not.toMatch(/hunter2|file\.ts/);
  });

  test("that are meant for the caller are told", async () => {
    const { url } = await serve(failing);
    const response = await fetch(`${url}/refused`);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { message: "This button is someone else's." } });
    expect(await (await fetch(`${url}/refused`, asBrowser)).text()).toContain("someone else&#39;s");
  });

  test("of an unknown address are 404 in both forms", async () => {
    const { url } = await serve(() => {});
    expect((await fetch(`${url}/x`)).status).toBe(404);
    expect(await (await fetch(`${url}/x`, asBrowser)).text()).toContain("There is nothing here");
  });

  test("a request id that could forge a log line or a page is replaced", async () => {
    const { url } = await serve(() => {});
    const response = await fetch(url, { headers: { "X-Request-Id": '<b>"' } });
    expect(response.headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
  });
});

describe("health", () => {
  test("a running process is alive even when its store is away", async () => {
    const { url } = await serve(({ app }) =>
      app.route("/", healthRoutes({ ping: () => Promise.reject(new Error("no store")) })),
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: "store unreachable" });
  });

  test("a process is ready when the store answers", async () => {
    const { url } = await serve(({ app }) => app.route("/", healthRoutes({ ping: async () => 1 })));
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    expect(ready.headers.get("cache-control")).toBe("no-store");
  });

  test("a store that never answers counts as away", async () => {
    const { url } = await serve(({ app }) =>
      app.route("/", healthRoutes({ ping: () => new Promise(() => {}), timeoutMs: 20 })),
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  });

  test("a draining process is alive but not ready", async () => {
    const draining = AbortSignal.abort();
    const routes = healthRoutes({ ping: async () => 1, closing: draining });
    expect((await routes.request("/healthz")).status).toBe(200);
    expect((await routes.request("/readyz")).status).toBe(503);
  });
});

describe("metrics", () => {
  test("time requests by the route's pattern, so that ids make no labels", async () => {
    const metrics = createMetrics({ defaults: false });
    const { url } = await serve(
      ({ app }) => {
        app.get("/orders/:id", (c) => c.text(c.req.param("id")));
        app.get("/broken", () => {
          throw new Error("broken");
        });
        app.route("/", metricsRoutes(metrics));
      },
      { metrics },
    );
    for (const path of ["/orders/1", "/orders/2", "/made/up", "/broken"]) await fetch(url + path);
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain");
    const text = await response.text();
    expect(text).toContain('request_seconds_count{method="GET",route="/orders/:id",status="200"} 2');
    expect(text).toContain('request_seconds_count{method="GET",route="unmatched",status="404"} 1');
    expect(text).toContain('request_seconds_count{method="GET",route="/broken",status="500"} 1');
    expect(text).not.toContain("made/up");
  });

  test("hold the engine's and the process's figures", async () => {
    const metrics = createMetrics();
    metrics.turns.inc({ kind: "text" });
    metrics.outboxSends.inc({ platform: "web", fate: "sent" });
    const text = await metrics.registry.metrics();
    expect(text).toContain('hawker_turns_total{kind="text"} 1');
    expect(text).toContain('hawker_outbox_sends_total{platform="web",fate="sent"} 1');
    expect(text).toContain("process_cpu_seconds_total");
  });
});

test("an idle connection outlives those of the proxies in front, which are then who ends it", async () => {
  const { port } = await serve(echo);
  const socket = connect(port, "127.0.0.1");
  const answer = await new Promise<string>((resolve) => {
    socket.once("data", (bytes) => resolve(String(bytes)));
    socket.write("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
  });
  socket.destroy();
  // 60 s in nginx's upstreams (keepalive_timeout) and in AWS's Application Load Balancer (idle timeout).
  expect(Number(/^keep-alive: timeout=(\d+)/im.exec(answer)?.[1])).toBeGreaterThan(60);
});

test("a request is logged by its pattern, never by its path or query", async () => {
  const { url, lines } = await serve(({ app }) => app.get("/pay/:token", (c) => c.text("ok")));
  await fetch(`${url}/pay/hunter2?key=hunter2`);
  const line = lines.find((entry) => entry.includes('"request"'));
  expect(JSON.parse(line!)).toMatchObject({ method: "GET", route: "/pay/:token", status: 200 });
  expect(lines.join("")).not.toContain("hunter2");
});

describe("closing", () => {
  test("lets a request under way finish and takes no new one", async () => {
    let arrived = () => {};
    let release = () => {};
    const inside = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { http, url, port } = await serve(({ app }) =>
      app.get("/slow", async (c) => {
        arrived();
        await gate;
        return c.text("done");
      }),
    );
    const slow = fetch(`${url}/slow`);
    await inside;
    const closed = http.close();
    await expect(
      new Promise((resolve, reject) => connect(port, "127.0.0.1").on("connect", resolve).on("error", reject)),
    ).rejects.toThrow("ECONNREFUSED");
    release();
    expect(await (await slow).text()).toBe("done");
    await closed;
  });

  test("ends event streams at once and tells their producers", async () => {
    let aborted = () => {};
    const heard = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const { http, url } = await serve(
      ({ app }) =>
        app.get("/events", (c) =>
          streamSSE(c, async (stream) => {
            await stream.writeSSE({ data: "first" });
            await new Promise<void>((resolve) =>
              stream.onAbort(() => {
                aborted();
                resolve();
              }),
            );
          }),
        ),
      { drainMs: 60_000 },
    );
    const response = await fetch(`${url}/events`);
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: first\n\n");
    const closed = http.close();
    expect((await reader.read()).done).toBe(true);
    await heard;
    await closed;
  });

  test("a client that leaves an event stream is noticed", async () => {
    let aborted = () => {};
    const heard = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const { url } = await serve(({ app }) =>
      app.get("/events", (c) =>
        streamSSE(c, async (stream) => {
          stream.onAbort(aborted);
          await stream.writeSSE({ data: "first" });
          await heard;
        }),
      ),
    );
    const leave = new AbortController();
    const response = await fetch(`${url}/events`, { signal: leave.signal });
    await response.body!.getReader().read();
    leave.abort();
    await heard;
  });

  test("does not wait for a connection a browser opened ahead of need", async () => {
    const { http, port } = await serve(() => {}, { drainMs: 60_000 });
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const left = new Promise((resolve) => socket.once("close", resolve));
    await fetch(`http://127.0.0.1:${port}/`);
    await http.close();
    await left;
  });

  test("cuts what does not finish in time", async () => {
    const { http, url } = await serve(({ app }) => app.get("/never", () => new Promise<Response>(() => {})), {
      drainMs: 50,
    });
    const never = fetch(`${url}/never`).catch(() => "cut");
    await new Promise((resolve) => setImmediate(resolve));
    await fetch(`${url}/`);
    await http.close();
    expect(await never).toBe("cut");
  });

  test("shows in the metrics", async () => {
    const metrics = createMetrics({ defaults: false });
    const { http } = await serve(() => {}, { metrics });
    expect((await metrics.up.get()).values[0]?.value).toBe(1);
    await http.close();
    expect((await metrics.up.get()).values[0]?.value).toBe(0);
  });

  test("may be done twice, and before listening", async () => {
    const { http } = await serve(() => {});
    await http.close();
    await http.close();
  });
});

test("a taken port is told in a sentence", async () => {
  const { port } = await serve(() => {});
  const second = createHttp({ log: createLogger("silent"), publicUrl: "http://localhost" });
  const refused = second.listen(port, "127.0.0.1");
  await expect(refused).rejects.toThrow(CannotListen);
  await expect(refused).rejects.toThrow(
    `Hawker cannot listen: port ${port} is taken; set PORT to a free one.`,
  );
});
