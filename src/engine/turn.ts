import type { Say } from "../i18n/index.ts";
import type { ActionRef } from "./action.ts";
import type { Address, ChannelAddress } from "./address.ts";
import type { Form, Values } from "./form.ts";
import type { Inbound, Sender } from "./inbound.ts";
import type { Button, Pick, View } from "./view.ts";

/**
 * A message in reply: in place of the one that was pressed, below it, or ("standing") in place of those that stand and
 * show the same subject, if there are any. "live" is what the engine makes of a live card's view.
 */
export interface Reply {
  readonly view: View;
  readonly place: "here" | "below" | "standing" | "live";
}

/** A view to show, several, or nothing. A bare view goes in place of the pressed message. */
export type Answer = View | Reply | readonly (View | Reply)[] | undefined;

/** Something that takes several steps, and how to go on with it. */
export interface Task {
  readonly title: string;
  readonly goOn: ActionRef;
}

/** One event being handled. Handlers may be run again after a crash: every change takes a key from `key()`. */
export interface Turn {
  readonly inbound: Inbound;
  readonly address: Address;
  readonly sender: Sender;
  readonly now: Date;
  readonly locale: string;
  /** Words in the shopper's language. */
  readonly say: Say;
  /** An idempotency key: the same for the same event and name, however often the turn is run. */
  key(name: string): string;
  button(label: string, ref: ActionRef, options?: { style?: Button["style"]; everyone?: boolean }): Button;
  pick(label: string, options: readonly { label: string; ref: ActionRef; selected?: boolean }[]): Pick;
  /**
   * Opens a form, with what is known already filled in. `title` stands in place of the form's own, where it is opened.
   *
   * Answer it alone: a platform that opens a window does so only as the first answer to a press.
   */
  open(
    form: Form,
    options?: { args?: Values; initial?: Values; place?: Reply["place"]; title?: string },
  ): Reply;
  /** Whether a card about this subject (see `View.subject`) stands in the conversation, so that it is worth a `refresh`. */
  stands(subject: string): boolean;
  /** Options that one message can offer for one choice, beside a page's other buttons. */
  readonly optionsMax: number;
  /** The same where each is to be a button. */
  readonly choicesMax: number;
  /**
   * What the person is in the middle of, if they are: a form, or what a flow began with `begin`. A press or a command
   * ends it, and so does an hour.
   */
  readonly task: Task | undefined;
  /** Notes that the person is in the middle of something, so that what they write is understood so. */
  begin(task: Task): void;
  /** The shared channel that this happens in; undefined where a person is alone with the shop. */
  readonly channel: ChannelAddress | undefined;
  /**
   * Has a live card of that channel made true (see live-card.ts), once what this turn changes is written.
   *
   * @throws {Error} where there is no channel
   */
  show(card: string, data?: unknown): void;
  /** Changes the language of the conversation from here on. */
  speak(locale: string): void;
}

export const here = (view: View): Reply => ({ view, place: "here" });
export const below = (view: View): Reply => ({ view, place: "below" });
/** Makes the cards true that stand and show the view's subject; nothing is sent where there are none. */
export const refresh = (view: View): Reply => ({ view, place: "standing" });

/** Makes a view from its parts. */
export const view = (parts: Partial<View>): View => ({ cards: [], controls: [], ...parts });

const isList = (answer: Answer): answer is readonly (View | Reply)[] => Array.isArray(answer);

/** The views of an answer, one by one. */
export const listOf = (answer: Answer): readonly (View | Reply)[] =>
  answer === undefined ? [] : isList(answer) ? answer : [answer];
