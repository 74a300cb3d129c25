import { createHash, randomBytes } from "node:crypto";
import { model, Schema, trusted } from "mongoose";
import { typedCode } from "../../i18n/typed.ts";
import { isDuplicateKey, ShopError } from "../core/errors.ts";

/** A code can be used for ten minutes. */
export const LINK_CODE_MS = 10 * 60_000;
/** So many wrong codes an account may try in an hour. */
export const WRONG_TRIES_MAX = 10;
const TRIES_MS = 60 * 60_000;

/** Crockford's base32: no I, L, O or U. https://www.crockford.com/base32.html */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** 28 characters of five bits are 140 bits, in seven groups of four. */
const LENGTH = 28;

/** No code that can be used: unknown, expired, used, or of another shop. Which of these is nobody's business. */
export class WrongCode extends ShopError {
  constructor() {
    super("WRONG_CODE", "no such code, or not any more");
  }
}

/** Somebody typed the code where it was shown. It can still be used elsewhere. */
export class OwnCode extends ShopError {
  constructor() {
    super("OWN_CODE", "the code was shown to the same account");
  }
}

/** Too many wrong codes from this account within an hour. */
export class TooManyTries extends ShopError {
  constructor() {
    super("TOO_MANY_TRIES", `${WRONG_TRIES_MAX} wrong codes within an hour`);
  }
}

interface LinkCode {
  /** The account that was shown the code: it has one at a time. */
  _id: string;
  shop: string;
  /** SHA-256 of the code, in hex. The code itself is kept nowhere. */
  hash: string;
  expiresAt: Date;
  /** The idempotency key of the turn that used it. */
  usedKey?: string;
}

interface LinkTries {
  /** The account that tries. */
  _id: string;
  count: number;
  until: Date;
}

const text = { type: String, required: true } as const;
const date = { type: Date, required: true } as const;
const options = { strict: "throw", versionKey: false, id: false } as const;
const codes = new Schema<LinkCode>(
  { _id: text, shop: text, hash: text, expiresAt: date, usedKey: String },
  options,
);
codes.index({ hash: 1 }, { unique: true });
// Kept a while after it expired, for the turn that used it and died.
codes.index({ expiresAt: 1 }, { expireAfterSeconds: 3600 });
const tries = new Schema<LinkTries>(
  { _id: text, count: { type: Number, required: true }, until: date },
  options,
);
tries.index({ until: 1 }, { expireAfterSeconds: 0 });

const LinkCodeModel = model<LinkCode>("LinkCode", codes);
const LinkTriesModel = model<LinkTries>("LinkTries", tries);

/** A code as people type it (any case, blanks and dashes, O for 0, I and L for 1), or null if it cannot be one. */
function normal(typed: string): string | null {
  const plain = typedCode(typed).replace(/[\s-]/g, "").toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1");
  return plain.length === LENGTH && [...plain].every((sign) => ALPHABET.includes(sign)) ? plain : null;
}

const hashOf = (code: string): string => createHash("sha256").update(code).digest("hex");

function newCode(): string {
  const signs = Array.from(randomBytes(LENGTH), (byte) => ALPHABET.charAt(byte & 31)).join("");
  return (signs.match(/.{4}/g) ?? []).join("-");
}

/** A new code for an account, to be typed on another platform within `LINK_CODE_MS`; an older one stops working. */
export async function showLinkCode(
  shop: string,
  account: string,
  now: Date = new Date(),
): Promise<{ code: string; expiresAt: Date }> {
  const code = newCode();
  const expiresAt = new Date(now.getTime() + LINK_CODE_MS);
  const entry: LinkCode = { _id: account, shop, hash: hashOf(code.replaceAll("-", "")), expiresAt };
  const replaced = await LinkCodeModel.replaceOne({ _id: account }, entry);
  if (replaced.matchedCount === 1) return { code, expiresAt };
  try {
    await LinkCodeModel.create(entry);
    return { code, expiresAt };
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return showLinkCode(shop, account, now);
  }
}

/** A code that was typed: whose it is, and what proves that it was known. */
export interface LinkOffer {
  /** The account it was shown to. */
  readonly account: string;
  /** The code's hash, for `takeLinkCode`. It is no code: who only has it, in a button perhaps, can not type it. */
  readonly proof: string;
}

/**
 * Whose a typed code is, so that who typed it can be asked before anything is shared. It is not used up.
 *
 * @throws {TooManyTries} also for the right code
 * @throws {WrongCode | OwnCode}
 */
export async function readLinkCode(
  shop: string,
  account: string,
  typed: string,
  now: Date = new Date(),
): Promise<LinkOffer> {
  // Counted before the look, so that many tries at a time are as many tries.
  if ((await countTry(account, now)) > WRONG_TRIES_MAX) throw new TooManyTries();
  const code = normal(typed);
  const known =
    code === null ? null : await LinkCodeModel.findOne({ hash: hashOf(code), shop }).lean<LinkCode>();
  if (known === null || known.usedKey !== undefined || known.expiresAt <= now) throw new WrongCode();
  await forgiveTry(account);
  if (known._id === account) throw new OwnCode();
  return { account: known._id, proof: known.hash };
}

/**
 * Uses a code up that was read, and returns the account it was shown to. The same `key` gets the same answer again, so a
 * turn that died after this can be run again.
 *
 * @throws {WrongCode | OwnCode}
 */
export async function takeLinkCode(
  shop: string,
  account: string,
  proof: string,
  key: string,
  now: Date = new Date(),
): Promise<string> {
  const known = await LinkCodeModel.findOne({ hash: proof, shop }).lean<LinkCode>();
  if (known === null) throw new WrongCode();
  if (known._id === account) throw new OwnCode();
  if (known.usedKey !== key && !(await useUp(known, key, now))) throw new WrongCode();
  return known._id;
}

/** The account that shows a code which was read, while it can still be used; null once it can not. */
export async function linkCodeShownBy(shop: string, proof: string): Promise<string | null> {
  const unused = { hash: proof, shop, usedKey: trusted({ $exists: false }) };
  return (await LinkCodeModel.findOne(unused).lean<LinkCode>())?._id ?? null;
}

/** Makes a code that was read useless, as who typed it does not want to link. */
export async function refuseLinkCode(shop: string, proof: string): Promise<void> {
  await LinkCodeModel.deleteOne({ hash: proof, shop, usedKey: trusted({ $exists: false }) });
}

async function useUp({ _id, hash }: LinkCode, key: string, now: Date): Promise<boolean> {
  const used = await LinkCodeModel.updateOne(
    { _id, hash, expiresAt: trusted({ $gt: now }), usedKey: trusted({ $exists: false }) },
    { $set: { usedKey: key } },
  );
  return used.modifiedCount === 1;
}

async function countTry(_id: string, now: Date): Promise<number> {
  const until = new Date(now.getTime() + TRIES_MS);
  const counted = await LinkTriesModel.findOneAndUpdate(
    { _id, until: trusted({ $gt: now }) },
    { $inc: { count: 1 } },
    { returnDocument: "after" },
  ).lean<LinkTries>();
  if (counted !== null) return counted.count;
  await LinkTriesModel.deleteOne({ _id, until: trusted({ $lte: now }) });
  try {
    await LinkTriesModel.create({ _id, count: 1, until });
    return 1;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return countTry(_id, now);
  }
}

const forgiveTry = (_id: string) => LinkTriesModel.updateOne({ _id }, { $inc: { count: -1 } });

/** Forgets the codes and tries of these accounts. */
export async function forgetLinkCodes(accounts: readonly string[]): Promise<void> {
  const those = { _id: trusted({ $in: [...accounts] }) };
  await LinkCodeModel.deleteMany(those);
  await LinkTriesModel.deleteMany(those);
}
