import type { Db, Document } from "mongodb";
import { MongoServerError } from "mongodb";
import { type Identified, isGone, Ledger } from "./ledger.ts";

/** A document with fields for indexes of every kind. */
export interface Paper extends Identified {
  owner: string;
  rev: number;
  slug?: string;
  open: boolean;
  tags: string[];
  lines: { sku: string; quantity: number }[];
  text: string;
}
/** Whoever has it has the name. */
export interface Claim extends Identified {
  name: string;
}
/** A document that is gone soon. */
export interface Passing extends Identified {
  text: string;
}
type Random = () => number;

/** What the writers have written, and what must be there after a crash. It outlives every server. */
export class Model {
  /** Documents that each belong to one writer, in a collection with indexes of every kind. */
  readonly papers = new Ledger<Paper>();
  /** Names fought over by a unique index; a document is its owner's claim. */
  readonly claims = new Ledger<Claim>();
  /** A collection that is filled, dropped and renamed all the time. */
  readonly passing = new Ledger<Passing>();
  /** Numbers given out by `$inc`: those that were answered, and how many may have been given besides. */
  readonly numbers = { answered: new Set<number>(), underWay: 0 };
  /** Indexes of `papers` that come and go, by name: there, gone, or either. */
  readonly indexes = new Map<string, "there" | "gone" | "either">();

  /** Writes that were acknowledged so far. */
  get acknowledged(): number {
    return this.papers.acknowledged + this.claims.acknowledged + this.passing.acknowledged;
  }
}

/** The indexes `papers` always has. */
export const lasting: readonly [Document, Document][] = [
  [{ owner: 1, rev: -1 }, { name: "owner_rev" }],
  [{ tags: 1 }, { name: "tags" }],
  [{ slug: 1 }, { name: "slug", unique: true, sparse: true }],
  [
    { "lines.sku": 1, rev: 1 },
    { name: "sku", partialFilterExpression: { open: true } },
  ],
  [{ text: 1 }, { name: "text" }],
];
/** The indexes of `papers` that come and go. */
export const coming: readonly [Document, Document][] = [
  [{ rev: 1 }, { name: "rev" }],
  [{ tags: 1, owner: -1 }, { name: "tags_owner" }],
  [
    { owner: 1, slug: 1 },
    { name: "owner_slug", partialFilterExpression: { slug: { $exists: true } } },
  ],
];

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** Runs one writer until the server is gone. @throws what is not the server's going. */
export async function untilGone(step: () => Promise<void>): Promise<void> {
  try {
    for (;;) await step();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function paper(random: Random, owner: string, _id: string, rev: number): Paper {
  // Now and then one that fills pages of its own, and an index key that is cut.
  const length = random() < 0.05 ? 30_000 : Math.floor(random() * 400);
  return {
    _id,
    owner,
    rev,
    ...(random() < 0.5 ? { slug: `slug-${_id}` } : {}),
    open: random() < 0.5,
    tags: Array.from({ length: Math.floor(random() * 4) }, () => `tag${Math.floor(random() * 30)}`),
    lines: [{ sku: `sku${Math.floor(random() * 9)}`, quantity: 1 }],
    text: String.fromCharCode(97 + Math.floor(random() * 26)).repeat(length),
  };
}

/** Writes documents of its own in every way there is: one step is one write. */
export function clerk(db: Db, { papers }: Model, owner: string, random: Random): () => Promise<void> {
  const collection = db.collection<Paper>("papers");
  let next = papers.owned(`${owner}:`).length * 1000 + Math.floor(random() * 1e9);
  const fresh = (): Paper => paper(random, owner, `${owner}:${next++}`, 0);
  const one = (doc: Paper | undefined, _id: string) => new Map([[_id, doc]]);
  return async () => {
    const mine = papers.owned(`${owner}:`);
    if (mine.length < 5 || (mine.length < 40 && random() < 0.3)) {
      const docs = Array.from({ length: 1 + Math.floor(random() * 6) }, fresh);
      const effects = new Map(docs.map((doc) => [doc._id, doc]));
      await papers.write(effects, () => collection.insertMany(docs), "prefix");
      return;
    }
    const old = pick(random, mine);
    const { _id } = old;
    const rev = old.rev + 1;
    const newer = { ...paper(random, owner, _id, rev), rev };
    const changed: Paper = { ...old, rev, open: newer.open, tags: newer.tags };
    const change = { $inc: { rev: 1 }, $set: { open: newer.open, tags: newer.tags } };
    switch (Math.floor(random() * 6)) {
      case 0:
        await papers.write(one(changed, _id), () => collection.updateOne({ _id, rev: old.rev }, change));
        return;
      case 1:
        await papers.write(one(newer, _id), () => collection.replaceOne({ _id }, newer));
        return;
      case 2:
        await papers.write(one(undefined, _id), () => collection.deleteOne({ _id }));
        return;
      case 3: {
        const all = new Map(mine.map((doc) => [doc._id, { ...doc, rev: doc.rev + 1 }]));
        await papers.write(all, () => collection.updateMany({ owner }, { $inc: { rev: 1 } }));
        return;
      }
      case 4:
        await papers.write(one(changed, _id), () => collection.findOneAndUpdate({ _id }, change));
        return;
      default: {
        const other = mine.find((doc) => doc._id !== _id) as Paper;
        const doc = fresh();
        const effects = new Map<string, Paper | undefined>([
          [doc._id, doc],
          [_id, changed],
          [other._id, undefined],
        ]);
        const steps = [
          { insertOne: { document: doc } },
          { updateOne: { filter: { _id }, update: change } },
          { deleteOne: { filter: { _id: other._id } } },
        ];
        await papers.write(effects, () => collection.bulkWrite(steps), "prefix");
      }
    }
  };
}

/** Fights for names under a unique index, and gives them back. */
export function claimant(db: Db, { claims }: Model, owner: string, random: Random): () => Promise<void> {
  const collection = db.collection<Claim>("claims");
  let next = Math.floor(random() * 1e12);
  return async () => {
    const held = claims.owned(`${owner}:`);
    if (held.length > 8 || (held.length > 0 && random() < 0.3)) {
      const { _id } = pick(random, held);
      await claims.write(new Map([[_id, undefined]]), () => collection.deleteOne({ _id }));
      return;
    }
    const doc: Claim = { _id: `${owner}:${next++}`, name: `name${Math.floor(random() * 30)}` };
    const effects = new Map([[doc._id, doc]]);
    try {
      await claims.write(effects, () => collection.insertOne(doc));
    } catch (error) {
      if (!(error instanceof MongoServerError && error.code === 11000)) throw error;
      claims.refused(effects);
    }
  };
}

/** Draws numbers from a counter that all share. */
export function drawer(db: Db, { numbers }: Model): () => Promise<void> {
  const counters = db.collection<{ _id: string; value: number }>("counters");
  return async () => {
    numbers.underWay++;
    const drawn = await counters.findOneAndUpdate(
      { _id: "order" },
      { $inc: { value: 1 } },
      { upsert: true, returnDocument: "after" },
    );
    const value = drawn?.value ?? Number.NaN;
    if (numbers.answered.has(value)) throw new Error(`the number ${value} was given twice`);
    numbers.answered.add(value);
    numbers.underWay--;
  };
}

/** Makes and drops indexes while others write. */
export function indexer(db: Db, { indexes }: Model, random: Random): () => Promise<void> {
  const collection = db.collection("papers");
  return async () => {
    const [key, options] = pick(random, coming);
    const name = options.name as string;
    const there = indexes.get(name) === "there";
    indexes.set(name, "either");
    if (there) await collection.dropIndex(name);
    else await collection.createIndex(key, options);
    indexes.set(name, there ? "gone" : "there");
  };
}

/** Fills a collection, and drops it, or drops it by renaming another over it. */
export function mover(db: Db, { passing }: Model, random: Random): () => Promise<void> {
  const collection = db.collection<Passing>("passing");
  return async () => {
    const there = passing.owned("");
    if (there.length === 0 || (there.length < 300 && random() < 0.6)) {
      const docs = Array.from({ length: 1 + Math.floor(random() * 120) }, (_, n) => ({
        _id: `${n}:${Math.floor(random() * 1e12)}`,
        text: "passing by".repeat(5),
      }));
      await passing.write(
        new Map(docs.map((doc) => [doc._id, doc])),
        () => collection.insertMany(docs),
        "prefix",
      );
      return;
    }
    const gone = new Map<string, Passing | undefined>(there.map((doc) => [doc._id, undefined]));
    if (random() < 0.5) {
      await passing.write(gone, () => collection.drop(), "all");
      return;
    }
    const heir: Passing = { _id: `heir:${Math.floor(random() * 1e12)}`, text: "from the other one" };
    await db.collection<Passing>("heirs").deleteMany({});
    await db.collection<Passing>("heirs").insertOne(heir);
    const rename = () => db.renameCollection("heirs", "passing", { dropTarget: true });
    await passing.write(gone.set(heir._id, heir), rename, "all");
  };
}
