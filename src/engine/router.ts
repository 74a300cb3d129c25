import type { z } from "zod";
import type { WordKey } from "../i18n/index.ts";
import type { Action } from "./action.ts";
import type { Form } from "./form.ts";
import type { Answer, Turn } from "./turn.ts";
import type { View } from "./view.ts";

type Handler = (turn: Turn) => Promise<Answer>;

/** What a router does about something. `confidential`: the answer is for the eyes of who asked, wherever it is asked. */
interface Handled {
  readonly confidential: boolean;
}
interface ActionHandler extends Handled {
  readonly forEveryone: boolean;
  readonly brief: boolean;
  readonly schema: z.ZodObject;
  readonly run: (turn: Turn, args: unknown) => Promise<Answer>;
}
interface CommandHandler extends Handled {
  readonly description: WordKey;
  readonly option?: CommandOption;
  readonly run: (turn: Turn, rest: string) => Promise<Answer>;
}
interface FormHandler extends Handled {
  readonly form: Form;
}

/** What may follow a command, where a platform shows that while people type. */
export interface CommandOption {
  /** 1 to 32 letters a-z. */
  readonly name: string;
  readonly description: WordKey;
  /** Completions for what is typed so far, best first. The turn is a glance: it belongs to no conversation. */
  readonly suggest?: (turn: Turn, text: string) => Promise<readonly string[]>;
}

/** Everything a shop can say: which handler answers which command, button, form, signal or text. Flows fill it. */
export class Router {
  readonly commands = new Map<string, CommandHandler>();
  readonly actions = new Map<string, ActionHandler>();
  readonly forms = new Map<string, FormHandler>();
  /** Live cards, by the kind that their ids begin with. */
  readonly cards = new Map<
    string,
    { run: (turn: Turn, card: string, data: unknown) => Promise<View | null> }
  >();
  readonly signals = new Map<
    string,
    { schema: z.ZodType; run: (turn: Turn, data: unknown) => Promise<Answer> }
  >();
  #text: ((turn: Turn, text: string) => Promise<Answer>) | undefined;
  #aside: ((turn: Turn, text: string) => Promise<Answer>) | undefined;
  #home: Handler | undefined;
  #front: Handler | undefined;
  #prepare: Handler | undefined;
  #preview: ((turn: Turn, url: string) => Promise<View | null>) | undefined;
  #confidential = false;

  /**
   * What is registered inside is confidential: in a channel where others read along it is answered so that only the
   * person sees it, or in their direct messages where the platform can not do that.
   */
  private(register: () => void): void {
    const outside = this.#confidential;
    this.#confidential = true;
    register();
    this.#confidential = outside;
  }

  /** `/name rest`. The description is announced on platforms that list commands, in the order of registration. */
  command(
    name: string,
    description: WordKey,
    run: (turn: Turn, rest: string) => Promise<Answer>,
    option?: CommandOption,
  ): void {
    if (this.commands.has(name)) throw new Error(`The command /${name} has two handlers.`);
    this.commands.set(name, {
      description,
      run,
      confidential: this.#confidential,
      ...(option && { option }),
    });
  }

  /** What happens when a button with this link is pressed. */
  on<S extends Record<string, z.ZodType>>(
    type: Action<S>,
    run: (turn: Turn, args: z.infer<z.ZodObject<S>>) => Promise<Answer>,
  ): void {
    if (this.actions.has(type.action)) throw new Error(`The link ${type.action} has two handlers.`);
    this.actions.set(type.action, {
      schema: type.schema,
      run: (turn, args) => run(turn, type.schema.parse(args)),
      confidential: this.#confidential,
      forEveryone: type.forEveryone,
      brief: type.brief,
    });
  }

  form(form: Form): void {
    this.forms.set(form.name, { form, confidential: this.#confidential });
  }

  /** News from the shop, sent with `engine.signal`. */
  signal<T>(name: string, schema: z.ZodType<T>, run: (turn: Turn, data: T) => Promise<Answer>): void {
    this.signals.set(name, { schema, run: (turn, data) => run(turn, schema.parse(data)) });
  }

  /**
   * What a live card shows (see live-card.ts): its id is `kind`, a colon and more. Where several ask for it at once, it is
   * shown with the data of the last, so what must be right is read from the shop. One message; what does not fit is left out. Null takes
   * the card away.
   */
  card<T>(
    kind: string,
    schema: z.ZodType<T>,
    run: (turn: Turn, card: string, data: T) => Promise<View | null>,
  ): void {
    if (this.cards.has(kind)) throw new Error(`The card ${kind} has two handlers.`);
    this.cards.set(kind, { run: (turn, card, data) => run(turn, card, schema.parse(data)) });
  }

  /** What free text means. */
  text(run: (turn: Turn, text: string) => Promise<Answer>): void {
    this.#text = run;
  }

  /** What free text means where an answer to a question is awaited; undefined if it is the answer. */
  aside(run: (turn: Turn, text: string) => Promise<Answer>): void {
    this.#aside = run;
  }

  /** Where a stale button, or starting over, leads. */
  home(run: Handler): void {
    this.#home = run;
  }

  /** The shop's front page, on platforms that have a place for one; the home view stands in where there is none. */
  front(run: Handler): void {
    this.#front = run;
  }

  /** Runs before every turn of a person; what it answers is said first. Sets the language, greets newcomers. */
  before(run: Handler): void {
    this.#prepare = run;
  }

  /** What to show of an address that somebody posts; null if it is not the shop's. The turn is a glance, its buttons are pressed by anybody. */
  preview(run: (turn: Turn, url: string) => Promise<View | null>): void {
    this.#preview = run;
  }

  runText = (turn: Turn, text: string): Promise<Answer> => this.#text?.(turn, text) ?? this.runHome(turn);
  runAside = async (turn: Turn, text: string): Promise<Answer> => this.#aside?.(turn, text);
  runHome = (turn: Turn): Promise<Answer> => this.#home?.(turn) ?? Promise.resolve(undefined);
  runFront = (turn: Turn): Promise<Answer> => this.#front?.(turn) ?? this.runHome(turn);
  runBefore = (turn: Turn): Promise<Answer> => this.#prepare?.(turn) ?? Promise.resolve(undefined);
  runPreview = (turn: Turn, url: string): Promise<View | null> =>
    this.#preview?.(turn, url) ?? Promise.resolve(null);
}
