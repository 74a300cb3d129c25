import type { WordKey } from "../i18n/index.ts";
import { type ActionRef, namedArgs } from "./action.ts";
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
import { fillLink, fillRef, pagesFor, takeLink } from "./form-pages.ts";
import {
  type FieldsRead,
  nowAsked,
  type Refused,
  type Remark,
  type Remarks,
  readFields,
  refusedPictures,
  toldLines,
  unasked,
  wholeProblems,
} from "./form-reading.ts";
import { type FormContext, formView, windowView, withLines } from "./form-view.ts";
import { joined, plain } from "./rich-text.ts";
import type { Asking, Filling } from "./state.ts";
import { type Answer, below, here, type Reply, type Turn, view } from "./turn.ts";
import type { View } from "./view.ts";

/** What somebody answers a question with. */
export type AnswerKind = "text" | "photo" | "contact" | "location" | "press";

/**
 * Forms in a conversation: shown in the message, opened as windows page by page, or asked question by question, as the
 * platform can.
 */
export class FormTalk {
  readonly #scene: FormContext;
  constructor(scene: FormContext) {
    this.#scene = scene;
  }

  open(
    form: Form,
    { args = {}, initial = {}, place = "below", title }: Parameters<Turn["open"]>[1] = {},
  ): Reply {
    const filling: Filling = { form: form.name, args, values: initial, page: 0 };
    const { turn } = this.#scene;
    turn.begin({ title: title ?? turn.say(form.title), goOn: fillRef(form.name, args) });
    switch (this.#scene.can.forms) {
      case "inline":
        return { view: this.#inline(form, filling, {}, title), place };
      case "modal":
        return { ...this.#window(form, filling, {}, title), place };
      case "ask": {
        const field = Object.keys(form.fields)[0] ?? "";
        const asked = this.#ask(form, { form: form.name, args, values: initial, field });
        if (title === undefined) return asked;
        const text = joined([plain(title), ...(asked.view.text ? [asked.view.text] : [])]);
        return { ...asked, view: { ...asked.view, text } };
      }
    }
  }

  /** The engine's own buttons of a form. One of an older question asks the current one again. */
  async press(ref: ActionRef): Promise<Answer | "not-a-form"> {
    const { state } = this.#scene;
    if (ref.name === fillLink.action) return this.#fill(ref);
    if (ref.name === takeLink.action) return this.#take(ref);
    if (![answerLink, backLink, skipLink, cancelLink].some((own) => own.action === ref.name))
      return "not-a-form";
    if (ref.name === cancelLink.action) return this.#scene.cancel();
    if (!state.asking) return this.#scene.stale();
    const [field, value] = ref.args;
    if (field !== state.asking.field) return this.askAgain(state.asking);
    if (ref.name === backLink.action) {
      const form = this.#form(state.asking.form);
      return this.#ask(form, previous(form, state.asking));
    }
    return this.answer(state.asking, ref.name === skipLink.action ? undefined : value, "press");
  }

  /** Takes an answer to the current question. */
  async answer(asking: Asking, value: string | undefined, by: AnswerKind): Promise<Answer> {
    const form = this.#form(asking.form);
    const field = form.fields[asking.field];
    if (by === "photo" && field?.input !== "photo") return this.askAgain(asking, "problem.text");
    if (by === "text" && field?.input === "photo") return this.askAgain(asking, "problem.photo");
    if (by === "contact" && field?.input !== "phone") return this.askAgain(asking, "problem.text");
    if (by === "location" && !field?.location) return this.askAgain(asking, "problem.text");
    return this.#step(form, asking, answered(form, asking, value, this.#scene.turn));
  }

  /** Whether the question of the moment takes whatever is written: a comment may be a question itself. */
  takesAnyText({ form, field }: Asking): boolean {
    return this.#form(form).fields[field]?.input === "long";
  }

  askAgain(asking: Asking, problem?: WordKey): Reply {
    const remark = problem && { text: this.#scene.turn.say(problem), offers: [] };
    return this.#ask(this.#form(asking.form), asking, remark);
  }

  /** Takes what was entered in a message's form or in a window. */
  async submitted(ref: ActionRef, values: Values, refused?: Refused): Promise<Answer> {
    const opened = this.#opened(ref);
    return opened ? this.#proceed(opened.form, opened.filling, values, refused) : this.#scene.stale();
  }

  /** Reads a page that was filled in: what is wrong is shown, what is doubtful asked about once, else it goes on. */
  async #proceed(form: Form, before: Filling, typed: Values, refused?: Refused): Promise<Answer> {
    const { turn } = this.#scene;
    const inline = this.#scene.can.forms === "inline";
    const read = this.#read(form, before, typed, refused);
    const told = { ...before.told, ...read.told };
    const filling: Filling = {
      ...before,
      values: read.values,
      ...(Object.keys(told).length > 0 && { told }),
    };
    const pages = pagesFor(form, this.#scene.can);
    const wrong = Object.keys(read.problems).length > 0;
    const remarks = wrong ? read.problems : unasked(read.doubts, read.values, before.asked);
    if (Object.keys(remarks).length > 0) {
      const asked = wrong ? before.asked : nowAsked(remarks, read.values, before.asked);
      const page = Math.max(
        0,
        pages.findIndex((fields) => fields.some((field) => Object.hasOwn(remarks, field))),
      );
      const again: Filling = { ...filling, page, ...(asked && { asked }) };
      if (!inline) return this.#window(form, again, remarks);
      if (asked) this.#scene.state = { ...this.#scene.state, filling: again };
      return here(this.#inline(form, again, remarks));
    }
    if (filling.page < pages.length - 1) return this.#window(form, { ...filling, page: filling.page + 1 });
    this.#forget();
    const lines = toldLines(form, told, turn);
    return withLines(lines, await form.submitted(turn, filling.values, filling.args));
  }

  /** What is understood of a page; the last page also answers for the form as a whole. */
  #read(form: Form, { values, page }: Filling, typed: Values, refused: Refused = {}): FieldsRead {
    const { turn } = this.#scene;
    const pages = pagesFor(form, this.#scene.can);
    const fields = pages[page] ?? [];
    const earlier = Object.fromEntries(
      Object.entries(pages.length > 1 ? values : {}).filter(([field]) => !fields.includes(field)),
    );
    const last = page === pages.length - 1;
    const own = last ? Object.keys(form.fields) : fields;
    const read = readFields(form, own, { ...earlier, ...typed }, earlier, turn);
    const all = { ...earlier, ...read.values };
    const single = { ...read.problems, ...refusedPictures(refused, fields, turn) };
    const problems = last && Object.keys(single).length === 0 ? wholeProblems(form, all, turn) : single;
    return { ...read, values: all, problems };
  }

  /** What is wrong with what was entered, as sentences by field. */
  problems(ref: ActionRef, values: Values, refused?: Refused): Record<string, string> {
    const opened = this.#opened(ref);
    const problems = opened ? this.#read(opened.form, opened.filling, values, refused).problems : {};
    return Object.fromEntries(Object.entries(problems).map(([field, { text }]) => [field, text]));
  }

  /** The form a submission belongs to, with what its other pages have gathered by now; undefined if there is no such form. */
  #opened(ref: ActionRef): { form: Form; filling: Filling } | undefined {
    const [name, query, at] = ref.name === "form" ? ref.args : [];
    const handled = name === undefined ? undefined : this.#scene.router.forms.get(name);
    if (!handled) return undefined;
    const { form } = handled;
    const args = Object.fromEntries(new URLSearchParams(query ?? ""));
    const page = Math.min(Number(at) || 0, pagesFor(form, this.#scene.can).length - 1);
    return { form, filling: { ...this.#begun(form, args), page } };
  }

  /** A press on "Fill in", or on what goes on with a form: where it is now, in place of the message with the button. */
  #fill(ref: ActionRef): Answer | Promise<Answer> {
    const read = fillLink.schema.safeParse(namedArgs(fillLink.schema, ref));
    const form = read.success ? this.#scene.router.forms.get(read.data.form)?.form : undefined;
    if (!read.success || !form) return this.#scene.stale();
    const args = Object.fromEntries(new URLSearchParams(read.data.args ?? ""));
    const { asking } = this.#scene.state;
    if (asking?.form === form.name) return this.askAgain(asking);
    if (this.#scene.can.forms !== "modal") return this.open(form, { args });
    return {
      ...this.#window(form, { ...this.#begun(form, args), page: read.data.page ?? 0 }),
      place: "here",
    };
  }

  /** A press on what was asked about or may have been meant: the page is read again with that value. */
  #take(ref: ActionRef): Promise<Answer> {
    const read = takeLink.schema.safeParse(namedArgs(takeLink.schema, ref));
    const form = read.success ? this.#scene.router.forms.get(read.data.form)?.form : undefined;
    if (!read.success || !form) return this.#scene.stale();
    const { field, value, page = 0 } = read.data;
    const begun = this.#remembered(form.name, Object.fromEntries(new URLSearchParams(read.data.args ?? "")));
    if (!begun) return this.#scene.stale();
    const values = { ...begun.values, [field]: value };
    const asked = { ...begun.asked, [field]: value };
    const fields = pagesFor(form, this.#scene.can)[page] ?? [];
    const typed = Object.fromEntries(Object.entries(values).filter(([name]) => fields.includes(name)));
    return this.#proceed(form, { ...begun, values, asked, page }, typed);
  }

  #begun = (form: Form, args: Values): Filling =>
    this.#remembered(form.name, args) ?? { form: form.name, args, values: {}, page: 0 };

  #remembered(form: string, args: Values): Filling | undefined {
    const { filling } = this.#scene.state;
    const same =
      filling?.form === form && formRef(form, filling.args).args[1] === formRef(form, args).args[1];
    return same ? filling : undefined;
  }

  /** A page of a form as a window, and as the message that leads to it where no window can be opened now. */
  #window(form: Form, filling: Filling, remarks: Remarks = {}, title?: string): Reply {
    this.#confide(form);
    this.#scene.state = { ...this.#scene.state, filling };
    return below(windowView(this.#scene, form, filling, remarks, title));
  }

  #inline(form: Form, filling: Filling, remarks: Remarks = {}, title?: string): View {
    this.#confide(form);
    return view({ form: formView(this.#scene, form, filling, remarks, title) });
  }

  async #step(form: Form, asking: Asking, step: Step): Promise<Answer> {
    if (step.kind === "ask") return this.#ask(form, step.asking, step.remark);
    this.#forget();
    this.#confide(form);
    const lines = toldLines(form, step.told, this.#scene.turn);
    return withLines(lines, await form.submitted(this.#scene.turn, step.values, asking.args));
  }

  #ask(form: Form, asking: Asking, remark?: Remark): Reply {
    this.#confide(form);
    this.#scene.state = { ...this.#scene.state, asking };
    return question(this.#scene.turn, form, asking, remark);
  }

  #forget(): void {
    const { asking: _, filling: __, task: ___, ...rest } = this.#scene.state;
    this.#scene.state = rest;
  }

  #confide(form: Form): void {
    if (this.#scene.router.forms.get(form.name)?.confidential) this.#scene.confide();
  }

  #form(name: string): Form {
    const handled = this.#scene.router.forms.get(name);
    if (!handled) throw new Error(`There is no form ${name}.`);
    return handled.form;
  }
}
