import { EventEmitter } from "node:events";
import type { Block, ViewContent } from "./slack-block-kit.ts";
import type { Mention } from "./slack-mrkdwn.ts";
import { type Json, SlackRefusal } from "./slack-rules.ts";

/** Someone in a workspace. */
export interface SlackUser {
  readonly id: string;
  name: string;
  locale: string;
  /** What Slack answers to whoever writes to this person, once they have left. */
  left: string | undefined;
}

/** A message as it stands in a channel. */
export interface SlackMessage {
  readonly ts: string;
  readonly from: "bot" | string;
  text: string;
  blocks: Block[];
  /** Blocks of link previews and attachments, below the message. */
  attached: Block[];
  files: SlackFile[];
  readonly thread: string | undefined;
  /** What the app has put behind it, unseen. */
  readonly metadata?: Json | undefined;
  /** The only person who sees it; everybody if not given. */
  readonly onlyFor: string | undefined;
  /** Grows with every change in any channel. */
  changed: number;
  edited: boolean;
  deleted: boolean;
  /** Posted too long ago to be changed in this workspace. */
  old?: boolean;
}

/** A channel, or the conversation between the app and one person. */
export interface SlackChannel {
  readonly id: string;
  readonly name: string;
  /** The person, where it is a direct message. */
  readonly user: string | undefined;
  member: boolean;
  archived: boolean;
  readonly people: Set<string>;
  readonly messages: SlackMessage[];
  sentAt: number[];
}

/** A file in a workspace; `complete` once it has been shared or finished. */
export interface SlackFile {
  readonly id: string;
  readonly name: string;
  readonly length: number;
  bytes: Uint8Array | undefined;
  complete: boolean;
}

/** A modal or a home tab as somebody sees it. */
export interface SlackView {
  readonly id: string;
  readonly team: string;
  readonly user: string;
  content: ViewContent;
  hash: string;
  readonly root: string;
  readonly previous: string | undefined;
  closed: boolean;
}

/** A workspace that has, had or could have the app. */
export interface SlackTeam {
  readonly id: string;
  readonly name: string;
  botToken: string;
  readonly botUser: string;
  /** The error that calls with the token get. */
  gone: string | undefined;
  installed: boolean;
  readonly users: Map<string, SlackUser>;
  readonly channels: Map<string, SlackChannel>;
  readonly files: Map<string, SlackFile>;
  readonly homes: Map<string, SlackView>;
  /** Modals open for each person, the topmost last. */
  readonly stacks: Map<string, SlackView[]>;
}

/** Something the app did that people can notice. */
export interface Activity {
  readonly channel?: string | undefined;
  readonly user?: string | undefined;
}

/** What the double was told at the start. */
export interface WorkspaceOptions {
  /** Messages a channel takes in a second (of any person's DM too); unlimited if not given. */
  readonly perChannel?: number;
  /** Messages a channel takes at once before `perChannel` counts. */
  readonly burst?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Whether pictures at http://127.0.0.1 are taken. */
  readonly loopbackPictures?: boolean;
}

/** Everything the double remembers, and the bell that rings when something changes. */
export class Workspace {
  readonly events = new EventEmitter().setMaxListeners(0);
  readonly teams = new Map<string, SlackTeam>();
  readonly mentions: (Mention & { channel: string; ts: string })[] = [];
  readonly unfurls: { channel: string; ts: string; url: string; blocks: Block[] }[] = [];
  readonly activity: Activity[] = [];
  readonly options: WorkspaceOptions;
  readonly now: () => number;
  #clock = 0;
  #count = 0;

  constructor(options: WorkspaceOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
  }

  /** A name nobody has yet. */
  fresh(prefix: string): string {
    this.#count += 1;
    return `${prefix}${this.#count.toString(36).toUpperCase().padStart(8, "0")}`;
  }

  /** A time stamp of a message: seconds, and a part that makes it unique. */
  ts(): string {
    this.#count += 1;
    return `${Math.floor(this.now() / 1000)}.${String(this.#count).padStart(6, "0")}`;
  }

  addTeam(name: string, installed: boolean): SlackTeam {
    const id = this.fresh("T");
    const team: SlackTeam = {
      id,
      name,
      botToken: installed ? `xoxb-${id}-double-token-that-nobody-may-log` : "",
      botUser: this.fresh("UB"),
      gone: undefined,
      installed,
      users: new Map(),
      channels: new Map(),
      files: new Map(),
      homes: new Map(),
      stacks: new Map(),
    };
    this.teams.set(id, team);
    return team;
  }

  team(id: string): SlackTeam {
    const team = this.teams.get(id);
    if (team === undefined) throw new Error(`no team ${id}`);
    return team;
  }

  user(team: SlackTeam, id: string): SlackUser {
    const user = team.users.get(id);
    if (user === undefined) throw new SlackRefusal("user_not_found");
    return user;
  }

  /** The direct message of a person and the app. */
  dm(team: SlackTeam, user: string): SlackChannel {
    for (const channel of team.channels.values()) if (channel.user === user) return channel;
    return this.#open(team, this.fresh("D"), "directmessage", user);
  }

  /** A channel, made if it is not there. */
  channel(team: SlackTeam, id: string): SlackChannel {
    return team.channels.get(id) ?? this.#open(team, id, id.toLowerCase(), undefined);
  }

  #open(team: SlackTeam, id: string, name: string, user: string | undefined): SlackChannel {
    const people = new Set(user === undefined ? [] : [user]);
    const channel = { id, name, user, member: true, archived: false, people, messages: [], sentAt: [] };
    team.channels.set(id, channel);
    return channel;
  }

  append(channel: SlackChannel, content: Partial<SlackMessage> & Pick<SlackMessage, "from">): SlackMessage {
    const message: SlackMessage = {
      ts: this.ts(),
      text: "",
      blocks: [],
      attached: [],
      files: [],
      thread: undefined,
      onlyFor: undefined,
      edited: false,
      deleted: false,
      ...content,
      changed: this.tick(),
    };
    channel.messages.push(message);
    return message;
  }

  /** The number of the next change. */
  tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  /** Notes that the app did something people can notice. */
  did(activity: Activity): void {
    this.activity.push(activity);
    this.rang();
  }

  rang(): void {
    this.events.emit("change");
  }

  /** How often a file is refused after its upload, as Slack takes it in only then. */
  refusesNewFiles = 0;
  readonly #refused = new Map<string, number>();

  #takenIn(id: string): boolean {
    const refused = this.#refused.get(id) ?? 0;
    if (refused >= this.refusesNewFiles) return true;
    this.#refused.set(id, refused + 1);
    return false;
  }

  /** Whether blocks may show a file of the workspace. */
  pictures(team: SlackTeam): { loopback: boolean; hasFile(id: string): boolean } {
    return {
      loopback: this.options.loopbackPictures ?? false,
      hasFile: (id) => team.files.get(id)?.complete === true && this.#takenIn(id),
    };
  }
}

/** A message as the Web API and events tell of it. */
export function aboutMessage(team: SlackTeam, message: SlackMessage): Json {
  return {
    type: "message",
    ts: message.ts,
    text: message.text,
    team: team.id,
    ...(message.from === "bot"
      ? { user: team.botUser, bot_id: botIdOf(team), app_id: APP_ID, blocks: message.blocks }
      : { user: message.from }),
    ...(message.thread !== undefined && { thread_ts: message.thread }),
    ...(message.edited && { edited: { user: team.botUser, ts: message.ts } }),
  };
}

/** The app's id, the same in every workspace. */
export const APP_ID = "A0DOUBLE";
/** The id of the bot in messages, which is not the id of its user. */
export const botIdOf = (team: SlackTeam): string => `B${team.id.slice(1)}`;
