import type { Adapter } from "../../src/engine/adapter.ts";
import type { Address, ChannelAddress } from "../../src/engine/address.ts";
import type { RecordingHost } from "./recording-host.ts";

/** What a message shows to a person now, whatever the platform. */
export interface Shown {
  /** The platform's id of it, as `Sent.message` and `press.message` have it. */
  readonly message: string;
  /** All words in it, in reading order, as they are read: without markup, labels of controls left out. */
  readonly text: string;
  /** Buttons and options of picks, with what a press on them hands back. */
  readonly actions: readonly { readonly label: string; readonly token: string }[];
  /** Addresses that a tap opens, of buttons and in the text. */
  readonly links: readonly { readonly label: string; readonly url: string }[];
  readonly pictures: number;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Only this person sees it, in a channel where others read along. */
  readonly hidden: boolean;
}

/** A person at the platform's own client, who can only do what it offers. Nothing here waits for the bot. */
export interface Someone {
  /** Where the adapter says their conversation is. */
  readonly address: Address;
  says(text: string): Promise<void>;
  /** Gives a command of the shop ("start"), in the way people do it here. */
  commands(name: string): Promise<void>;
  /** Presses what hands back `token` on a message. */
  presses(message: string, token: string): Promise<void>;
  /** Fills in the form in sight (in the newest message, or in an open window) by labels, and submits it. */
  fills?(values: Readonly<Record<string, string>>): Promise<void>;
  /** The bot's messages that this person sees, oldest first. */
  shown(): Promise<readonly Shown[]>;
  /** What was said over the channel for their eyes, where that is no message. */
  toasts?(): readonly string[];
  /** Blocks the bot, leaves, or closes their direct messages: they can not be reached any more. */
  leaves?(): Promise<void>;
}

/** What can be made to go wrong with the next call that sends or edits a message. "500-after" has its effect first. */
export type Trouble = "429" | "500-before" | "500-after";

/** A started adapter beside the double of its platform. */
export interface Bench {
  readonly adapter: Adapter;
  readonly host: RecordingHost;
  /** Somebody new who talks with the bot alone. */
  person(options?: { readonly name?: string; readonly locale?: string }): Promise<Someone>;
  /** Somebody new in the channel where others read along. */
  personAmongOthers?(options?: { readonly name?: string }): Promise<Someone>;
  /** What the platform waits to have acknowledged. */
  unacknowledged(): number;
  /** The next event is delivered twice. */
  deliverTwice(): void;
  /** The bot's own message and another bot's come in, as the platform delivers them. */
  botsSpeak?(someone: Someone): Promise<void>;
  misbehave?(trouble: Trouble): void;
  /** From now on a part of all calls fails and has no effect, the same ones for the same seed. */
  failing?(part: number, seed: number): void;
  /** Calls so far that send, change or delete a message. */
  calls?(): number;
  /** Nothing can be reached any more: the platform's server, or what stands for it, takes no connection. */
  cutOff(): Promise<void>;
  /** A message is deleted behind the bot's back. */
  removes(someone: Pick<Someone, "address">, message: string): Promise<void>;
  /** A message in a channel becomes too old to be changed, where the platform minds. */
  ages?(channel: ChannelAddress, message: string): void;
  /** Calls so far that have posted or changed a message that all in the channel see; those that failed do not count. */
  openCalls?(channel: ChannelAddress): number;
  /** Pings of people or channels that the platform has seen in what the bot said. */
  mentions(): readonly string[];
  close(): Promise<void>;
}

/** What is known of a platform beforehand: decides which promises can be tested on it. */
export interface Traits {
  readonly open: () => Promise<Bench>;
  /** Delivers again what was not acknowledged. */
  readonly redelivers: boolean;
  /** Tells people's names. */
  readonly names: boolean;
  readonly channels: boolean;
  readonly bots: boolean;
  /** People can go out of reach. */
  readonly leaving: boolean;
  /** Calls can go wrong one by one. */
  readonly troubles: boolean;
  /** Can be asked whether a message was sent already, or drops repeats by itself. */
  readonly looksUp: boolean;
  /** Forms are shown by the platform, in messages or windows. */
  readonly forms: boolean;
  readonly files: boolean;
  /** Messages become too old to be changed. */
  readonly ages: boolean;
  /** A message in a channel can be for one person only. */
  readonly ephemeral: boolean;
}
