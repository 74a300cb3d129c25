import { App, type BlockAction, type ButtonAction, HTTPReceiver, type StaticSelectAction } from "@slack/bolt";
import type { KnownBlock, ModalView } from "@slack/types";
import { afterEach, describe, expect, test } from "vitest";
import { type SlackDouble, slackDouble } from "./slack.ts";
import { quiet } from "./slack-quiet.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const plain = (text: string) => ({ type: "plain_text" as const, text });
const button = (label: string, action_id: string) => ({
  type: "button" as const,
  text: plain(label),
  action_id,
  value: label,
});
const saying = (text: string, ...rest: KnownBlock[]): KnownBlock[] => [
  { type: "section", text: { type: "mrkdwn", text } },
  ...rest,
];
const option = (label: string) => ({ text: plain(label), value: label });

/** Two pages: an address, then a picture. */
const address: ModalView = {
  type: "modal",
  callback_id: "address",
  title: plain("Address"),
  submit: plain("Continue"),
  blocks: [
    {
      type: "input",
      block_id: "name",
      label: plain("Name"),
      element: { type: "plain_text_input", action_id: "v", max_length: 20 },
    },
    {
      type: "input",
      block_id: "email",
      label: plain("Email address"),
      element: { type: "email_text_input", action_id: "v" },
    },
    {
      type: "input",
      block_id: "country",
      label: plain("Country"),
      element: {
        type: "static_select",
        action_id: "v",
        option_groups: [
          { label: plain("A–F"), options: [option("France")] },
          { label: plain("G–Z"), options: [option("Germany")] },
        ],
      },
    },
  ],
};
const picture: ModalView = {
  type: "modal",
  callback_id: "picture",
  title: plain("Picture"),
  submit: plain("Send"),
  blocks: [
    {
      type: "input",
      block_id: "photo",
      label: plain("Photo"),
      optional: true,
      element: { type: "file_input", action_id: "v", filetypes: ["png", "jpg"] },
    },
  ],
};

/** A small shop with one of each thing a person can do. */
function serve(app: App): void {
  app.command("/shop", async ({ ack, respond, command }) => {
    await ack();
    const elements = [button("🛒 Cart", "cart"), button("Address", "address")];
    await respond({
      text: "Shop",
      blocks: saying(`Welcome (${command.text})`, { type: "actions", elements }),
    });
  });
  const answers: string[] = [];
  app.message("late form", async ({ say }) => {
    const elements = [button("Fill in", "address"), button("Cancel", "cart")];
    await say({ text: "Form", blocks: saying("Your address, please", { type: "actions", elements }) });
  });
  app.message("survey", async ({ say }) => {
    const elements = [button("Red", "colour-red"), button("Green", "colour-green")];
    await say({ text: "Colour?", blocks: saying("Colour?", { type: "actions", elements }) });
  });
  app.action<BlockAction<ButtonAction>>(/^colour/, async ({ ack, action, say }) => {
    await ack();
    answers.push(action.value ?? "");
    await say("Size?");
  });
  app.message("large", async ({ say, message }) => {
    answers.push("text" in message ? (message.text ?? "") : "");
    await say("Photo?");
  });
  app.message(async ({ say, message }) => {
    if ("text" in message && /survey|large|late form/.test(message.text ?? "")) return;
    if (answers.length === 2 && message.subtype === "file_share") {
      await say(`Thank you ${answers.splice(0).join(", ")}, photo`);
      return;
    }
    if (message.subtype === "file_share") await say("Nice picture");
    else if (message.subtype === undefined && message.bot_id === undefined)
      await say({
        text: "Found",
        blocks: saying(`Results for ${message.text}`, {
          type: "actions",
          elements: [
            {
              type: "static_select",
              action_id: "pick",
              placeholder: plain("Pick"),
              options: [option("Red"), option("Blue")],
            },
            button("Cart", "cart"),
            { ...button("Pay", "pay"), url: "https://pay.example/1" },
          ],
        }),
      });
  });
  app.event(
    "app_mention",
    async ({ say }) => void (await say("Hello all, see <https://shop.example|our shop>")),
  );
  app.action("cart", async ({ ack, respond }) => {
    await ack();
    await respond({ replace_original: true, text: "Your cart", blocks: saying("Your cart is empty") });
  });
  app.action<BlockAction<StaticSelectAction>>("pick", async ({ ack, action, say }) => {
    await ack();
    await say(`You picked ${action.selected_option.value}`);
  });
  app.action("address", async ({ ack, body, client }) => {
    await ack();
    if ("trigger_id" in body) await client.views.open({ trigger_id: body.trigger_id, view: address });
  });
  app.view("address", async ({ ack, view }) => {
    const name = view.state.values.name?.v?.value;
    if (name === "Eve") await ack({ response_action: "errors", errors: { name: "Not you again." } });
    else await ack({ response_action: "update", view: { ...picture, private_metadata: String(name) } });
  });
  app.view("picture", async ({ ack, view, client, body }) => {
    await ack();
    const files = view.state.values.photo?.v?.files ?? [];
    await client.chat.postMessage({
      channel: body.user.id,
      text: `Thank you ${view.private_metadata}, ${files.length} picture`,
    });
  });
  app.event("app_home_opened", async ({ event, client }) => {
    const blocks = saying("*Orders*", { type: "actions", elements: [button("Orders", "orders")] });
    await client.views.publish({ user_id: event.user, view: { type: "home", blocks } });
  });
  app.action("orders", async ({ ack, body, client }) => {
    await ack();
    await client.chat.postMessage({ channel: body.user.id, text: "No orders yet" });
  });
  app.event("link_shared", async ({ event, client }) => {
    const [link] = event.links;
    const preview = { blocks: saying("A mug", { type: "actions", elements: [button("View", "cart")] }) };
    await client.chat.unfurl({
      channel: event.channel,
      ts: event.message_ts,
      unfurls: { [link?.url ?? ""]: preview },
    });
  });
}

const modes = {
  async "Socket Mode"(slack: SlackDouble): Promise<App> {
    const { botToken: token, appToken } = slack;
    const installerOptions = { clientOptions: { slackApiUrl: slack.url } };
    return new App({
      token,
      appToken,
      socketMode: true,
      installerOptions,
      clientOptions: { slackApiUrl: slack.url },
      logger: quiet,
    });
  },
  async "HTTP mode"(slack: SlackDouble): Promise<App> {
    const receiver = new HTTPReceiver({ signingSecret: slack.signingSecret, logger: quiet });
    const clientOptions = { slackApiUrl: slack.url };
    return new App({ token: slack.botToken, receiver, clientOptions, logger: quiet });
  },
};

let slack: SlackDouble;
let app: App;
afterEach(async () => {
  await app.stop();
  await slack.close();
});

describe.each(Object.entries(modes))("a person in %s", (mode, make) => {
  const begin = async () => {
    slack = await slackDouble();
    app = await make(slack);
    serve(app);
    const server = await app.start(0);
    if (mode !== "HTTP mode") return;
    const at = "address" in server ? server.address() : null;
    if (at === null || typeof at === "string") throw new Error("no port");
    slack.requestUrl = `http://127.0.0.1:${at.port}/slack/events`;
    expect(await slack.verifiesRequestUrl()).toBe(true);
  };

  test("searches, picks, presses and finds the link", async () => {
    await begin();
    const ada = slack.person("U0ADA", { name: "Ada" });
    await ada.says("mugs & <cups>");
    const found = await ada.sees(/Results for mugs & <cups>/);
    expect(found.buttons).toEqual(["Red", "Blue", "Cart", "Pay"]);
    expect(await ada.link(/^Pay/)).toBe("https://pay.example/1");
    await ada.presses("blue");
    await ada.sees(/You picked Blue/);
    await ada.presses("Cart");
    await ada.sees(/Your cart is empty/);
    expect(ada.transcript()).toBe("me> mugs & <cups>\napp> Your cart is empty\napp> You picked Blue");
    expect(slack.lost).toEqual([]);
  });

  test("fills in a modal of two pages, after it was refused once", async () => {
    await begin();
    const eve = slack.person("U0EVE");
    await eve.says("/shop start");
    await eve.sees(/\(only visible to you\) Welcome \(start\)\n\[🛒 Cart\] \[Address\]/);
    await eve.presses("Address");
    await eve.seesModal(/== Address ==/);
    const form = { Name: "Eve", Email: "eve@example.com", Country: "germany" };
    expect(await eve.fillsWrong(form)).toEqual({ Name: "Not you again." });
    await eve.fills({ ...form, Name: "Bob", Photo: PNG });
    await eve.sees(/Thank you Bob, 1 picture/);
    expect(eve.modal).toBeUndefined();
  });

  test("cannot send what Slack's own client would not", async () => {
    await begin();
    const ada = slack.person("U0ADA");
    await ada.says("/start");
    await ada.presses("Address");
    await ada.seesModal(/Country/);
    const form = { Name: "Ada", Email: "ada@example.com", Country: "France" };
    await expect(ada.fills({ ...form, Country: "Mars" })).rejects.toThrow(
      "“Country” has no such option: Mars",
    );
    await expect(ada.fills({ ...form, Name: "x".repeat(21) })).rejects.toThrow("“Name” takes 20 characters");
    await expect(ada.fills({ ...form, Email: "ada" })).rejects.toThrow("takes an email address");
    await expect(ada.fills({ Name: "Ada" })).rejects.toThrow("“Email address” is left empty");
    await expect(ada.fills({ ...form, Name: PNG })).rejects.toThrow("“Name” takes no file");
    await expect(ada.fills({ ...form, Name: "Eve" })).rejects.toThrow("Name: Not you again.");
  });

  test("opens the home tab and presses there", async () => {
    await begin();
    const ada = slack.person("U0ADA");
    expect(await ada.opensHome()).toBe("Orders\n[Orders]");
    await ada.pressesInHome("Orders");
    await ada.sees(/No orders yet/);
  });

  test("calls the app in a channel, and sees what its links hold", async () => {
    await begin();
    const ada = slack.person("U0ADA", { channel: "C0TEAM" });
    await ada.says("hello");
    expect(await ada.link("our shop")).toBe("https://shop.example");
    await ada.postsLink("https://shop.example/p/mug");
    await ada.sees(/shop.example\/p\/mug\n\| A mug\n\| \[View\]/);
    expect(slack.mentions.map(({ kind }) => kind)).toEqual(["link"]);
  });

  test("presses below a link, and only the preview changes", async () => {
    await begin();
    const ada = slack.person("U0ADA", { channel: "C0TEAM" });
    await ada.postsLink("https://shop.example/p/mug");
    await ada.presses("View");
    await ada.sees(/^https:\/\/shop.example\/p\/mug\n\| Your cart is empty$/);
  });

  test("answers question by question, and opens the form the app could not open", async () => {
    await begin();
    const ada = slack.person("U0ADA");
    await ada.says("survey");
    await ada.fills({ Colour: "Green", Size: "large", Photo: PNG });
    await ada.sees(/Thank you Green, large, photo/);
    await ada.says("late form");
    await ada.fills({ Name: "Ada", Email: "ada@example.com", Country: "France", Photo: PNG });
    await ada.sees(/Thank you Ada, 1 picture/);
  });

  test("sends a picture", async () => {
    await begin();
    const ada = slack.person("U0ADA");
    await ada.sendsPhoto(PNG);
    await ada.sees(/Nice picture/);
    expect(ada.transcript()).toContain("me> (file photo.png)");
  });

  test("presses twice, and the app hears of it twice", async () => {
    await begin();
    const ada = slack.person("U0ADA");
    await ada.says("mug");
    await ada.pressesTwice("Red");
    await slack.until(
      () => slack.callsOf("chat.postMessage").length === 3,
      5000,
      () => "once only",
    );
    expect(ada.transcript()).toMatch(/picked Red\napp> You picked Red$/);
  });
});
