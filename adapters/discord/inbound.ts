import {
  type APIApplicationCommandAutocompleteInteraction,
  type APIAttachment,
  type APIInteraction,
  type APIMessage,
  type APIUser,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ComponentType,
  type GatewayMessageCreateDispatchData,
  InteractionType,
  MessageFlags,
  MessageType,
} from "discord.js";
import type { Asker } from "../../src/engine/adapter.ts";
import { textBody } from "../../src/engine/command.ts";
import type { Address, Body, Inbound, Sender } from "../../src/engine/inbound.ts";
import { legible } from "../../src/engine/legible.ts";
import { PHOTO_MAX } from "../../src/engine/received-photo.ts";
import { readModal } from "./modal.ts";
import type { Ticket } from "./ticket.ts";

/** What an event of Discord's asks for. */
export interface Reading {
  readonly inbound: Inbound;
  /** The channel of a direct message. */
  readonly direct?: string;
  /** A picture to fetch; `inbound.body` stands for it ("other") until then. */
  readonly photo?: { readonly file: APIAttachment; readonly caption?: string };
  /** Pictures to fetch for fields of a submitted form. */
  readonly uploads?: Readonly<Record<string, APIAttachment>>;
  /** What answers an interaction. */
  readonly ticket?: Ticket;
}

/** A command being typed: what was typed after it by now. */
export interface Typing extends Asker {
  readonly command: string;
  readonly text: string;
}

/** Translates an interaction, by gateway or webhook; null for one that is nothing to a shop. */
export function readInteraction(
  interaction: APIInteraction,
  application: string,
  now: number,
): Reading | null {
  const asker = askerOf(interaction, application);
  const deed = asker && readDeed(interaction);
  if (!deed) return null;
  const { message, channel, guild_id } = interaction;
  const hidden = ((message?.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
  const from = message ? { message: message.id, ...(hidden && { hidden }) } : {};
  const body = deed.body.kind === "command" ? deed.body : { ...deed.body, ...from };
  const ticket: Ticket = {
    id: interaction.id,
    token: interaction.token,
    at: now,
    kind: deed.kind,
    channel: channel?.id ?? asker.address.channel,
    shared: guild_id !== undefined,
    ...(message && { fromMessage: message.id }),
    ...(hidden && { hidden }),
  };
  const inbound = {
    id: `i${interaction.id}`,
    ...asker,
    at: new Date(now),
    body,
    ticket: JSON.stringify(ticket),
  };
  const direct = guild_id === undefined ? { direct: ticket.channel } : {};
  return { inbound, ticket, ...direct, ...(deed.uploads && { uploads: deed.uploads }) };
}

/** Translates the completion of a command's option. */
export function readTyping(
  interaction: APIApplicationCommandAutocompleteInteraction,
  application: string,
): Typing | null {
  const asker = askerOf(interaction, application);
  const { name, options } = interaction.data;
  const option = options.find((each) => "focused" in each && each.focused);
  if (!asker || !option || !("value" in option)) return null;
  return { ...asker, command: name, text: String(option.value) };
}

interface Deed {
  readonly kind: Ticket["kind"];
  readonly body: Extract<Body, { kind: "command" | "press" | "form" }>;
  readonly uploads?: Reading["uploads"];
}

function readDeed(interaction: APIInteraction): Deed | null {
  switch (interaction.type) {
    case InteractionType.ApplicationCommand: {
      if (interaction.data.type !== ApplicationCommandType.ChatInput) return null;
      const { name, options = [] } = interaction.data;
      const words = options.flatMap((option) =>
        option.type === ApplicationCommandOptionType.String ? [option.value] : [],
      );
      return { kind: "command", body: { kind: "command", name, rest: words.join(" ").trim() } };
    }
    case InteractionType.MessageComponent: {
      const { data } = interaction;
      const token = data.component_type === ComponentType.Button ? data.custom_id : data.values[0];
      return token === undefined ? null : { kind: "component", body: { kind: "press", token } };
    }
    case InteractionType.ModalSubmit: {
      const { values, uploads } = readModal(interaction.data);
      return { kind: "modal", body: { kind: "form", token: interaction.data.custom_id, values }, uploads };
    }
    default:
      return null;
  }
}

function askerOf(interaction: APIInteraction, application: string): Asker | null {
  const user = interaction.member?.user ?? interaction.user;
  const channel = interaction.channel?.id;
  if (user === undefined || channel === undefined || !("locale" in interaction)) return null;
  const address = addressOf(application, user, interaction.guild_id === undefined ? undefined : channel);
  return { address, sender: { ...senderOf(user), locale: interaction.locale } };
}

/** In a direct message the conversation is the person's, so that news can be sent before they ever wrote. */
const addressOf = (connection: string, { id }: APIUser, channel: string | undefined): Address =>
  channel === undefined
    ? { platform: "discord", connection, channel: id }
    : { platform: "discord", connection, channel, user: id };

function senderOf({ id, global_name, username }: APIUser): Sender {
  const name = legible(global_name ?? username);
  return name === "" ? { id } : { id, name };
}

const WRITTEN: readonly MessageType[] = [MessageType.Default, MessageType.Reply];

/**
 * Translates a message. In a guild only one that mentions the bot, or replies to it, is meant for the shop. Other
 * bots, webhooks and notices of the system are nothing to it.
 */
export function readMessage(
  message: GatewayMessageCreateDispatchData,
  application: string,
  me: string,
): Reading | null {
  const { id, author, content, guild_id, channel_id, attachments, timestamp } = message;
  if (author.bot || message.webhook_id !== undefined || !WRITTEN.includes(message.type)) return null;
  if (guild_id !== undefined && !isMeant(message, me)) return null;
  const text = content.replace(new RegExp(`<@!?${me}>`, "g"), "").trim();
  const inbound = (body: Body): Inbound => ({
    id: `m${id}`,
    address: addressOf(application, author, guild_id === undefined ? undefined : channel_id),
    sender: senderOf(author),
    at: new Date(timestamp),
    body,
  });
  const direct = guild_id === undefined ? { direct: channel_id } : {};
  const file = attachments.find(isPicture);
  if (file)
    return { inbound: inbound(UNUSABLE.photo), ...direct, photo: { file, ...(text && { caption: text }) } };
  if (text !== "") return { inbound: inbound(textBody(text)), ...direct };
  if (attachments.length > 0 || message.sticker_items?.length)
    return { inbound: inbound(UNUSABLE.file), ...direct };
  // The bare name of the bot calls it; a message of which nothing may be read is none.
  return content === "" ? null : { inbound: inbound({ kind: "text", text }), ...direct };
}

const UNUSABLE = {
  photo: { kind: "other", what: "photo" },
  file: { kind: "other", what: "file" },
} as const;

const isMeant = ({ mentions, referenced_message }: APIMessage, me: string): boolean =>
  mentions.some(({ id }) => id === me) || referenced_message?.author.id === me;

/** Whether an attachment may be a picture the shop can use. */
export const isPicture = ({ content_type, size }: APIAttachment): boolean =>
  size <= PHOTO_MAX && /^image\/(jpeg|png|webp)\b/.test(content_type ?? "");
