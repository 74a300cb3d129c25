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
import { type Form, formRef, type Values } from "./form.ts";
import { entered, fillLink, pageProblems, pagesOf } from "./form-pages.ts";
import { type LinkRef, namedArgs } from "./link.ts";
import { bold, joined, plain, rich } from "./rich-text.ts";
import type { Script } from "./script.ts";
import type { Asking, Filling, State } from "./state.ts";
import { type Answer, below, here, type Reply, type Turn, view } from "./turn.ts";
import type { FormView } from "./view.ts";

/** What the forms of a turn need of it. */
export interface Scene {
  readonly turn: Turn;
  readonly script: Script;
  readonly can: Capabilities;
  state: State;
  token(ref: LinkRef): string;
  stale(): Promise<Answer>;
  cancel(): Promise<Answer>;
  /** Says that the answer is for one person's eyes. */
  confide(): void;
}

/** What somebody answers a question with. */
export type AnswerKind = "text" | "photo" | "contact" | "location" | "press";

/**
 * Forms in a conversation: shown in the message, opened as windows page by page, or asked question by question, as the
 * platform can.
 */
export class FormTalk {
  readonly #scene: Scene;
  constructor(scene: Scene) {
    this.#scene = scene;
  }

  open(form: Form, { args = {}, initial = {}, place = "below" }: Parameters<Turn["open"]>[1] = {}): Reply {
    switch (this.#scene.can.forms) {
      case "inline":
        return {
          view: view({ form: this.#formView(form, { form: form.name, args, values: initial, page: 0 }, {}) }),
          place,
        };
      case "modal":
        return { ...this.#window(form, { form: form.name, args, values: initial, page: 0 }), place };
      case "ask":
        return this.#ask(form, {
          form: form.name,
          args,
          values: initial,
          field: Object.keys(form.fields)[0] ?? "",
        });
    }
  }

  /** The engine's own buttons of a form. One of an older question asks the current one again. */
  async press(ref: LinkRef): Promise<Answer | "not-a-form"> {
    const { state } = this.#scene;
    if (ref.name === fillLink.link) return this.#fill(ref);
    if (![answerLink, backLink, skipLink, cancelLink].some((own) => own.link === ref.name))
      return "not-a-form";
    if (ref.name === cancelLink.link) return this.#scene.cancel();
    if (!state.asking) return this.#scene.stale();
    const [field, value] = ref.args;
    if (field !== state.asking.field) return this.askAgain(state.asking);
    if (ref.name === backLink.link) {
      const form = this.#form(state.asking.form);
      return this.#ask(form, previous(form, state.asking));
    }
    return this.answer(state.asking, ref.name === skipLink.link ? undefined : value, "press");
  }

  /** Takes an answer to the current question. */
  async answer(asking: Asking, value: string | undefined, by: AnswerKind): Promise<Answer> {
    const form = this.#form(asking.form);
    const field = form.fields[asking.field];
    if (by === "photo" && field?.input !== "photo") return this.askAgain(asking, "problem.text");
    if (by === "text" && field?.input === "photo") return this.askAgain(asking, "problem.photo");
    if (by === "contact" && field?.input !== "phone") return this.askAgain(asking, "problem.text");
    if (by === "location" && !field?.location) return this.askAgain(asking, "problem.text");
    return this.#step(form, asking, answered(form, asking, value, field?.options?.(this.#scene.turn) ?? []));
  }

  askAgain(asking: Asking, problem?: string): Reply {
    return this.#ask(this.#form(asking.form), asking, problem);
  }

  /** Takes what was entered in a message's form or in a window. */
  async submitted(ref: LinkRef, values: Values): Promise<Answer> {
    const found = this.#filled(ref, values);
    if (!found) return this.#scene.stale();
    const { form, filling, pages, problems } = found;
    const inline = this.#scene.can.forms === "inline";
    if (Object.keys(problems).length > 0) {
      if (inline) return here(view({ form: this.#formView(form, filling, problems) }));
      const page = Math.max(
        0,
        pages.findIndex((fields) => fields.some((field) => Object.hasOwn(problems, field))),
      );
      return this.#window(form, { ...filling, page }, problems);
    }
    if (filling.page < pages.length - 1) return this.#window(form, { ...filling, page: filling.page + 1 });
    this.#forget();
    return form.submitted(this.#scene.turn, filling.values, filling.args);
  }

  /** What is wrong with what was entered, as sentences by field. */
  problems(ref: LinkRef, values: Values): Record<string, string> {
    const { say } = this.#scene.turn;
    const problems = this.#filled(ref, values)?.problems ?? {};
    return Object.fromEntries(Object.entries(problems).map(([field, key]) => [field, say.any(key)]));
  }

  /** The form a submission belongs to, with what its pages have gathered by now; undefined if there is no such form. */
  #filled(ref: LinkRef, values: Values) {
    const [name, query, at] = ref.name === "form" ? ref.args : [];
    const handled = name === undefined ? undefined : this.#scene.script.forms.get(name);
    if (!handled) return undefined;
    const { form } = handled;
    const args = Object.fromEntries(new URLSearchParams(query ?? ""));
    const pages = pagesOf(form, this.#pageSize());
    const page = Math.min(Number(at) || 0, pages.length - 1);
    const fields = pages[page] ?? [];
    const before = Object.entries(this.#remembered(form.name, args)?.values ?? {}).filter(
      ([field]) => !fields.includes(field),
    );
    const all = {
      ...(pages.length > 1 && Object.fromEntries(before)),
      ...entered(form, fields, values, this.#scene.turn),
    };
    const filling: Filling = { form: form.name, args, values: all, page };
    return { form, filling, pages, problems: pageProblems(form, pages, page, all) };
  }

  /** A press on "Fill in": the page in a window, in place of the message with the button. */
  #fill(ref: LinkRef): Answer | Promise<Answer> {
    const read = fillLink.schema.safeParse(namedArgs(fillLink.schema, ref));
    const form = read.success ? this.#scene.script.forms.get(read.data.form)?.form : undefined;
    if (!read.success || !form) return this.#scene.stale();
    const args = Object.fromEntries(new URLSearchParams(read.data.args ?? ""));
    const values = this.#remembered(form.name, args)?.values ?? {};
    return {
      ...this.#window(form, { form: form.name, args, values, page: read.data.page ?? 0 }),
      place: "here",
    };
  }

  #remembered(form: string, args: Values): Filling | undefined {
    const { filling } = this.#scene.state;
    const same =
      filling?.form === form && formRef(form, filling.args).args[1] === formRef(form, args).args[1];
    return same ? filling : undefined;
  }

  /** A page of a form as a window, and as the message that leads to it where no window can be opened now. */
  #window(form: Form, filling: Filling, problems: Readonly<Record<string, string>> = {}): Reply {
    const { turn } = this.#scene;
    this.#confide(form);
    this.#scene.state = { ...this.#scene.state, filling };
    const pages = pagesOf(form, this.#pageSize()).length;
    const { page, args } = filling;
    const title = bold(turn.say(form.title));
    const label = turn.say(page > 0 ? "form.continue" : "form.fill");
    const query = new URLSearchParams(args).toString();
    return below(
      view({
        text: joined([
          pages > 1 ? rich`${title} (${page + 1}/${pages})` : title,
          ...Object.entries(problems).map(([field, key]) => {
            const words = form.fields[field];
            return words
              ? rich`${bold(turn.say(words.label))}: ${turn.say.any(key)}`
              : plain(turn.say.any(key));
          }),
        ]),
        form: this.#formView(form, filling, problems),
        controls: [
          turn.button(
            label,
            fillLink({ form: form.name, args: query || undefined, page: page || undefined }),
            { style: "primary" },
          ),
          turn.button(turn.say("form.cancel"), cancelLink()),
        ],
      }),
    );
  }

  #formView(form: Form, filling: Filling, problems: Readonly<Record<string, string>>): FormView {
    const { turn } = this.#scene;
    this.#confide(form);
    const pages = pagesOf(form, this.#pageSize());
    const { args, values, page } = filling;
    return {
      token: this.#scene.token(formRef(form.name, args, page)),
      locale: turn.locale,
      title: turn.say(form.title),
      submit: turn.say(page < pages.length - 1 ? "form.continue" : form.submit),
      fields: (pages[page] ?? []).map((name) => {
        const words = form.fields[name];
        if (!words) throw new Error(`The form ${form.name} has no field ${name}.`);
        return {
          name,
          label: turn.say(words.label),
          input: words.input ?? "text",
          required: form.required(name),
          maxLength: words.maxLength ?? 200,
          ...(words.hint && { hint: turn.say(words.hint) }),
          ...(words.options && { options: words.options(turn) }),
          ...(values[name] !== undefined && { value: values[name] }),
          ...(problems[name] !== undefined && { problem: turn.say.any(problems[name]) }),
        };
      }),
    };
  }

  async #step(form: Form, asking: Asking, step: Step): Promise<Answer> {
    if (step.kind === "ask") return this.#ask(form, step.asking, step.problem);
    this.#forget();
    this.#confide(form);
    return form.submitted(this.#scene.turn, step.values, asking.args);
  }

  #ask(form: Form, asking: Asking, problem?: string): Reply {
    this.#confide(form);
    this.#scene.state = { ...this.#scene.state, asking };
    return question(this.#scene.turn, form, asking, problem);
  }

  #forget(): void {
    const { asking: _, filling: __, ...rest } = this.#scene.state;
    this.#scene.state = rest;
  }

  #confide(form: Form): void {
    if (this.#scene.script.forms.get(form.name)?.confidential) this.#scene.confide();
  }

  #pageSize(): number {
    return this.#scene.can.forms === "modal"
      ? (this.#scene.can.formFieldsMax ?? 5)
      : Number.POSITIVE_INFINITY;
  }

  #form(name: string): Form {
    const handled = this.#scene.script.forms.get(name);
    if (!handled) throw new Error(`There is no form ${name}.`);
    return handled.form;
  }
}
