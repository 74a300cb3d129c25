import { LRUCache } from "lru-cache";
import mongoose from "mongoose";
import { isDuplicateKey } from "./duplicate-key.ts";
import type { Place, SecretBox } from "./secret-box.ts";

/** A message of a log, opened. */
export interface LoggedMessage<Body> {
  /** Place in the conversation; also the message's id. */
  readonly seq: number;
  /** Number of the conversation's change that made it as it is now: `seq`, until it is edited. */
  readonly change: number;
  /** Unique in the conversation: what makes a repeat the same message. */
  readonly key: string;
  readonly from: "shop" | "shopper";
  /** When it last changed, as ISO 8601. */
  readonly at: string;
  readonly body: Body;
  /** It was taken away: nothing is shown of it any more. */
  readonly removed?: true;
}

/** A message as it is stored. */
export interface LogRow extends Omit<LoggedMessage<never>, "at" | "body" | "removed"> {
  readonly conversation: string;
  readonly at: Date;
  /** The body as sealed JSON: people write addresses here. */
  readonly body: string;
  /** Key of the delivery that edited it last. */
  readonly edit?: string;
  readonly removed?: boolean;
}

/** The model of a log with a collection of its own. Rows are kept for so many days after a message last changed. */
export function messageModel(name: string, collection: string, days: number): mongoose.Model<LogRow> {
  const schema = new mongoose.Schema<LogRow>(
    {
      conversation: { type: String, required: true },
      seq: { type: Number, required: true },
      change: { type: Number, required: true },
      key: { type: String, required: true },
      from: { type: String, required: true, enum: ["shop", "shopper"] },
      at: { type: Date, required: true },
      body: { type: String, required: true },
      edit: String,
      removed: Boolean,
    },
    { collection, versionKey: false },
  );
  schema.index({ conversation: 1, change: 1 }, { unique: true });
  schema.index({ conversation: 1, key: 1 }, { unique: true });
  schema.index({ conversation: 1, seq: 1 });
  schema.index({ at: 1 }, { expireAfterSeconds: days * 24 * 3600 });
  return mongoose.model<LogRow>(name, schema);
}

const { trusted } = mongoose;

/** A page that was told nothing for so long is taken to be closed, in milliseconds. */
const PAGES_OPEN_MS = 24 * 60 * 60_000;

/** The messages of conversations, numbered and in order, with their bodies sealed. */
export class MessageLog<Body> {
  readonly #model: mongoose.Model<LogRow>;
  readonly #box: SecretBox;
  /** The newest change of a conversation that this process has written: the next number is tried without asking. */
  readonly #written = new LRUCache<string, number>({ max: 10_000 });

  constructor(model: mongoose.Model<LogRow>, box: SecretBox) {
    this.#model = model;
    this.#box = box;
  }

  /** Number of the newest change; 0 in an empty conversation. */
  async newest(conversation: string): Promise<number> {
    const row = await this.#model.findOne({ conversation }, { change: 1 }).sort({ change: -1 }).lean();
    return row?.change ?? 0;
  }

  /** Appends a message once per `key` and returns its seq. */
  async append(conversation: string, from: LogRow["from"], key: string, body: Body): Promise<number> {
    const message = { conversation, from, key, at: new Date() };
    try {
      return await this.#numbered(conversation, async (seq) => {
        await this.#model.create({
          ...message,
          seq,
          change: seq,
          body: this.#close(conversation, seq, body),
        });
        this.#written.set(conversation, seq);
        return seq;
      });
    } catch (error) {
      const kept = await this.#model.findOne({ conversation, key }, { seq: 1 }).lean();
      if (kept === null) throw error;
      return kept.seq;
    }
  }

  /** Puts a body in place of a shop's message; false when there is no such message any more. */
  async replace(conversation: string, seq: number, key: string, body: Body): Promise<boolean> {
    const sealed = this.#close(conversation, seq, body);
    const message = { conversation, seq, from: "shop" as const, removed: trusted({ $ne: true }) };
    return this.#numbered(conversation, async (change) => {
      const update = { $set: { change, edit: key, at: new Date(), body: sealed } };
      const { matchedCount } = await this.#model.updateOne(
        { ...message, edit: trusted({ $ne: key }) },
        update,
      );
      if (matchedCount === 1) this.#written.set(conversation, change);
      return matchedCount === 1 || (await this.#model.exists(message)) !== null;
    });
  }

  /**
   * Takes a shop's message away; `blank` stays in its place, so that open pages hear of it. One that is gone is no trouble.
   */
  async remove(conversation: string, seq: number, blank: Body): Promise<void> {
    const body = this.#close(conversation, seq, blank);
    const message = { conversation, seq, from: "shop" as const, removed: trusted({ $ne: true }) };
    await this.#numbered(conversation, async (change) => {
      const update = { $set: { change, removed: true, at: new Date(), body } };
      const { matchedCount } = await this.#model.updateOne(message, update);
      if (matchedCount === 1) this.#written.set(conversation, change);
    });
  }

  /** What changed after `change`, oldest first, at most 200. */
  async since(conversation: string, change: number): Promise<LoggedMessage<Body>[]> {
    const rows = this.#model
      .find({ conversation, change: trusted({ $gt: change }) })
      .sort({ change: 1 })
      .limit(200);
    return (await rows.lean()).map((row) => this.#open(row));
  }

  /** The last `count` messages before `before` that stand, oldest first. */
  async before(conversation: string, before: number, count: number): Promise<LoggedMessage<Body>[]> {
    const rows = this.#model
      .find({ conversation, seq: trusted({ $lt: before }), removed: trusted({ $ne: true }) })
      .sort({ seq: -1 })
      .limit(count);
    return (await rows.lean()).reverse().map((row) => this.#open(row));
  }

  /**
   * Throws a conversation's messages away. The newest one stays as `blank`, so that numbers go on and open pages hear of
   * what comes after; where nothing was said for a day, no page is open and nothing stays. May be repeated.
   */
  async forget(conversation: string, blank: Body): Promise<void> {
    const newest = await this.#model.findOne({ conversation }).sort({ change: -1 }).lean();
    if (newest === null) return;
    const { _id, seq, change, at } = newest;
    if (Date.now() - at.getTime() > PAGES_OPEN_MS) {
      await this.#model.deleteMany({ conversation });
      return;
    }
    const body = this.#close(conversation, seq, blank);
    await this.#model.updateOne({ _id }, { $set: { body, removed: true } });
    await this.#model.deleteMany({ conversation, change: trusted({ $lt: change }) });
  }

  /** Conversations in which something changed after `since`, by any process. */
  async changedAfter(since: Date): Promise<{ conversation: string; change: number }[]> {
    return this.#model
      .find({ at: trusted({ $gt: since }) }, { _id: 0, conversation: 1, change: 1 })
      .limit(2000)
      .lean();
  }

  /**
   * Runs a write with the conversation's next change number. The unique index makes writers queue up for it, so a
   * number is only ever given after all before it can be read: whoever has seen change 7 will not miss 6.
   */
  async #numbered<T>(conversation: string, write: (change: number) => Promise<T>): Promise<T> {
    for (let newest = this.#written.get(conversation) ?? (await this.newest(conversation)); ; ) {
      try {
        return await write(newest + 1);
      } catch (error) {
        const before = newest;
        if (isDuplicateKey(error)) newest = await this.newest(conversation);
        // The number did not move, so it was another index (the key) that refused.
        if (newest === before) throw error;
      }
    }
  }

  #close(conversation: string, seq: number, body: Body): string {
    return this.#box.seal(JSON.stringify(body), this.#place(conversation, seq));
  }
  #open({ conversation, seq, change, key, from, at, body, removed }: LogRow): LoggedMessage<Body> {
    const opened: Body = JSON.parse(this.#box.open(body, this.#place(conversation, seq)));
    return {
      seq,
      change,
      key,
      from,
      at: at.toISOString(),
      body: opened,
      ...(removed && ({ removed } as const)),
    };
  }
  #place(conversation: string, seq: number): Place {
    return { collection: this.#model.collection.name, field: "body", id: `${conversation}/${seq}` };
  }
}
