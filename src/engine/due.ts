import mongoose from "mongoose";
import { ConversationModel } from "./conversation.ts";
import { inReach, type Reach } from "./reach.ts";

const { trusted } = mongoose;

/**
 * Conversations within reach with something left to do and nobody at work, of each connection at most `limit`, the
 * longest waiting first. A question for each connection, as each is answered by its index alone.
 */
export async function stranded(limit: number, reach: readonly Reach[], now: Date): Promise<string[]> {
  const found = await Promise.all(
    reach.map((one) =>
      ConversationModel.find({ ...inReach(one), due: trusted(dueBy(now)) }, { _id: 1 })
        .sort({ due: 1 })
        .limit(limit)
        .lean(),
    ),
  );
  return found.flat().map(({ _id }) => _id);
}

/** How many conversations beyond reach have something left to do, by platform. */
export async function beyond(reach: readonly Reach[], now: Date): Promise<Record<string, number>> {
  const waiting = await ConversationModel.aggregate<{ _id: string; conversations: number }>([
    {
      $match: {
        "address.platform": { $gt: "" }, // all of them, by the index
        due: dueBy(now),
        ...(reach.length > 0 && { $nor: reach.map(inReach) }),
      },
    },
    { $group: { _id: "$address.platform", conversations: { $sum: 1 } } },
  ]);
  return Object.fromEntries(waiting.map(({ _id, conversations: count }) => [_id, count]));
}

const dueBy = (now: Date) => ({ $type: "date", $lte: now }) as const;
