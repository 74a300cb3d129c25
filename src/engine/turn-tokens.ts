import type { ActionRef } from "./action.ts";
import type { Conversation } from "./conversation.ts";
import { type Audience, isShort, shorten, type TokenSealer } from "./token.ts";

/** What the tokens of a turn are made with. */
export interface TokenMaking {
  readonly sealer: TokenSealer;
  /** Who may press: `platform/connection/user`. */
  readonly person: string;
  /** The longest token of the platform, in bytes. */
  readonly tokenBytes: number;
  /** The long tokens that the conversation keeps, with what stands for each. */
  readonly kept: Conversation["links"];
}

/** The button tokens of one turn: makes those of its answers and opens those that were pressed. */
export class TurnTokens {
  readonly #making: TokenMaking;
  readonly #long = new Map<string, string>();
  constructor(making: TokenMaking) {
    this.#making = making;
  }

  /** The token of an action for the person of the turn, for everyone, for everyone on this person's message, or on a live card. */
  seal(ref: ActionRef, audience: "person" | "everyone" | "shown" | "card"): string {
    const { sealer, person, tokenBytes } = this.#making;
    const audiences: Record<typeof audience, Audience> = {
      person,
      everyone: "*",
      shown: { shownTo: person },
      card: "card",
    };
    const token = sealer.seal(ref, audiences[audience]);
    if (Buffer.byteLength(token) <= tokenBytes) return token;
    const short = shorten(token, audiences[audience]);
    this.#long.set(short, token);
    return short;
  }

  /** Opens a pressed token, short or not; with the full one. */
  open(token: string) {
    const { sealer, person, kept } = this.#making;
    const full = isShort(token) ? kept.findLast((link) => link.short === token)?.token : token;
    if (full === undefined) return { kind: "stale" } as const;
    return { ...sealer.open(full, person), token: full };
  }

  /** The tokens that were too long, which the conversation is to keep. */
  long(): Conversation["links"] {
    return [...this.#long].map(([short, token]) => ({ short, token }));
  }
}
