import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchPicture, isPublic } from "../../src/http/fetch-picture.ts";

describe("only addresses of the public internet are connected to", () => {
  test.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::",
    "not an address",
    "",
  ])("%s is not one", (address) => {
    expect(isPublic(address)).toBe(false);
  });

  test.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2606:4700::1111", "2a00:1450::1"])(
    "%s is one",
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );
});

describe("a picture's server", () => {
  let server: Server;
  let port: number;
  let ca: string;
  let folder: string;
  let asked: string[] = [];
  const png = Buffer.from("89504e470d0a1a0a", "hex");

  const answers: Record<string, (response: ServerResponse) => void> = {
    "/good.png": (response) => response.writeHead(200, { "content-type": "image/png" }).end(png),
    "/else.png": (response) => response.writeHead(302, { location: "/good.png" }).end(),
    "/none.png": (response) => response.writeHead(404).end(),
    "/page": (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    "/x.svg": (response) => response.writeHead(200, { "content-type": "image/svg+xml" }).end("<svg/>"),
    "/told.png": (response) =>
      response
        .writeHead(200, { "content-type": "image/png", "content-length": "5000" })
        .end(Buffer.alloc(5000)),
    "/untold.png": (response) => {
      response.writeHead(200, { "content-type": "image/png" });
      for (let part = 0; part < 5; part += 1) response.write(Buffer.alloc(1000));
      response.end();
    },
    "/never.png": (response) => response.writeHead(200, { "content-type": "image/png" }).write("x"),
    "/broken.png": (response) => {
      response.writeHead(200, { "content-type": "image/png", "content-length": "500" });
      response.write("x", () => response.destroy());
    },
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hawker-tls-"));
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem"), "-days", "2"],
        ...["-subj", "/CN=pictures.example", "-addext", "subjectAltName=DNS:pictures.example"],
      ],
      { stdio: "ignore" },
    );
    ca = readFileSync(join(folder, "cert.pem"), "utf8");
    const options = { cert: ca, key: readFileSync(join(folder, "key.pem")) };
    server = createServer(options, (request: IncomingMessage, response) => {
      asked.push(request.url ?? "");
      (answers[request.url ?? ""] ?? ((none) => none.writeHead(500).end()))(response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** As if the name stood in DNS with these addresses. */
  const named =
    (...addresses: string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const get = (path: string, change: Partial<Parameters<typeof fetchPicture>[1]> = {}) => {
    asked = [];
    return fetchPicture(`https://pictures.example:${port}${path}`, {
      maxBytes: 3000,
      timeoutMs: 5000,
      ca,
      allows: (address) => address === "127.0.0.1",
      resolve: named("127.0.0.1"),
      ...change,
    });
  };

  test("gives the bytes", async () => {
    expect(Buffer.from(await get("/good.png")).equals(png)).toBe(true);
  });

  test.each([
    ["/else.png", "the server sends elsewhere"],
    ["/none.png", "the server answers 404"],
    ["/page", "it is no JPEG, PNG or WebP"],
    ["/x.svg", "it is no JPEG, PNG or WebP"],
    ["/told.png", "it is too large"],
    ["/untold.png", "it is too large"],
    ["/broken.png", "the server broke off"],
  ])("that answers %s is told of: %s", async (path, message) => {
    await expect(get(path)).rejects.toMatchObject({ code: "NO_PICTURE", message });
    expect(asked).toEqual([path]);
  });

  test("that never ends is given up", async () => {
    await expect(get("/never.png", { timeoutMs: 300 })).rejects.toMatchObject({
      message: "it takes too long",
    });
  });

  test("whose name leads into a private network is not asked", async () => {
    const inside = { message: "its server is not on the public internet" };
    for (const addresses of [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], []])
      await expect(
        get("/good.png", { allows: isPublic, resolve: named(...addresses) }),
      ).rejects.toMatchObject(inside);
    for (const host of ["127.0.0.1", "[::1]", "[::ffff:7f00:1]", "2130706433", "0x7f.1"])
      await expect(
        fetchPicture(`https://${host}:${port}/good.png`, { maxBytes: 3000, timeoutMs: 5000, ca }),
      ).rejects.toMatchObject(inside);
    expect(asked).toEqual([]);
  });

  test("is connected to at the address that was checked, though its name leads elsewhere a moment later", async () => {
    let lookups = 0;
    const rebinding = async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? "127.0.0.1" : "10.0.0.1", family: 4 }];
    };
    expect((await get("/good.png", { resolve: rebinding })).byteLength).toBe(png.length);
    expect(lookups).toBe(1);
  });

  test("whose certificate is another's is not believed", async () => {
    asked = [];
    const unknown = { maxBytes: 3000, timeoutMs: 5000, allows: () => true, resolve: named("127.0.0.1") };
    await expect(fetchPicture(`https://pictures.example:${port}/good.png`, unknown)).rejects.toMatchObject({
      code: "NO_PICTURE",
    });
    expect(asked).toEqual([]);
  });

  test.each([
    "http://pictures.example/a.png",
    "ftp://pictures.example/a.png",
    "file:///etc/hostname",
    "a.png",
    "https://ada:pw@pictures.example/a.png",
  ])("%s is not asked for", async (address) => {
    await expect(fetchPicture(address, { maxBytes: 1, timeoutMs: 1 })).rejects.toMatchObject({
      code: "NO_PICTURE",
    });
  });
});
