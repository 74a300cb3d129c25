import type { Body, SentFile } from "./discord-body.ts";
import { type GatewayEvent, Intent } from "./discord-gateway.ts";
import { type Content, checkMessage, type NamedFile, pings } from "./discord-message-rules.ts";
import { isJson, type Json, json, RateLimited, refusals } from "./discord-refusal.ts";
import { type Attachment, type Channel, type ChatMessage, Flag, type World } from "./discord-world.ts";

/** How long a nonce is remembered; Discord says "the past few minutes". */
const NONCE_LIFE_MS = 5 * 60_000;

export interface MessagesHost {
  readonly world: World;
  readonly botId: () => string;
  readonly url: () => string;
  readonly tell: (event: GatewayEvent) => void;
  readonly changed: () => void;
  /** Messages a channel takes in a second; unlimited if not given. */
  readonly perChannel: number | undefined;
}

/** The messages of all channels, as they are posted, edited and deleted, with the files in them. */
export class Messages {
  /** Every mention that a payload did not forbid: nobody may ever be pinged. */
  readonly mentioned: { readonly mention: string; readonly channel: string }[] = [];
  readonly #host: MessagesHost;
  readonly #files = new Map<string, { bytes: Uint8Array; type: string }>();

  constructor(host: MessagesHost) {
    this.#host = host;
  }

  /** The bytes at the path of an attachment's address. */
  file(path: string): { bytes: Uint8Array; type: string } | undefined {
    return this.#files.get(path);
  }

  /** Keeps a file where its address can be fetched without a token, as on Discord's CDN. */
  keep(
    channel: string,
    file: Pick<SentFile, "bytes" | "type"> & { filename: string; description?: string },
  ): Attachment {
    const id = this.#host.world.snowflake();
    const path = `/attachments/${channel}/${id}/${encodeURIComponent(file.filename)}`;
    const content_type = typeOf(file.bytes) ?? file.type;
    this.#files.set(path, { bytes: file.bytes, type: content_type });
    return {
      id,
      filename: file.filename,
      ...(file.description !== undefined && { description: file.description }),
      content_type,
      size: file.bytes.length,
      url: `${this.#host.url()}${path}?ex=7f000000&is=7e000000&hm=0`,
    };
  }

  /**
   * The channel, if the bot may use it: to read, or to write.
   *
   * @throws {Refusal} 10003 unknown, 50001 not seen, 50013 not allowed to write, 50007 direct messages closed
   */
  channel(id: string, use: "read" | "write"): Channel {
    const { world } = this.#host;
    const channel = world.channels.get(id);
    if (channel === undefined) throw refusals.unknownChannel();
    const guild = world.guildOf(channel);
    if (guild && (!guild.member || !guild.visible)) throw refusals.missingAccess();
    if (use === "read") return channel;
    if (guild?.writable === false) throw refusals.missingPermissions();
    if (channel.recipient !== undefined && world.closedDms.has(channel.recipient)) throw refusals.closedDms();
    return channel;
  }

  /** The bot's call to post a message into a channel. */
  create(channelId: string, { value, files }: Body): ChatMessage {
    const channel = this.channel(channelId, "write");
    const content = checkMessage(value, files);
    const same = this.#withNonce(json(value));
    if (same) return same;
    this.#pace(channel);
    const { nonce } = json(value);
    return this.post(
      channel,
      value,
      { ...content, flags: content.flags & ~Flag.ephemeral },
      nonce === undefined ? {} : { nonce: String(nonce) },
    );
  }

  /** Posts content that has been checked, as the bot. */
  post(
    channel: Channel,
    value: unknown,
    content: Content,
    more: Pick<Partial<ChatMessage>, "seenBy" | "interaction" | "nonce"> = {},
  ): ChatMessage {
    this.#recordPings(channel, value);
    const message = this.#host.world.append(channel, {
      author: this.#host.botId(),
      flags: content.flags,
      ...more,
    });
    this.#fill(message, content);
    this.announce("MESSAGE_CREATE", message);
    return message;
  }

  /** Posts what only says that the bot is thinking. */
  postLoading(channel: Channel, more: Pick<ChatMessage, "seenBy" | "interaction">): ChatMessage {
    const flags = Flag.loading | (more.seenBy === undefined ? 0 : Flag.ephemeral);
    const message = this.#host.world.append(channel, {
      author: this.#host.botId(),
      flags,
      loading: true,
      ...more,
    });
    this.announce("MESSAGE_CREATE", message);
    return message;
  }

  /** Edits a message of the bot. */
  edit(message: ChatMessage, { value, files }: Body, at: readonly string[] = []): ChatMessage {
    if (message.author !== this.#host.botId()) throw refusals.notAuthor();
    const content = checkMessage(value, files, message, at);
    const channel = this.#host.world.channels.get(message.channel);
    if (channel) this.#recordPings(channel, value);
    this.#fill(message, content);
    message.edited = !message.loading;
    message.loading = false;
    this.announce("MESSAGE_UPDATE", message);
    return message;
  }

  remove(message: ChatMessage): void {
    message.deleted = true;
    message.changed = this.#host.world.tick();
    const { id, channel } = message;
    const guild = this.#host.world.channels.get(channel)?.guild;
    const needed = guild === undefined ? Intent.directMessages : Intent.guildMessages;
    const about = { id, channel_id: channel, ...(guild !== undefined && { guild_id: guild }) };
    this.#host.tell({
      type: "MESSAGE_DELETE",
      content: (intents) => ((intents & needed) === 0 || message.seenBy ? undefined : about),
      ...(guild !== undefined && { guild }),
    });
    this.#host.changed();
  }

  /**
   * A message the bot can reach by the channel: no deleted one, and no ephemeral one, which only its interaction's
   * token reaches.
   *
   * @throws {Refusal} 10008
   */
  find(channel: Channel, id: string): ChatMessage {
    const found = channel.messages.find((each) => each.id === id && !each.deleted && !each.seenBy);
    if (found === undefined) throw refusals.unknownMessage();
    return found;
  }

  /** Tells the gateway of a message; without the intent, one that does not concern the bot comes without content. */
  announce(type: "MESSAGE_CREATE" | "MESSAGE_UPDATE", message: ChatMessage): void {
    const { world, botId } = this.#host;
    const guild = world.channels.get(message.channel)?.guild;
    const own = message.author === botId() || message.content.includes(`<@${botId()}>`);
    const full: Json = {
      ...world.messageJson(message),
      channel_type: guild === undefined ? 1 : 0,
      ...(guild !== undefined && { member: withoutUser(world.memberJson(message.author)) }),
    };
    const bare = { ...full, content: "", embeds: [], components: [], attachments: [] };
    this.#host.tell({
      type,
      content: (intents) => {
        if (message.seenBy !== undefined) return undefined;
        if (guild === undefined) return (intents & Intent.directMessages) === 0 ? undefined : full;
        if ((intents & Intent.guildMessages) === 0) return undefined;
        return own || (intents & Intent.messageContent) !== 0 ? full : bare;
      },
      ...(guild !== undefined && { guild }),
    });
    this.#host.changed();
  }

  #fill(message: ChatMessage, { kept, added, ...content }: Content): void {
    const files = added.map((file: NamedFile) => this.keep(message.channel, file));
    const attachments = [...kept, ...files];
    Object.assign(message, content, {
      attachments,
      embeds: content.embeds.map((each) => resolved(each, attachments)),
      components: content.components.map((each) => resolved(each, attachments)),
      changed: this.#host.world.tick(),
    });
  }

  #withNonce({ nonce, enforce_nonce }: Json): ChatMessage | undefined {
    if (enforce_nonce !== true || nonce === undefined) return undefined;
    const since = this.#host.world.now - NONCE_LIFE_MS;
    for (const { messages } of this.#host.world.channels.values())
      for (const each of messages)
        if (each.author === this.#host.botId() && each.nonce === String(nonce) && each.at > since)
          return each;
    return undefined;
  }

  #pace(channel: Channel): void {
    const { perChannel, world } = this.#host;
    if (perChannel === undefined) return;
    channel.sentAt = channel.sentAt.filter((at) => at > world.now - 1000);
    const [oldest = world.now] = channel.sentAt;
    if (channel.sentAt.length >= perChannel) throw new RateLimited((oldest + 1000 - world.now) / 1000);
    channel.sentAt.push(world.now);
  }

  #recordPings(channel: Channel, value: unknown): void {
    for (const mention of pings(value)) this.mentioned.push({ mention, channel: channel.id });
  }
}

function withoutUser({ user: _, ...member }: Json): Json {
  return member;
}

/** The same content with `attachment://name` put as the attachment's address. */
function resolved(value: Json, attachments: readonly Attachment[]): Json {
  const each = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(each);
    if (isJson(part))
      return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, each(inner)]));
    const name = typeof part === "string" ? /^attachment:\/\/(.+)$/.exec(part)?.[1] : undefined;
    return attachments.findLast(({ filename }) => filename === name)?.url ?? part;
  };
  return json(each(value));
}

/** The media type of a picture by its first bytes. */
function typeOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("\x89PNG")) return "image/png";
  return head.startsWith("RIFF") && head.slice(8) === "WEBP" ? "image/webp" : undefined;
}
