import mongoose, { Schema } from "mongoose";
import type { Address } from "./address.ts";
import type { Inbound, Sender } from "./inbound.ts";
import type { Part, Screen } from "./screens.ts";
import type { View } from "./view.ts";

/** Something waiting to leave a conversation: a message, a change of those that stand, or an event for another one. */
export type OutboxEntry = Message | Refresh | Live | Handover;

/** A message waiting to be sent. */
export interface Message {
  readonly key: string;
  readonly view: View;
  readonly replaces?: string;
  readonly ticket?: string;
  /** Where it belongs; entries of earlier versions have none, and stand alone. */
  readonly part?: Part;
  /** The news it tells, so that it can be told elsewhere if it is refused here. */
  readonly news?: News;
}
/** What those messages are to show from now on that show the state of a subject. */
export interface Refresh {
  readonly key: string;
  readonly subject: string;
  /** The view, fitted. */
  readonly refresh: readonly View[];
}
/** What a live card of a channel is to show from now on; null takes it away. */
export interface Live {
  readonly key: string;
  readonly card: string;
  /** The view, as one message. */
  readonly live: View | null;
}
/** An event that is to be handled in another conversation. */
export interface Handover {
  readonly key: string;
  readonly handover: Inbound;
}
/** A signal, as it was sent with `engine.signal`. */
export interface News {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
}

/** A conversation as it stands in the store: mailbox, state and outbox in one document, so that one write moves all. */
export interface Conversation {
  _id: string;
  address: Address;
  /** The last person who wrote here, without the name; signals are answered as to them. */
  person?: Sender;
  /** When the last event came. */
  at: Date;
  inbox: Inbound[];
  outbox: OutboxEntry[];
  /** Tokens too long for the platform, by their short stand-in. */
  links: { short: string; token: string }[];
  /** The screens that stand and are worth remembering. */
  screens: readonly Screen[];
  state: unknown;
  /** Grows with every commit. */
  revision: number;
  /** Who works on it, until when. Free when `until` has passed. */
  owner: string | null;
  until: Date;
  /** When the sweeper should look at it; null when there is nothing to do. */
  due: Date | null;
  /** Failed attempts to send the first entry of the outbox. */
  attempts: number;
  /** When ids of its deliveries last went to a page (see delivery-pages.ts). */
  pagedAt?: Date;
  /** Deliveries since it was last looked after how many it remembers. */
  heard?: number;
}

/** A delivery that came. */
export interface Seen {
  readonly id: string;
  readonly at: Date;
}

/** The same as it is written, with what is personal sealed (see sealed.ts). */
export interface StoredConversation extends Omit<Conversation, "inbox" | "outbox" | "screens"> {
  /** The deliveries of the last day, for dropping repeats. Earlier versions kept bare ids. */
  seen: (Seen | string)[];
  inbox: { id: string; sealed: string }[];
  outbox: { key: string; sealed: string }[];
  /** Sealed. Conversations of earlier versions have none. */
  screens?: string;
  /** What the screens show, where others may change it too (`order:ID`): how their conversations are found. */
  subjects?: string[];
}

const conversation = new Schema<StoredConversation>(
  {
    _id: String,
    address: { type: Schema.Types.Mixed, required: true },
    person: Schema.Types.Mixed,
    at: Date,
    seen: [Schema.Types.Mixed],
    inbox: [Schema.Types.Mixed],
    outbox: [Schema.Types.Mixed],
    links: [Schema.Types.Mixed],
    screens: String,
    subjects: { type: [String], default: undefined },
    state: Schema.Types.Mixed,
    revision: Number,
    owner: String,
    until: Date,
    due: Date,
    attempts: Number,
    pagedAt: Date,
    heard: Number,
  },
  { versionKey: false, minimize: false },
);
// What is due on the platforms that a process is connected to, the longest waiting first.
conversation.index(
  { "address.platform": 1, "address.connection": 1, due: 1 },
  { partialFilterExpression: { due: { $type: "date" } } },
);
// Where cards stand that show a subject.
conversation.index({ subjects: 1 }, { partialFilterExpression: { subjects: { $exists: true } } });
// Where a person was last met among others, when direct messages are refused.
conversation.index(
  { "address.user": 1, "address.platform": 1, "address.connection": 1, at: -1 },
  { partialFilterExpression: { "address.user": { $exists: true } } },
);
// What one person said, wherever on the platform it was: for erasing it.
conversation.index(
  { "person.id": 1, "address.platform": 1, "address.connection": 1 },
  { partialFilterExpression: { "person.id": { $exists: true } } },
);

// Whose message a long button stands on that somebody else pressed in a shared channel.
conversation.index(
  { "address.channel": 1, "links.short": 1 },
  { partialFilterExpression: { "address.user": { $exists: true } } },
);

/** The conversations of all platforms. */
export const ConversationModel = mongoose.model<StoredConversation>(
  "Conversation",
  conversation,
  "conversations",
);
