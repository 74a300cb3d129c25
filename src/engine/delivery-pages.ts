import mongoose, { Schema } from "mongoose";
import { driverCollection } from "../store/driver-collection.ts";
import { isDuplicateKey } from "../store/duplicate-key.ts";

/** How long the id of a delivery is remembered, in milliseconds: a platform that repeats one does so within a day. */
export const REMEMBERED_MS = 24 * 60 * 60_000;

/** Ids of deliveries that a conversation has no room for any more. */
interface Page {
  _id: string;
  conversation: string;
  ids: string[];
  at: Date;
}

const schema = new Schema<Page>(
  {
    _id: { type: String, required: true },
    conversation: { type: String, required: true },
    ids: { type: [String], required: true },
    at: { type: Date, required: true },
  },
  { strict: "throw", versionKey: false, id: false, collection: "delivery_pages" },
);
schema.index({ conversation: 1, ids: 1 });
schema.index({ at: 1 }, { expireAfterSeconds: REMEMBERED_MS / 1000 });

const PageModel = mongoose.model<Page>("DeliveryPage", schema);
const pages = () => driverCollection(PageModel);

/** Keeps ids of a conversation's deliveries for a day from now; doing it twice changes nothing. */
export async function keepPage(conversation: string, ids: readonly string[], now: Date): Promise<void> {
  const [first] = ids;
  if (first === undefined) return;
  try {
    await pages().insertOne({ _id: `${conversation}\n${first}`, conversation, ids: [...ids], at: now });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

/** Whether a conversation has had this delivery, as far as its pages know. */
export const isOnPage = async (conversation: string, id: string): Promise<boolean> =>
  (await pages().findOne({ conversation, ids: id }, { projection: { _id: 1 } })) !== null;

/** Throws away the pages of conversations that are forgotten. */
export async function forgetPages(conversations: readonly string[]): Promise<void> {
  await pages().deleteMany({ conversation: { $in: [...conversations] } });
}
