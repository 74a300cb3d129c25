import mongoose from "mongoose";
import {
  type Address,
  channelAddress,
  conversationId,
  type DirectAddress,
  type MemberAddress,
  readAddress,
} from "./address.ts";
import { ConversationModel } from "./conversation.ts";
import { openState } from "./sealed.ts";
import { readState } from "./state.ts";
import { isShortOfCard } from "./token.ts";

const { trusted } = mongoose;

/** The conversations in which a card stands that shows a subject (one with a colon), at most 100. */
export async function showing(subject: string): Promise<Address[]> {
  const found = await ConversationModel.find({ subjects: subject }, { address: 1 }).limit(100).lean();
  return found.map(({ address }) => readAddress(address));
}

/** The shared channel in which a person was met last; null if there was none. */
export async function lastShared({ platform, connection, user }: DirectAddress): Promise<Address | null> {
  const found = await ConversationModel.findOne(
    {
      "address.user": user,
      "address.platform": platform,
      "address.connection": connection,
      "address.channel": trusted({ $exists: true }),
    },
    { address: 1 },
  )
    .sort({ at: -1 })
    .lean();
  return found && readAddress(found.address);
}

/** What the numbers stand for on the live card that a channel was shown last. */
export async function sharedChoices(address: MemberAddress): Promise<readonly string[]> {
  const _id = conversationId(channelAddress(address, address.channel));
  const found = await ConversationModel.findById(_id, { state: 1 }).lean();
  return (found && readState(openState(_id, found.state)).numbered) ?? [];
}

/** The long token that stands behind a short one of anybody's message, or of a live card, in a shared channel. */
export async function sharedToken(address: MemberAddress, short: string): Promise<string | undefined> {
  const { platform, connection, channel } = address;
  const where = isShortOfCard(short)
    ? { _id: conversationId(channelAddress(address, channel)) }
    : {
        "address.channel": channel,
        "links.short": short,
        "address.user": trusted({ $exists: true }),
        "address.platform": platform,
        "address.connection": connection,
      };
  const found = await ConversationModel.findOne(where, { links: 1 }).lean();
  return found?.links.find((link) => link.short === short)?.token;
}
