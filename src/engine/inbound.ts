import type { Address, ChannelAddress } from "./address.ts";

/** Who did something: the platform's own id, never a name. */
export interface Sender {
  readonly id: string;
  readonly name?: string;
  /** BCP 47, as the platform tells it. */
  readonly locale?: string;
}

/** One event from a platform, or a signal from the shop. `id` is unique per delivery within the platform. */
export interface Inbound {
  readonly id: string;
  readonly address: Address;
  readonly sender: Sender;
  readonly at: Date;
  readonly body: Body;
  /**
   * What the platform gives to answer this very event (an interaction's token), as the adapter wrote it. Opaque to
   * the engine, kept sealed, handed back in `Delivery.ticket`, perhaps to another process.
   */
  readonly ticket?: string;
  /** The channel in which it was pressed, where it is handled in the person's own conversation. */
  readonly origin?: ChannelAddress;
  /**
   * The network it came from, where the platform shows it: one text for one network, from which its address can not be told.
   * Limits count by it.
   */
  readonly network?: string;
}

/**
 * Why a picture that somebody sent is not kept: it is none or did not arrive (`unusable`), has too many bytes or pixels, or
 * is one too many: of the day (`too-many`), of what is kept of one person (`kept`), of what the shop takes (`full`).
 */
export type PictureProblem = "unusable" | "too-large" | "too-many" | "kept" | "full";

/** What somebody did, or what the shop has to tell. */
export type Body =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "command"; readonly name: string; readonly rest: string }
  /** `hidden`: the message with the button is seen by this person only. */
  | { readonly kind: "press"; readonly token: string; readonly message?: string; readonly hidden?: boolean }
  | {
      readonly kind: "form";
      readonly token: string;
      readonly values: Readonly<Record<string, string>>;
      readonly message?: string;
      readonly hidden?: boolean;
      /** Fields whose picture could not be kept, with why. */
      readonly refused?: Readonly<Record<string, PictureProblem>>;
    }
  /** The person opened the shop's front page on a platform that has one (`Host.front`). */
  | { readonly kind: "front" }
  /** A picture kept with `Host.keepMedia`. */
  | { readonly kind: "photo"; readonly media: string; readonly caption?: string }
  | { readonly kind: "contact"; readonly phone: string }
  | { readonly kind: "location"; readonly latitude: number; readonly longitude: number }
  /** Something the shop cannot use: a sticker, a voice message; `problem` says what is wrong with a photo, unless it is `unusable`. */
  | { readonly kind: "other"; readonly what: string; readonly problem?: PictureProblem }
  /** More came than one person may send at a time, and was dropped. */
  | { readonly kind: "surplus" }
  | { readonly kind: "signal"; readonly name: string; readonly data: unknown };
