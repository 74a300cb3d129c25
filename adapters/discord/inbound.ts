import {
  type APIApplicationCommandAutocompleteInteraction,
  type APIAttachment,
  type APIInteraction,
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
import { type Address, destinationOf, directAddress, memberAddress } from "../../src/engine/address.ts";
import type { Body, PictureProblem } from "../../src/engine/inbound.ts";
import type { Arrival } from "../../src/platform/arrivals.ts";
import { textBody } from "../../src/platform/command.ts";
import type { Typing } from "../../src/platform/completions.ts";
import { PHOTO_MAX } from "../../src/platform/received-photo.ts";
import { senderOf } from "../../src/platform/sender.ts";
import type { Ticket } from "./interactions.ts";
import { readModal } from "./modal.ts";

/** What an event of Discord's asks for, with the pictures to fetch for it. */
export interface Reading extends Arrival<APIAttachment> {
  /** The channel of a direct message. */
  readonly direct?: string;
  /** What answers an interaction. */
  readonly ticket?: Ticket;
}

/** In a direct message the conversation is the person's, so that news can be sent before they ever wrote. */
function addressOf(connection: string, user: string, guild: string | undefined, channel: string): Address {
  const there = { platform: "discord", connection };
  return guild === undefined ? directAddress(there, user) : memberAddress(there, channel, user);
}

const directOf = (guild: string | undefined, channel: string) =>
  guild === undefined ? { direct: channel } : {};

const nameOf = ({ global_name, username }: APIUser): string => global_name ?? username;

/** Translates an interaction, by gateway or webhook; null for one that is nothing to a shop. */
export function readInteraction(interaction: APIInteraction, application: string): Reading | null {
  const asker = askerOf(interaction, application);
  const deed = asker && readDeed(interaction);
  if (!deed) return null;
  const { id, token, message, channel, guild_id } = interaction;
  const hidden = ((message?.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
  const from = message ? { message: message.id, ...(hidden && { hidden }) } : {};
  const body = deed.body.kind === "command" ? deed.body : { ...deed.body, ...from };
  const at = Date.now();
  const place = channel?.id ?? destinationOf(asker.address);
  const shared = guild_id !== undefined;
  const ticket: Ticket = { id, token, at, kind: body.kind, channel: place, shared, ...from };
  const inbound = { id: `i${id}`, ...asker, at: new Date(at), body, ticket: JSON.stringify(ticket) };
  return { inbound, ticket, ...directOf(guild_id, place), uploads: deed.uploads };
}

/** Translates the completion of a command's option: who types what after which command. */
export function readTyping(
  interaction: APIApplicationCommandAutocompleteInteraction,
  application: string,
): Typing | null {
  const asker = askerOf(interaction, application);
  const { name: command, options } = interaction.data;
  const option = options.find((each) => "focused" in each && each.focused);
  return asker && option && "value" in option ? { ...asker, command, text: String(option.value) } : null;
}

interface Deed {
  readonly body: Extract<Body, { kind: Ticket["kind"] }>;
  readonly uploads?: Reading["uploads"];
}

function readDeed(interaction: APIInteraction): Deed | null {
  const { type, data } = interaction;
  if (type === InteractionType.ApplicationCommand && data.type === ApplicationCommandType.ChatInput) {
    const words = (data.options ?? []).flatMap((option) =>
      option.type === ApplicationCommandOptionType.String ? [option.value] : [],
    );
    return { body: { kind: "command", name: data.name, rest: words.join(" ").trim() } };
  }
  if (type === InteractionType.MessageComponent) {
    const token = data.component_type === ComponentType.Button ? data.custom_id : data.values[0];
    return token === undefined ? null : { body: { kind: "press", token } };
  }
  if (type !== InteractionType.ModalSubmit) return null;
  const { values, uploads } = readModal(data);
  return { body: { kind: "form", token: data.custom_id, values }, uploads };
}

function askerOf(interaction: APIInteraction, application: string): Asker | null {
  const user = interaction.member?.user ?? interaction.user;
  const channel = interaction.channel?.id;
  if (user === undefined || channel === undefined || !("locale" in interaction)) return null;
  return {
    address: addressOf(application, user.id, interaction.guild_id, channel),
    sender: senderOf(user.id, nameOf(user), interaction.locale),
  };
}

/**
 * Translates a message. In a guild only one that mentions the bot, or replies to it, is meant for the shop. Other
 * bots, webhooks and notices of the system are nothing to it.
 */
export function readMessage(
  message: GatewayMessageCreateDispatchData,
  application: string,
  me: string,
): Reading | null {
  const { id, author, content, guild_id, channel_id, attachments, timestamp, type } = message;
  const { webhook_id, mentions, referenced_message } = message;
  const written = type === MessageType.Default || type === MessageType.Reply;
  if (author.bot || webhook_id !== undefined || !written) return null;
  const meant = mentions.some((user) => user.id === me) || referenced_message?.author.id === me;
  if (guild_id !== undefined && !meant) return null;
  const text = content.replace(new RegExp(`<@!?${me}>`, "g"), "").trim();
  const file = attachments.find((attachment) => pictureFault(attachment) === undefined);
  const fault = attachments.map(pictureFault).find((one) => one === "too-large");
  const unusable = attachments.length > 0 || message.sticker_items?.length;
  // The bare name of the bot calls it; a message of which nothing may be read is none.
  if (content === "" && !unusable) return null;
  const body: Body =
    text !== "" || !unusable
      ? textBody(text)
      : { kind: "other", what: file || fault ? "photo" : "file", ...(fault && { problem: fault }) };
  const address = addressOf(application, author.id, guild_id, channel_id);
  const sender = senderOf(author.id, nameOf(author));
  return {
    inbound: { id: `m${id}`, address, sender, at: new Date(timestamp), body },
    ...directOf(guild_id, channel_id),
    ...(file && { photo: { file, ...(text && { caption: text }) } }),
  };
}

/** Why an attachment is no picture the shop can use, as far as Discord tells; undefined if it may be one. */
export function pictureFault({ content_type, size }: APIAttachment): PictureProblem | undefined {
  if (!/^image\/(jpeg|png|webp)\b/.test(content_type ?? "")) return "unusable";
  return size > PHOTO_MAX ? "too-large" : undefined;
}
