import { createHash } from "node:crypto";
import { type Say, sayIn } from "../i18n/index.ts";
import { type ActionRef, decodeRef, encodeRef } from "./action.ts";
import type { Capabilities } from "./adapter.ts";
import {
  type ChannelAddress,
  channelAddress,
  destinationOf,
  type MemberAddress,
  personAt,
} from "./address.ts";
import type { Conversation } from "./conversation.ts";
import type { Values } from "./form.ts";
import type { Refused } from "./form-reading.ts";
import { FormTalk } from "./form-talk.ts";
import type { FormContext } from "./form-view.ts";
import type { Inbound } from "./inbound.ts";
import { plain } from "./rich-text.ts";
import type { Router } from "./router.ts";
import { readState, STATE_VERSION, type State } from "./state.ts";
import { isShort, type TokenSealer } from "./token.ts";
import { type Answer, below, listOf, type Task, type Turn, view } from "./turn.ts";
import { TurnTokens } from "./turn-tokens.ts";

/** Who leaves something alone for so long has left it. */
const TASK_MS = 60 * 60_000;

/** What a turn needs beside the conversation. */
export interface TurnContext {
  /** The long token that stands behind a short one on somebody else's message in the same channel. */
  readonly sharedToken?: (address: MemberAddress, short: string) => Promise<string | undefined>;
  /** What the numbers stand for on the live card that a channel was shown last, where there are no buttons. */
  readonly sharedChoices?: (address: MemberAddress) => Promise<readonly string[]>;
  readonly router: Router;
  readonly sealer: TokenSealer;
  readonly can: Capabilities;
  readonly now: Date;
  readonly language: (locale: string | undefined) => string | undefined;
}

/** What a turn needs of its conversation. */
export type Held = Pick<Conversation, "_id" | "address" | "links" | "state" | "person"> &
  Partial<Pick<Conversation, "screens" | "outbox">>;

/** Buttons that a page has beside a choice, at most: where options are buttons themselves, they share the room. */
const BESIDE_OPTIONS = 10;
/** Buttons that a list of choices has below it, at most. */
const BELOW_CHOICES = 4;

/** A turn under way: the words, the buttons and the forms of its person, and what it changes of the conversation's state. */
export class RunningTurn implements Turn, FormContext {
  readonly turn = this;
  readonly inbound: Inbound;
  readonly address;
  readonly sender;
  readonly now: Date;
  readonly router: Router;
  readonly can: Capabilities;
  locale: string;
  say: Say;
  state: State;
  readonly forms: FormTalk;
  readonly tokens: TurnTokens;
  /** The answer is for one person's eyes. */
  confidential = false;
  readonly channel: ChannelAddress | undefined;
  /** The live cards to be made true, by their ids, with what they are shown with. */
  readonly cards = new Map<string, unknown>();
  readonly optionsMax: number;
  readonly choicesMax: number;
  readonly #conversation: string;
  readonly #sharedToken: TurnContext["sharedToken"];
  readonly #sharedChoices: TurnContext["sharedChoices"];
  readonly #subjects: ReadonlySet<string>;

  constructor(held: Held, event: Inbound, context: TurnContext) {
    this.#conversation = held._id;
    this.#subjects = subjectsOf(held);
    this.router = context.router;
    this.can = context.can;
    const { picksMax, controlsMax } = context.can;
    this.choicesMax = Math.max(1, controlsMax - BELOW_CHOICES);
    this.optionsMax = picksMax > 0 ? picksMax : Math.max(1, controlsMax - BESIDE_OPTIONS);
    this.state = readState(held.state);
    this.inbound = event;
    this.address = event.address;
    this.channel =
      "channel" in event.address ? channelAddress(event.address, event.address.channel) : event.origin;
    // News goes to who wrote last; where nobody has yet, a person's own channel is named after them.
    this.sender =
      event.body.kind === "signal"
        ? (held.person ?? { id: personAt(event.address) ?? destinationOf(event.address) })
        : event.sender;
    this.now = context.now;
    this.locale = this.state.locale ?? context.language(this.sender.locale) ?? "en";
    this.say = sayIn(this.locale);
    this.forms = new FormTalk(this);
    const { platform, connection } = this.address;
    this.#sharedToken = context.sharedToken;
    this.#sharedChoices = context.sharedChoices;
    this.tokens = new TurnTokens({
      sealer: context.sealer,
      person: `${platform}/${connection}/${this.sender.id}`,
      tokenBytes: this.can.tokenBytes,
      kept: held.links,
    });
  }

  key(name: string): string {
    return createHash("sha256")
      .update(`${this.#conversation}\n${this.inbound.id}\n${name}`)
      .digest("base64url")
      .slice(0, 32);
  }

  button: Turn["button"] = (label, ref, options = {}) => ({
    kind: "button",
    label,
    token: this.token(ref, options.everyone === true),
    ...(options.style && { style: options.style }),
  });

  pick: Turn["pick"] = (label, options) => ({
    kind: "pick",
    label,
    options: options.map(({ label, ref, selected }) => ({
      label,
      token: this.token(ref),
      ...(selected && { selected }),
    })),
  });

  show(card: string, data: unknown = {}): void {
    if (!this.channel) throw new Error(`There is no channel here to show ${card} in.`);
    this.cards.set(card, data);
  }

  stands(subject: string): boolean {
    return this.#subjects.has(subject);
  }

  speak(locale: string): void {
    this.locale = locale;
    this.say = sayIn(locale);
    this.state = { ...this.state, locale };
  }

  get task(): Task | undefined {
    const { task } = this.state;
    if (!task || task.until <= this.now.getTime()) return undefined;
    return { title: task.title, goOn: decodeRef(task.goOn) };
  }

  begin({ title, goOn }: Task): void {
    const until = this.now.getTime() + TASK_MS;
    this.state = { ...this.state, task: { title, goOn: encodeRef(goOn), until } };
  }

  open: Turn["open"] = (form, options) => this.forms.open(form, options);

  /** What is wrong with what was entered into the form of this token, as sentences by field. */
  problems(token: string, values: Values, refused?: Refused): Record<string, string> {
    const opened = this.tokens.open(token);
    return opened.kind === "ok" ? this.forms.problems(opened.ref, values, refused) : {};
  }

  /** What was pressed; on another person's message in a shared channel its short token is theirs. */
  async pressed(token: string) {
    const opened = this.tokens.open(token);
    const { address } = this;
    if (opened.kind !== "stale" || address.kind !== "member" || !isShort(token)) return opened;
    const full = await this.#sharedToken?.(address, token);
    if (full === undefined) return opened;
    const shared = this.tokens.open(full);
    return shared.kind === "ok" && (shared.guest || shared.card) ? shared : opened;
  }

  /** What a number stands for where there are no buttons: on the last message to this person, else on the channel's card. */
  async chosen(number: number): Promise<string | undefined> {
    const own = this.state.numbered?.[number - 1];
    const { address } = this;
    if (own !== undefined || this.can.buttons || address.kind !== "member" || !(number >= 1)) return own;
    return (await this.#sharedChoices?.(address))?.[number - 1];
  }

  token(ref: ActionRef, everyone = false): string {
    if (this.address.kind === "channel") return this.tokens.seal(ref, "card");
    if (everyone) return this.tokens.seal(ref, "everyone");
    const { body } = this.inbound;
    const alone = this.confidential || ("hidden" in body && body.hidden === true);
    const openly = this.address.kind === "member" && !alone;
    return this.tokens.seal(
      ref,
      openly && this.router.actions.get(ref.name)?.forEveryone ? "shown" : "person",
    );
  }

  async stale(): Promise<Answer> {
    return [
      below(view({ text: plain(this.say("press.stale")), visibility: "user" })),
      ...listOf(await this.router.runHome(this)),
    ];
  }

  async cancel(): Promise<Answer> {
    const busy = this.state.asking !== undefined || this.state.filling !== undefined;
    this.forget();
    return [
      below(view({ text: plain(this.say(busy ? "form.cancelled" : "cancel.nothing")) })),
      ...listOf(await this.router.runHome(this)),
    ];
  }

  confide(): void {
    this.confidential = true;
  }

  /** Forgets what was being asked, and keeps the language. */
  forget(): void {
    this.state = {
      version: STATE_VERSION,
      ...(this.state.locale !== undefined && { locale: this.state.locale }),
    };
  }
}

/** What stands, and what is on its way. */
const subjectsOf = ({ screens = [], outbox = [] }: Held): ReadonlySet<string> =>
  new Set(
    [...screens, ...outbox.flatMap((entry) => ("part" in entry && entry.part ? [entry.part] : []))].flatMap(
      ({ subject }) => (subject === undefined ? [] : [subject]),
    ),
  );
