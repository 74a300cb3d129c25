import type { Json } from "./discord-refusal.ts";

/** Someone with an account: a person or a bot. */
export interface DiscordUser {
  readonly id: string;
  readonly name: string;
  readonly bot: boolean;
}

/** A file that stands in a message. */
export interface Attachment {
  readonly id: string;
  readonly filename: string;
  readonly description?: string;
  readonly content_type: string;
  readonly size: number;
  readonly url: string;
}

/** A message as it stands in a channel. */
export interface ChatMessage {
  readonly id: string;
  readonly channel: string;
  readonly author: string;
  content: string;
  embeds: readonly Json[];
  components: readonly Json[];
  attachments: readonly Attachment[];
  flags: number;
  /** The only person who sees it, if it is ephemeral. */
  readonly seenBy?: string;
  /** The interaction it answers, and by whose token alone an ephemeral one can be edited. */
  readonly interaction?: string;
  readonly nonce?: string;
  readonly at: number;
  /** Whether it only says that the bot is thinking. */
  loading: boolean;
  edited: boolean;
  deleted: boolean;
  /** Grows with every change in any channel. */
  changed: number;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly guild?: string;
  /** The person of a direct message channel. */
  readonly recipient?: string;
  readonly messages: ChatMessage[];
  sentAt: number[];
}

export interface Guild {
  readonly id: string;
  readonly name: string;
  readonly locale: string;
  readonly channels: readonly string[];
  /** Whether the bot may write; without it a message is refused with 50013. */
  writable: boolean;
  /** Whether the bot may see the channels; without it they are refused with 50001. */
  visible: boolean;
  /** Whether the bot is a member. */
  member: boolean;
}

/** Flags of a message. */
export const Flag = { ephemeral: 64, loading: 128, v2: 32768 } as const;

const EPOCH = 1_420_070_400_000n;
/** VIEW_CHANNEL, EMBED_LINKS, ATTACH_FILES, READ_MESSAGE_HISTORY, USE_APPLICATION_COMMANDS. */
const READING = (1n << 10n) | (1n << 14n) | (1n << 15n) | (1n << 16n) | (1n << 31n);
const SEND_MESSAGES = 1n << 11n;

/** What exists: people, guilds, channels and messages, and how Discord's API writes them. */
export class World {
  readonly users = new Map<string, DiscordUser>();
  readonly guilds = new Map<string, Guild>();
  readonly channels = new Map<string, Channel>();
  readonly closedDms = new Set<string>();
  readonly #now: () => number;
  readonly #botId: () => string;
  #clock = 0;
  #ids = 0n;

  constructor(now: () => number, botId: () => string) {
    this.#now = now;
    this.#botId = botId;
  }

  get now(): number {
    return this.#now();
  }

  /** A new id, which tells the time as Discord's do and never comes twice. */
  snowflake(): string {
    const passed = BigInt(Math.floor(this.#now())) - EPOCH;
    this.#ids += 1n;
    return (((passed > 0n ? passed : 0n) << 22n) + this.#ids).toString();
  }

  tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  addGuild(name: string, channels: readonly string[], more: Partial<Guild>): Guild {
    const id = more.id ?? this.snowflake();
    const ids = channels.map((each) => this.#addChannel({ name: each, guild: id }).id);
    const guild: Guild = {
      name,
      locale: "en-US",
      writable: true,
      visible: true,
      member: true,
      ...more,
      id,
      channels: ids,
    };
    this.guilds.set(id, guild);
    return guild;
  }

  /** The channel of direct messages between the bot and a person. */
  dm(user: string): Channel {
    for (const channel of this.channels.values()) if (channel.recipient === user) return channel;
    return this.#addChannel({ name: `DM of ${user}`, recipient: user });
  }

  guildOf(channel: Channel): Guild | undefined {
    return channel.guild === undefined ? undefined : this.guilds.get(channel.guild);
  }

  append(channel: Channel, content: Partial<ChatMessage> & Pick<ChatMessage, "author">): ChatMessage {
    const message: ChatMessage = {
      content: "",
      embeds: [],
      components: [],
      attachments: [],
      flags: 0,
      loading: false,
      edited: false,
      deleted: false,
      ...content,
      id: this.snowflake(),
      channel: channel.id,
      at: this.#now(),
      changed: this.tick(),
    };
    channel.messages.push(message);
    return message;
  }

  #addChannel(channel: Pick<Channel, "name" | "guild" | "recipient">): Channel {
    const added: Channel = { ...channel, id: this.snowflake(), messages: [], sentAt: [] };
    this.channels.set(added.id, added);
    return added;
  }

  // ---- as the API writes it

  userJson(id: string): Json {
    const user = this.users.get(id) ?? { id, name: `user-${id}`, bot: false };
    return {
      id,
      username: user.name.toLowerCase().replace(/[^a-z0-9_.]/g, "_"),
      global_name: user.name,
      discriminator: "0",
      avatar: null,
      bot: user.bot,
      public_flags: 0,
    };
  }

  memberJson(id: string, permissions?: string): Json {
    return {
      user: this.userJson(id),
      nick: null,
      avatar: null,
      roles: [],
      joined_at: "2026-01-01T00:00:00.000000+00:00",
      deaf: false,
      mute: false,
      flags: 0,
      permissions: permissions ?? (READING | SEND_MESSAGES).toString(),
    };
  }

  channelJson(channel: Channel): Json {
    const { id, name, guild, recipient } = channel;
    const last_message_id = channel.messages.at(-1)?.id ?? null;
    if (recipient !== undefined)
      return { id, type: 1, last_message_id, flags: 0, recipients: [this.userJson(recipient)] };
    return { id, type: 0, name, guild_id: guild, position: 0, permission_overwrites: [], last_message_id };
  }

  guildJson(guild: Guild): Json {
    return {
      id: guild.id,
      name: guild.name,
      icon: null,
      owner_id: "1",
      features: [],
      preferred_locale: guild.locale,
      roles: [
        { id: guild.id, name: "@everyone", permissions: this.botPermissions(guild), position: 0, color: 0 },
      ],
      emojis: [],
      stickers: [],
      channels: guild.channels.flatMap((id) => {
        const channel = this.channels.get(id);
        return channel ? [this.channelJson(channel)] : [];
      }),
      threads: [],
      members: [this.memberJson(this.#botId())],
      member_count: 2,
      joined_at: "2026-01-01T00:00:00.000000+00:00",
      large: false,
      unavailable: false,
      presences: [],
      voice_states: [],
      stage_instances: [],
      guild_scheduled_events: [],
      soundboard_sounds: [],
    };
  }

  /** What the bot may do in a guild, or in a direct message. */
  botPermissions(guild: Guild | undefined): string {
    if (guild?.visible === false) return "0";
    return (guild?.writable === false ? READING : READING | SEND_MESSAGES).toString();
  }

  messageJson(message: ChatMessage): Json {
    const channel = this.channels.get(message.channel);
    const mentioned = [...new Set([...message.content.matchAll(/<@!?(\d+)>/g)].map(([, id]) => id ?? ""))];
    return {
      id: message.id,
      channel_id: message.channel,
      type: 0,
      author: this.userJson(message.author),
      content: message.content,
      embeds: message.embeds,
      components: message.components,
      attachments: message.attachments,
      mentions: mentioned.map((id) => this.userJson(id)),
      mention_roles: [],
      mention_everyone: /@(everyone|here)/.test(message.content),
      pinned: false,
      tts: false,
      timestamp: new Date(message.at).toISOString(),
      edited_timestamp: message.edited ? new Date(this.#now()).toISOString() : null,
      flags: message.flags,
      ...(message.nonce !== undefined && { nonce: message.nonce }),
      ...(channel?.guild !== undefined && !message.seenBy && { guild_id: channel.guild }),
    };
  }
}
