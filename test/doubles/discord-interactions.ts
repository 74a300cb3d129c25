import { randomBytes } from "node:crypto";
import type { Body } from "./discord-body.ts";
import { checkChoice } from "./discord-commands.ts";
import { checkMessage, isEphemeral } from "./discord-message-rules.ts";
import type { Messages } from "./discord-messages.ts";
import { checkModal, type Modal } from "./discord-modals.ts";
import { FormErrors, type Json, json, refusals } from "./discord-refusal.ts";
import { type Channel, type ChatMessage, Flag, type World } from "./discord-world.ts";

/** Types of interactions. */
export const Deed = { ping: 1, command: 2, component: 3, autocomplete: 4, modal: 5 } as const;

/** Types of answers. */
export const Answer = {
  pong: 1,
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  choices: 8,
  modal: 9,
} as const;

/** What a person did, and what became of it. */
export interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly type: number;
  readonly user: string;
  readonly locale: string;
  readonly permissions?: string;
  readonly channel: Channel;
  readonly at: number;
  readonly data: Json;
  /** The message a pressed component stands on, or a submitted modal was opened from. */
  readonly source?: ChatMessage;
  /** The type of the option that is completed. */
  readonly completes?: number;
  /** The type of the first answer. */
  answer?: number;
  /** What `@original` means. */
  original?: ChatMessage;
  choices?: readonly { readonly name: string; readonly value: string | number }[];
  expired: boolean;
}

/** A modal in front of a person, and the interaction it answers. */
export interface OpenModal {
  readonly modal: Modal;
  readonly opener: Interaction;
}

export interface InteractionsHost {
  readonly world: World;
  readonly messages: Messages;
  readonly applicationId: () => string;
  readonly ackTimeoutMs: () => number;
  readonly tokenLifeMs: () => number;
  readonly changed: () => void;
}

/** All interactions: each can be answered once, in time, and followed up while its token lives. */
export class Interactions {
  /** First answers refused because they came too late. */
  late = 0;
  readonly modals = new Map<string, OpenModal>();
  readonly #host: InteractionsHost;
  readonly #all = new Map<string, Interaction>();

  constructor(host: InteractionsHost) {
    this.#host = host;
  }

  open(of: Omit<Interaction, "id" | "token" | "at" | "expired">): Interaction {
    const interaction: Interaction = {
      ...of,
      id: this.#host.world.snowflake(),
      token: randomBytes(96).toString("base64url"),
      at: this.#host.world.now,
      expired: false,
    };
    this.#all.set(interaction.id, interaction);
    this.modals.delete(of.user);
    return interaction;
  }

  /** Ends the life of all tokens handed out until now. */
  expire(): void {
    for (const interaction of this.#all.values()) interaction.expired = true;
  }

  byId(id: string): Interaction | undefined {
    return this.#all.get(id);
  }

  byToken(token: string): Interaction | undefined {
    return [...this.#all.values()].find((each) => each.token === token);
  }

  /** Interactions that have not been answered. */
  unanswered(): Interaction[] {
    return [...this.#all.values()].filter(({ answer }) => answer === undefined);
  }

  // ---- the first answer

  /**
   * Takes the first answer to an interaction.
   *
   * @returns the body of an answer with `with_response`
   * @throws {Refusal} 10062 unknown or too late, 40060 answered before, 50035 for an answer that is wrong
   */
  callback(id: string, token: string, { value, files }: Body): Json {
    const interaction = this.#all.get(id);
    if (interaction === undefined || interaction.token !== token) throw refusals.unknownInteraction();
    if (interaction.answer !== undefined) throw refusals.acknowledged();
    const age = this.#host.world.now - interaction.at;
    if (interaction.expired || age > this.#host.ackTimeoutMs()) {
      this.late += 1;
      throw refusals.unknownInteraction();
    }
    const body = json(value);
    checkType(interaction, body.type);
    const message = this.#answer(interaction, Number(body.type), { value: body.data, files });
    interaction.answer = Number(body.type);
    this.#host.changed();
    return this.#response(interaction, message);
  }

  #answer(interaction: Interaction, type: number, { value, files }: Body): ChatMessage | undefined {
    const { messages } = this.#host;
    switch (type) {
      case Answer.message:
        interaction.original = this.#post(interaction, { value, files }, ["data"]);
        return interaction.original;
      case Answer.deferredMessage: {
        const seen = isEphemeral(json(value)) ? { seenBy: interaction.user } : {};
        interaction.original = messages.postLoading(interaction.channel, {
          ...seen,
          interaction: interaction.id,
        });
        return interaction.original;
      }
      case Answer.deferredUpdate:
        interaction.original = interaction.source;
        return undefined;
      case Answer.update:
        if (interaction.source === undefined || interaction.source.deleted) throw refusals.unknownMessage();
        messages.edit(interaction.source, { value, files }, ["data"]);
        interaction.original = interaction.source;
        return interaction.original;
      case Answer.choices:
        interaction.choices = checkChoices(value, interaction.completes ?? 3);
        return undefined;
      case Answer.modal:
        this.modals.set(interaction.user, { modal: checkModal(value), opener: interaction });
        return undefined;
      default:
        return undefined;
    }
  }

  #post(interaction: Interaction, { value, files }: Body, at: readonly string[] = []): ChatMessage {
    const content = checkMessage(value, files, undefined, at);
    return this.#host.messages.post(interaction.channel, value, content, {
      ...(isEphemeral(json(value)) && { seenBy: interaction.user }),
      interaction: interaction.id,
    });
  }

  #response({ id, type, answer }: Interaction, message: ChatMessage | undefined): Json {
    return {
      interaction: {
        id,
        type,
        ...(message && {
          response_message_id: message.id,
          response_message_loading: message.loading,
          response_message_ephemeral: message.seenBy !== undefined,
        }),
      },
      resource: { type: answer, ...(message && { message: this.#json(message) }) },
    };
  }

  // ---- follow-ups, by the token as a webhook

  /** Posts a further message; the first one after a deferral fills the message that was deferred. */
  followUp(application: string, token: string, body: Body): Json {
    const interaction = this.#webhook(application, token);
    const { original } = interaction;
    if (original?.loading && !original.deleted && interaction.answer === Answer.deferredMessage)
      return this.#json(this.#host.messages.edit(original, body));
    return this.#json(this.#post(interaction, body));
  }

  editMessage(application: string, token: string, id: string, body: Body): Json {
    return this.#json(this.#host.messages.edit(this.#reach(application, token, id), body));
  }

  getMessage(application: string, token: string, id: string): Json {
    return this.#json(this.#reach(application, token, id));
  }

  deleteMessage(application: string, token: string, id: string): void {
    this.#host.messages.remove(this.#reach(application, token, id));
  }

  #json(message: ChatMessage): Json {
    return { ...this.#host.world.messageJson(message), webhook_id: this.#host.applicationId() };
  }

  /** @throws {Refusal} 10015 unknown or not answered yet, 50027 expired */
  #webhook(application: string, token: string): Interaction {
    const interaction = this.byToken(token);
    if (interaction?.answer === undefined || application !== this.#host.applicationId())
      throw refusals.unknownWebhook();
    if (interaction.expired || this.#host.world.now - interaction.at > this.#host.tokenLifeMs())
      throw refusals.expiredWebhookToken();
    return interaction;
  }

  #reach(application: string, token: string, id: string): ChatMessage {
    const interaction = this.#webhook(application, token);
    const found =
      id === "@original"
        ? interaction.original
        : interaction.channel.messages.find(
            (each) =>
              each.id === id && (each.interaction === interaction.id || each === interaction.original),
          );
    if (found === undefined || found.deleted) throw refusals.unknownMessage();
    return found;
  }

  // ---- as it is delivered

  /** The interaction as the application gets it. */
  payload(interaction: Interaction): Json {
    const { world, applicationId } = this.#host;
    const { id, token, type, user, channel, data, source, locale } = interaction;
    const guild = world.guildOf(channel);
    return {
      id,
      application_id: applicationId(),
      type,
      data,
      token,
      version: 1,
      channel: world.channelJson(channel),
      channel_id: channel.id,
      ...(guild
        ? {
            guild_id: guild.id,
            guild: { id: guild.id, locale: guild.locale, features: [] },
            guild_locale: guild.locale,
            member: world.memberJson(user, interaction.permissions),
          }
        : { user: world.userJson(user) }),
      ...(source && { message: world.messageJson(source) }),
      app_permissions: world.botPermissions(guild),
      locale,
      entitlements: [],
      authorizing_integration_owners: { "0": guild?.id ?? "0" },
      context: guild ? 0 : 1,
      attachment_size_limit: 10 * 1024 * 1024,
    };
  }
}

/** Which answers fit an interaction; what Discord calls an error of `type` otherwise is not documented. */
function checkType(interaction: Interaction, type: unknown): void {
  const fitting: Readonly<Record<number, readonly number[]>> = {
    [Deed.ping]: [Answer.pong],
    [Deed.command]: [Answer.message, Answer.deferredMessage, Answer.modal],
    [Deed.component]: [
      Answer.message,
      Answer.deferredMessage,
      Answer.deferredUpdate,
      Answer.update,
      Answer.modal,
    ],
    [Deed.autocomplete]: [Answer.choices],
    [Deed.modal]: [
      Answer.message,
      Answer.deferredMessage,
      ...(interaction.source ? [Answer.deferredUpdate, Answer.update] : []),
    ],
  };
  const errors = new FormErrors();
  errors.choice(["type"], type, fitting[interaction.type] ?? []);
  errors.refuse();
}

function checkChoices(value: unknown, type: number): { name: string; value: string | number }[] {
  const errors = new FormErrors();
  const choices = errors.entries(["data", "choices"], json(value).choices, 0, 25).map(json);
  choices.forEach((choice, i) => {
    checkChoice(errors, ["data", "choices", i], choice, type);
  });
  errors.refuse();
  return choices.map((choice) => ({
    name: String(choice.name),
    value: typeof choice.value === "number" ? choice.value : String(choice.value),
  }));
}

/** Whether a message is for one person's eyes. */
export const seenBy = (message: ChatMessage, user: string): boolean =>
  (message.flags & Flag.ephemeral) === 0 || message.seenBy === user;
