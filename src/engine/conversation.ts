import mongoose, { Schema } from "mongoose";
import type { Address, Inbound, Sender } from "./inbound.ts";
import type { View } from "./view.ts";

/** A message waiting to be sent. */
export interface OutboxEntry {
  readonly key: string;
  readonly view: View;
  readonly replaces?: string;
}

/** A conversation as it stands in the store: mailbox, state and outbox in one document, so that one write moves all. */
export interface Conversation {
  _id: string;
  address: Address;
  /** The last person who wrote here, without the name; signals are answered as to them. */
  person?: Sender;
  /** Ids of the latest deliveries, for dropping repeats. */
  seen: string[];
  inbox: Inbound[];
  outbox: OutboxEntry[];
  /** Tokens too long for the platform, by their short stand-in. */
  links: { short: string; token: string }[];
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
}

/** The same as it is written, with what is personal sealed (see sealed.ts). */
export interface StoredConversation extends Omit<Conversation, "inbox" | "outbox"> {
  inbox: { id: string; sealed: string }[];
  outbox: { key: string; sealed: string }[];
}

const conversation = new Schema<StoredConversation>(
  {
    _id: String,
    address: { type: Schema.Types.Mixed, required: true },
    person: Schema.Types.Mixed,
    seen: [String],
    inbox: [Schema.Types.Mixed],
    outbox: [Schema.Types.Mixed],
    links: [Schema.Types.Mixed],
    state: Schema.Types.Mixed,
    revision: Number,
    owner: String,
    until: Date,
    due: Date,
    attempts: Number,
  },
  { versionKey: false, minimize: false },
);
conversation.index({ due: 1 }, { partialFilterExpression: { due: { $type: "date" } } });

export const ConversationModel = mongoose.model<StoredConversation>(
  "Conversation",
  conversation,
  "conversations",
);
