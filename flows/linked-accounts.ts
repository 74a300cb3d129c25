import type { Customer } from "../src/shop/customers/customer.ts";
import type { Shopfront } from "./shopfront.ts";

/** An account among those that are linked, as people tell it from the others. */
export interface LinkedAccount {
  readonly id: string;
  /** "Telegram", or "Telegram 2" for the second of a platform. */
  readonly title: string;
}

/** The accounts of a customer, by their platforms' titles. */
export function linkedAccounts(front: Shopfront, { family, identities }: Customer): LinkedAccount[] {
  const seen = new Map<string, number>();
  return identities.map(({ platform }, index) => {
    const count = (seen.get(platform) ?? 0) + 1;
    seen.set(platform, count);
    const title = front.platformTitle(platform);
    return { id: family[index] ?? "", title: count === 1 ? title : `${title} ${count}` };
  });
}

/** Titles as one list, in the language of `locale`. */
export const listed = (locale: string, words: readonly string[]): string =>
  new Intl.ListFormat(locale, { type: "conjunction" }).format(words);

/** An account as its owner knows it again and nobody learns more of it: "Telegram (A•••)". */
export function maskedAccount(front: Shopfront, platform: string, name: string | undefined): string {
  const title = front.platformTitle(platform);
  const initials = name?.match(/(?<!\S)[\p{L}\p{N}]/gu)?.slice(0, 3);
  return initials ? `${title} (${initials.map((initial) => `${initial}•••`).join(" ")})` : title;
}
