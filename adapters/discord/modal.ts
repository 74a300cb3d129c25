import {
  type APIAttachment,
  type APIComponentInLabel,
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmission,
  ComponentType,
  TextInputStyle,
} from "discord.js";
import type { FormField, FormView } from "../../src/engine/view.ts";
import { labelOf } from "../../src/platform/label.ts";
import { windowInput } from "../../src/platform/window.ts";
import { capabilities } from "./capabilities.ts";

const LIMITS = { optionsMax: capabilities.picksMax, valueMax: 100, textMax: 4000 };

/** A form as a window (https://docs.discord.com/developers/components/reference#label). */
export const modalOf = (form: FormView): APIModalInteractionResponseCallbackData => ({
  custom_id: form.token,
  title: labelOf(form.title, 45),
  components: form.fields.slice(0, capabilities.formFieldsMax).map((field) => {
    const component = inputOf(field);
    // A hint stands in a text field itself.
    const told = field.problem ?? (component.type === ComponentType.TextInput ? undefined : field.hint);
    const label = { type: ComponentType.Label as const, label: labelOf(field.label, 45), component };
    return told ? { ...label, description: labelOf(told, 100) } : label;
  }),
});

function inputOf(field: FormField): APIComponentInLabel {
  const { name: custom_id, required, hint } = field;
  const common = { custom_id, required };
  const min_values = required ? 1 : 0;
  const input = windowInput(field, LIMITS);
  if (input.kind === "photo") return { type: ComponentType.FileUpload, ...common, min_values, max_values: 1 };
  if (input.kind === "select") {
    const options = input.options.map(({ value, label, chosen }) => ({
      value,
      label: labelOf(label, 100),
      default: chosen,
    }));
    return { type: ComponentType.StringSelect, ...common, min_values, options };
  }
  const { long, max, value } = input;
  const style = long ? TextInputStyle.Paragraph : TextInputStyle.Short;
  const placeholder = hint && labelOf(hint, 100);
  return { type: ComponentType.TextInput, ...common, style, max_length: max, placeholder, value };
}

/** What somebody entered in a window: text by field, and the files still to be fetched. */
export interface Entered {
  readonly values: Record<string, string>;
  readonly uploads: Record<string, APIAttachment>;
}

/** Reads what was entered in a window that `modalOf` made. */
export function readModal({ components, resolved }: APIModalSubmission): Entered {
  const entered: Entered = { values: {}, uploads: {} };
  for (const label of components) {
    if (label.type !== ComponentType.Label) continue;
    const { component } = label;
    const { custom_id } = component;
    if (component.type === ComponentType.TextInput) entered.values[custom_id] = component.value;
    if (!("values" in component)) continue;
    const [value = ""] = component.values;
    const upload = resolved?.attachments?.[value];
    if (upload) entered.uploads[custom_id] = upload;
    else if (value !== "") entered.values[custom_id] = value;
  }
  return entered;
}
