import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { verifySlackRequest } from "@slack/bolt";
import { SocketModeClient } from "@slack/socket-mode";
import { WebClient } from "@slack/web-api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type SlackDouble, type SlackDoubleOptions, slackDouble } from "./slack.ts";
import { quiet } from "./slack-quiet.ts";
import { isObject, type Json } from "./slack-rules.ts";

let slack: SlackDouble;
const wait = async <T>(find: () => T | undefined | false, what: string): Promise<T> =>
  await slack.until(find, 5000, () => what);

describe("over sockets", () => {
  interface Heard {
    ack(payload?: Json): Promise<void>;
    type: string;
    body: Json;
    retry_num?: number;
    retry_reason?: string;
  }
  let socket: SocketModeClient;
  const heard: Heard[] = [];
  /** What the app does with each thing it hears; acknowledges if a test says nothing else. */
  let reply: (each: Heard) => unknown = (each) => each.ack();

  const begin = async (options: SlackDoubleOptions = {}) => {
    slack = await slackDouble(options);
    heard.length = 0;
    reply = (each) => each.ack();
    socket = new SocketModeClient({
      appToken: slack.appToken,
      logger: quiet,
      // Also the pause before the client connects again.
      clientPingTimeout: 100,
      clientOptions: { slackApiUrl: slack.url },
    });
    socket.on("slack_event", (each: Heard) => {
      heard.push(each);
      void reply(each);
      slack.world.rang();
    });
  };
  const connect = async () => {
    await socket.start();
    await wait(() => slack.sockets === 1, "no connection");
  };
  const texts = () => heard.map(({ body }) => (isObject(body.event) ? body.event.text : body.command));
  const ids = () => heard.map(({ body }) => body.event_id);

  afterEach(async () => {
    await socket.disconnect();
    await slack.close();
  });

  test("a message reaches the app, also one from before it connected", async () => {
    await begin();
    await slack.person("U0ADA", { hasty: true }).says("a < b & c");
    await connect();
    await wait(() => heard.length === 1, "nothing heard");
    expect(heard[0]?.body).toMatchObject({
      type: "event_callback",
      team_id: slack.teamId,
      event: { type: "message", channel_type: "im", user: "U0ADA", text: "a &lt; b &amp; c" },
    });
  });

  test("the app hears its own messages in a conversation, marked with its bot's id", async () => {
    await begin();
    await connect();
    slack.person("U0ADA");
    const client = new WebClient(slack.botToken, { slackApiUrl: slack.url, logger: quiet });
    const { channel = "", ts = "" } = await client.chat.postMessage({ channel: "U0ADA", text: "Hello" });
    await client.chat.update({ channel, ts, text: "Bye" });
    await wait(() => heard.length === 2, "no echo");
    expect(heard[0]?.body.event).toMatchObject({ type: "message", bot_id: expect.stringMatching(/^B/) });
    expect(heard[1]?.body.event).toMatchObject({ subtype: "message_changed" });
  });

  test("what is not acknowledged comes three times more with the same id, and is lost then", async () => {
    await begin({ ackMs: 20 });
    reply = () => undefined;
    await connect();
    await slack.person("U0ADA", { hasty: true }).says("Hello");
    await wait(() => slack.lost.length === 1, "not given up");
    expect(heard.map(({ retry_num, retry_reason }) => [retry_num, retry_reason])).toEqual([
      [0, ""],
      [1, "timeout"],
      [2, "timeout"],
      [3, "timeout"],
    ]);
    expect(new Set(ids()).size).toBe(1);
    expect(slack.lost).toEqual([{ id: ids()[0], kind: "events_api" }]);
    expect(slack.late).toEqual([]);
  });

  test("an acknowledgement that comes too late counts as late, and ends the retries", async () => {
    await begin({ ackMs: 30 });
    reply = (each) => (each.retry_num === 1 ? heard[0]?.ack() : undefined);
    await connect();
    await slack.person("U0ADA", { hasty: true }).says("Hello");
    await wait(() => slack.late.length === 1, "not late");
    expect(heard).toHaveLength(2);
    expect(slack.lost).toEqual([]);
  });

  test("a command that is not acknowledged is not sent again", async () => {
    await begin({ ackMs: 20 });
    reply = () => undefined;
    await connect();
    await slack.person("U0ADA", { hasty: true }).says("/search red mug");
    await wait(() => slack.lost.length === 1, "not given up");
    expect(heard).toHaveLength(1);
    expect(heard[0]?.body).toMatchObject({ command: "/shop", text: "search red mug" });
    await heard[0]?.ack();
    await wait(() => slack.late.length === 1, "not late");
  });

  test("what a command is acknowledged with is shown to whoever gave it", async () => {
    await begin();
    reply = (each) => each.ack({ text: "Your cart is empty." });
    await connect();
    const ada = slack.person("U0ADA", { channel: "C0TEAM" });
    await ada.says("/cart");
    await ada.sees(/cart is empty/);
    expect(ada.transcript()).toBe("me> /shop cart\napp> (only visible to you) Your cart is empty.");
    expect(slack.person("U0BOB", { channel: "C0TEAM" }).transcript()).toBe("");
  });

  test("an acknowledgement that Slack cannot show is kept for the test to see", async () => {
    await begin();
    reply = (each) => each.ack({ text: "x", blocks: [{ type: "none" }] });
    await connect();
    await slack.person("U0ADA", { hasty: true }).says("/cart");
    await wait(() => slack.refusedAcks.length === 1, "not refused");
    expect(slack.refusedAcks[0]?.error).toBe("invalid_blocks");
  });

  test("an event comes twice, or two in the wrong order, when asked for", async () => {
    await begin();
    await connect();
    const ada = slack.person("U0ADA", { hasty: true });
    slack.misbehave({ next: 1, kind: "duplicate-event" });
    await ada.says("one");
    await wait(() => heard.length === 2, "no duplicate");
    expect(ids()[0]).toBe(ids()[1]);
    slack.misbehave({ next: 2, kind: "reorder" });
    await ada.says("two");
    await ada.says("three");
    await wait(() => heard.length === 4, "not delivered");
    expect(texts()).toEqual(["one", "one", "three", "two"]);
  });

  test("an event on a connection that breaks comes again on the next, with the same id", async () => {
    await begin();
    reply = (each) => (each.retry_num === 0 ? undefined : each.ack());
    await connect();
    slack.misbehave({ next: 1, kind: "drop-socket" });
    await slack.person("U0ADA", { hasty: true }).says("Hello");
    await wait(() => heard.some(({ retry_reason }) => retry_reason === "connection_failed"), "not again");
    expect(new Set(ids()).size).toBe(1);
    expect(slack.lost).toEqual([]);
  });

  test("a connection that Slack asks to go is made anew, and its ticket opens one only", async () => {
    await begin();
    await connect();
    slack.disconnect("refresh_requested");
    await wait(
      () => slack.callsOf("apps.connections.open").length === 2 && slack.sockets === 1,
      "no new one",
    );
    const direct = new WebClient(slack.appToken, { slackApiUrl: slack.url, logger: quiet });
    const { url = "" } = await direct.apps.connections.open();
    const first = new WebSocket(url);
    await once(first, "open");
    const [refused] = await once(new WebSocket(url), "error");
    expect(String(refused)).toContain("401");
    first.close();
  });

  test("a workspace that takes the app out tells it so, and sends nothing more", async () => {
    await begin();
    await connect();
    const ada = slack.person("U0ADA", { hasty: true });
    slack.revoke();
    await ada.says("Hello");
    await wait(() => heard.length === 2, "not told");
    const types = heard.map(({ body }) => (isObject(body.event) ? body.event.type : ""));
    expect(types).toEqual(["tokens_revoked", "app_uninstalled"]);
  });
});

describe("over HTTP", () => {
  interface Taken {
    headers: IncomingHttpHeaders;
    body: string;
  }
  let server: Server;
  const taken: Taken[] = [];
  /** Status and body of each answer; undefined leaves it hanging. */
  let reply: (
    each: Taken,
    at: number,
  ) => { status: number; body?: string; headers?: Record<string, string> } | undefined;
  let release: (() => void)[] = [];

  beforeEach(async () => {
    taken.length = 0;
    release = [];
    reply = () => ({ status: 200 });
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const each = { headers: request.headers, body };
        taken.push(each);
        const said = reply(each, taken.length);
        if (said === undefined) release.push(() => response.end());
        else response.writeHead(said.status, said.headers).end(said.body);
        slack.world.rang();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    await slack.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const begin = async (options: SlackDoubleOptions = {}) => {
    slack = await slackDouble({ retryMs: 1, ...options });
    slack.requestUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack`;
  };
  const verify = ({ headers, body }: Taken, signingSecret: string) =>
    verifySlackRequest({
      signingSecret,
      body,
      headers: {
        "x-slack-signature": String(headers["x-slack-signature"]),
        "x-slack-request-timestamp": Number(headers["x-slack-request-timestamp"]),
      },
    });

  test("requests bear a signature that Bolt takes, and takes with no other secret or body", async () => {
    await begin();
    await slack.person("U0ADA", { hasty: true }).says("Hello");
    const request = await wait(() => taken[0], "no request");
    expect(() => verify(request, slack.signingSecret)).not.toThrow();
    expect(() => verify(request, "another")).toThrow(/signature mismatch/);
    expect(() => verify({ ...request, body: `${request.body} ` }, slack.signingSecret)).toThrow(/mismatch/);
  });

  test("the address is asked to repeat a challenge", async () => {
    await begin();
    reply = ({ body }) => ({ status: 200, body: JSON.parse(body).challenge });
    expect(await slack.verifiesRequestUrl()).toBe(true);
    reply = () => ({ status: 200, body: "something else" });
    expect(await slack.verifiesRequestUrl()).toBe(false);
  });

  test("commands and presses come urlencoded, events as JSON", async () => {
    await begin();
    const ada = slack.person("U0ADA", { hasty: true });
    await ada.says("/search mug & tea");
    const command = new URLSearchParams((await wait(() => taken[0], "no command")).body);
    expect(Object.fromEntries(command)).toMatchObject({ command: "/shop", text: "search mug &amp; tea" });
    const client = new WebClient(slack.botToken, { slackApiUrl: slack.url, logger: quiet });
    const text = { type: "plain_text" as const, text: "Cart" };
    const elements = [{ type: "button" as const, text, action_id: "cart", value: "1" }];
    const { ts } = await client.chat.postMessage({
      channel: "U0ADA",
      text: "Mugs",
      blocks: [{ type: "actions", elements }],
    });
    await ada.presses("Cart");
    const press = await wait(() => taken.find(({ body }) => body.startsWith("payload=")), "no press");
    expect(press.headers["content-type"]).toContain("urlencoded");
    expect(JSON.parse(new URLSearchParams(press.body).get("payload") ?? "")).toMatchObject({
      type: "block_actions",
      user: { id: "U0ADA" },
      container: { type: "message", message_ts: ts, is_ephemeral: false },
      actions: [{ action_id: "cart", value: "1", type: "button" }],
      response_url: expect.stringContaining(slack.root),
      trigger_id: expect.any(String),
    });
    const event = await wait(() => taken.find(({ body }) => body.startsWith("{")), "no event");
    expect(event.headers["content-type"]).toContain("application/json");
  });

  test("an event that fails comes three times more, says why, and keeps its id", async () => {
    await begin();
    reply = () => ({ status: 500 });
    await slack.person("U0ADA", { hasty: true }).says("Hello");
    await wait(() => slack.lost.length === 1, "not given up");
    expect(
      taken.map(({ headers }) => [headers["x-slack-retry-num"], headers["x-slack-retry-reason"]]),
    ).toEqual([
      [undefined, undefined],
      ["1", "http_error"],
      ["2", "http_error"],
      ["3", "http_error"],
    ]);
    expect(new Set(taken.map(({ body }) => JSON.parse(body).event_id)).size).toBe(1);
  });

  test("an event is not retried where the app asks for that", async () => {
    await begin();
    reply = () => ({ status: 500, headers: { "x-slack-no-retry": "1" } });
    await slack.person("U0ADA", { hasty: true }).says("Hello");
    await wait(() => slack.lost.length === 1, "not given up");
    expect(taken).toHaveLength(1);
  });

  test("an answer after the time is up is late, and the event has come again by then", async () => {
    await begin({ ackMs: 50 });
    reply = (_, at) => (at === 1 ? undefined : { status: 200 });
    await slack.person("U0ADA", { hasty: true }).says("Hello");
    await wait(() => taken.length === 2, "no retry");
    expect(taken[1]?.headers["x-slack-retry-reason"]).toBe("http_timeout");
    expect(slack.late).toEqual([]);
    for (const answer of release) answer();
    await wait(() => slack.late.length === 1, "not late");
    expect(slack.lost).toEqual([]);
  });

  test("a command's answer in the response is shown", async () => {
    await begin();
    reply = () => ({ status: 200, body: "Your cart is empty." });
    const ada = slack.person("U0ADA");
    await ada.says("/cart");
    expect((await ada.sees(/empty/)).text).toBe("Your cart is empty.");
  });
});
