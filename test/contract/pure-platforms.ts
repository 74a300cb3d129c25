import { capabilities as discordCan } from "../../adapters/discord/capabilities.ts";
import { commandsOf } from "../../adapters/discord/commands.ts";
import { modalOf as discordModal } from "../../adapters/discord/modal.ts";
import { render as renderDiscord } from "../../adapters/discord/render.ts";
import { render as renderSlack } from "../../adapters/slack/blocks.ts";
import { capabilities as slackCan } from "../../adapters/slack/capabilities.ts";
import { modalOf as slackModal } from "../../adapters/slack/modal.ts";
import { capabilities as telegramCan } from "../../adapters/telegram/capabilities.ts";
import { announceCommands } from "../../adapters/telegram/commands.ts";
import { render as renderTelegram } from "../../adapters/telegram/render.ts";
import { capabilities as webCan } from "../../adapters/web/capabilities.ts";
import { webEvent } from "../../adapters/web/wire.ts";
import type { Capabilities, Host } from "../../src/engine/adapter.ts";
import { viewText } from "../../src/engine/fit.ts";
import { textOf } from "../../src/engine/rich-text.ts";
import type { FormView, View } from "../../src/engine/view.ts";
import { checkCommands } from "../doubles/discord-commands.ts";
import { everyComponent } from "../doubles/discord-components.ts";
import { checkMessage, pings } from "../doubles/discord-message-rules.ts";
import { checkModal } from "../doubles/discord-modals.ts";
import { checkBlocks, checkMessageText, checkView, pressables } from "../doubles/slack-checks.ts";
import { mentionsIn, mentionsInBlocks } from "../doubles/slack-mrkdwn.ts";
import { linksOf, optionsOf, wordsOf } from "../doubles/slack-shown.ts";
import {
  checkKeyboard,
  checkCommands as checkTelegramCommands,
  checkText,
} from "../doubles/telegram-rules.ts";
import type { Shown } from "./bench.ts";
import { readMarkdown } from "./discord-reading.ts";
import { controlsOf } from "./shown.ts";

/** A platform without its servers: what the adapter makes of a view, checked by the platform's own rules. */
export interface PurePlatform {
  readonly name: string;
  readonly can: Capabilities;
  /** Prints a fitted view, has it checked, and answers what a person sees of it. @throws what the platform refuses */
  show(view: View): Promise<Shown>;
  /** Prints a form as a window and has it checked. */
  open?(form: FormView): void;
  /** Announces the commands and has them checked, where the platform lists commands. */
  announce?(host: Pick<Host, "commands" | "locales">): Promise<void>;
}

const common = { message: "", pictures: 0, files: [], hidden: false } as const;

const telegram: PurePlatform = {
  name: "Telegram",
  can: telegramCan,
  async show(view) {
    const { text, entities, photo, keyboard } = renderTelegram(view);
    if (photo) checkText(text, entities, 1024, true);
    else checkText(text, entities, 4096, false);
    const buttons = checkKeyboard({ inline_keyboard: keyboard }).flat();
    return {
      ...common,
      text,
      actions: buttons.flatMap((button) =>
        "callback_data" in button ? [{ label: button.text, token: button.callback_data }] : [],
      ),
      links: buttons.flatMap((button) => ("url" in button ? [{ label: button.text, url: button.url }] : [])),
    };
  },
  async announce(host) {
    const setMyCommands = async (commands: unknown): Promise<true> => {
      checkTelegramCommands(commands);
      return true;
    };
    await announceCommands({ getMyCommands: async () => [], setMyCommands }, host);
  },
};

const web: PurePlatform = {
  name: "The web",
  can: webCan,
  async show(view) {
    const controls = controlsOf(view);
    const actions = controls.flatMap((control): readonly { label: string; token: string }[] => {
      if (control.kind === "button") return [control];
      return control.kind === "pick" ? control.options : [];
    });
    const id = "00000000-0000-4000-8000-000000000000";
    for (const { token } of actions) webEvent.parse({ id, kind: "press", token, message: "1" });
    return {
      ...common,
      text: textOf(viewText(view)),
      actions,
      links: controls.flatMap((control) => (control.kind === "link" ? [control] : [])),
    };
  },
};

const PNG = Buffer.from("89504e470d0a1a0a", "hex");
const media = async (id: string) =>
  id === "gone" ? null : { bytes: new Uint8Array(PNG), contentType: "image/png" };

const texts = (value: unknown): string => (typeof value === "string" ? value : "");

const discord: PurePlatform = {
  name: "Discord",
  can: discordCan,
  async show(view) {
    const { body, files } = await renderDiscord(view, { media });
    const sent = files.map(({ name, contentType }, at) => ({
      key: String(at),
      name,
      type: contentType ?? "",
      bytes: PNG,
    }));
    checkMessage({ ...body }, sent);
    if (pings({ ...body }).length > 0) throw new Error("Somebody is called");
    const components = everyComponent(body.components);
    const read = components.flatMap(({ type, content }) =>
      type === 10 ? [readMarkdown(texts(content))] : [],
    );
    return {
      ...common,
      text: read.map(({ text }) => text).join("\n"),
      actions: components.flatMap(({ type, custom_id, label, options }) => {
        if (type === 2 && custom_id !== undefined) return [{ label: texts(label), token: texts(custom_id) }];
        if (type !== 3 || !Array.isArray(options)) return [];
        return options.map((option: { label: string; value: string }) => ({
          label: option.label,
          token: option.value,
        }));
      }),
      links: [
        ...components.flatMap(({ type, url, label }) =>
          type === 2 && url !== undefined ? [{ label: texts(label), url: texts(url) }] : [],
        ),
        ...read.flatMap(({ links }) => links),
      ],
    };
  },
  open: (form) => void checkModal(discordModal(form)),
  async announce(host) {
    checkCommands(JSON.parse(JSON.stringify(commandsOf(host))));
  },
};

const pictureRule = { loopback: false, hasFile: () => true };

const slack: PurePlatform = {
  name: "Slack",
  can: slackCan,
  async show(view) {
    const images = view.cards.flatMap(({ image }) => (image ? [image] : []));
    const pictures = new Map(images.map((image) => [image, { slack_file: { id: "F0PICTURE" } }] as const));
    const { blocks: printed, text } = renderSlack(view, pictures);
    checkMessageText(text);
    const blocks = checkBlocks(JSON.parse(JSON.stringify(printed)), pictureRule);
    const called = [...mentionsIn(text), ...mentionsInBlocks(blocks)].filter(({ kind }) => kind !== "link");
    if (called.length > 0) throw new Error(`Somebody is called: ${JSON.stringify(called)}`);
    const message = { ts: "", from: "bot", text, blocks, attached: [], files: [] };
    const whole = {
      ...message,
      thread: undefined,
      onlyFor: undefined,
      changed: 0,
      edited: false,
      deleted: false,
    };
    return {
      ...common,
      text: wordsOf(whole).replaceAll("(picture)", ""),
      actions: pressables(blocks).flatMap(({ element }) => {
        if (element.type !== "button")
          return optionsOf(element).map((option) => ({ label: option.text.text, token: option.value }));
        return element.value === undefined ? [] : [{ label: element.text.text, token: element.value }];
      }),
      links: linksOf(whole),
    };
  },
  open(form) {
    const { token, locale } = form;
    const modal = slackModal(form, { token, locale, channel: "U0ADA", shared: false });
    checkView(JSON.parse(JSON.stringify(modal)), "modal", pictureRule);
  },
};

export const PLATFORMS: readonly PurePlatform[] = [telegram, web, discord, slack];
