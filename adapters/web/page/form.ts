import type { FormField, FormView } from "../../../src/engine/view.ts";
import { el, newId } from "./dom.ts";
import { texts } from "./texts.ts";

/** What a form needs from the page. Rejections are shown by the caller. */
export interface FormActions {
  submit(token: string, values: Readonly<Record<string, string>>): Promise<void>;
  upload(file: File): Promise<string>;
}

type Entry = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** HTML's autofill names by the last word of the field's own name. */
const autofill: Readonly<Record<string, string>> = {
  name: "name",
  email: "email",
  phone: "tel",
  street: "street-address",
  address: "street-address",
  line2: "address-line2",
  city: "address-level2",
  state: "address-level1",
  region: "address-level1",
  postalcode: "postal-code",
  postcode: "postal-code",
  zip: "postal-code",
  country: "country",
};

function autocompleteOf(field: FormField): string {
  const known = autofill[field.name.toLowerCase().replaceAll(/[^a-z0-9]/g, "")];
  // The whole street address is for fields of several lines only (HTML, 4.10.18.7).
  if (known === "street-address" && field.input !== "long") return "address-line1";
  return known ?? (field.input === "email" ? "email" : field.input === "phone" ? "tel" : "off");
}

function entryOf(field: FormField, attributes: Record<string, string | undefined>): Entry {
  const common = { ...attributes, name: field.name, autocomplete: autocompleteOf(field) };
  const maxlength = String(field.maxLength);
  if (field.input === "choice") {
    const select = el(
      "select",
      common,
      el("option", { value: "" }, texts.chooseOne),
      ...(field.options ?? []).map(({ value, label }) => el("option", { value }, label)),
    );
    select.value = field.value ?? "";
    return select;
  }
  if (field.input === "photo")
    return el("input", { ...common, type: "file", accept: "image/jpeg,image/png,image/webp" });
  if (field.input === "long") {
    const area = el("textarea", { ...common, rows: "3", maxlength, dir: "auto" });
    area.value = field.value ?? "";
    return area;
  }
  const types = { email: "email", phone: "tel", number: "text", text: "text" } as const;
  const modes = { email: "email", phone: "tel", number: "numeric", text: undefined } as const;
  const { input } = field;
  const entry = el("input", {
    ...common,
    type: types[input],
    inputmode: modes[input],
    maxlength,
    dir: "auto",
  });
  entry.value = field.value ?? "";
  return entry;
}

function problemOf(field: FormField, value: string): string | undefined {
  if (value === "") return field.required ? texts.required : undefined;
  if (field.input === "email" && !/^\S+@\S+\.\S+$/.test(value)) return texts.badEmail;
  return undefined;
}

interface Line {
  readonly field: FormField;
  readonly entry: Entry;
  readonly row: HTMLElement;
  complain(problem: string | undefined): void;
}

function lineOf(field: FormField): Line {
  const [id, hintId, problemId] = [newId(), newId(), newId()];
  const describedBy = field.hint === undefined ? problemId : `${hintId} ${problemId}`;
  const required = field.required ? "true" : undefined;
  const entry = entryOf(field, { id, "aria-describedby": describedBy, "aria-required": required });
  const problem = el("p", { id: problemId, class: "field-problem" });
  // What is asked for by name is not called optional beside that.
  const isOptional = !field.required && field.problem === undefined;
  const optional = isOptional && el("span", { class: "optional" }, texts.optional);
  const hint = field.hint !== undefined && el("p", { id: hintId, class: "field-hint" }, field.hint);
  const row = el(
    "div",
    { class: "field" },
    el("label", { for: id }, field.label, optional && " ", optional),
    hint,
    entry,
    problem,
  );
  const complain = (text: string | undefined) => {
    problem.textContent = text ?? "";
    row.classList.toggle("wrong", text !== undefined);
    if (text === undefined) entry.removeAttribute("aria-invalid");
    else entry.setAttribute("aria-invalid", "true");
  };
  complain(field.problem);
  entry.addEventListener("input", () => complain(undefined));
  return { field, entry, row, complain };
}

/** A form as an element: labels, hints and problems beside their fields, and an alert above when something is wrong. */
export function formElement(view: FormView, actions: FormActions): HTMLElement {
  const lines = view.fields.map(lineOf);
  const alert = el("p", { class: "form-problem", role: "alert" });
  const button = el("button", { type: "submit", class: "primary" }, view.submit);
  const fields = el("fieldset", {}, ...lines.map(({ row }) => row), el("div", { class: "controls" }, button));
  const title = el("h3", {}, view.title);
  const form = el("form", { novalidate: true, "aria-label": view.title }, alert, fields);
  const details = el("details", { class: "form", open: true }, el("summary", {}, title), form);

  const answerOf = async ({ field, entry }: Line): Promise<string> => {
    if (!(entry instanceof HTMLInputElement && entry.type === "file")) return entry.value.trim();
    const file = entry.files?.[0];
    return file === undefined ? (field.value ?? "") : actions.upload(file);
  };
  const typedValue = ({ field, entry }: Line): string =>
    entry.value.trim() || (field.input === "photo" && field.value) || "";

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const line of lines) line.complain(problemOf(line.field, typedValue(line)));
    if (focusProblem(details)) return;
    alert.textContent = "";
    fields.disabled = true;
    button.textContent = texts.sending;
    try {
      const values = await Promise.all(
        lines.map(async (line) => [line.field.name, await answerOf(line)] as const),
      );
      await actions.submit(view.token, Object.fromEntries(values));
      button.textContent = texts.sent;
    } catch (error) {
      alert.textContent = error instanceof Error ? error.message : texts.notSent;
      button.textContent = view.submit;
    } finally {
      fields.disabled = false;
    }
  });
  form.addEventListener("input", () => {
    button.textContent = view.submit;
  });
  return details;
}

/** Announces that fields are wrong and takes the person to the first; false if there is none. */
export function focusProblem(form: HTMLElement): boolean {
  const wrong = form.querySelector<HTMLElement>("[aria-invalid]");
  const alert = form.querySelector(".form-problem");
  if (wrong === null || alert === null) return false;
  alert.textContent = texts.problems;
  wrong.focus();
  return true;
}
