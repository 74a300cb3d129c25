import type { Address, DirectAddress, MemberAddress } from "./address.ts";
import type { Inbound, PictureProblem, Sender } from "./inbound.ts";
import type { MarkupCost } from "./split-text.ts";
import type { View } from "./view.ts";

/** What a platform can show, as data. `fit` obeys it; no code asks for a platform's name. */
export interface Capabilities {
  /** Characters of text in a message, and in a message that carries a picture. */
  readonly textMax: number;
  readonly captionMax: number;
  /** Cards in one message. With 1, several cards become one numbered list. */
  readonly cardsMax: number;
  readonly buttonsPerRow: number;
  readonly controlsMax: number;
  readonly labelMax: number;
  /** Characters of all labels and options of a message, where they count together. */
  readonly labelsMax?: number;
  /** Characters of an address that a button may lead to; a longer one is written out in the text. */
  readonly linkMax?: number;
  /** What marks and addresses take of `textMax`, where the platform counts them. */
  readonly markup?: MarkupCost;
  /** Options of a pick control; 0 where there is none and options become buttons. */
  readonly picksMax: number;
  /** In the message, in a window of its own that a press opens, or not at all: then it is asked for in talk. */
  readonly forms: "inline" | "modal" | "ask";
  /** Fields of one form; a longer one goes over several pages. Only looked at with "modal". */
  readonly formFieldsMax?: number;
  readonly buttons: boolean;
  readonly images: boolean;
  readonly edits: boolean;
  /** A message with a picture can not be turned into one without. */
  readonly pictureStays?: boolean;
  /** Whether a message in a shared channel can be for one person's eyes. */
  readonly ephemeral: boolean;
  /** Characters of a text that can be shown to who pressed a button, over the channel and for their eyes alone. */
  readonly toastMax?: number;
  /** How long after a live card of a channel was changed one may be changed again, in milliseconds; default a second. */
  readonly cardEveryMs?: number;
  /** UTF-8 bytes of a button's token. */
  readonly tokenBytes: number;
}

/** What the engine offers to an adapter. */
export interface Host {
  /**
   * Stores the event durably, once per `inbound.id`; only then may the platform be acknowledged. The turn runs afterwards.
   * "dropped": its sender has sent too much and was told so; to the platform that is as good as stored.
   */
  accept(inbound: Inbound): Promise<"accepted" | "duplicate" | "dropped">;
  /**
   * To be asked before something is fetched for an event (a picture): false if its sender has sent too much, so that it will
   * be dropped anyway. What is asked for counts as sent.
   */
  admits?(inbound: Inbound): boolean;
  /** A stored picture as it is shown, with at most `side` pixels on its longer side, or null. */
  media(id: string, side?: number): Promise<StoredPicture | null>;
  /**
   * Keeps a picture that a person sent (JPEG, PNG or WebP up to 5 MB), and returns its id.
   *
   * @throws BadMedia if it is none, PictureQuota if it is one too many (`pictureProblem` tells them by their codes)
   */
  keepMedia(bytes: Uint8Array, from: PictureSender): Promise<string>;
  /** The commands to announce, per language. */
  commands(locale: string): readonly CommandInfo[];
  readonly locales: readonly string[];
  /** Completions of what is being typed after a command; empty where there are none. At most 25. */
  suggest(asker: Asker, command: string, text: string): Promise<readonly string[]>;
  /** What is wrong with a form's values, as sentences by field; empty if nothing is. Pure, so fit for answering a modal within its time. */
  problems(form: {
    address: Address;
    sender: Sender;
    token: string;
    values: Readonly<Record<string, string>>;
    locale: string;
    refused?: Readonly<Record<string, PictureProblem>>;
  }): Readonly<Record<string, string>>;
  /** What to show of an address of the shop that somebody posted; null if it is not the shop's. Its buttons are for everyone. */
  preview(asker: Asker, url: string): Promise<View | null>;
}

/** A picture as it stands in the store, or was made from it. */
export interface StoredPicture {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** A person sent it and may take it back, so nobody else may keep it for good. */
  readonly passing?: boolean;
}

/** Who sent a picture, where, and from which network address where that is known. */
export interface PictureSender {
  readonly address: Address;
  readonly sender: Pick<Sender, "id">;
  readonly network?: string;
}

/** Who asks outside a conversation, where, and in which language. */
export interface Asker {
  readonly address: Address;
  readonly sender: Sender;
}

/** A command to announce, in one language. */
export interface CommandInfo {
  readonly name: string;
  readonly description: string;
  /** What may follow the command. */
  readonly option?: { readonly name: string; readonly description: string; readonly suggests: boolean };
}

/** One message to send. */
export interface Delivery {
  readonly view: View;
  /** Unique per message and stable over retries: the nonce where a platform takes one. */
  readonly key: string;
  /** The message to show this in place of, where the platform can edit. */
  readonly replaces?: string;
  /** The ticket under which `replaces` was shown, where only the person sees that message. */
  readonly replacesTicket?: string;
  /** The `Inbound.ticket` of the event that is answered; none for news. It may have expired or been used by now. */
  readonly ticket?: string;
  /** It may have been sent before, by a try whose answer was lost or a process that died: worth a look, where there is one. */
  readonly again?: boolean;
}
/** What became of a message that was sent. */
export interface Sent {
  /** The platform's id of the message, given back in `press.message`; "" where it has none. */
  readonly message: string;
  /** A window was opened instead: no message was sent or changed. */
  readonly opened?: boolean;
  /** The message that this took the place of still stands, as it could not be taken away now. */
  readonly leftOld?: boolean;
}

/** What a message that stands is to show from now on. */
export interface Change extends Delivery {
  readonly replaces: string;
}

/** A message to take away. */
export interface Removal {
  readonly message: string;
  /** Only the person sees it; then the ticket under which it was shown is what may remove it. */
  readonly hidden?: boolean;
  readonly ticket?: string;
}

/** A platform, as the engine knows it. */
export interface Adapter {
  readonly name: string;
  /** What people call the platform. */
  readonly title: string;
  readonly can: Capabilities;
  /**
   * The connections it serves now; absent, it serves every one of its platform but those that are `refused`. One whose
   * token the platform refuses is not served. Conversations of others are left to the processes that serve them.
   */
  connections?(): readonly string[];
  /** The connections that it cannot serve now, as the platform refuses their tokens. */
  refused?(): readonly string[];
  start(host: Host): Promise<void>;
  /** Sends one fitted view. @throws {SendError} */
  send(to: Address, delivery: Delivery): Promise<Sent>;
  /**
   * Changes a message that stands, outside any answer; false where it can not be changed any more, and then nothing is
   * sent. @throws {SendError}
   */
  edit?(to: Address, change: Change): Promise<boolean>;
  /**
   * Takes a message away. One that is gone is no trouble; one that can not be deleted any more loses its buttons where the
   * platform lets it, and else stays.
   *
   * @throws {SendError} where it may work later
   */
  remove?(to: Address, message: Removal): Promise<void>;
  /** Throws away what the adapter itself keeps of a person's own channel: they are erased. May be repeated. */
  forget?(address: DirectAddress): Promise<void>;
  /** The same of what it keeps of a person's conversation inside a shared channel. */
  forgetAmongOthers?(address: MemberAddress): Promise<void>;
  /** Stops taking events; what was accepted stays in the store. */
  stop(): Promise<void>;
}

/** `unsent`: surely not delivered, try again; `unknown`: may have been delivered; `refused`: will never be (blocked, gone). */
export class SendError extends Error {
  readonly code = "SEND_FAILED";
  readonly fate: "unsent" | "unknown" | "refused";
  readonly retryAfterMs: number | undefined;
  /** It was not even tried, as too many others are to be sent before it: this counts as no attempt. */
  readonly paced: boolean;
  constructor(
    fate: SendError["fate"],
    message: string,
    options: { retryAfterMs?: number; paced?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "SendError";
    this.fate = fate;
    this.retryAfterMs = options.retryAfterMs;
    this.paced = options.paced ?? false;
  }
}
