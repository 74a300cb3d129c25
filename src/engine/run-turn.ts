import { createHash } from "node:crypto";
import { type Say, sayIn } from "../i18n/index.ts";
import type { Asker, Capabilities } from "./adapter.ts";
import type { Conversation, OutboxEntry } from "./conversation.ts";
import type { Values } from "./form.ts";
import { FormTalk, type Scene } from "./form-talk.ts";
import type { Address, Body, Inbound, Sender } from "./inbound.ts";
import { type LinkRef, namedArgs } from "./link.ts";
import type { Commit } from "./mailbox.ts";
import { numbered } from "./numbered.ts";
import { fitted } from "./outcome.ts";
import { plain } from "./rich-text.ts";
import type { Script } from "./script.ts";
import { readState, STATE_VERSION, type State } from "./state.ts";
import { isShort, shorten, type TokenSealer } from "./token.ts";
import { type Answer, below, type Reply, type Turn, view } from "./turn.ts";
import type { View } from "./view.ts";

/** What a turn needs beside the conversation. */
export interface TurnContext {
  readonly script: Script;
  readonly sealer: TokenSealer;
  readonly can: Capabilities;
  readonly now: Date;
  readonly language: (locale: string | undefined) => string | undefined;
}

/** Runs the handler of one event. Writes nothing itself: what is to be written is answered. */
export async function runTurn(held: Conversation, event: Inbound, context: TurnContext): Promise<Commit> {
  const turn = new RunningTurn(held, event, context);
  const replies = await turn.run();
  return turn.outcome(replies);
}

/** The outcome when a handler keeps failing: the event is dropped with a sentence and a way on. */
export function apology(held: Conversation, event: Inbound, context: TurnContext): Commit {
  const turn = new RunningTurn(held, event, context);
  if (event.body.kind === "signal") return turn.outcome([]);
  return turn.outcome([below(view({ text: plain(turn.say("oops")) }))]);
}

/** A turn that belongs to no conversation: what it says is in the asker's language, and nothing of it is kept. */
export interface Glance extends Turn {
  /** What is wrong with what was entered into the form of this token, as sentences by field. */
  problems(token: string, values: Values): Record<string, string>;
}

/** Makes a turn that belongs to no conversation. */
export function glance({ address, sender }: Asker, context: TurnContext): Glance {
  const event: Inbound = { id: "", address, sender, at: context.now, body: { kind: "front" } };
  return new RunningTurn({ _id: "", address, links: [], state: null }, event, context);
}

/** The person's own channel on the platform of an address. */
export const directly = ({ platform, connection }: Address, user: string): Address => ({
  platform,
  connection,
  channel: user,
});

/** What is handled where a turn finds that it must go on in private. */
class Elsewhere {
  readonly body: Body;
  constructor(body: Body) {
    this.body = body;
  }
}

type Held = Pick<Conversation, "_id" | "address" | "links" | "state" | "person">;

class RunningTurn implements Turn, Scene {
  readonly turn = this;
  readonly inbound: Inbound;
  readonly address;
  readonly sender;
  readonly now: Date;
  readonly script: Script;
  readonly can: Capabilities;
  locale: string;
  say: Say;
  state: State;
  readonly #held: Held;
  readonly #context: TurnContext;
  readonly #links = new Map<string, string>();
  readonly #forms: FormTalk;
  #confidential = false;
  #handover: Inbound | undefined;

  constructor(held: Held, event: Inbound, context: TurnContext) {
    this.#held = held;
    this.#context = context;
    this.script = context.script;
    this.can = context.can;
    this.state = readState(held.state);
    this.inbound = event;
    this.address = event.address;
    // News goes to who wrote last; where nobody has yet, a person's own channel is named after them.
    this.sender =
      event.body.kind === "signal"
        ? (held.person ?? { id: event.address.user ?? event.address.channel })
        : event.sender;
    this.now = context.now;
    this.locale = this.state.locale ?? context.language(this.sender.locale) ?? "en";
    this.say = sayIn(this.locale);
    this.#forms = new FormTalk(this);
  }

  key(name: string): string {
    return createHash("sha256")
      .update(`${this.#held._id}\n${this.inbound.id}\n${name}`)
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

  speak(locale: string): void {
    this.locale = locale;
    this.say = sayIn(locale);
    this.state = { ...this.state, locale };
  }

  open: Turn["open"] = (form, options) => this.#forms.open(form, options);

  problems(token: string, values: Values): Record<string, string> {
    const opened = this.#open(token);
    return opened.kind === "ok" ? this.#forms.problems(opened.ref, values) : {};
  }

  async run(): Promise<readonly (View | Reply)[]> {
    if (this.inbound.body.kind === "signal") return listOf(await this.#route());
    const first = listOf(await this.script.runBefore(this));
    try {
      return [...first, ...listOf(await this.#route())];
    } catch (elsewhere) {
      if (!(elsewhere instanceof Elsewhere)) throw elsewhere;
      const { ticket: _, ...event } = this.inbound;
      const address = directly(this.address, this.sender.id);
      this.#handover = { ...event, id: `${event.id}/private`, address, body: elsewhere.body };
      return [...first, below(view({ text: plain(this.say("elsewhere.private")) }))];
    }
  }

  outcome(answers: readonly (View | Reply)[]): Commit {
    const { body, ticket, id } = this.inbound;
    const views = fitted(answers, {
      can: this.can,
      body,
      shared: this.address.user !== undefined,
      confidential: this.#confidential,
      news: this.say("elsewhere.news"),
    });
    const choices = this.can.buttons ? undefined : views.flatMap(({ unnumbered }) => numbered(unnumbered));
    const messages = views.map(
      ({ view, replaces }, index): OutboxEntry => ({
        key: this.key(`reply-${index}`),
        view,
        ...(replaces !== undefined && { replaces }),
        ...(ticket !== undefined && { ticket }),
        ...(body.kind === "signal" && { news: { id, name: body.name, data: body.data } }),
      }),
    );
    return {
      state: { ...this.state, ...(choices && choices.length > 0 && { numbered: choices }) },
      person: body.kind === "signal" ? this.#held.person : nameless(this.sender),
      replies: this.#handover
        ? [...messages, { key: this.key("handover"), handover: this.#handover }]
        : messages,
      links: [...this.#links].map(([short, token]) => ({ short, token })),
    };
  }

  async #route(): Promise<Answer> {
    const { script } = this;
    const body = this.inbound.body;
    const { asking } = this.state;
    switch (body.kind) {
      case "signal": {
        const handler = script.signals.get(body.name);
        if (!handler) throw new Error(`Nobody handles the signal ${body.name}.`);
        return handler.run(this, body.data);
      }
      case "command":
        return this.#command(body.name, body.rest);
      case "press":
        return this.#press(body.token);
      case "form":
        return this.#submitted(body.token, body.values);
      case "front":
        return script.runFront(this);
      case "text": {
        const choice = this.state.numbered?.[Number(body.text.trim()) - 1];
        if (choice !== undefined && !asking) return this.#press(choice);
        return asking ? this.#forms.answer(asking, body.text, "text") : script.runText(this, body.text);
      }
      case "photo":
        if (asking) return this.#forms.answer(asking, body.media, "photo");
        return [below(view({ text: plain(this.say("photo.unasked")) }))];
      case "contact":
        return asking ? this.#forms.answer(asking, body.phone, "contact") : script.runHome(this);
      case "location":
        return asking
          ? this.#forms.answer(asking, `${body.latitude}, ${body.longitude}`, "location")
          : script.runHome(this);
      case "other":
        if (asking) return this.#forms.askAgain(asking, "problem.text");
        return [below(view({ text: plain(this.say("other.unusable")) }))];
    }
  }

  async #command(name: string, rest: string): Promise<Answer> {
    if (name === "cancel") return this.cancel();
    const command = this.script.commands.get(name);
    if (command?.confidential) this.#inPrivate({ kind: "command", name, rest });
    this.#forget();
    if (command) return command.run(this, rest);
    return [
      below(view({ text: plain(this.say("command.unknown", { name })) })),
      ...listOf(await this.script.runHome(this)),
    ];
  }

  async #press(token: string): Promise<Answer> {
    const opened = this.#open(token);
    if (opened.kind === "foreign") return this.#foreign();
    if (opened.kind === "stale") return this.stale();
    const { ref } = opened;
    const own = await this.#forms.press(ref);
    if (own !== "not-a-form") return own;
    const link = this.script.links.get(ref.name);
    const args = link?.schema.safeParse(namedArgs(link.schema, ref));
    if (!link || !args?.success) return this.stale();
    if (link.confidential) this.#inPrivate({ kind: "press", token: opened.token });
    this.#forget();
    return link.run(this, args.data);
  }

  async #submitted(token: string, values: Values): Promise<Answer> {
    const opened = this.#open(token);
    if (opened.kind === "foreign") return this.#foreign();
    return opened.kind === "ok" ? this.#forms.submitted(opened.ref, values) : this.stale();
  }

  async stale(): Promise<Answer> {
    return [
      below(view({ text: plain(this.say("press.stale")), visibility: "user" })),
      ...listOf(await this.script.runHome(this)),
    ];
  }

  #foreign(): Answer {
    return below(view({ text: plain(this.say("press.foreign")), visibility: "user" }));
  }

  async cancel(): Promise<Answer> {
    const busy = this.state.asking !== undefined || this.state.filling !== undefined;
    this.#forget();
    return [
      below(view({ text: plain(this.say(busy ? "form.cancelled" : "cancel.nothing")) })),
      ...listOf(await this.script.runHome(this)),
    ];
  }

  confide(): void {
    this.#confidential = true;
  }

  /** What follows is for one person's eyes: where the platform can not show it so, it is handled in their own channel. */
  #inPrivate(body: Body): void {
    if (this.address.user !== undefined && !this.can.ephemeral) throw new Elsewhere(body);
    this.confide();
  }

  #forget(): void {
    this.state = {
      version: STATE_VERSION,
      ...(this.state.locale !== undefined && { locale: this.state.locale }),
    };
  }

  #person(): string {
    return `${this.address.platform}/${this.address.connection}/${this.sender.id}`;
  }

  token(ref: LinkRef, everyone = false): string {
    const token = this.#context.sealer.seal(ref, everyone ? "*" : this.#person());
    if (Buffer.byteLength(token) <= this.can.tokenBytes) return token;
    const short = shorten(token);
    this.#links.set(short, token);
    return short;
  }

  #open(token: string) {
    const full = isShort(token) ? this.#held.links.findLast((link) => link.short === token)?.token : token;
    if (full === undefined) return { kind: "stale" } as const;
    return { ...this.#context.sealer.open(full, this.#person()), token: full };
  }
}

// A name is personal, and who wrote last stands unsealed in a conversation: the shop keeps the name, sealed.
const nameless = ({ name: _, ...rest }: Sender): Sender => rest;

const isList = (answer: Answer): answer is readonly (View | Reply)[] => Array.isArray(answer);
const listOf = (answer: Answer): readonly (View | Reply)[] =>
  answer === undefined ? [] : isList(answer) ? answer : [answer];
