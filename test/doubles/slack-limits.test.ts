import { WebClient } from "@slack/web-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SlackDouble, slackDouble } from "./slack.ts";
import { quiet } from "./slack-quiet.ts";
import { isObject, type Json } from "./slack-rules.ts";

let slack: SlackDouble;
let client: WebClient;

beforeAll(async () => {
  slack = await slackDouble();
  slack.person("U0ADA", { name: "Ada" });
  client = new WebClient(slack.botToken, {
    slackApiUrl: slack.url,
    retryConfig: { retries: 0 },
    logger: quiet,
  });
});
afterAll(() => slack.close());

/** The error a call is refused with, and the places Slack names. */
async function refusal(method: string, args: Json): Promise<string> {
  try {
    await client.apiCall(method, args);
  } catch (error) {
    const said = isObject(error) || error instanceof Error ? (error as { data?: Json }).data : undefined;
    const places = isObject(said?.response_metadata) ? said.response_metadata.messages : undefined;
    return [said?.error, ...(Array.isArray(places) ? places : [])].join(" ");
  }
  return "taken";
}

const plain = (length: number) => ({ type: "plain_text", text: "x".repeat(length) });
const mrkdwn = (length: number) => ({ type: "mrkdwn", text: "x".repeat(length) });
const options = (count: number, length = 75, value = 150) =>
  Array.from({ length: count }, (_, at) => ({ text: plain(length), value: String(at).padStart(value, "0") }));
const button = (more: Json = {}): Json => ({ type: "button", text: plain(75), value: "v", ...more });
const section = (more: Json): Json => ({ type: "section", ...more });
const actions = (...elements: Json[]): Json => ({ type: "actions", elements });
const select = (more: Json): Json => actions({ type: "static_select", ...more });
const input = (element: Json, more: Json = {}): Json => ({
  type: "input",
  label: plain(20),
  element,
  ...more,
});
const image = (more: Json): Json => ({ type: "image", alt_text: "A mug", ...more });
const rich = (...elements: Json[]): Json => ({
  type: "rich_text",
  elements: [{ type: "rich_text_section", elements }],
});
const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const https = (length: number) => `https://example.com/${"x".repeat(length - 20)}`;

const modal = (blocks: Json[], more: Json = {}): Json => ({
  type: "modal",
  title: plain(24),
  submit: plain(24),
  blocks,
  ...more,
});

/** [rule, blocks at the limit, blocks beyond it, what Slack says] */
const blockRules: [string, Json[], Json[], RegExp][] = [
  [
    "50 blocks",
    many(50, () => ({ type: "divider" })),
    many(51, () => ({ type: "divider" })),
    /no more than 50 items allowed \[json-pointer:\/blocks\]/,
  ],
  [
    "section text of 3000",
    [section({ text: mrkdwn(3000) })],
    [section({ text: mrkdwn(3001) })],
    /must be less than 3001 characters \[json-pointer:\/blocks\/0\/text\/text\]/,
  ],
  [
    "a section's text that is not empty",
    [section({ text: plain(1) })],
    [section({ text: plain(0) })],
    /must be more than 0 characters \[json-pointer:\/blocks\/0\/text\/text\]/,
  ],
  [
    "a section with text or fields",
    [section({ fields: [plain(1)] })],
    [section({})],
    /missing required field: text/,
  ],
  [
    "10 fields",
    [section({ fields: many(10, () => plain(9)) })],
    [section({ fields: many(11, () => plain(9)) })],
    /no more than 10 items.*\/fields\]/,
  ],
  [
    "a field of 2000",
    [section({ fields: [plain(2000)] })],
    [section({ fields: [plain(2001)] })],
    /2001 characters.*fields\/0\/text\]/,
  ],
  [
    "a header of 150",
    [{ type: "header", text: plain(150) }],
    [{ type: "header", text: plain(151) }],
    /151 characters/,
  ],
  [
    "a header in plain text",
    [{ type: "header", text: plain(9) }],
    [{ type: "header", text: mrkdwn(9) }],
    /\/blocks\/0\/text\/type\]/,
  ],
  [
    "a button's text of 75",
    [actions(button())],
    [actions(button({ text: plain(76) }))],
    /76 characters.*elements\/0\/text\/text\]/,
  ],
  [
    "a button's value of 2000",
    [actions(button({ value: "x".repeat(2000) }))],
    [actions(button({ value: "x".repeat(2001) }))],
    /2001 characters.*value\]/,
  ],
  [
    "a button's address of 3000",
    [actions(button({ url: https(3000) }))],
    [actions(button({ url: https(3001) }))],
    /3001 characters.*url\]/,
  ],
  [
    "a button's address that is one",
    [actions(button({ url: https(30) }))],
    [actions(button({ url: "mugs" }))],
    /invalid url/,
  ],
  ["known styles", [actions(button({ style: "danger" }))], [actions(button({ style: "link" }))], /style\]/],
  [
    "an action_id of 255",
    [actions(button({ action_id: "a".repeat(255) }))],
    [actions(button({ action_id: "a".repeat(256) }))],
    /256 characters.*action_id\]/,
  ],
  [
    "unique action_ids",
    [actions(button({ action_id: "a" }), button({ action_id: "b" }))],
    [actions(button({ action_id: "a" }), button({ action_id: "a" }))],
    /action_id already exists: a/,
  ],
  [
    "a block_id of 255",
    [{ type: "divider", block_id: "b".repeat(255) }],
    [{ type: "divider", block_id: "b".repeat(256) }],
    /256 characters.*block_id\]/,
  ],
  [
    "unique block_ids",
    [
      { type: "divider", block_id: "a" },
      { type: "divider", block_id: "b" },
    ],
    [
      { type: "divider", block_id: "a" },
      { type: "divider", block_id: "a" },
    ],
    /block_id already exists: a \[json-pointer:\/blocks\/1\/block_id\]/,
  ],
  [
    "25 elements of actions",
    [actions(...many(25, () => button()))],
    [actions(...many(26, () => button()))],
    /no more than 25 items/,
  ],
  [
    "100 options",
    [select({ options: options(100, 9, 3) })],
    [select({ options: options(101, 9, 3) })],
    /no more than 100 items.*options\]/,
  ],
  [
    "an option's text of 75",
    [select({ options: options(1, 75) })],
    [select({ options: options(1, 76) })],
    /76 characters/,
  ],
  [
    "an option's value of 150",
    [select({ options: options(1, 9, 150) })],
    [select({ options: options(1, 9, 151) })],
    /151 characters/,
  ],
  [
    "options or groups, not both",
    [select({ option_groups: [{ label: plain(75), options: options(2, 9) }] })],
    [select({ option_groups: [{ label: plain(75), options: options(2, 9) }], options: options(1, 9) })],
    /either options or option_groups/,
  ],
  [
    "100 groups",
    [select({ option_groups: many(100, () => ({ label: plain(9), options: options(1, 9, 3) })) })],
    [select({ option_groups: many(101, () => ({ label: plain(9), options: options(1, 9, 3) })) })],
    /no more than 100 items.*option_groups\]/,
  ],
  [
    "an initial option among the options",
    [select({ options: options(2, 9), initial_option: options(2, 9)[1] })],
    [select({ options: options(2, 9), initial_option: options(3, 9)[2] })],
    /initial_option must exactly match/,
  ],
  [
    "a placeholder of 150",
    [select({ options: options(1), placeholder: plain(150) })],
    [select({ options: options(1), placeholder: plain(151) })],
    /151 characters/,
  ],
  [
    "5 options of an overflow",
    [actions({ type: "overflow", options: options(5) })],
    [actions({ type: "overflow", options: options(6) })],
    /no more than 5 items/,
  ],
  [
    "2 options of an overflow",
    [actions({ type: "overflow", options: options(2) })],
    [actions({ type: "overflow", options: options(1) })],
    /must be more than 1 items/,
  ],
  [
    "10 elements of context",
    [{ type: "context", elements: many(10, () => plain(9)) }],
    [{ type: "context", elements: many(11, () => plain(9)) }],
    /no more than 10 items/,
  ],
  [
    "pictures over https",
    [image({ image_url: https(3000) })],
    [image({ image_url: "http://127.0.0.1/mug.png" })],
    /downloading image failed/,
  ],
  [
    "a picture's address of 3000",
    [image({ image_url: https(3000) })],
    [image({ image_url: https(3001) })],
    /3001 characters/,
  ],
  [
    "a picture's words",
    [image({ image_url: https(50), alt_text: "x".repeat(2000) })],
    [image({ image_url: https(50), alt_text: "" })],
    /alt_text\]/,
  ],
  [
    "a picture's words of 2000",
    [image({ image_url: https(50) })],
    [image({ image_url: https(50), alt_text: "x".repeat(2001) })],
    /2001 characters/,
  ],
  [
    "files that the workspace has",
    [image({ image_url: https(50) })],
    [image({ slack_file: { id: "F0NONE" } })],
    /invalid slack file/,
  ],
  ["known blocks", [{ type: "divider" }], [{ type: "carousel" }], /\/blocks\/0/],
  [
    "known properties",
    [{ type: "divider" }],
    [{ type: "divider", colour: "red" }],
    /invalid additional property: colour/,
  ],
  [
    "rich text that has text",
    [rich({ type: "text", text: "x", style: { bold: true } })],
    [rich({ type: "text", text: "" })],
    /more than 0 characters/,
  ],
  [
    "files asked for in modals only",
    [input({ type: "plain_text_input" })],
    [input({ type: "file_input" })],
    /file_input is only supported in modals/,
  ],
];

describe("the blocks of a message", () => {
  test.each(blockRules)("Slack takes %s and no more", async (_, within, beyond, says) => {
    expect(await refusal("chat.postMessage", { channel: "U0ADA", text: "Mugs", blocks: within })).toBe(
      "taken",
    );
    const said = await refusal("chat.postMessage", { channel: "U0ADA", text: "Mugs", blocks: beyond });
    expect(said).toMatch(/^invalid_blocks /);
    expect(said).toMatch(says);
  });

  test("all texts together hold 13,000 characters", async () => {
    const blocks = (last: number) => [
      ...many(4, () => section({ text: plain(3000) })),
      section({ text: plain(last) }),
    ];
    const post = (last: number) =>
      refusal("chat.postMessage", { channel: "U0ADA", text: "Mugs", blocks: blocks(last) });
    expect(await post(1000)).toBe("taken");
    expect(await post(1001)).toBe("msg_blocks_too_long");
    const text = (length: number) =>
      refusal("chat.postMessage", { channel: "U0ADA", text: "x".repeat(length) });
    expect(await text(13_000)).toBe("taken");
    expect(await text(13_001)).toBe("msg_too_long");
  });

  test("blocks that are no JSON have no format", async () => {
    expect(await refusal("chat.postMessage", { channel: "U0ADA", blocks: "[{" })).toBe(
      "invalid_blocks_format",
    );
  });
});

/** [rule, view at the limit, view beyond it, what Slack says] */
const viewRules: [string, Json, Json, RegExp][] = [
  [
    "100 blocks",
    modal(many(100, () => ({ type: "divider" }))),
    modal(many(101, () => ({ type: "divider" }))),
    /no more than 100 items allowed \[json-pointer:\/view\/blocks\]/,
  ],
  [
    "a title of 24",
    modal([input({ type: "plain_text_input" })]),
    modal([input({ type: "plain_text_input" })], { title: plain(25) }),
    /25 characters \[json-pointer:\/view\/title\/text\]/,
  ],
  [
    "a title in plain text",
    modal([input({ type: "plain_text_input" })]),
    modal([input({ type: "plain_text_input" })], { title: mrkdwn(9) }),
    /\/view\/title\/type\]/,
  ],
  [
    "a submit of 24",
    modal([{ type: "divider" }]),
    modal([{ type: "divider" }], { submit: plain(25) }),
    /\/view\/submit\/text\]/,
  ],
  [
    "a close of 24",
    modal([{ type: "divider" }], { close: plain(24) }),
    modal([{ type: "divider" }], { close: plain(25) }),
    /\/view\/close\/text\]/,
  ],
  [
    "private_metadata of 3000",
    modal([{ type: "divider" }], { private_metadata: "x".repeat(3000) }),
    modal([{ type: "divider" }], { private_metadata: "x".repeat(3001) }),
    /private_metadata\]/,
  ],
  [
    "a callback_id of 255",
    modal([{ type: "divider" }], { callback_id: "x".repeat(255) }),
    modal([{ type: "divider" }], { callback_id: "x".repeat(256) }),
    /callback_id\]/,
  ],
  [
    "inputs with a submit",
    modal([{ type: "divider" }], { submit: undefined }),
    modal([input({ type: "plain_text_input" })], { submit: undefined }),
    /missing required field: submit/,
  ],
  [
    "a label of 2000",
    modal([input({ type: "plain_text_input" }, { label: plain(2000) })]),
    modal([input({ type: "plain_text_input" }, { label: plain(2001) })]),
    /label\/text\]/,
  ],
  [
    "a hint of 2000",
    modal([input({ type: "plain_text_input" }, { hint: plain(2000) })]),
    modal([input({ type: "plain_text_input" }, { hint: plain(2001) })]),
    /hint\/text\]/,
  ],
  [
    "a max_length of 3000",
    modal([input({ type: "plain_text_input", max_length: 3000 })]),
    modal([input({ type: "plain_text_input", max_length: 3001 })]),
    /max_length\]/,
  ],
  [
    "an initial_value within max_length",
    modal([input({ type: "plain_text_input", max_length: 3, initial_value: "abc" })]),
    modal([input({ type: "plain_text_input", max_length: 3, initial_value: "abcd" })]),
    /initial_value must not be longer/,
  ],
  [
    "a placeholder of 150",
    modal([input({ type: "plain_text_input", placeholder: plain(150) })]),
    modal([input({ type: "plain_text_input", placeholder: plain(151) })]),
    /placeholder\/text\]/,
  ],
  [
    "10 files",
    modal([input({ type: "file_input", max_files: 10 })]),
    modal([input({ type: "file_input", max_files: 11 })]),
    /max_files\]/,
  ],
  [
    "numbers that say whether they are whole",
    modal([input({ type: "number_input", is_decimal_allowed: false })]),
    modal([input({ type: "number_input" })]),
    /is_decimal_allowed\]/,
  ],
  [
    "an email address",
    modal([input({ type: "email_text_input" })]),
    modal([input({ type: "email_text_input", max_length: 9 })]),
    /invalid additional property: max_length/,
  ],
  ["modals", modal([{ type: "divider" }]), { type: "home", blocks: [] }, /unsupported type: home/],
];

describe("a modal", () => {
  test.each(viewRules)("Slack takes %s and no more", async (_, within, beyond, says) => {
    const { team, user } = { team: slack.team(), user: "U0ADA" };
    const trigger_id = slack.triggers.issue(team, user);
    const said = await refusal("views.open", { trigger_id, view: beyond });
    expect(said).toMatch(/^invalid_arguments /);
    expect(said).toMatch(says);
    expect(await refusal("views.open", { trigger_id, view: within })).toBe("taken");
  });

  test("a view of more than 250 kB is too large", async () => {
    const trigger_id = slack.triggers.issue(slack.team(), "U0ADA");
    const view = modal(many(100, () => section({ text: plain(3000) })));
    expect(await refusal("views.open", { trigger_id, view })).toBe("view_too_large");
  });
});
