import type { ActionRef } from "./action.ts";
import type { Capabilities } from "./adapter.ts";
import { cancelLink } from "./ask.ts";
import { type Form, formRef } from "./form.ts";
import { fillLink, pagesFor, takeLink } from "./form-pages.ts";
import type { Remarks } from "./form-reading.ts";
import { bold, joined, plain, rich } from "./rich-text.ts";
import type { Router } from "./router.ts";
import type { Filling, State } from "./state.ts";
import { type Answer, listOf, type Turn, view } from "./turn.ts";
import type { FormView, View } from "./view.ts";

/** What the forms of a turn need of it. */
export interface FormContext {
  readonly turn: Turn;
  readonly router: Router;
  readonly can: Capabilities;
  state: State;
  token(ref: ActionRef): string;
  stale(): Promise<Answer>;
  cancel(): Promise<Answer>;
  /** Says that the answer is for one person's eyes. */
  confide(): void;
}

/** The message of a form in windows: what is said of it, what can be pressed instead, and the button that opens it. */
export function windowView(
  scene: FormContext,
  form: Form,
  filling: Filling,
  remarks: Remarks,
  heading = scene.turn.say(form.title),
): View {
  const { turn } = scene;
  const pages = pagesFor(form, scene.can).length;
  const { page, args } = filling;
  const title = bold(heading);
  const query = new URLSearchParams(args).toString();
  const offers = Object.entries(remarks).flatMap(([field, remark]) =>
    remark.offers.map(({ value, label }) =>
      turn.button(
        label,
        takeLink({ form: form.name, field, value, args: query || undefined, page: page || undefined }),
        { style: "primary" },
      ),
    ),
  );
  const label = turn.say(offers.length > 0 ? "form.change" : page > 0 ? "form.continue" : "form.fill");
  return view({
    text: joined([
      pages > 1 ? rich`${title} (${page + 1}/${pages})` : title,
      ...Object.entries(remarks).map(([field, { text }]) => {
        const words = form.fields[field];
        return words ? rich`${bold(turn.say(words.label))}: ${text}` : plain(text);
      }),
    ]),
    // What can be pressed is shown first; the window opens when that is not it.
    ...(offers.length === 0 && { form: formView(scene, form, filling, remarks, heading) }),
    controls: [
      ...offers,
      turn.button(
        label,
        fillLink({ form: form.name, args: query || undefined, page: page || undefined }),
        offers.length > 0 ? {} : { style: "primary" },
      ),
      turn.button(turn.say("form.cancel"), cancelLink()),
    ],
  });
}

/** A page of a form as it is filled in. */
export function formView(
  scene: FormContext,
  form: Form,
  filling: Filling,
  remarks: Remarks,
  title = scene.turn.say(form.title),
): FormView {
  const { turn } = scene;
  const pages = pagesFor(form, scene.can);
  const { args, values, page } = filling;
  const own = pages[page] ?? [];
  // What stands beside it may still be changed, and with it whether a field may be left out.
  const fixed = Object.fromEntries(Object.entries(values).filter(([field]) => !own.includes(field)));
  return {
    token: scene.token(formRef(form.name, args, page)),
    locale: turn.locale,
    title,
    submit: turn.say(page < pages.length - 1 ? "form.continue" : form.submit),
    fields: own
      .filter((name) => isShown(form, name, values, remarks))
      .map((name) => {
        const words = form.fields[name];
        if (!words) throw new Error(`The form ${form.name} has no field ${name}.`);
        return {
          name,
          label: turn.say(words.label),
          input: words.input ?? "text",
          required: form.required(name, fixed),
          maxLength: words.maxLength ?? 200,
          ...(words.hint && { hint: turn.say(words.hint) }),
          ...(words.options && { options: words.options(turn) }),
          ...(values[name] !== undefined && { value: values[name] }),
          ...(remarks[name] && { problem: remarks[name].text }),
        };
      }),
  };
}

/** Whether a field is on its page now: one that is only asked for if need be comes with that need, and stays. */
const isShown = (form: Form, name: string, values: Filling["values"], remarks: Remarks): boolean =>
  form.fields[name]?.late !== true ||
  values[name] !== undefined ||
  remarks[name] !== undefined ||
  form.required(name, values);

/** An answer whose first message begins with these lines. */
export function withLines(lines: readonly string[], answer: Answer): Answer {
  const [first, ...others] = listOf(answer);
  if (lines.length === 0 || first === undefined) return answer;
  const prefixed = (of: View): View => ({
    ...of,
    text: joined([...lines.map(plain), ...(of.text ? [of.text] : [])]),
  });
  const told = "view" in first ? { ...first, view: prefixed(first.view) } : prefixed(first);
  return [told, ...others];
}
