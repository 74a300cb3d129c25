import type { Api } from "grammy";
import type { Logger } from "pino";
import { viewText } from "../../src/engine/fit.ts";
import { textOf } from "../../src/engine/rich-text.ts";
import type { View } from "../../src/engine/view.ts";
import { InOrder } from "../../src/platform/in-order.ts";
import { describe, isRefusal } from "./errors.ts";

/** Characters of what is said over the chat to who pressed (https://core.telegram.org/bots/api#answercallbackquery). */
export const TOAST_MAX = 200;
/** Longer ones stay until they are closed; a toast is gone after some seconds. */
const GLANCE = 80;
/** How long a press among others waits for what is said to who pressed; their button spins meanwhile. */
const PATIENCE_MS = 2000;
const SPENT = /query is too old|query ID is invalid/i;

/** The words of a view that can be said over the chat; undefined for one that needs a message. */
export function toastOf(view: View): string | undefined {
  const text = textOf(viewText(view));
  const bare = view.cards.length + view.controls.length === 0 && !view.file && !view.form;
  return bare && text !== "" && text.length <= TOAST_MAX ? text : undefined;
}

/**
 * Answers presses, each once, so that no button spins for long: at once where a person is alone with the bot; among
 * others with what is to be said for the eyes of who pressed, and without words if nothing comes.
 */
export class PressAnswers {
  readonly #api: Api;
  readonly #log: Logger;
  readonly #inOrder = new InOrder();
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(api: Api, log: Logger) {
    this.#api = api;
    this.#log = log;
  }

  /** A press has been stored. */
  came(callback: string, { waits }: { readonly waits: boolean }): void {
    if (waits)
      this.#waiting.set(
        callback,
        setTimeout(() => this.done(callback), PATIENCE_MS),
      );
    else void this.#inOrder.run(callback, () => this.#answer(callback));
  }

  /** Whatever was pressed has had its effect; there is nothing to say. */
  done(callback: string): void {
    const timer = this.#waiting.get(callback);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#waiting.delete(callback);
    void this.#inOrder.run(callback, () => this.#answer(callback));
  }

  /** Says something to who pressed; false if it is too late for that. */
  async say(callback: string, text: string): Promise<boolean> {
    clearTimeout(this.#waiting.get(callback));
    this.#waiting.delete(callback);
    try {
      await this.#api.answerCallbackQuery(callback, { text, show_alert: text.length > GLANCE });
      return true;
    } catch (error) {
      if (isRefusal(error, SPENT)) return false;
      throw error;
    }
  }

  /** Answers what waits, and resolves when all is answered. */
  async settled(): Promise<void> {
    for (const callback of this.#waiting.keys()) this.done(callback);
    await this.#inOrder.settled();
  }

  /** It may be too old by now, which is no harm. */
  async #answer(callback: string): Promise<void> {
    await this.#api
      .answerCallbackQuery(callback)
      .catch((error: unknown) => this.#log.debug({ reason: describe(error) }, "A press was not answered"));
  }
}
