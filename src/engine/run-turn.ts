import { createHash } from "node:crypto";
import { type Say, sayIn } from "../i18n/index.ts";
import type { Capabilities } from "./adapter.ts";
import {
  answered,
  answerLink,
  backLink,
  cancelLink,
  previous,
  question,
  type Step,
  skipLink,
} from "./ask.ts";
import type { Conversation } from "./conversation.ts";
import { fit } from "./fit.ts";
import { type Form, formRef, type Values } from "./form.ts";
import type { Inbound, Sender } from "./inbound.ts";
import { type LinkRef, namedArgs } from "./link.ts";
import type { Commit } from "./mailbox.ts";
import { numbered, withNumbers } from "./numbered.ts";
import { plain } from "./rich-text.ts";
import type { Script } from "./script.ts";
import { type Asking, readState, type State } from "./state.ts";
import { isShort, shorten, type TokenSealer } from "./token.ts";
import { type Answer, below, here, type Reply, type Turn, view } from "./turn.ts";
import type { FormView, View } from "./view.ts";

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

class RunningTurn implements Turn {
  readonly inbound: Inbound;
  readonly address;
  readonly sender;
  readonly now: Date;
  locale: string;
  say: Say;
  readonly #held: Conversation;
  readonly #context: TurnContext;
  readonly #links = new Map<string, string>();
  #state: State;

  constructor(held: Conversation, event: Inbound, context: TurnContext) {
    this.#held = held;
    this.#context = context;
    this.#state = readState(held.state);
    this.inbound = event;
    this.address = event.address;
    this.sender = event.body.kind === "signal" ? (held.person ?? event.sender) : event.sender;
    this.now = context.now;
    this.locale = this.#state.locale ?? context.language(this.sender.locale) ?? "en";
    this.say = sayIn(this.locale);
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
    token: this.#token(ref, options.everyone === true),
    ...(options.style && { style: options.style }),
  });

  pick: Turn["pick"] = (label, options) => ({
    kind: "pick",
    label,
    options: options.map(({ label, ref, selected }) => ({
      label,
      token: this.#token(ref),
      ...(selected && { selected }),
    })),
  });

  speak(locale: string): void {
    this.locale = locale;
    this.say = sayIn(locale);
    this.#state = { ...this.#state, locale };
  }

  open: Turn["open"] = (form, options = {}) => {
    const { args = {}, initial = {}, place = "below" } = options;
    if (this.#context.can.forms === "inline") {
      return { view: view({ form: this.#formView(form, args, initial, {}) }), place };
    }
    const field = Object.keys(form.fields)[0] ?? "";
    return this.#ask(form, { form: form.name, args, values: initial, field });
  };

  async run(): Promise<(View | Reply)[]> {
    const { script } = this.#context;
    const first = this.inbound.body.kind === "signal" ? [] : listOf(await script.runBefore(this));
    return [...first, ...listOf(await this.#route())];
  }

  outcome(answers: readonly (View | Reply)[]): Commit {
    const { can } = this.#context;
    const pressed =
      this.inbound.body.kind === "press" || this.inbound.body.kind === "form"
        ? this.inbound.body.message
        : undefined;
    let target = can.edits ? pressed : undefined;
    const replies = answers.flatMap((answer) => {
      const reply: Reply = "place" in answer ? answer : here(answer);
      const replaces = reply.place === "here" ? target : undefined;
      if (replaces !== undefined) target = undefined; // a message is replaced once; what follows comes below
      return fit(reply.view, can).map((part, index) => ({
        view: part,
        ...(index === 0 && replaces !== undefined && { replaces }),
      }));
    });
    const shown = can.buttons
      ? replies
      : replies.map((reply) => ({ ...reply, view: withNumbers(reply.view) }));
    const choices = can.buttons ? undefined : replies.flatMap((reply) => numbered(reply.view));
    return {
      state: { ...this.#state, ...(choices && choices.length > 0 && { numbered: choices }) },
      person: this.inbound.body.kind === "signal" ? this.#held.person : nameless(this.sender),
      replies: shown.map((reply, index) => ({ key: this.key(`reply-${index}`), ...reply })),
      links: [...this.#links].map(([short, token]) => ({ short, token })),
    };
  }

  async #route(): Promise<Answer> {
    const { script } = this.#context;
    const body = this.inbound.body;
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
      case "text": {
        const choice = this.#state.numbered?.[Number(body.text.trim()) - 1];
        if (choice !== undefined && !this.#state.asking) return this.#press(choice);
        return this.#state.asking
          ? this.#answer(this.#state.asking, body.text, "text")
          : script.runText(this, body.text);
      }
      case "photo":
        if (this.#state.asking) return this.#answer(this.#state.asking, body.media, "photo");
        return [below(view({ text: plain(this.say("photo.unasked")) }))];
      case "contact":
        if (this.#state.asking) return this.#answer(this.#state.asking, body.phone, "contact");
        return script.runHome(this);
      case "location":
        if (this.#state.asking) {
          return this.#answer(this.#state.asking, `${body.latitude}, ${body.longitude}`, "location");
        }
        return script.runHome(this);
      case "other":
        if (this.#state.asking) return this.#askAgain(this.#state.asking, "problem.text");
        return [below(view({ text: plain(this.say("other.unusable")) }))];
    }
  }

  async #command(name: string, rest: string): Promise<Answer> {
    const { script } = this.#context;
    const asking = this.#state.asking !== undefined;
    this.#forget();
    if (name === "cancel") {
      return [
        below(view({ text: plain(this.say(asking ? "form.cancelled" : "cancel.nothing")) })),
        ...listOf(await script.runHome(this)),
      ];
    }
    const command = script.commands.get(name);
    if (command) return command.run(this, rest);
    return [
      below(view({ text: plain(this.say("command.unknown", { name })) })),
      ...listOf(await script.runHome(this)),
    ];
  }

  async #press(token: string): Promise<Answer> {
    const { script } = this.#context;
    const opened = this.#open(token);
    if (opened.kind === "foreign") return [below(view({ text: plain(this.say("press.foreign")) }))];
    if (opened.kind === "stale") return this.#stale();
    const { ref } = opened;
    const own = await this.#asking(ref);
    if (own !== "not-a-form") return own;
    const link = script.links.get(ref.name);
    const args = link?.schema.safeParse(namedArgs(link.schema, ref));
    if (!link || !args?.success) return this.#stale();
    this.#forget();
    return link.run(this, args.data);
  }

  async #stale(): Promise<Answer> {
    return [
      below(view({ text: plain(this.say("press.stale")) })),
      ...listOf(await this.#context.script.runHome(this)),
    ];
  }

  /** The engine's own buttons of a question. One of an older question asks the current one again. */
  async #asking(ref: LinkRef): Promise<Answer | "not-a-form"> {
    const name = ref.name;
    if (![answerLink, backLink, skipLink, cancelLink].some((own) => own.link === name)) return "not-a-form";
    const asking = this.#state.asking;
    if (name === cancelLink.link) return this.#command("cancel", "");
    if (!asking) return this.#stale();
    const [field, value] = ref.args;
    if (field !== asking.field) return this.#askAgain(asking);
    if (name === backLink.link)
      return this.#ask(this.#form(asking.form), previous(this.#form(asking.form), asking));
    return this.#answer(asking, name === skipLink.link ? undefined : value, "press");
  }

  async #answer(
    asking: Asking,
    value: string | undefined,
    by: "text" | "photo" | "contact" | "location" | "press",
  ): Promise<Answer> {
    const form = this.#form(asking.form);
    const field = form.fields[asking.field];
    const wanted = field?.input;
    if (by === "photo" && wanted !== "photo") return this.#askAgain(asking, "problem.text");
    if (by === "text" && wanted === "photo") return this.#askAgain(asking, "problem.photo");
    if (by === "contact" && wanted !== "phone") return this.#askAgain(asking, "problem.text");
    if (by === "location" && !field?.location) return this.#askAgain(asking, "problem.text");
    return this.#step(
      form,
      asking,
      answered(form, asking, value, form.fields[asking.field]?.options?.(this) ?? []),
    );
  }

  async #step(form: Form, asking: Asking, step: Step): Promise<Answer> {
    if (step.kind === "ask") return this.#ask(form, step.asking, step.problem);
    this.#forget();
    return form.submitted(this, step.values, asking.args);
  }

  #ask(form: Form, asking: Asking, problem?: string): Reply {
    this.#state = { ...this.#state, asking };
    return question(this, form, asking, problem);
  }

  #askAgain(asking: Asking, problem?: string): Reply {
    return this.#ask(this.#form(asking.form), asking, problem);
  }

  #form(name: string): Form {
    const form = this.#context.script.forms.get(name);
    if (!form) throw new Error(`There is no form ${name}.`);
    return form;
  }

  async #submitted(token: string, values: Values): Promise<Answer> {
    const opened = this.#open(token);
    if (opened.kind === "foreign") return [below(view({ text: plain(this.say("press.foreign")) }))];
    const [name, query] = opened.kind === "ok" && opened.ref.name === "form" ? opened.ref.args : [];
    const form = name === undefined ? undefined : this.#context.script.forms.get(name);
    if (!form) return this.#stale();
    const args = Object.fromEntries(new URLSearchParams(query ?? ""));
    const known = Object.fromEntries(Object.entries(values).filter(([field]) => field in form.fields));
    const problems = form.problems(known);
    if (Object.keys(problems).length > 0)
      return here(view({ form: this.#formView(form, args, known, problems) }));
    this.#forget();
    return form.submitted(this, known, args);
  }

  #formView(form: Form, args: Values, initial: Values, problems: Values): FormView {
    return {
      token: this.#token(formRef(form.name, args)),
      title: this.say(form.title),
      submit: this.say(form.submit),
      fields: Object.entries(form.fields).map(([name, words]) => ({
        name,
        label: this.say(words.label),
        input: words.input ?? "text",
        required: form.required(name),
        maxLength: words.maxLength ?? 200,
        ...(words.hint && { hint: this.say(words.hint) }),
        ...(words.options && { options: words.options(this) }),
        ...(initial[name] !== undefined && { value: initial[name] }),
        ...(problems[name] !== undefined && { problem: this.say.any(problems[name]) }),
      })),
    };
  }

  #forget(): void {
    const { asking: _, numbered: __, ...rest } = this.#state;
    this.#state = rest;
  }

  #person(): string {
    return `${this.address.platform}/${this.address.connection}/${this.sender.id}`;
  }

  #token(ref: LinkRef, everyone = false): string {
    const token = this.#context.sealer.seal(ref, everyone ? "*" : this.#person());
    if (Buffer.byteLength(token) <= this.#context.can.tokenBytes) return token;
    const short = shorten(token);
    this.#links.set(short, token);
    return short;
  }

  #open(token: string) {
    const full = isShort(token) ? this.#held.links.findLast((link) => link.short === token)?.token : token;
    return full === undefined
      ? ({ kind: "stale" } as const)
      : this.#context.sealer.open(full, this.#person());
  }
}

// A name is personal, and who wrote last stands unsealed in a conversation: the shop keeps the name, sealed.
const nameless = ({ name: _, ...rest }: Sender): Sender => rest;

const isList = (answer: Answer): answer is readonly (View | Reply)[] => Array.isArray(answer);
const listOf = (answer: Answer): readonly (View | Reply)[] =>
  answer === undefined ? [] : isList(answer) ? answer : [answer];
