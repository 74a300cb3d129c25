import type { Seen, Shopper } from "../journeys/shopper.ts";
import type { ChatMessage, DiscordDouble } from "./discord.ts";
import { type Entries, submission } from "./discord-filling.ts";
import { Answer, Deed, type Interaction, type OpenModal } from "./discord-interactions.ts";
import { json } from "./discord-refusal.ts";
import type { Call } from "./discord-rest.ts";
import { labelsOf, links, type Pressable, pressables, shownOf, textOf } from "./discord-sight.ts";
import { commandNamed, completing, typed } from "./discord-typing.ts";
import type { Channel } from "./discord-world.ts";
import { rank } from "./label-rank.ts";

export interface PersonOptions {
  readonly name?: string;
  /** One of Discord's locales, such as "de" or "zh-CN"; "en-US" if not given. */
  readonly locale?: string;
  /** A guild to be in, instead of the direct messages. */
  readonly guild?: string;
  /** The channel of that guild, by id or name; its first one if not given. */
  readonly channel?: string;
  /** The person's permissions in the guild, as a decimal bit set. */
  readonly permissions?: string;
  /** Does the next thing without waiting for the bot to react to the last. */
  readonly hasty?: boolean;
}

/** Messages back from the newest that a person looks at for a button. */
const IN_SIGHT = 8;
/** Buttons by which a form goes on, in the words of the engine. */
const OPENS_FORM = /^(fill in|continue|try again)/i;

interface Found {
  readonly message: ChatMessage;
  readonly pressable: Pressable;
}

/** Someone with the Discord app: sees what the channel shows now, and uses only what it offers. */
export class Person implements Shopper {
  readonly id: string;
  /** The id of the channel this person is in. */
  readonly channel: string;
  readonly #double: DiscordDouble;
  readonly #inGuild: boolean;
  readonly #options: PersonOptions;
  /** Calls to Discord made before the last thing this person did; undefined if it needs no reaction. */
  #since: number | undefined;
  /** Newest change seen when the last question of a form was answered. */
  #answered = 0;

  constructor(double: DiscordDouble, channel: Channel, id: string, options: PersonOptions) {
    this.id = id;
    this.channel = channel.id;
    this.#double = double;
    this.#inGuild = channel.guild !== undefined;
    this.#options = options;
  }

  async says(text: string): Promise<void> {
    await this.#reacted();
    const [, name, rest = ""] = /^\/([-_\p{L}\p{N}]+)(?:\s+([\s\S]*))?$/u.exec(text) ?? [];
    if (name !== undefined) return await this.#commands(name, rest);
    this.#double.closeModal(this.id);
    this.#since = this.#double.calls.length;
    this.#double.post(this.channel, this.id, this.#addressed(text));
  }

  /** Types a message that does not mention the bot, as people in a guild do among themselves. */
  async chats(text: string): Promise<void> {
    await this.#reacted();
    this.#double.post(this.channel, this.id, text);
  }

  async sendsPhoto(bytes: Uint8Array, caption = ""): Promise<void> {
    await this.#reacted();
    this.#since = this.#double.calls.length;
    const attachment = this.#double.upload(this.channel, bytes, "photo.png");
    this.#double.post(this.channel, this.id, this.#addressed(caption), [attachment]);
  }

  /** Types a part of a command's option and answers the choices that are offered. */
  async autocompletes(
    command: string,
    text: string,
  ): Promise<readonly { readonly name: string; readonly value: string | number }[]> {
    const found = await this.#registered(command.replace(/^\//, ""));
    const { data, type } = completing(found, text);
    const interaction = this.#interact({ type: Deed.autocomplete, data, completes: type });
    return await this.#wait(() => interaction.choices, 5000, `no choices for /${command} ${text}`);
  }

  async presses(label: string | RegExp): Promise<void> {
    await this.#reacted();
    this.#press(await this.#button(label));
  }

  /** Presses, and the interaction is delivered twice. */
  async pressesTwice(label: string | RegExp): Promise<void> {
    await this.#reacted();
    this.#press(await this.#button(label), 2);
  }

  /** Presses a button on an older message: 0 is the newest message of the bot, 1 the one before. */
  async pressesOld(label: string | RegExp, messageIndex: number): Promise<void> {
    await this.#reacted();
    const message = this.#fromBot()[messageIndex];
    const found = message && pressables(message).find((each) => rank(label, each.label) > 0);
    if (message === undefined || found === undefined) throw new Error(this.#lost(`no old button ${label}`));
    this.#press({ message, pressable: found });
  }

  /** Presses with a custom id made up or kept from before, as a forged or stale client may. */
  forges(customId: string, message = this.#fromBot()[0]): Interaction {
    this.#since = this.#double.calls.length;
    const data = { custom_id: customId, component_type: 2 };
    return this.#interact({ type: Deed.component, data, ...(message && { source: message }) });
  }

  async fills(form: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const left = new Map(Object.entries(form));
    while (left.size > 0) {
      await this.#reacted();
      const next = await this.#wait(
        () => this.#nextStep(left),
        5000,
        `no form or question about ${[...left.keys()].join(", ")}`,
      );
      if ("modal" in next) this.#submit(next, left);
      else if ("pressable" in next) this.#press(next);
      else await this.#answers(next, left);
    }
  }

  /** Closes the open modal, of which the bot learns nothing. */
  cancels(): void {
    this.#double.closeModal(this.id);
  }

  /** The title and the labels of the open modal. */
  async seesModal(title: RegExp): Promise<{ readonly title: string; readonly labels: readonly string[] }> {
    const { modal } = await this.#wait(
      () => {
        const open = this.#double.modalOf(this.id);
        return open && title.test(open.modal.title) ? open : undefined;
      },
      5000,
      `no modal ${title}`,
    );
    return { title: modal.title, labels: modal.fields.map(({ label }) => label) };
  }

  async sees(text: RegExp, timeoutMs = 5000): Promise<ChatMessage & Seen> {
    const message = await this.#wait(
      () => this.#fromBot().find((each) => text.test(shownOf(each))),
      timeoutMs,
      `nothing matches ${text}`,
    );
    return { ...message, text: textOf(message), buttons: labelsOf(message) };
  }

  async link(label: string | RegExp): Promise<string> {
    await this.#reacted();
    return await this.#wait(() => this.#link(label), 5000, `no link ${label}`);
  }

  transcript(): string {
    const lines = this.#double.messagesFor(this.channel, this.id).map((message) => {
      const { author } = message;
      const bot = author === this.#double.applicationId;
      return `${bot ? "bot" : author === this.id ? "me" : this.#double.nameOf(author)}> ${shownOf(message)}`;
    });
    const open = this.#double.modalOf(this.id)?.modal;
    const fields = open?.fields.map(({ label }) => `<${label}>`).join(" ");
    return [...lines, ...(open ? [`modal> ${open.title} ${fields}`] : [])].join("\n");
  }

  // ---- deeds

  async #commands(name: string, rest: string): Promise<void> {
    const command = await this.#registered(name);
    this.#since = this.#double.calls.length;
    this.#interact({ type: Deed.command, data: typed(command, rest) });
  }

  async #registered(name: string) {
    const { locale = "en-US" } = this.#options;
    return await this.#wait(
      () => commandNamed(this.#double.commands(), name, locale, this.#inGuild ? 0 : 1),
      5000,
      `Discord offers no command /${name}`,
    );
  }

  #press({ message, pressable }: Found, times = 1): void {
    this.#since = this.#double.calls.length;
    const { customId } = pressable;
    const data =
      pressable.kind === "button"
        ? { custom_id: customId, component_type: 2 }
        : { custom_id: customId, component_type: 3, values: [pressable.value] };
    this.#interact({ type: Deed.component, data, source: message }, times);
  }

  #submit({ modal, opener }: OpenModal, left: Map<string, string | Uint8Array>): void {
    const { data, used } = this.#submission(modal, left);
    if (used.length === 0)
      throw new Error(this.#lost(`the modal asks for nothing of ${[...left.keys()].join(", ")}`));
    for (const key of used) left.delete(key);
    this.#since = this.#double.calls.length;
    this.#interact({ type: Deed.modal, data, ...(opener.source && { source: opener.source }) });
  }

  #submission(modal: OpenModal["modal"], entries: Entries) {
    try {
      return submission(modal, entries, (bytes) => this.#double.upload(this.channel, bytes, "photo.png"));
    } catch (error) {
      throw new Error(this.#lost(error instanceof Error ? error.message : String(error)), { cause: error });
    }
  }

  async #answers(
    question: { readonly message: ChatMessage; readonly label: string },
    left: Map<string, string | Uint8Array>,
  ): Promise<void> {
    const value = left.get(question.label) ?? "";
    left.delete(question.label);
    this.#answered = question.message.changed;
    if (typeof value !== "string") return await this.sendsPhoto(value);
    const option = pressables(question.message).find((each) => rank(value, each.label) > 1);
    if (option === undefined) await this.says(value);
    else this.#press({ message: question.message, pressable: option });
  }

  #interact(
    deed: Pick<Interaction, "type" | "data"> & Pick<Partial<Interaction>, "source" | "completes">,
    times = 1,
  ): Interaction {
    const { locale = "en-US", permissions } = this.#options;
    const who = {
      user: this.id,
      locale,
      channel: this.channel,
      ...(permissions !== undefined && { permissions }),
    };
    return this.#double.interact({ ...deed, ...who }, times);
  }

  #addressed(text: string): string {
    return this.#inGuild ? `<@${this.#double.applicationId}> ${text}`.trim() : text;
  }

  // ---- sight

  /** The bot's messages that this person sees in the channel, newest first. */
  #fromBot(): ChatMessage[] {
    return this.#double
      .messagesFor(this.channel, this.id)
      .filter(({ author, loading }) => author === this.#double.applicationId && !loading)
      .reverse();
  }

  /** What a form wants now: the open modal filled in, a button to open it, or a question answered. */
  #nextStep(left: Entries): OpenModal | Found | { message: ChatMessage; label: string } | undefined {
    const open = this.#double.modalOf(this.id);
    if (open) return open;
    const [newest] = this.#fromBot();
    const button = newest && pressables(newest).find((each) => each.kind === "button" && each.primary);
    if (newest && button && OPENS_FORM.test(button.label)) return { message: newest, pressable: button };
    return this.#question([...left.keys()]) ?? (newest && button && { message: newest, pressable: button });
  }

  #question(labels: readonly string[]): { message: ChatMessage; label: string } | undefined {
    for (const message of this.#fromBot().slice(0, 3)) {
      if (message.changed <= this.#answered) continue;
      const text = textOf(message).toLowerCase();
      const [found] = labels
        .map((label) => ({ label, at: text.indexOf(label.toLowerCase()) }))
        .filter(({ at }) => at >= 0)
        .sort((a, b) => a.at - b.at || b.label.length - a.label.length);
      if (found !== undefined) return { message, label: found.label };
    }
    return undefined;
  }

  async #button(label: string | RegExp): Promise<Found> {
    return await this.#wait(() => this.#bestButton(label), 5000, `no button ${label}`);
  }

  #bestButton(label: string | RegExp): Found | undefined {
    let best: (Found & { fits: number }) | undefined;
    for (const message of this.#fromBot().slice(0, IN_SIGHT))
      for (const pressable of pressables(message)) {
        const fits = rank(label, pressable.label);
        if (fits > (best?.fits ?? 0)) best = { message, pressable, fits };
      }
    return best;
  }

  #link(label: string | RegExp): string | undefined {
    let best: { url: string; fits: number } | undefined;
    for (const message of this.#fromBot().slice(0, IN_SIGHT))
      for (const link of links(message)) {
        const fits = rank(label, link.label);
        if (fits > (best?.fits ?? 0)) best = { url: link.url, fits };
      }
    return best?.url;
  }

  /**
   * Waits until the bot has said something (or has tried to) since this person's last deed, so that a button of the
   * screen before is not taken for one of the next. A bot that stays silent is waited for 2 s.
   */
  async #reacted(): Promise<void> {
    if (this.#since === undefined || this.#options.hasty) return;
    const since = this.#since;
    const reaction = () => this.#double.calls.slice(since).some((call) => this.#isReaction(call));
    await this.#double.until(reaction, 2000, () => "silence").catch(() => undefined);
    this.#since = undefined;
  }

  /** A message or a modal here: an acknowledgement alone is not yet a reaction. */
  #isReaction({ method, path, body, status }: Call): boolean {
    if (status === 429 || !["POST", "PATCH"].includes(method)) return false;
    const [, root, id = "", token = "", last] = path.split("/");
    if (root === "channels") return id === this.channel && token === "messages";
    const interaction =
      root === "interactions"
        ? this.#double.interaction(id)
        : root === "webhooks"
          ? this.#double.interactionOf(token)
          : undefined;
    if (interaction?.channel.id !== this.channel) return false;
    const shows: unknown[] = [Answer.message, Answer.update, Answer.modal];
    return last !== "callback" || shows.includes(json(body).type);
  }

  async #wait<T>(find: () => T | undefined, timeoutMs: number, complaint: string): Promise<T> {
    return await this.#double.until(find, timeoutMs, () => this.#lost(complaint));
  }

  #lost(complaint: string): string {
    return `${complaint} in\n${this.transcript()}`;
  }
}
