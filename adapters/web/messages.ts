import mongoose from "mongoose";
import type { SecretBox } from "../../src/store/secret-box.ts";
import type { WebBody, WebMessage } from "./wire.ts";

interface Row extends Omit<WebMessage, "at" | "body"> {
  readonly conversation: string;
  readonly at: Date;
  /** The body as sealed JSON: people write addresses here. */
  readonly body: string;
  /** Key of the delivery that edited it last. */
  readonly edit?: string;
}

const schema = new mongoose.Schema<Row>(
  {
    conversation: { type: String, required: true },
    seq: { type: Number, required: true },
    change: { type: Number, required: true },
    key: { type: String, required: true },
    from: { type: String, required: true, enum: ["shop", "shopper"] },
    at: { type: Date, required: true },
    body: { type: String, required: true },
    edit: String,
  },
  { collection: "web_messages", versionKey: false },
);
schema.index({ conversation: 1, change: 1 }, { unique: true });
schema.index({ conversation: 1, key: 1 }, { unique: true });
schema.index({ conversation: 1, seq: 1 });
schema.index({ at: 1 }, { expireAfterSeconds: 90 * 24 * 3600 });

/** The web platform's own memory: both sides of every conversation, for 90 days after a message last changed. */
export const WebMessages = mongoose.model<Row>("WebMessage", schema);

const { trusted } = mongoose;
const placeOf = (conversation: string, seq: number) => ({
  collection: "web_messages",
  field: "body",
  id: `${conversation}/${seq}`,
});
const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === 11000;

/** The conversations' messages, with their bodies sealed. */
export class Messages {
  readonly #box: SecretBox;
  constructor(box: SecretBox) {
    this.#box = box;
  }

  /** Number of the newest change; 0 in an empty conversation. */
  async newest(conversation: string): Promise<number> {
    const row = await WebMessages.findOne({ conversation }, { change: 1 }).sort({ change: -1 }).lean();
    return row?.change ?? 0;
  }

  /** Appends a message once per `key` and answers its seq. */
  async append(conversation: string, from: WebMessage["from"], key: string, body: WebBody): Promise<number> {
    const message = { conversation, from, key, at: new Date() };
    try {
      return await this.#numbered(conversation, async (seq) => {
        await WebMessages.create({
          ...message,
          seq,
          change: seq,
          body: this.#close(conversation, seq, body),
        });
        return seq;
      });
    } catch (error) {
      const kept = await WebMessages.findOne({ conversation, key }, { seq: 1 }).lean();
      if (kept === null) throw error;
      return kept.seq;
    }
  }

  /** Puts a body in place of a shop's message; false when there is no such message any more. */
  async replace(conversation: string, seq: number, key: string, body: WebBody): Promise<boolean> {
    const sealed = this.#close(conversation, seq, body);
    const message = { conversation, seq, from: "shop" as const };
    return this.#numbered(conversation, async (change) => {
      const update = { $set: { change, edit: key, at: new Date(), body: sealed } };
      const { matchedCount } = await WebMessages.updateOne(
        { ...message, edit: trusted({ $ne: key }) },
        update,
      );
      return matchedCount === 1 || (await WebMessages.exists(message)) !== null;
    });
  }

  /** What changed after `change`, oldest first, at most 200. */
  async since(conversation: string, change: number): Promise<WebMessage[]> {
    const rows = WebMessages.find({ conversation, change: trusted({ $gt: change }) })
      .sort({ change: 1 })
      .limit(200);
    return (await rows.lean()).map((row) => this.#open(row));
  }

  /** The last `count` messages before `before`, oldest first. */
  async before(conversation: string, before: number, count: number): Promise<WebMessage[]> {
    const rows = WebMessages.find({ conversation, seq: trusted({ $lt: before }) })
      .sort({ seq: -1 })
      .limit(count);
    return (await rows.lean()).reverse().map((row) => this.#open(row));
  }

  /** Conversations in which something changed after `since`, by any process. */
  async changedAfter(since: Date): Promise<{ conversation: string; change: number }[]> {
    return WebMessages.find({ at: trusted({ $gt: since }) }, { _id: 0, conversation: 1, change: 1 })
      .limit(2000)
      .lean();
  }

  /**
   * Runs a write with the conversation's next change number. The unique index makes writers queue up for it, so a
   * number is only ever given after all before it can be read: whoever has seen change 7 will not miss 6.
   */
  async #numbered<T>(conversation: string, write: (change: number) => Promise<T>): Promise<T> {
    for (let last = -1; ; ) {
      const newest = await this.newest(conversation);
      try {
        return await write(newest + 1);
      } catch (error) {
        // The number did not move, so it was another index (the key) that refused.
        if (!isDuplicate(error) || newest === last) throw error;
        last = newest;
      }
    }
  }

  #close(conversation: string, seq: number, body: WebBody): string {
    return this.#box.seal(JSON.stringify(body), placeOf(conversation, seq));
  }
  #open({ conversation, seq, change, key, from, at, body }: Row): WebMessage {
    const opened: WebBody = JSON.parse(this.#box.open(body, placeOf(conversation, seq)));
    return { seq, change, key, from, at: at.toISOString(), body: opened };
  }
}
