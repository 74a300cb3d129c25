import { type WebAPICallResult, WebAPIHTTPError, WebAPIPlatformError, WebClient } from "@slack/web-api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type SlackDouble, slackDouble } from "./slack.ts";
import { quiet } from "./slack-quiet.ts";
import { isObject, type Json } from "./slack-rules.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
let slack: SlackDouble;
let client: WebClient;
let now = Date.parse("2026-03-01T12:00:00Z");

const clientOf = (token: string | undefined, more: { rejectRateLimitedCalls?: boolean } = {}) =>
  new WebClient(token, { slackApiUrl: slack.url, retryConfig: { retries: 0 }, logger: quiet, ...more });

beforeEach(async () => {
  now = Date.parse("2026-03-01T12:00:00Z");
  slack = await slackDouble({ now: () => now });
  slack.person("U0ADA", { name: "Ada", locale: "de-DE" });
  client = clientOf(slack.botToken);
});
afterEach(() => slack.close());

type Answered = WebAPICallResult & Partial<Record<"channel" | "ts" | "access_token" | "view", unknown>>;

/** The error a call is refused with, or "taken". */
const refusal = async (call: Promise<WebAPICallResult>): Promise<unknown> =>
  await call.then(
    () => "taken",
    (error: unknown) => {
      if (error instanceof WebAPIPlatformError) return error.data.error;
      if (error instanceof WebAPIHTTPError) return error.statusCode;
      return error instanceof Error && "code" in error ? error.code : error;
    },
  );
const say = (channel: string, text = "Hello", more: Json = {}): Promise<Answered> =>
  client.apiCall("chat.postMessage", { channel, text, ...more });

describe("tokens", () => {
  test("auth.test tells whose token it is", async () => {
    expect(await client.auth.test()).toMatchObject({ ok: true, team_id: slack.teamId });
  });

  test("calls without a token, with a wrong one and with the app's are refused by name", async () => {
    expect(await refusal(clientOf(undefined).auth.test())).toBe("not_authed");
    expect(await refusal(clientOf("xoxb-wrong").auth.test())).toBe("invalid_auth");
    expect(await refusal(clientOf(slack.appToken).auth.test())).toBe("not_allowed_token_type");
    expect(await refusal(client.apps.connections.open())).toBe("not_allowed_token_type");
    expect(await refusal(client.apiCall("chat.shout", {}))).toBe("unknown_method");
  });

  test("a token that was taken back by the workspace or by the app itself works no more", async () => {
    const other = slack.addTeam();
    slack.revoke(other.id);
    expect(await refusal(clientOf(other.botToken).auth.test())).toBe("token_revoked");
    expect(await client.auth.revoke({ test: true })).toMatchObject({ revoked: false });
    expect(await client.auth.revoke()).toMatchObject({ revoked: true });
    expect(await refusal(client.auth.test())).toBe("token_revoked");
  });

  test("a token of one workspace does not reach another's people and channels", async () => {
    const other = slack.addTeam();
    slack.person("U0BOB", { team: other.id });
    expect(await refusal(say("U0BOB"))).toBe("channel_not_found");
    expect(await refusal(clientOf(other.botToken).chat.postMessage({ channel: "U0BOB", text: "Hi" }))).toBe(
      "taken",
    );
    expect(slack.messages("U0BOB", other.id)).toHaveLength(1);
  });
});

describe("messages", () => {
  test("a message to a person's id goes to their direct message", async () => {
    const { channel } = await client.conversations.open({ users: "U0ADA" });
    const sent = await say("U0ADA");
    expect(sent.channel).toBe(channel?.id);
    expect(slack.messages("U0ADA")[0]).toMatchObject({ text: "Hello", from: "bot" });
    expect(await client.conversations.info({ channel: channel?.id ?? "" })).toMatchObject({
      channel: { is_im: true, user: "U0ADA" },
    });
  });

  test("a message needs text or blocks, and a channel that takes it", async () => {
    slack.channel("C0OLD", { archived: true });
    slack.channel("C0OTHER", { member: false });
    expect(await refusal(say("U0ADA", ""))).toBe("no_text");
    expect(await refusal(say("C0NONE"))).toBe("channel_not_found");
    expect(await refusal(say("C0OLD"))).toBe("is_archived");
    expect(await refusal(say("C0OTHER"))).toBe("not_in_channel");
    expect(await refusal(say("U0ADA", "Hello", { thread_ts: "1.1" }))).toBe("thread_not_found");
  });

  test("somebody who has left is not written to any more", async () => {
    slack.leaves("U0ADA");
    expect(await refusal(say("U0ADA"))).toBe("user_disabled");
    expect(await refusal(client.conversations.open({ users: "U0ADA" }))).toBe("user_disabled");
    expect(await client.users.info({ user: "U0ADA" })).toMatchObject({ user: { deleted: true } });
    slack.leaves("U0ADA", "account_inactive");
    expect(await refusal(say("U0ADA"))).toBe("account_inactive");
  });

  test("an edit keeps the blocks unless it brings others", async () => {
    const blocks = [{ type: "section", text: { type: "plain_text", text: "Mugs" } }];
    const { channel, ts } = await say("U0ADA", "One", { blocks });
    await client.apiCall("chat.update", { channel, ts, text: "Two" });
    expect(slack.messages("U0ADA")[0]).toMatchObject({ text: "Two", edited: true, blocks });
    await client.apiCall("chat.update", { channel, ts, text: "Three", blocks: [] });
    expect(slack.messages("U0ADA")[0]).toMatchObject({ text: "Three", blocks: [] });
  });

  test("only the app's own messages are changed or deleted, and only those that are there", async () => {
    const person = slack.person("U0ADA");
    await person.says("Hello");
    const theirs = slack.messages("U0ADA")[0]?.ts ?? "";
    const channel = person.channel;
    expect(await refusal(client.chat.update({ channel, ts: theirs, text: "x" }))).toBe("cant_update_message");
    expect(await refusal(client.chat.delete({ channel, ts: theirs }))).toBe("cant_delete_message");
    expect(await refusal(client.chat.update({ channel, ts: "1.1", text: "x" }))).toBe("message_not_found");
    const { ts } = await client.chat.postMessage({ channel, text: "Mine" });
    expect(await refusal(client.chat.delete({ channel, ts: ts ?? "" }))).toBe("taken");
    expect(await refusal(client.chat.delete({ channel, ts: ts ?? "" }))).toBe("message_not_found");
  });

  test("a message for one person is seen by that person only, and cannot be edited by the Web API", async () => {
    const ada = slack.person("U0ADA", { channel: "C0TEAM" });
    const bob = slack.person("U0BOB", { channel: "C0TEAM" });
    const { message_ts } = await client.chat.postEphemeral({
      channel: "C0TEAM",
      user: "U0ADA",
      text: "Psst",
    });
    expect(ada.transcript()).toBe("app> (only visible to you) Psst");
    expect(bob.transcript()).toBe("");
    const edit = client.chat.update({ channel: "C0TEAM", ts: message_ts ?? "", text: "x" });
    expect(await refusal(edit)).toBe("message_not_found");
    const stranger = client.chat.postEphemeral({ channel: "C0TEAM", user: "U0EVE", text: "Psst" });
    expect(await refusal(stranger)).toBe("user_not_in_channel");
  });

  test("locale is told to those who ask for it", async () => {
    expect((await client.users.info({ user: "U0ADA" })).user).not.toHaveProperty("locale");
    expect(await client.users.info({ user: "U0ADA", include_locale: true })).toMatchObject({
      user: { locale: "de-DE" },
    });
    expect(await refusal(client.users.info({ user: "U0NONE" }))).toBe("user_not_found");
  });
});

describe("markup", () => {
  test.each([
    ["<!channel>", "channel"],
    ["<!here|here>", "here"],
    ["<!everyone>", "everyone"],
    ["<@U0ADA>", "user"],
    ["<#C0TEAM>", "channel-link"],
    ["<https://evil.example|Prize>", "link"],
  ])("%s in a text is noted, and is not when it came escaped", async (text, kind) => {
    await say("U0ADA", text.replace("<", "&lt;").replace(">", "&gt;"));
    expect(slack.mentions).toEqual([]);
    await say("U0ADA", "fallback", { blocks: [{ type: "section", text: { type: "mrkdwn", text } }] });
    expect(slack.mentions).toMatchObject([{ kind, text }]);
    await say("U0ADA", "fallback", { blocks: [{ type: "section", text: { type: "plain_text", text } }] });
    expect(slack.mentions).toHaveLength(1);
  });

  test("people see entities as characters, styles without marks, and rich text as it is", async () => {
    await say("U0ADA", "*Mug* &amp; _Tea_ &lt;!channel&gt; 2*3*4");
    const words = [
      { type: "text", text: "*plain* <!here> ", style: { bold: true } },
      { type: "link", url: "https://example.com/", text: "Shop" },
      { type: "emoji", name: "tea", unicode: "1f375" },
    ];
    const elements = [{ type: "rich_text_section", elements: words }];
    await say("U0ADA", "fallback", { blocks: [{ type: "rich_text", elements }] });
    expect(slack.person("U0ADA").transcript()).toBe(
      "app> Mug & Tea <!channel> 2*3*4\napp> *plain* <!here> Shop🍵",
    );
    expect(slack.mentions).toMatchObject([{ kind: "link", text: "https://example.com/" }]);
  });
});

describe("files", () => {
  test("an upload is asked for, done and completed, and then a block may show it", async () => {
    const uploaded = await client.filesUploadV2({ file: PNG, filename: "mug.png" });
    expect(uploaded.ok).toBe(true);
    const [file] = [...slack.team().files.values()];
    const blocks = [{ type: "image", slack_file: { id: file?.id }, alt_text: "A mug" }];
    expect(await refusal(say("U0ADA", "A mug", { blocks }))).toBe("taken");
    expect(slack.person("U0ADA").transcript()).toContain("(picture)");
  });

  test("an upload that is not complete cannot be shown, and one that never arrived cannot be completed", async () => {
    const { file_id = "", upload_url = "" } = await client.files.getUploadURLExternal({
      filename: "mug.png",
      length: PNG.length,
    });
    const finish = () => refusal(client.files.completeUploadExternal({ files: [{ id: file_id }] }));
    const blocks = [{ type: "image", slack_file: { id: file_id }, alt_text: "A mug" }];
    expect(await finish()).toBe("file_not_found");
    expect((await fetch(upload_url, { method: "POST", body: "short" })).status).toBe(400);
    expect((await fetch(upload_url, { method: "POST", body: new Uint8Array(PNG) })).status).toBe(200);
    expect(await refusal(say("U0ADA", "A mug", { blocks }))).toBe("invalid_blocks");
    expect(await finish()).toBe("taken");
    expect(await refusal(say("U0ADA", "A mug", { blocks }))).toBe("taken");
  });

  test("a file's bytes are for the bearer of the token; others get the page to sign in", async () => {
    await slack.person("U0ADA").sendsPhoto(PNG);
    const [sent] = [...slack.team().files.keys()];
    const { file } = await client.files.info({ file: sent ?? "" });
    const get = async (headers: Record<string, string>) => await fetch(file?.url_private ?? "", { headers });
    const mine = await get({ authorization: `Bearer ${slack.botToken}` });
    expect(Buffer.from(await mine.arrayBuffer())).toEqual(PNG);
    const stranger = await get({});
    expect(stranger.status).toBe(200);
    expect(await stranger.text()).toContain("Sign in");
    expect(await refusal(client.files.info({ file: "F0NONE" }))).toBe("file_not_found");
  });
});

describe("installing", () => {
  const redirect = "https://shop.example/slack/install";
  const agree = async (more: Record<string, string> = {}) => {
    const query = {
      client_id: slack.clientId,
      scope: "chat:write",
      redirect_uri: redirect,
      state: "s1",
      ...more,
    };
    const page = await fetch(`${slack.root}/oauth/v2/authorize?${new URLSearchParams(query)}`, {
      redirect: "manual",
    });
    return new URL(page.headers.get("location") ?? "none:");
  };
  const access = (code: string, more: Json = {}): Promise<Answered> => {
    const { clientId: client_id, clientSecret: client_secret } = slack;
    const args = { client_id, client_secret, code, redirect_uri: redirect, ...more };
    return clientOf(undefined).apiCall("oauth.v2.access", args);
  };

  test("the page sends the browser back with the state and a code that is good for one token", async () => {
    const team = slack.addTeam({ name: "new", installed: false });
    const back = await agree();
    expect(back.searchParams.get("state")).toBe("s1");
    const code = back.searchParams.get("code") ?? "";
    const result = await access(code);
    expect(result).toMatchObject({ token_type: "bot", team: { id: team.id }, bot_user_id: team.botUser });
    expect(await refusal(clientOf(String(result.access_token)).auth.test())).toBe("taken");
    expect(await refusal(access(code))).toBe("code_already_used");
  });

  test("wrong credentials, codes and addresses are refused, and somebody may say no", async () => {
    slack.addTeam({ installed: false });
    const code = (await agree()).searchParams.get("code") ?? "";
    expect(await refusal(access(code, { client_id: "9.9" }))).toBe("invalid_client_id");
    expect(await refusal(access(code, { client_secret: "guess" }))).toBe("bad_client_secret");
    expect(await refusal(access("made-up"))).toBe("invalid_code");
    expect(await refusal(access(code, { redirect_uri: "https://eve.example/" }))).toBe("bad_redirect_uri");
    expect((await agree({ cancel: "1" })).searchParams.get("error")).toBe("access_denied");
    expect((await agree({ client_id: "9.9" })).protocol).toBe("none:");
  });
});

describe("views", () => {
  const view = (more: Json = {}) => ({
    type: "modal",
    title: { type: "plain_text", text: "Address" },
    blocks: [{ type: "divider" }],
    ...more,
  });
  const trigger = () => slack.triggers.issue(slack.team(), "U0ADA");
  const open = (trigger_id: string, method = "views.open"): Promise<Answered> =>
    client.apiCall(method, { trigger_id, view: view() });

  test("a trigger opens one modal within three seconds", async () => {
    const used = trigger();
    now += 3000;
    expect(await refusal(open(used))).toBe("taken");
    expect(await refusal(open(used))).toBe("exchanged_trigger_id");
    const old = trigger();
    now += 3001;
    expect(await refusal(open(old))).toBe("expired_trigger_id");
    expect(await refusal(open("1.2.made-up"))).toBe("invalid_trigger_id");
  });

  test("three modals lie on each other and no more", async () => {
    expect(await refusal(open(trigger(), "views.push"))).toBe("not_found");
    for (const method of ["views.open", "views.push", "views.push"])
      expect(await refusal(open(trigger(), method))).toBe("taken");
    expect(slack.views).toHaveLength(3);
    expect(await refusal(open(trigger(), "views.push"))).toBe("push_limit_reached");
  });

  test("an update with an old hash is a conflict, one of a closed modal finds none", async () => {
    const opened = await open(trigger());
    const about: Json = isObject(opened.view) ? opened.view : {};
    const update = (hash?: unknown) =>
      refusal(client.apiCall("views.update", { view_id: about.id, hash, view: view() }));
    expect(await update(about.hash)).toBe("taken");
    expect(await update(about.hash)).toBe("hash_conflict");
    expect(await update()).toBe("taken");
    slack.person("U0ADA").closesModal();
    expect(await update()).toBe("not_found");
  });

  test("a home tab is published for a person, and takes no modal", async () => {
    const publish = (content: Json, user_id = "U0ADA") =>
      refusal(client.apiCall("views.publish", { user_id, view: content }));
    expect(await publish({ type: "home", blocks: [{ type: "divider" }] })).toBe("taken");
    expect(slack.homes).toMatchObject([{ user: "U0ADA" }]);
    expect(await publish(view())).toBe("invalid_arguments");
    expect(await publish({ type: "home", blocks: [] }, "U0NONE")).toBe("user_not_found");
  });
});

describe("answers to an interaction", () => {
  const issue = async () => {
    const person = slack.person("U0ADA");
    await client.chat.postMessage({ channel: "U0ADA", text: "Mugs" });
    const channel = slack.channel(person.channel);
    const id = slack.responses.issue(slack.team(), channel, "U0ADA", channel.messages.at(-1));
    return async (args: Json) => {
      const response = await fetch(`${slack.root}/response/${id}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(args),
      });
      return `${response.status} ${JSON.stringify(await response.json())}`;
    };
  };

  test("replace, delete or add, for one person or for all", async () => {
    const answer = await issue();
    await answer({ text: "Cups", replace_original: true });
    await answer({ text: "For you" });
    await answer({ text: "For all", response_type: "in_channel" });
    expect(slack.person("U0ADA").transcript()).toBe(
      "app> Cups\napp> (only visible to you) For you\napp> For all",
    );
    await answer({ delete_original: true });
    expect(slack.person("U0ADA").transcript()).not.toContain("Cups");
    expect(await answer({ blocks: [{ type: "no" }] })).toMatch(/invalid_blocks/);
  });

  test("are taken five times", async () => {
    const answer = await issue();
    for (let i = 0; i < 5; i++) expect(await answer({ text: "Hi" })).toBe('200 {"ok":true}');
    expect(await answer({ text: "Hi" })).toBe('404 {"ok":false,"error":"used_url"}');
  });

  test("are taken for half an hour", async () => {
    const answer = await issue();
    now += 30 * 60 * 1000 + 1;
    expect(await answer({ text: "Hi" })).toBe('404 {"ok":false,"error":"expired_url"}');
  });
});

describe("link previews", () => {
  test("stand below the message that has the link, and nowhere else", async () => {
    const url = "https://shop.example/p/mug";
    const ada = slack.person("U0ADA", { channel: "C0TEAM", hasty: true });
    await ada.postsLink(url);
    const ts = slack.messages("C0TEAM")[0]?.ts ?? "";
    const blocks = [{ type: "section", text: { type: "mrkdwn", text: "*Mug*" } }];
    const unfurl = (address: string, at = ts) =>
      refusal(
        client.apiCall("chat.unfurl", { channel: "C0TEAM", ts: at, unfurls: { [address]: { blocks } } }),
      );
    expect(await unfurl(url)).toBe("taken");
    expect(ada.transcript()).toBe(`me> ${url}\n| Mug`);
    expect(slack.unfurls).toMatchObject([{ url, channel: "C0TEAM" }]);
    expect(await unfurl("https://other.example/")).toBe("cannot_unfurl_url");
    expect(await unfurl(url, "1.1")).toBe("cannot_unfurl_message");
  });
});

describe("when things go wrong", () => {
  const impatient = () => clientOf(slack.botToken, { rejectRateLimitedCalls: true });
  const post = () => refusal(impatient().chat.postMessage({ channel: "U0ADA", text: "Hello" }));

  test("too many messages in a channel are told to wait", async () => {
    await slack.close();
    slack = await slackDouble({ now: () => now, perChannel: 1, burst: 2 });
    slack.person("U0ADA");
    slack.person("U0BOB");
    expect(await post()).toBe("taken");
    expect(await post()).toBe("taken");
    expect(await post()).toBe("slack_webapi_rate_limited_error");
    expect(slack.calls.at(-1)).toMatchObject({ status: 429, error: "ratelimited" });
    expect(await refusal(impatient().chat.postMessage({ channel: "U0BOB", text: "Hi" }))).toBe("taken");
    now += 2000;
    expect(await post()).toBe("taken");
  });

  test("a failure before does nothing, a failure after has done it", async () => {
    slack.misbehave({ next: 1, kind: "500-before" });
    expect(await post()).toBe(500);
    expect(slack.messages("U0ADA")).toHaveLength(0);
    slack.misbehave({ next: 1, kind: "500-after", method: "chat.postMessage" });
    expect(await post()).toBe(500);
    expect(slack.messages("U0ADA")).toHaveLength(1);
    slack.misbehave({ next: 1, kind: "reset" });
    expect(await post()).toBe("slack_webapi_request_error");
    expect(slack.messages("U0ADA")).toHaveLength(2);
    slack.misbehave({ next: 1, kind: "429" });
    expect(await post()).toBe("slack_webapi_rate_limited_error");
    expect(await post()).toBe("taken");
  });

  test("a call that is left hanging is noted and has been done", async () => {
    slack.misbehave({ next: 1, kind: "timeout" });
    const hanging = new WebClient(slack.botToken, {
      slackApiUrl: slack.url,
      retryConfig: { retries: 0 },
      logger: quiet,
      timeout: 50,
    });
    expect(await refusal(hanging.chat.postMessage({ channel: "U0ADA", text: "Hello" }))).toBe(
      "slack_webapi_request_error",
    );
    expect(slack.callsOf("chat.postMessage")).toMatchObject([{ status: 0 }]);
    expect(slack.messages("U0ADA")).toHaveLength(1);
  });

  test("the same calls fail for the same seed, and never those an app starts with", async () => {
    const run = async () => {
      const outcomes: unknown[] = [];
      slack.failRate(0.5, 7);
      for (let i = 0; i < 20; i++) outcomes.push(await post());
      return outcomes;
    };
    const first = await run();
    expect(first).toContain("taken");
    expect(first).toContain(500);
    expect(await run()).toEqual(first);
    slack.failRate(1, 7);
    expect(await refusal(client.auth.test())).toBe("taken");
  });

  test("secrets do not stand in the log of calls", async () => {
    await client.chat.postMessage({ channel: "U0ADA", text: "Hello", token: slack.botToken });
    expect(JSON.stringify(slack.calls)).not.toContain(slack.botToken);
  });
});
