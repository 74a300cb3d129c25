import type { z } from "zod";
import type { WordKey } from "../i18n/index.ts";
import type { Form } from "./form.ts";
import type { LinkType } from "./link.ts";
import type { Answer, Turn } from "./turn.ts";

type Handler = (turn: Turn) => Promise<Answer>;
type WithArgs = {
  readonly schema: z.ZodObject;
  readonly run: (turn: Turn, args: unknown) => Promise<Answer>;
};

/** Everything a shop can say: which handler answers which command, button, form, signal or text. Flows fill it. */
export class Script {
  readonly commands = new Map<
    string,
    { description: WordKey; run: (turn: Turn, rest: string) => Promise<Answer> }
  >();
  readonly links = new Map<string, WithArgs>();
  readonly forms = new Map<string, Form>();
  readonly signals = new Map<
    string,
    { schema: z.ZodType; run: (turn: Turn, data: unknown) => Promise<Answer> }
  >();
  #text: ((turn: Turn, text: string) => Promise<Answer>) | undefined;
  #home: Handler | undefined;
  #prepare: Handler | undefined;

  /** `/name rest`. The description is announced on platforms that list commands, in the order of registration. */
  command(name: string, description: WordKey, run: (turn: Turn, rest: string) => Promise<Answer>): void {
    if (this.commands.has(name)) throw new Error(`The command /${name} has two handlers.`);
    this.commands.set(name, { description, run });
  }

  /** What happens when a button with this link is pressed. */
  on<S extends Record<string, z.ZodType>>(
    type: LinkType<S>,
    run: (turn: Turn, args: z.infer<z.ZodObject<S>>) => Promise<Answer>,
  ): void {
    if (this.links.has(type.link)) throw new Error(`The link ${type.link} has two handlers.`);
    this.links.set(type.link, {
      schema: type.schema,
      run: (turn, args) => run(turn, type.schema.parse(args)),
    });
  }

  form(form: Form): void {
    this.forms.set(form.name, form);
  }

  /** News from the shop, sent with `engine.signal`. */
  signal<T>(name: string, schema: z.ZodType<T>, run: (turn: Turn, data: T) => Promise<Answer>): void {
    this.signals.set(name, { schema, run: (turn, data) => run(turn, schema.parse(data)) });
  }

  /** What free text means. */
  text(run: (turn: Turn, text: string) => Promise<Answer>): void {
    this.#text = run;
  }

  /** Where a stale button, or starting over, leads. */
  home(run: Handler): void {
    this.#home = run;
  }

  /** Runs before every turn of a person; what it answers is said first. Sets the language, greets newcomers. */
  before(run: Handler): void {
    this.#prepare = run;
  }

  runText = (turn: Turn, text: string): Promise<Answer> => this.#text?.(turn, text) ?? this.runHome(turn);
  runHome = (turn: Turn): Promise<Answer> => this.#home?.(turn) ?? Promise.resolve(undefined);
  runBefore = (turn: Turn): Promise<Answer> => this.#prepare?.(turn) ?? Promise.resolve(undefined);
}
