import { request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { clientAddress, networkIn, networkOf, readNetwork } from "../../src/http/client-address.ts";
import { createHttp, type Http } from "../../src/http/server.ts";
import { createLogger } from "../../src/log.ts";

describe("the network that counts", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7", "an IPv4 address is its own"],
    ["::ffff:192.0.2.7", "192.0.2.7", "so is one inside IPv6, as a dual socket tells it"],
    ["::ffff:c000:207", "192.0.2.7", "in either spelling"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "an IPv6 address is its /64's"],
    ["2001:DB8:1:2::", "2001:db8:1:2::/64", "however it is written"],
    ["fe80::1%eth0", "fe80::/64", "whatever interface it came by"],
    ["2002:c000:207:1::9", "192.0.2.7", "a whole /48 of 6to4 belongs to one IPv4 address"],
    ["64:ff9b::c000:207", "192.0.2.7", "and NAT64 hides one"],
    ["[2001:db8::9]:443", "2001:db8::/64", "a port does not matter"],
    ["192.0.2.7:443", "192.0.2.7", "nor there"],
    ["", "unknown", "nobody"],
    ["localhost", "unknown", "a name is no address"],
    ["0x7f.1", "unknown", "nor are numbers that only look like one"],
  ])("of %s is %s: %s", (address, network, _why) => {
    expect(networkIn(address)).toBe(network);
  });
});

describe("X-Forwarded-For", () => {
  const trusted = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32", "::ffff:198.51.100.0/120"].map(readNetwork);
  test.each([
    ["127.0.0.1", "6.6.6.6", "6.6.6.6", "is believed from a trusted proxy"],
    ["::ffff:127.0.0.1", "6.6.6.6", "6.6.6.6", "also where it is told as IPv6"],
    ["198.51.100.9", "6.6.6.6", "6.6.6.6", "also where the operator wrote it so"],
    ["9.9.9.9", "6.6.6.6", "9.9.9.9", "from nobody else"],
    ["127.0.0.1", "1.1.1.1, 6.6.6.6", "6.6.6.6", "is read from the right: what is left of it was made up"],
    ["127.0.0.1", "1.1.1.1, 6.6.6.6, 10.1.1.1", "6.6.6.6", "through each trusted proxy"],
    ["127.0.0.1", "10.1.1.1, 10.1.1.2", "10.1.1.1", "to the first of them, if all are"],
    ["127.0.0.1", "1.1.1.1, unknown, 10.1.1.1", "10.1.1.1", "to what can be read"],
    ["127.0.0.1", "6.6.6.6:1234", "6.6.6.6", "with a port"],
    ["127.0.0.1", "[2001:4860::1]:1234", "2001:4860::1", "with brackets"],
    ["2001:db8:5::1", "6.6.6.6,,", "6.6.6.6", "with empty entries"],
    ["127.0.0.1", undefined, "127.0.0.1", "may be missing"],
  ])("of %s: %s makes it %s, it %s", (peer, forwarded, client, _why) => {
    expect(clientAddress(peer, forwarded, trusted)).toBe(client);
  });

  test.each(["shop.example", "1.2.3", "10.0.0.0/33", "::/129", "10.0.0.0/-1"])("%s is no network", (text) => {
    expect(() => readNetwork(text)).toThrow();
  });
});

describe("the server", () => {
  let http: Http | undefined;
  afterEach(() => http?.close());

  async function serve(trustedProxies: string[]) {
    const lines: string[] = [];
    const log = createLogger("warn", { write: (line) => lines.push(line) });
    http = createHttp({ log, publicUrl: "http://localhost", trustedProxies });
    http.app.get("/who", (c) => c.text(networkOf(c)));
    const { port } = await http.listen(0, "127.0.0.1");
    const who = (...forwarded: string[]) =>
      new Promise<string>((resolve, reject) => {
        const headers = forwarded.length > 0 ? { "X-Forwarded-For": forwarded } : {};
        request({ port, host: "127.0.0.1", path: "/who", headers }, (response) => {
          let text = "";
          response.on("data", (bytes) => {
            text += bytes;
          });
          response.on("end", () => resolve(text));
        })
          .on("error", reject)
          .end();
      });
    return { who, lines };
  }

  test("believes nobody unless told to, and says once that it is behind a proxy", async () => {
    const { who, lines } = await serve([]);
    expect(await who()).toBe("127.0.0.1");
    expect(lines).toEqual([]);
    expect(await who("6.6.6.6")).toBe("127.0.0.1");
    expect(await who("7.7.7.7")).toBe("127.0.0.1");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("TRUSTED_PROXIES");
  });

  test("believes the proxy it is told of, also in several headers", async () => {
    const { who, lines } = await serve(["127.0.0.0/8"]);
    expect(await who("6.6.6.6")).toBe("6.6.6.6");
    expect(await who("1.1.1.1", "2001:db8:1:2:3::4")).toBe("2001:db8:1:2::/64");
    expect(lines).toEqual([]);
  });
});
