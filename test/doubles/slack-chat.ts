import type { Block } from "./slack-block-kit.ts";
import { checkBlocks, checkMessageText } from "./slack-checks.ts";
import { mentionsIn, mentionsInBlocks } from "./slack-mrkdwn.ts";
import {
  type Args,
  isObject,
  isOn,
  type Json,
  needed,
  SlackRefusal,
  textOf,
  tooMany,
} from "./slack-rules.ts";
import {
  aboutMessage,
  type SlackChannel,
  type SlackMessage,
  type SlackTeam,
  type Workspace,
} from "./slack-workspace.ts";

/** What a message is to hold, checked. `undefined` means it was not given. */
export interface Content {
  readonly text: string | undefined;
  readonly blocks: Block[] | undefined;
  readonly attached: Block[] | undefined;
  /** Whether the text is read as mrkdwn. */
  readonly mrkdwn: boolean;
}

/** Reads and checks text, blocks and attachments of a call. @throws {SlackRefusal} no_text and all of the limits */
export function contentOf(world: Workspace, team: SlackTeam, args: Args): Content {
  const given = (name: string) => args[name] !== undefined && args[name] !== null;
  const pictures = world.pictures(team);
  const content = {
    text: given("text") ? checkMessageText(args.text) : undefined,
    blocks: given("blocks") ? checkBlocks(args.blocks, pictures) : undefined,
    attached: given("attachments") ? attachedBlocks(args.attachments, pictures) : undefined,
    mrkdwn: args.mrkdwn === undefined || isOn(args.mrkdwn),
  };
  if ((content.text ?? "").trim() === "" && !content.blocks?.length && !content.attached?.length)
    throw new SlackRefusal("no_text");
  return content;
}

function attachedBlocks(value: unknown, pictures: ReturnType<Workspace["pictures"]>): Block[] {
  if (!Array.isArray(value)) throw new SlackRefusal("invalid_attachments");
  return value.flatMap((each, index) => {
    if (!isObject(each) || each.blocks === undefined) throw new SlackRefusal("invalid_attachments");
    return checkBlocks(each.blocks, pictures, `/attachments/${index}/blocks`);
  });
}

/** Puts a message of the app into a channel. */
export function putMessage(
  world: Workspace,
  team: SlackTeam,
  channel: SlackChannel,
  content: Content,
  more: { onlyFor?: string; thread?: string; metadata?: Json } = {},
): SlackMessage {
  const message = world.append(channel, {
    from: "bot",
    text: content.text ?? "",
    blocks: content.blocks ?? [],
    attached: content.attached ?? [],
    onlyFor: more.onlyFor,
    thread: more.thread,
    metadata: more.metadata,
  });
  note(world, channel, message, content);
  world.events.emit("posted", team, channel, message);
  world.did({ channel: channel.id, user: more.onlyFor });
  return message;
}

/** Changes a message of the app; what is not given stays as it was. */
export function changeMessage(
  world: Workspace,
  team: SlackTeam,
  channel: SlackChannel,
  message: SlackMessage,
  content: Content,
): void {
  message.text = content.text ?? message.text;
  message.blocks = content.blocks ?? message.blocks;
  message.attached = content.attached ?? message.attached;
  message.edited = true;
  message.changed = world.tick();
  note(world, channel, message, content);
  world.events.emit("edited", team, channel, message);
  world.did({ channel: channel.id, user: message.onlyFor });
}

function note(world: Workspace, channel: SlackChannel, message: SlackMessage, content: Content): void {
  const found = [
    ...(content.mrkdwn ? mentionsIn(content.text ?? "") : []),
    ...mentionsInBlocks([...(content.blocks ?? []), ...(content.attached ?? [])]),
  ];
  for (const mention of found) world.mentions.push({ ...mention, channel: channel.id, ts: message.ts });
}

/** `chat.*` */
export const chat = {
  "chat.postMessage": (world: Workspace, team: SlackTeam, args: Args): Json => {
    const channel = writable(world, team, needed(args, "channel", "channel_not_found"), true);
    const content = contentOf(world, team, args);
    const thread = textOf(args.thread_ts) || undefined;
    if (thread !== undefined && !channel.messages.some(({ ts }) => ts === thread))
      throw new SlackRefusal("thread_not_found");
    const metadata = metadataOf(args.metadata);
    pace(world, channel);
    const message = putMessage(world, team, channel, content, { thread, metadata });
    return { channel: channel.id, ts: message.ts, message: aboutMessage(team, message) };
  },

  "chat.update": (world: Workspace, team: SlackTeam, args: Args): Json => {
    const channel = writable(world, team, needed(args, "channel", "channel_not_found"), false);
    const message = mine(channel, textOf(args.ts), "cant_update_message");
    if (message.old) throw new SlackRefusal("edit_window_closed");
    const content = contentOf(world, team, args);
    // https://docs.slack.dev/reference/methods/chat.update: no more than 4,000 bytes, as sent.
    if (Buffer.byteLength(content.text ?? "") > 4000) throw new SlackRefusal("msg_too_long");
    changeMessage(world, team, channel, message, content);
    return { channel: channel.id, ts: message.ts, text: message.text, message: aboutMessage(team, message) };
  },

  "chat.postEphemeral": (world: Workspace, team: SlackTeam, args: Args): Json => {
    const channel = writable(world, team, needed(args, "channel", "channel_not_found"), false);
    const user = needed(args, "user", "user_not_in_channel");
    if (!channel.people.has(user)) throw new SlackRefusal("user_not_in_channel");
    const content = contentOf(world, team, args);
    pace(world, channel);
    return { message_ts: putMessage(world, team, channel, content, { onlyFor: user }).ts };
  },

  "chat.delete": (world: Workspace, team: SlackTeam, args: Args): Json => {
    const channel = writable(world, team, needed(args, "channel", "channel_not_found"), false);
    const message = mine(channel, textOf(args.ts), "cant_delete_message");
    message.deleted = true;
    world.did({ channel: channel.id });
    return { channel: channel.id, ts: message.ts };
  },

  "chat.unfurl": (world: Workspace, team: SlackTeam, args: Args): Json => {
    const channel = team.channels.get(textOf(args.channel));
    const message = channel?.messages.find(({ ts }) => ts === textOf(args.ts));
    if (channel === undefined || message === undefined) throw new SlackRefusal("cannot_unfurl_message");
    if (!isObject(args.unfurls)) throw new SlackRefusal("missing_unfurls");
    const previews = Object.entries(args.unfurls).map(([url, preview]) => {
      if (!message.text.includes(url)) throw new SlackRefusal("cannot_unfurl_url");
      const blocks = isObject(preview) ? preview.blocks : undefined;
      return { url, blocks: checkBlocks(blocks, world.pictures(team), `/unfurls/${url}/blocks`) };
    });
    for (const { url, blocks } of previews) {
      message.attached.push(...blocks);
      world.unfurls.push({ channel: channel.id, ts: message.ts, url, blocks });
      for (const mention of mentionsInBlocks(blocks))
        world.mentions.push({ ...mention, channel: channel.id, ts: message.ts });
    }
    message.changed = world.tick();
    world.did({ channel: channel.id });
    return {};
  },
};

/** https://docs.slack.dev/messaging/message-metadata: a name, and fields of at most 8,000 bytes or so in all. */
function metadataOf(value: unknown): Json | undefined {
  if (value === undefined) return undefined;
  const given: unknown = typeof value === "string" ? JSON.parse(value) : value;
  if (!isObject(given) || typeof given.event_type !== "string" || !isObject(given.event_payload))
    throw new SlackRefusal("invalid_metadata_format");
  return given;
}

/** `conversations.history`: what all see, the newest first. The app may read only its direct messages (`im:history`). */
export function history(team: SlackTeam, args: Args): Json {
  const channel = team.channels.get(needed(args, "channel", "channel_not_found"));
  if (channel === undefined) throw new SlackRefusal("channel_not_found");
  if (channel.user === undefined) throw new SlackRefusal("missing_scope");
  const limit = Number(args.limit ?? 100);
  if (!(limit >= 1 && limit <= 999)) throw new SlackRefusal("invalid_limit");
  const messages = channel.messages
    .filter(({ deleted, onlyFor }) => !deleted && onlyFor === undefined)
    .slice(-limit)
    .reverse()
    .map((message) => ({
      ...aboutMessage(team, message),
      ...(isOn(args.include_all_metadata) && message.metadata && { metadata: message.metadata }),
    }));
  return { messages, has_more: channel.messages.length > limit };
}

/** The channel a message may go to. */
export function writable(world: Workspace, team: SlackTeam, id: string, orUser: boolean): SlackChannel {
  if (orUser && team.users.has(id)) return standing(team, world.dm(team, id));
  const channel = team.channels.get(id);
  if (channel === undefined) throw new SlackRefusal("channel_not_found");
  return standing(team, channel);
}

function standing(team: SlackTeam, channel: SlackChannel): SlackChannel {
  const left = channel.user === undefined ? undefined : team.users.get(channel.user)?.left;
  if (left !== undefined) throw new SlackRefusal(left);
  if (channel.archived) throw new SlackRefusal("is_archived");
  if (!channel.member) throw new SlackRefusal("not_in_channel");
  return channel;
}

function mine(channel: SlackChannel, ts: string, otherwise: string): SlackMessage {
  // A message that only one person sees cannot be changed by the Web API, only by its response_url.
  const message = channel.messages.find(
    (each) => each.ts === ts && !each.deleted && each.onlyFor === undefined,
  );
  if (message === undefined) throw new SlackRefusal("message_not_found");
  if (message.from !== "bot") throw new SlackRefusal(otherwise);
  return message;
}

function pace(world: Workspace, channel: SlackChannel): void {
  const { perChannel, burst = 1 } = world.options;
  if (perChannel === undefined) return;
  // A bucket that holds `burst` messages and refills by `perChannel` a second.
  const window = (burst / perChannel) * 1000;
  channel.sentAt = channel.sentAt.filter((at) => at > world.now() - window);
  if (channel.sentAt.length >= burst) throw tooMany(1);
  channel.sentAt.push(world.now());
}
