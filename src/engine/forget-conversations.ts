import mongoose from "mongoose";
import { conversationId, type DirectAddress, readAddress } from "./address.ts";
import { type Conversation, ConversationModel } from "./conversation.ts";
import { forgetPages } from "./delivery-pages.ts";

const { trusted } = mongoose;

/** A conversation, as far as is needed to forget it. */
export type FoundConversation = Pick<Conversation, "_id" | "at" | "address">;

/** Deletes conversations that nobody works on. May be repeated. */
export async function forgetConversations(found: readonly FoundConversation[]): Promise<void> {
  const ids = found.map(({ _id }) => _id);
  await ConversationModel.deleteMany({ _id: trusted({ $in: ids }), owner: null });
  await forgetPages(ids);
}

/** When a person was last heard or told something on a platform; null if there is nothing left of that. */
export async function lastActive(direct: DirectAddress): Promise<Date | null> {
  const times = (await conversationsOf(direct)).map(({ at }) => at?.getTime() ?? 0);
  return times.length === 0 ? null : new Date(Math.max(...times));
}

/**
 * A person's conversations, given the address of their own channel: that one, what they said in shared channels, and whatever
 * else of theirs a platform has, such as a front page. Each question is answered by an index.
 */
export async function conversationsOf(direct: DirectAddress): Promise<FoundConversation[]> {
  const { platform, connection, user } = direct;
  const there = { "address.platform": platform, "address.connection": connection };
  const filters = [
    { _id: conversationId(direct) },
    { ...there, "address.user": user },
    // Front pages of earlier versions. A channel's own conversation is nobody's, whoever pressed there last.
    {
      ...there,
      "person.id": user,
      "address.user": trusted({ $exists: false }),
      "address.kind": trusted({ $exists: false }),
    },
  ];
  const found = await Promise.all(
    filters.map((filter) =>
      ConversationModel.find(filter, { at: 1, address: 1 }).lean<FoundConversation[]>(),
    ),
  );
  return found.flat().map((one) => ({ ...one, address: readAddress(one.address) }));
}
