import type { Say } from "../i18n/index.ts";
import type { Form, Values } from "./form.ts";
import type { Address, Inbound, Sender } from "./inbound.ts";
import type { LinkRef } from "./link.ts";
import type { Button, Pick, View } from "./view.ts";

/** A message in reply: in place of the one that was pressed, or below it. */
export interface Reply {
  readonly view: View;
  readonly place: "here" | "below";
}

/** A view to show, several, or nothing. A bare view goes in place of the pressed message. */
export type Answer = View | Reply | readonly (View | Reply)[] | undefined;

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
  button(label: string, ref: LinkRef, options?: { style?: Button["style"]; everyone?: boolean }): Button;
  pick(label: string, options: readonly { label: string; ref: LinkRef; selected?: boolean }[]): Pick;
  /**
   * Opens a form, with what is known already filled in. `title` stands in place of the form's own, where it is opened.
   *
   * Answer it alone: a platform that opens a window does so only as the first answer to a press.
   */
  open(
    form: Form,
    options?: { args?: Values; initial?: Values; place?: Reply["place"]; title?: string },
  ): Reply;
  /** Changes the language of the conversation from here on. */
  speak(locale: string): void;
}

export const here = (view: View): Reply => ({ view, place: "here" });
export const below = (view: View): Reply => ({ view, place: "below" });

/** Makes a view from its parts. */
export const view = (parts: Partial<View>): View => ({ cards: [], controls: [], ...parts });

const isList = (answer: Answer): answer is readonly (View | Reply)[] => Array.isArray(answer);

/** The views of an answer, one by one. */
export const listOf = (answer: Answer): readonly (View | Reply)[] =>
  answer === undefined ? [] : isList(answer) ? answer : [answer];
