import {
  type APIAttachment,
  type APIComponentInLabel,
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmission,
  ComponentType,
  TextInputStyle,
} from "discord.js";
import { wellFormed } from "../../src/engine/legible.ts";
import type { FormField, FormView } from "../../src/engine/view.ts";
import { capabilities } from "./capabilities.ts";
import { labelOf } from "./controls.ts";

/** A form as a window (https://docs.discord.com/developers/components/reference#label). */
export const modalOf = (form: FormView): APIModalInteractionResponseCallbackData => ({
  custom_id: form.token,
  title: labelOf(form.title, 45),
  components: form.fields.slice(0, capabilities.formFieldsMax).map((field) => {
    const component = inputOf(field);
    const said = field.problem ?? field.hint;
    // A hint stands in the field itself where Discord has a place for it there.
    const told = component.type === ComponentType.TextInput && field.problem === undefined ? undefined : said;
    return {
      type: ComponentType.Label,
      label: labelOf(field.label, 45),
      ...(told && { description: labelOf(told, 100) }),
      component,
    };
  }),
});

function inputOf(field: FormField): APIComponentInLabel {
  const { name: custom_id, required, options = [] } = field;
  if (field.input === "photo")
    return {
      type: ComponentType.FileUpload,
      custom_id,
      required,
      min_values: required ? 1 : 0,
      max_values: 1,
    };
  const selectable =
    options.length > 0 &&
    options.length <= capabilities.picksMax &&
    options.every(({ value }) => value.length <= 100);
  if (field.input === "choice" && selectable)
    return {
      type: ComponentType.StringSelect,
      custom_id,
      required,
      min_values: required ? 1 : 0,
      options: options.map(({ value, label }) => ({
        value,
        label: labelOf(label, 100),
        ...(value === field.value && { default: true }),
      })),
    };
  const max_length = Math.min(4000, Math.max(1, field.maxLength));
  const value = options.find((option) => option.value === field.value)?.label ?? field.value;
  return {
    type: ComponentType.TextInput,
    custom_id,
    style: field.input === "long" ? TextInputStyle.Paragraph : TextInputStyle.Short,
    required,
    max_length,
    ...(field.hint && { placeholder: labelOf(field.hint, 100) }),
    ...(value && { value: wellFormed(value.slice(0, max_length)) }),
  };
}

/** What somebody entered in a window: text by field, and the files still to be fetched. */
export interface Entered {
  readonly values: Readonly<Record<string, string>>;
  readonly uploads: Readonly<Record<string, APIAttachment>>;
}

/** Reads what was entered in a window that `modalOf` made. */
export function readModal({ components, resolved }: APIModalSubmission): Entered {
  const values: Record<string, string> = {};
  const uploads: Record<string, APIAttachment> = {};
  for (const label of components) {
    if (label.type !== ComponentType.Label) continue;
    const { component } = label;
    if (component.type === ComponentType.TextInput) values[component.custom_id] = component.value;
    if (component.type === ComponentType.StringSelect && component.values[0] !== undefined)
      values[component.custom_id] = component.values[0];
    if (component.type === ComponentType.FileUpload) {
      const upload = resolved?.attachments?.[component.values[0] ?? ""];
      if (upload) uploads[component.custom_id] = upload;
    }
  }
  return { values, uploads };
}
