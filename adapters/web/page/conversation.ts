import type { WebBody, WebMessage } from "../wire.ts";
import { el } from "./dom.ts";
import { focusProblem } from "./form.ts";
import { type MessageActions, messageElement } from "./render.ts";
import { texts } from "./texts.ts";

interface Shown {
  readonly seq: number;
  readonly change: number;
  readonly element: HTMLElement;
}

/** The messages on the page, in order, each shown once: as it was sent, and later as the server keeps it. */
export class Conversation {
  readonly #log: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #actions: (seq: number) => MessageActions;
  /** What the ids of its messages on the page begin with. */
  readonly #prefix: string;
  readonly #shown = new Map<number, Shown>();
  readonly #pending = new Map<string, HTMLElement>();
  /** Keys of all messages shown that the server has. */
  readonly #kept = new Set<string>();
  /** Someone waits for an answer, so it is shown wherever they have scrolled to. */
  expecting = false;
  /** The answer also gets the focus: its control was used by keyboard. */
  focusNext = false;

  constructor(
    log: HTMLElement,
    scroller: HTMLElement,
    actions: (seq: number) => MessageActions,
    prefix = "m",
  ) {
    this.#prefix = prefix;
    this.#log = log;
    this.#scroller = scroller;
    this.#actions = actions;
  }

  get empty(): boolean {
    return this.#shown.size === 0 && this.#pending.size === 0;
  }

  /** The seq of the first message shown. */
  get first(): number {
    return Math.min(...this.#shown.keys());
  }

  get atEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < 80;
  }

  toEnd(smooth = true): void {
    const calm = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: calm ? "auto" : "smooth" });
  }

  /** Shows messages of before, without announcing them or moving what is being read. */
  restore(messages: readonly WebMessage[]): void {
    const fromBottom = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    this.#log.setAttribute("aria-busy", "true");
    for (const message of messages) this.#put(message);
    this.#closeForms();
    this.#scroller.scrollTop = this.#scroller.scrollHeight - fromBottom;
    requestAnimationFrame(() => this.#log.removeAttribute("aria-busy"));
  }

  /** Shows a message as it comes; returns whether it is news. */
  receive(message: WebMessage): boolean {
    if (message.removed) return this.#remove(message);
    const before = this.#shown.get(message.seq)?.element;
    const active = document.activeElement;
    const focused = active !== null && before?.contains(active) ? active : undefined;
    const follow = this.atEnd;
    const element = this.#put(message);
    if (element === undefined) return false;
    if (message.from === "shop") {
      if (before === undefined) this.#closeForms();
      if (follow || this.expecting || focused !== undefined) this.#reveal(element);
      this.expecting = false;
      this.#focus(element, focused);
    }
    return true;
  }

  /** Shows what the person just sent, before the server knows it. */
  send(key: string, body: WebBody, preview?: string): void {
    // It had arrived, but the page was reloaded before it heard so.
    if (this.#kept.has(key)) return;
    const message = { seq: 0, change: 0, key, from: "shopper" as const, at: new Date().toISOString(), body };
    const element = messageElement(message, this.#actions(0), preview);
    element.classList.add("pending");
    this.#pending.set(key, element);
    this.mark(key, texts.sending);
    this.#log.append(element);
    this.toEnd();
  }

  /** Tells beside a sent message what became of it; `retry` offers to send it again. */
  mark(key: string, state: string, retry?: () => void): void {
    const element = this.#pending.get(key);
    const place = element?.querySelector(".state");
    if (element === undefined || place == null) return;
    place.textContent = state;
    element.classList.toggle("failed", retry !== undefined);
    if (retry === undefined) return;
    const again = el("button", { type: "button", class: "quiet" }, texts.tryAgain);
    again.addEventListener("click", () => {
      element.remove();
      this.#pending.delete(key);
      retry();
    });
    place.append(" ", again);
  }

  /** Takes a message off the page that the shop has taken away; what had the focus in it hands it to the message before. */
  #remove({ seq, change, key }: WebMessage): boolean {
    const shown = this.#shown.get(seq);
    if (shown === undefined || shown.change >= change) return false;
    const before = shown.element.previousElementSibling;
    if (shown.element.contains(document.activeElement) && before instanceof HTMLElement)
      before.focus({ preventScroll: true });
    shown.element.remove();
    this.#shown.delete(seq);
    this.#kept.add(key);
    return false;
  }

  #put(message: WebMessage): HTMLElement | undefined {
    const shown = this.#shown.get(message.seq);
    if (shown !== undefined && shown.change >= message.change) return undefined;
    const element = messageElement(message, this.#actions(message.seq));
    element.id = `${this.#prefix}${message.seq}`;
    element.setAttribute("data-change", String(message.change));
    const pending = this.#pending.get(message.key);
    this.#pending.delete(message.key);
    this.#kept.add(message.key);
    if (shown !== undefined) shown.element.replaceWith(element);
    else {
      pending?.remove();
      this.#log.insertBefore(element, this.#after(message.seq));
    }
    this.#shown.set(message.seq, { seq: message.seq, change: message.change, element });
    this.#markRegions();
    return element;
  }

  /** Of several cards of one name only the newest is a region to jump to, or nobody could tell one from another. */
  #markRegions(): void {
    const named = new Set<string>();
    for (const card of [...this.#log.querySelectorAll("section.card")].reverse()) {
      const name = card.querySelector("h3")?.textContent ?? "";
      if (named.has(name)) card.setAttribute("role", "group");
      else card.removeAttribute("role");
      named.add(name);
    }
  }

  /** The element that comes right after this place: the next message, or what is still being sent. */
  #after(seq: number): HTMLElement | null {
    let next: Shown | undefined;
    for (const shown of this.#shown.values()) {
      if (shown.seq > seq && (next === undefined || shown.seq < next.seq)) next = shown;
    }
    return next?.element ?? this.#pending.values().next().value ?? null;
  }

  #closeForms(): void {
    const messages = [...this.#log.querySelectorAll(".message.shop")];
    for (const details of this.#log.querySelectorAll<HTMLDetailsElement>("details.form")) {
      details.open =
        details.contains(document.activeElement) || details.closest(".message") === messages.at(-1);
    }
  }

  #reveal(element: HTMLElement): void {
    const taller = element.offsetHeight > this.#scroller.clientHeight - 40;
    const last = element === this.#log.lastElementChild;
    if (last && !taller) this.toEnd();
    else element.scrollIntoView({ block: taller ? "start" : "nearest", behavior: "auto" });
  }

  #focus(element: HTMLElement, focused: Element | undefined): void {
    const wanted = this.focusNext;
    this.focusNext = false;
    if (focusProblem(element) || (focused === undefined && !wanted)) return;
    // An edited message keeps the focus on the same control, so that "+" can be pressed twice.
    const label = focused?.textContent;
    const same = [...element.querySelectorAll<HTMLElement>("button, a, select")].find(
      (one) => one.textContent === label,
    );
    (focused === undefined ? element : (same ?? element)).focus({ preventScroll: true });
  }
}
