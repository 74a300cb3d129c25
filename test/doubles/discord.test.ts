import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ChatInputCommandInteraction,
  Client,
  DiscordAPIError,
  Events,
  GatewayIntentBits,
  type Interaction,
  type Message,
  Partials,
  REST,
  Routes,
} from "discord.js";
import { afterEach, expect, test } from "vitest";
import { type DiscordDouble, type DoubleOptions, discordDouble } from "./discord.ts";
import { json } from "./discord-refusal.ts";

const ADA = "501000000000000001";
const EVE = "501000000000000002";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
const V2 = 32768;
const EPHEMERAL = 64;
const QUIET = { parse: [] };

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(options: DoubleOptions = {}): Promise<DiscordDouble> {
  const double = await discordDouble(options);
  open.push(() => double.close());
  return double;
}

const restOf = (double: DiscordDouble, options = {}): REST =>
  new REST({ api: double.url, retries: 0, ...options }).setToken(double.token);

const INTENTS = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages];

async function login(
  double: DiscordDouble,
  intents: readonly GatewayIntentBits[] = INTENTS,
): Promise<Client> {
  const client = new Client({
    intents: [...intents],
    partials: [Partials.Channel],
    rest: { api: double.url, retries: 0 },
    allowedMentions: QUIET,
  });
  open.push(() => client.destroy());
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(double.token);
  await ready;
  return client;
}

/** The refusal of a call: status, code, and the codes in its tree of errors. */
async function refusal(call: Promise<unknown>): Promise<{ status: number; code: unknown; errors: string }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DiscordAPIError)) throw new Error(`no refusal but ${error}`);
  return { status: error.status, code: error.code, errors: JSON.stringify(error.rawError) };
}

const commands = [
  { name: "start", description: "Open the shop" },
  {
    name: "search",
    description: "Find something",
    name_localizations: { "zh-CN": "搜索" },
    options: [{ type: 3, name: "words", description: "What to look for", autocomplete: true }],
  },
];

const register = (double: DiscordDouble, body: unknown = commands) =>
  restOf(double).put(Routes.applicationCommands(double.applicationId), { body });

/** Answers every interaction by `answer`, and gathers what went wrong. */
function answering(client: Client, answer: (interaction: Interaction) => Promise<unknown>): unknown[] {
  const errors: unknown[] = [];
  client.on(Events.InteractionCreate, (interaction) => {
    answer(interaction).catch((error: unknown) => errors.push(error));
  });
  return errors;
}

const button = (label: string, custom_id: string, more = {}) => ({
  type: 2,
  style: 2,
  label,
  custom_id,
  ...more,
});
const row = (...components: unknown[]) => ({ type: 1, components });
const text = (content: string) => ({ type: 10, content });
const select = (count: number, more = {}) => ({
  type: 3,
  custom_id: "pick",
  options: Array.from({ length: count }, (_, i) => ({ label: `Size ${i}`, value: `${i}` })),
  ...more,
});
const v2 = (...components: unknown[]) => ({ flags: V2, components, allowed_mentions: QUIET });
const classic = (...components: unknown[]) => ({ content: "Hello", components, allowed_mentions: QUIET });

// ---- the API

test("the client logs in, learns its guilds and announces its commands", async () => {
  const double = await start();
  const guild = double.guild({ name: "Harbour" });
  const client = await login(double);
  await client.application?.commands.set(commands);
  expect(client.guilds.cache.get(guild.id)?.name).toBe("Harbour");
  expect(client.user?.id).toBe(double.applicationId);
  expect(double.commands().map(({ name }) => name)).toEqual(["start", "search"]);
});

test("a wrong token is refused by the API with 401 and by the gateway with 4004", async () => {
  const double = await start();
  const rest = new REST({ api: double.url, retries: 0 }).setToken("wrong");
  expect(await refusal(rest.get(Routes.user("@me")))).toMatchObject({ status: 401 });
  const client = await login(double);
  const closed = new Promise<number>((resolve) =>
    client.once(Events.ShardDisconnect, ({ code }) => resolve(code)),
  );
  client.on(Events.Error, () => undefined);
  double.revoke();
  expect(await closed).toBe(4004);
});

test("a client without leave for message content is closed with 4014", async () => {
  const double = await start({ messageContent: false });
  await expect(login(double, [...INTENTS, GatewayIntentBits.MessageContent])).rejects.toThrow(
    /disallowed intents/i,
  );
});

const wrongCommands: [string, unknown, number, string][] = [
  ["a name in capitals", [{ name: "Start", description: "x" }], 50035, "APPLICATION_COMMAND_INVALID_NAME"],
  ["a name with a space", [{ name: "a b", description: "x" }], 50035, "APPLICATION_COMMAND_INVALID_NAME"],
  ["no description", [{ name: "start" }], 50035, "BASE_TYPE_REQUIRED"],
  [
    "101 characters of description",
    [{ name: "a", description: "x".repeat(101) }],
    50035,
    "BASE_TYPE_BAD_LENGTH",
  ],
  ["one name twice", [commands[0], commands[0]], 50035, "APPLICATION_COMMANDS_DUPLICATE_NAME"],
  [
    "26 options",
    [
      {
        name: "a",
        description: "x",
        options: Array.from({ length: 26 }, (_, i) => ({ type: 3, name: `o${i}`, description: "x" })),
      },
    ],
    50035,
    "BASE_TYPE_BAD_LENGTH",
  ],
  [
    "a required option after another",
    [
      {
        name: "a",
        description: "x",
        options: [
          { type: 3, name: "b", description: "x" },
          { type: 3, name: "c", description: "x", required: true },
        ],
      },
    ],
    50035,
    "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
  ],
  [
    "a language that Discord does not have",
    [{ name: "a", description: "x", name_localizations: { zh: "甲" } }],
    50035,
    "ENUM_TYPE_COERCE",
  ],
  ["101 commands", Array.from({ length: 101 }, (_, i) => ({ name: `c${i}`, description: "x" })), 30032, ""],
];
test.each(wrongCommands)("commands with %s are refused", async (_, body, code, errors) => {
  const double = await start();
  const refused = await refusal(register(double, body));
  expect(refused.code).toBe(code);
  expect(refused.errors).toContain(errors);
});

test("a command that is added again keeps its id", async () => {
  const double = await start();
  await register(double);
  const [first] = double.commands();
  const route = Routes.applicationCommands(double.applicationId);
  await restOf(double).post(route, { body: { name: "start", description: "Come in" } });
  const found = double.commands().find(({ name }) => name === "start");
  expect(found).toMatchObject({ id: first?.id, description: "Come in" });
});

const wrongMessages: [string, unknown, number, string][] = [
  ["nothing in it", { content: "  " }, 50006, "empty"],
  ["2001 characters", { content: "x".repeat(2001) }, 50035, "BASE_TYPE_BAD_LENGTH"],
  ["11 embeds", { embeds: Array.from({ length: 11 }, () => ({ title: "x" })) }, 50035, "embeds"],
  [
    "6001 characters in embeds",
    { embeds: [{ description: "x".repeat(4000) }, { description: "x".repeat(2001) }] },
    50035,
    "MAX_EMBED_SIZE_EXCEEDED",
  ],
  ["a nonce of 26 characters", { content: "x", nonce: "n".repeat(26) }, 50035, "nonce"],
  ["an empty custom_id", classic(row(button("A", ""))), 50035, "BASE_TYPE_REQUIRED"],
  ["a custom_id of 101 characters", classic(row(button("A", "x".repeat(101)))), 50035, "custom_id"],
  [
    "one custom_id twice",
    classic(row(button("A", "a")), row(button("B", "a"))),
    50035,
    "COMPONENT_CUSTOM_ID_DUPLICATED",
  ],
  ["a label of 81 characters", classic(row(button("x".repeat(81), "a"))), 50035, "label"],
  ["a button without label", classic(row(button("", "a"))), 50035, "label"],
  ["six buttons in a row", classic(row(...[..."abcdef"].map((id) => button(id, id)))), 50035, "components"],
  ["six rows", classic(...[..."abcdef"].map((id) => row(button(id, id)))), 50035, "components"],
  ["a row without components", classic(row()), 50035, "components"],
  ["a select without options", classic(row(select(0))), 50035, "options"],
  ["a select of 26 options", classic(row(select(26))), 50035, "options"],
  [
    "one option value twice",
    classic(row(select(2, { options: [1, 2].map((n) => ({ label: `${n}`, value: "same" })) }))),
    50035,
    "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
  ],
  [
    "an option label of 101 characters",
    classic(row(select(1, { options: [{ label: "x".repeat(101), value: "a" }] }))),
    50035,
    "label",
  ],
  [
    "a select beside a button",
    classic(row(select(1), button("A", "a"))),
    50035,
    "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
  ],
  ["a text display without the flag", classic(text("Hi")), 50035, "UNION_TYPE_CHOICES"],
  ["content beside components V2", { ...v2(text("Hi")), content: "Hi" }, 50035, "LEGACY_FIELDS"],
  ["embeds beside components V2", { ...v2(text("Hi")), embeds: [{ title: "x" }] }, 50035, "LEGACY_FIELDS"],
  [
    "41 components, counted with the nested ones",
    v2({ type: 17, components: Array.from({ length: 40 }, (_, i) => text(`${i}`)) }),
    50035,
    "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
  ],
  [
    "4001 characters on display",
    v2(text("x".repeat(2000)), text("x".repeat(2001))),
    50035,
    "DISPLAYABLE_TEXT",
  ],
  ["an empty text display", v2(text("")), 50035, "BASE_TYPE_REQUIRED"],
  ["a section without accessory", v2({ type: 9, components: [text("x")] }), 50035, "accessory"],
  [
    "a section of four texts",
    v2({ type: 9, components: [1, 2, 3, 4].map(() => text("x")), accessory: button("A", "a") }),
    50035,
    "BASE_TYPE_BAD_LENGTH",
  ],
  ["an empty gallery", v2({ type: 12, items: [] }), 50035, "BASE_TYPE_BAD_LENGTH"],
  [
    "a gallery of eleven",
    v2({
      type: 12,
      items: Array.from({ length: 11 }, () => ({ media: { url: "https://shop.test/a.png" } })),
    }),
    50035,
    "BASE_TYPE_BAD_LENGTH",
  ],
  [
    "a picture that was not sent along",
    v2({ type: 12, items: [{ media: { url: "attachment://gone.png" } }] }),
    50035,
    "REFERENCED_ATTACHMENT_NOT_FOUND",
  ],
  [
    "a container in a container",
    v2({ type: 17, components: [{ type: 17, components: [text("x")] }] }),
    50035,
    "type",
  ],
  [
    "a link button to a file",
    v2(row({ type: 2, style: 5, label: "Pay", url: "file:///etc/passwd" })),
    50035,
    "URL_TYPE_INVALID_SCHEME",
  ],
  [
    "a link of 513 characters",
    v2(row({ type: 2, style: 5, label: "Pay", url: `https://pay.test/${"x".repeat(496)}` })),
    50035,
    "url",
  ],
  [
    "a link button with a custom_id",
    v2(row({ type: 2, style: 5, label: "Pay", url: "https://pay.test", custom_id: "a" })),
    50035,
    "MUTUALLY_EXCLUSIVE",
  ],
  ["an emoji that is none", classic(row(button("A", "a", { emoji: { name: "x" } }))), 50035, "INVALID_EMOJI"],
];
test.each(wrongMessages)("a message with %s is refused", async (_, body, code, errors) => {
  const double = await start();
  double.person(ADA);
  const refused = await refusal(restOf(double).post(Routes.channelMessages(double.dm(ADA)), { body }));
  expect(refused).toMatchObject({ status: 400, code });
  expect(refused.errors).toContain(errors);
  expect(double.messages(double.dm(ADA))).toEqual([]);
});

test("a message at every limit is taken", async () => {
  const double = await start();
  double.person(ADA);
  const post = (body: unknown) => restOf(double).post(Routes.channelMessages(double.dm(ADA)), { body });
  await post({ content: "x".repeat(2000), nonce: "n".repeat(25) });
  await post(
    classic(...[..."abcd"].map((id) => row(button("x".repeat(80), id.repeat(100)))), row(select(25))),
  );
  await post(v2(text("x".repeat(4000)), ...Array.from({ length: 39 }, () => ({ type: 14 }))));
  expect(double.messages(double.dm(ADA))).toHaveLength(3);
});

test("a picture is sent along, shown by its name, kept by an edit, and fetched from its address", async () => {
  const double = await start();
  const ada = double.person(ADA);
  const rest = restOf(double);
  const files = [{ name: "mug.png", data: PNG }];
  const gallery = { type: 12, items: [{ media: { url: "attachment://mug.png" } }] };
  const sent = json(await rest.post(Routes.channelMessages(ada.channel), { body: v2(gallery), files }));
  const [message] = double.messages(ada.channel);
  const url = message?.attachments[0]?.url ?? "";
  expect(JSON.stringify(message?.components)).toContain(url);
  expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(PNG);
  const edited = { components: [text("A mug"), gallery] };
  await rest.patch(Routes.channelMessage(ada.channel, String(sent.id)), { body: edited });
  expect(double.messages(ada.channel)[0]).toMatchObject({
    edited: true,
    attachments: [{ filename: "mug.png" }],
  });
  const bare = { attachments: [], components: [gallery] };
  const refused = await refusal(
    rest.patch(Routes.channelMessage(ada.channel, String(sent.id)), { body: bare }),
  );
  expect(refused.errors).toContain("REFERENCED_ATTACHMENT_NOT_FOUND");
});

test("what the bot may not reach is refused by its own code", async () => {
  const double = await start();
  const rest = restOf(double);
  const ada = double.person(ADA);
  const code = async (channel: string) =>
    (await refusal(rest.post(Routes.channelMessages(channel), { body: { content: "x" } }))).code;
  double.closeDms(ADA);
  expect(await code(ada.channel)).toBe(50007);
  expect(await code("1")).toBe(10003);
  expect(await code(double.guild({ writable: false }).channels[0] ?? "")).toBe(50013);
  expect(await code(double.guild({ visible: false }).channels[0] ?? "")).toBe(50001);
  const left = double.guild();
  double.kick(left.id);
  expect(await code(left.channels[0] ?? "")).toBe(50001);
  expect((await refusal(rest.patch(Routes.channelMessage(ada.channel, "1"), { body: {} }))).code).toBe(10008);
  const own = double.post(ada.channel, ADA, "Hello");
  const theirs = Routes.channelMessage(ada.channel, own.id);
  expect((await refusal(rest.patch(theirs, { body: { content: "x" } }))).code).toBe(50005);
  expect((await refusal(rest.delete(theirs))).code).toBe(50003);
  expect((await refusal(rest.post(Routes.userChannels(), { body: { recipient_id: "9" } }))).code).toBe(50033);
});

test("a nonce that is enforced answers the same message instead of a second", async () => {
  const double = await start();
  const ada = double.person(ADA);
  const post = (enforce_nonce: boolean) =>
    restOf(double).post(Routes.channelMessages(ada.channel), {
      body: { content: "Paid", nonce: "order-1", enforce_nonce },
    });
  const first = json(await post(true));
  expect(json(await post(true)).id).toBe(first.id);
  expect(double.messages(ada.channel)).toHaveLength(1);
  await post(false);
  expect(double.messages(ada.channel)).toHaveLength(2);
});

test("a mention counts as a ping unless allowed_mentions forbids it", async () => {
  const double = await start();
  const ada = double.person(ADA);
  const post = (body: unknown) => restOf(double).post(Routes.channelMessages(ada.channel), { body });
  await post({ content: "@everyone", allowed_mentions: QUIET });
  await post({ ...v2(text(`<@${EVE}>`)) });
  expect(double.mentioned).toEqual([]);
  await post({ content: "@here" });
  await post({ flags: V2, components: [text(`<@${EVE}>`)], allowed_mentions: { parse: ["users"] } });
  expect(double.mentioned.map(({ mention }) => mention)).toEqual(["@here", `<@${EVE}>`]);
});

test("a channel takes so many messages a second and tells when it takes more", async () => {
  let now = Date.UTC(2026, 10, 23);
  const double = await start({ perChannel: 2, now: () => now });
  const ada = double.person(ADA);
  const post = () =>
    fetch(`${double.url}/v10/channels/${ada.channel}/messages`, {
      method: "POST",
      headers: { authorization: `Bot ${double.token}`, "content-type": "application/json" },
      body: JSON.stringify({ content: "x" }),
    });
  expect((await post()).headers.get("x-ratelimit-limit")).toBe("2");
  now += 400;
  await post();
  const refused = await post();
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("0.6");
  expect(await refused.json()).toMatchObject({ retry_after: 0.6, global: false });
  now += 600;
  expect((await post()).status).toBe(200);
});

// ---- interactions

test("a command is answered once, in time, and followed up while its token lives", async () => {
  let now = Date.UTC(2026, 10, 23);
  const double = await start({ now: () => now });
  await register(double);
  const client = await login(double);
  const taken: ChatInputCommandInteraction[] = [];
  const errors = answering(client, async (interaction) => {
    if (interaction.isChatInputCommand()) taken.push(interaction);
  });
  const ada = double.person(ADA);
  await ada.says("/start");
  await double.until(
    () => errors.length > 0 || double.unanswered().length === 1,
    2000,
    () => "no interaction",
  );
  await expect.poll(() => taken.length).toBe(1);
  const [interaction] = taken;
  if (interaction === undefined) throw new Error("no interaction");
  const rest = restOf(double);
  const webhook = Routes.webhook(double.applicationId, interaction.token);
  const followUp = () => rest.post(webhook, { body: { content: "More" }, auth: false });
  expect((await refusal(followUp())).code).toBe(10015);
  await interaction.reply("Welcome");
  await ada.sees(/Welcome/);
  const again = rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
    body: { type: 4, data: { content: "Twice" } },
    auth: false,
  });
  expect(await refusal(again)).toMatchObject({ status: 400, code: 40060 });
  await followUp();
  now += 15 * 60_000 + 1;
  expect(await refusal(followUp())).toMatchObject({ status: 401, code: 50027 });
  expect(double.late).toBe(0);
});

test("a first answer after three seconds is refused as unknown and counted as late", async () => {
  let now = Date.UTC(2026, 10, 23);
  const double = await start({ now: () => now });
  await register(double);
  const client = await login(double);
  const errors = answering(client, async (interaction) => {
    now += 3001;
    if (interaction.isChatInputCommand()) await interaction.deferReply();
  });
  await double.person(ADA).says("/start");
  await double.until(
    () => double.late === 1,
    2000,
    () => "not late",
  );
  await expect.poll(() => errors.length).toBe(1);
  expect(errors[0]).toMatchObject({ status: 404, code: 10062 });
});

test("an expired token is refused, for a first answer as for a follow-up", async () => {
  const double = await start();
  await register(double);
  const client = await login(double);
  const errors = answering(client, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    if (interaction.commandName === "start") await interaction.deferReply();
    double.expire();
    if (interaction.commandName === "start") await interaction.editReply("Late");
    else await interaction.reply("Late");
  });
  const ada = double.person(ADA, { hasty: true });
  await ada.says("/start");
  await expect.poll(() => errors.length).toBe(1);
  await ada.says("/search");
  await expect.poll(() => errors.length).toBe(2);
  expect(errors).toMatchObject([{ code: 50027 }, { code: 10062 }]);
});

test("an ephemeral answer is seen by one person, and reached by its interaction's token alone", async () => {
  const double = await start();
  const { id: guild } = double.guild();
  await register(double);
  const client = await login(double);
  const errors = answering(client, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply({ flags: EPHEMERAL });
    await interaction.followUp("Your cart");
    const { id } = await interaction.fetchReply();
    const call = restOf(double).patch(Routes.channelMessage(interaction.channelId, id), {
      body: { content: "x" },
    });
    expect((await refusal(call)).code).toBe(10008);
    await interaction.editReply("Your cart is empty");
  });
  const ada = double.person(ADA, { guild });
  const eve = double.person(EVE, { guild });
  await ada.says("/start");
  expect((await ada.sees(/cart is empty/)).seenBy).toBe(ADA);
  expect(ada.transcript()).toContain("(only you see this)");
  expect(eve.transcript()).not.toContain("cart");
  expect(double.messages(ada.channel)).toHaveLength(1);
  expect(errors).toEqual([]);
});

test("a press updates its message; what only fits a press is refused for a command", async () => {
  const double = await start();
  await register(double);
  const client = await login(double);
  const codes: unknown[] = [];
  const errors = answering(client, async (interaction) => {
    if (interaction.isChatInputCommand()) {
      const route = Routes.interactionCallback(interaction.id, interaction.token);
      const update = restOf(double).post(route, { body: { type: 7, data: { content: "x" } }, auth: false });
      codes.push((await refusal(update)).code);
      await interaction.reply({
        flags: V2,
        components: [
          {
            type: 17,
            components: [text("**1** piece"), row(button("＋", "plus"), button("🛒 Cart", "cart"))],
          },
          row(select(3)),
        ],
      });
    } else if (interaction.isButton()) await interaction.update({ components: [text("2 pieces")] });
    else if (interaction.isStringSelectMenu())
      await interaction.update({ components: [text(`chose ${interaction.values}`)] });
  });
  const ada = double.person(ADA);
  await ada.says("/start");
  await ada.sees(/1 piece\n\[＋\] \[🛒 Cart\]/);
  await ada.presses("Cart");
  await ada.sees(/2 pieces/);
  await ada.says("/start");
  await ada.presses("Size 2");
  await ada.sees(/chose 2/);
  expect(codes).toEqual([50035, 50035]);
  expect(errors).toEqual([]);
});

const field = (label: string, component: object) => ({ type: 18, label, component });
const input = (custom_id: string, more = {}) => ({ type: 4, style: 1, custom_id, ...more });

test("a form over two modals is filled in by its labels, with a choice and a file", async () => {
  const double = await start();
  await register(double);
  const client = await login(double);
  const seen: unknown[] = [];
  const errors = answering(client, async (interaction) => {
    const route = Routes.interactionCallback(interaction.id, interaction.token);
    const show = (data: object) => restOf(double).post(route, { body: { type: 9, data }, auth: false });
    if (interaction.isChatInputCommand())
      await show({
        title: "Address",
        custom_id: "page-1",
        components: [
          field("Name (as on the bell)", input("name", { max_length: 50 })),
          { type: 1, components: [input("city", { label: "City", required: false })] },
        ],
      });
    else if (interaction.isButton())
      await show({
        title: "Review",
        custom_id: "page-2",
        components: [
          field("Rating", select(5, { custom_id: "rating" })),
          field("Photo", { type: 19, custom_id: "photo", required: false }),
        ],
      });
    else if (interaction.isModalSubmit() && interaction.customId === "page-1") {
      seen.push(interaction.fields.getTextInputValue("name"), interaction.fields.getTextInputValue("city"));
      expect((await refusal(show({ title: "x", custom_id: "x", components: [] }))).code).toBe(50035);
      await interaction.reply({
        content: "Page 2/2",
        components: [row(button("Continue", "next", { style: 1 }))],
      });
    } else if (interaction.isModalSubmit()) {
      seen.push(interaction.fields.getStringSelectValues("rating"));
      const file = interaction.fields.getUploadedFiles("photo")?.first();
      seen.push(Buffer.from(await (await fetch(file?.url ?? "")).arrayBuffer()).equals(PNG));
      if (interaction.isFromMessage()) await interaction.update({ content: "Thank you", components: [] });
    }
  });
  const ada = double.person(ADA);
  await ada.says("/start");
  await ada.fills({ Name: "Ada", Rating: "Size 3", Photo: PNG });
  await ada.sees(/Thank you/);
  expect(seen).toEqual(["Ada", "", ["3"], true]);
  expect(errors).toEqual([]);
});

const inputs = (count: number) => Array.from({ length: count }, (_, i) => field(`F${i}`, input(`f${i}`)));
const wrongModals: [string, object][] = [
  ["a title of 46 characters", { title: "x".repeat(46), custom_id: "a", components: inputs(1) }],
  ["a custom_id of 101 characters", { title: "x", custom_id: "x".repeat(101), components: inputs(1) }],
  ["no components", { title: "x", custom_id: "a", components: [] }],
  ["six components", { title: "x", custom_id: "a", components: inputs(6) }],
  [
    "a label of 46 characters",
    { title: "x", custom_id: "a", components: [field("x".repeat(46), input("f"))] },
  ],
  [
    "a text of 4001 characters",
    { title: "x", custom_id: "a", components: [field("F", input("f", { max_length: 4001 }))] },
  ],
  [
    "a value over its length",
    { title: "x", custom_id: "a", components: [field("F", input("f", { max_length: 2, value: "abc" }))] },
  ],
  [
    "a placeholder of 101 characters",
    { title: "x", custom_id: "a", components: [field("F", input("f", { placeholder: "x".repeat(101) }))] },
  ],
  [
    "one custom_id twice",
    { title: "x", custom_id: "a", components: [field("A", input("f")), field("B", input("f"))] },
  ],
  ["a button", { title: "x", custom_id: "a", components: [row(button("A", "a"))] }],
];
test.each(wrongModals)("a modal with %s is refused", async (_, data) => {
  const double = await start();
  await register(double);
  const client = await login(double);
  const codes: unknown[] = [];
  answering(client, async (interaction) => {
    const route = Routes.interactionCallback(
      interaction.id,
      interaction.isChatInputCommand() ? interaction.token : "",
    );
    codes.push((await refusal(restOf(double).post(route, { body: { type: 9, data }, auth: false }))).code);
  });
  await double.person(ADA).says("/start");
  await expect.poll(() => codes).toEqual([50035]);
  expect(double.modalOf(ADA)).toBeUndefined();
});

test("what a person types for a command's option is completed", async () => {
  const double = await start();
  await register(double);
  const client = await login(double);
  answering(client, async (interaction) => {
    if (interaction.isAutocomplete())
      await interaction.respond([{ name: `${interaction.options.getFocused()}!`, value: "mug" }]);
    if (interaction.isChatInputCommand())
      await interaction.reply(`Found ${interaction.options.getString("words")}`);
  });
  const ada = double.person(ADA, { locale: "zh-CN" });
  expect(await ada.autocompletes("search", "mu")).toEqual([{ name: "mu!", value: "mug" }]);
  await ada.says("/搜索 blue mug");
  await ada.sees(/Found blue mug/);
});

test("a command that is not registered cannot be sent", async () => {
  const double = await start();
  await register(double);
  await expect(double.person(ADA).says("/start now")).rejects.toThrow(/takes no options/);
});

// ---- interactions by HTTP

/** An endpoint that verifies by `key` and answers by `answer`. */
async function endpoint(key: string, answer: (body: Record<string, unknown>) => unknown): Promise<string> {
  const point = await crypto.subtle.importKey("raw", Buffer.from(key, "hex"), "Ed25519", false, ["verify"]);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const signature = Buffer.from(String(request.headers["x-signature-ed25519"] ?? ""), "hex");
    const signed = Buffer.concat([Buffer.from(String(request.headers["x-signature-timestamp"] ?? "")), body]);
    response.statusCode = (await crypto.subtle.verify("Ed25519", point, signature, signed)) ? 200 : 401;
    response.end(response.statusCode === 200 ? JSON.stringify(answer(JSON.parse(body.toString()))) : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(async () => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("interactions are posted with a signature that only the right key verifies", async () => {
  const double = await start();
  await register(double);
  double.interactionsUrl = await endpoint(double.publicKey, ({ type }) =>
    type === 1 ? { type: 1 } : { type: 4, data: { content: "By HTTP" } },
  );
  expect(await double.ping()).toEqual({ status: 200, body: { type: 1 } });
  expect((await double.ping("forged")).status).toBe(401);
  expect((await double.ping("missing")).status).toBe(401);
  const ada = double.person(ADA);
  await ada.says("/start");
  await ada.sees(/By HTTP/);
  expect(double.deliveries).toMatchObject([{ status: 200 }]);
  expect(double.calls.at(-1)).toMatchObject({ inResponse: true, status: 200 });
});

// ---- the gateway

/** Texts of the messages a client gets, its own left out. */
function heard(client: Client): string[] {
  const texts: string[] = [];
  client.on(Events.MessageCreate, (message: Message) => {
    if (message.author.id !== client.user?.id) texts.push(message.content);
  });
  return texts;
}

test("a message in a guild comes without content unless it mentions the bot or the intent was asked for", async () => {
  const double = await start();
  const { id: guild } = double.guild();
  const client = await login(double);
  const texts = heard(client);
  const ada = double.person(ADA, { guild });
  await ada.chats("Nice weather");
  await ada.says("mug");
  await double.person(EVE).chats("Hello");
  double.otherBotSays(ada.channel, "beep");
  await expect.poll(() => texts).toEqual(["", `<@${double.applicationId}> mug`, "Hello", ""]);
  await client.destroy();
  const reader = heard(await login(double, [...INTENTS, GatewayIntentBits.MessageContent]));
  await ada.chats("Nice weather");
  await expect.poll(() => reader).toEqual(["Nice weather"]);
});

test("direct messages need their intent, and the bot hears its own messages", async () => {
  const double = await start();
  const { id: guild } = double.guild();
  const ada = double.person(ADA);
  const client = await login(double, [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages]);
  const all: string[] = [];
  client.on(Events.MessageCreate, ({ content }) => all.push(content));
  await ada.chats("Hello");
  const channel = double.person(ADA, { guild }).channel;
  await restOf(double).post(Routes.channelMessages(channel), { body: { content: "Own" } });
  await expect.poll(() => all).toEqual(["Own"]);
});

test("a dropped connection is resumed, and what happened meanwhile is told", async () => {
  const double = await start();
  const client = await login(double);
  const texts = heard(client);
  const ada = double.person(ADA, { hasty: true });
  double.misbehave({ next: 1, kind: "drop-socket" });
  await ada.says("one");
  await ada.says("two");
  await expect.poll(() => texts).toEqual(["one", "two"]);
  expect(double.gateway).toMatchObject({ identified: 1, resumed: 1 });
});

test("an invalid session is begun anew", async () => {
  const double = await start();
  const client = await login(double);
  const texts = heard(client);
  double.gateway.invalidate();
  await expect.poll(() => double.gateway.identified).toBe(2);
  await double.person(ADA).says("again");
  await expect.poll(() => texts).toEqual(["again"]);
});

test("a bot that is taken out of a guild is told so", async () => {
  const double = await start();
  const guild = double.guild();
  const client = await login(double);
  const left = new Promise<string>((resolve) => client.once(Events.GuildDelete, ({ id }) => resolve(id)));
  double.kick(guild.id);
  expect(await left).toBe(guild.id);
});

// ---- mishaps

test("an interaction is delivered twice with one id, and messages overtake each other", async () => {
  const double = await start();
  await register(double);
  const client = await login(double);
  const ids: string[] = [];
  const errors = answering(client, async (interaction) => {
    ids.push(interaction.id);
    if (interaction.isChatInputCommand()) await interaction.reply("Hi");
  });
  const texts = heard(client);
  const ada = double.person(ADA, { hasty: true });
  double.misbehave({ next: 1, kind: "duplicate-event" });
  await ada.says("/start");
  await expect.poll(() => errors.length).toBe(1);
  expect(new Set(ids).size).toBe(1);
  expect(errors[0]).toMatchObject({ code: 40060 });
  double.misbehave({ next: 2, kind: "reorder" });
  await ada.says("first");
  await ada.says("second");
  await expect.poll(() => texts).toEqual(["second", "first"]);
});

test("calls fail before or after they take effect, are cut off, or come too often", async () => {
  const double = await start();
  const ada = double.person(ADA);
  const route = Routes.channelMessages(ada.channel);
  const post = (content: string) => restOf(double, { timeout: 200 }).post(route, { body: { content } });
  const standing = () => double.messages(ada.channel).map(({ content }) => content);
  double.misbehave({ next: 1, kind: "500-before", route: /^POST .*messages$/ });
  await restOf(double).get(Routes.user("@me"));
  await expect(post("a")).rejects.toMatchObject({ status: 500 });
  expect(standing()).toEqual([]);
  for (const [kind, content] of [
    ["500-after", "b"],
    ["reset", "c"],
    ["timeout", "d"],
  ] as const) {
    double.misbehave({ next: 1, kind });
    await expect(post(content)).rejects.toThrow();
  }
  expect(standing()).toEqual(["b", "c", "d"]);
  double.misbehave({ next: 1, kind: "429", retryAfter: 0.01 });
  await post("e");
  expect(double.calls.slice(-2).map(({ status }) => status)).toEqual([429, 200]);
});

test("the same calls fail for the same seed", async () => {
  const run = async () => {
    const double = await start();
    const ada = double.person(ADA);
    double.failRate(0.5, 7);
    for (let i = 0; i < 12; i++) {
      const body = JSON.stringify({ content: `${i}` });
      const headers = { authorization: `Bot ${double.token}`, "content-type": "application/json" };
      await fetch(`${double.url}/v10/channels/${ada.channel}/messages`, { method: "POST", headers, body });
    }
    return double.calls.map(({ status }) => status);
  };
  const first = await run();
  expect(await run()).toEqual(first);
  expect(new Set(first)).toEqual(new Set([200, 429, 500]));
});
