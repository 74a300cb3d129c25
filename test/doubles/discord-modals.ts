import { checkSelect, Kind } from "./discord-components.ts";
import { FormErrors, type Json, json, type Path } from "./discord-refusal.ts";

/** A modal as a person has it open. */
export interface Modal {
  readonly title: string;
  readonly customId: string;
  readonly fields: readonly ModalField[];
}

/** A field of a modal: a text input, a select or a file upload, with the label people see. */
export interface ModalField {
  readonly label: string;
  readonly component: Json;
  /** Whether it stands in a Label (type 18), or in an action row as all did before. */
  readonly labelled: boolean;
}

/**
 * Checks a modal: title 1-45, custom_id 1-100, one to five components.
 *
 * @throws {Refusal} 50035 with what is wrong
 */
export function checkModal(value: unknown): Modal {
  const errors = new FormErrors();
  const modal = json(value);
  const at: Path = ["data"];
  const title = errors.text([...at, "title"], modal.title, 1, 45);
  const customId = errors.text([...at, "custom_id"], modal.custom_id, 1, 100);
  const ids = new Set<string>();
  const fields = errors
    .entries([...at, "components"], modal.components, 1, 5)
    .map((each, i) => field(errors, [...at, "components", i], json(each), ids));
  errors.refuse();
  return { title, customId, fields: fields.filter((each) => each !== undefined) };
}

function field(errors: FormErrors, path: Path, holder: Json, ids: Set<string>): ModalField | undefined {
  switch (holder.type) {
    case Kind.text:
      errors.text([...path, "content"], holder.content, 1, 4000);
      return undefined;
    case Kind.row: {
      const [first] = errors.entries([...path, "components"], holder.components, 1, 1);
      const at = [...path, "components", 0];
      const component = json(first);
      input(errors, at, component, [Kind.textInput], ids);
      return { label: errors.text([...at, "label"], component.label, 1, 45), component, labelled: false };
    }
    case Kind.label: {
      const label = errors.text([...path, "label"], holder.label, 1, 45);
      errors.text([...path, "description"], holder.description, 0, 100);
      const component = json(holder.component);
      input(
        errors,
        [...path, "component"],
        component,
        [Kind.textInput, Kind.select, 5, 6, 7, 8, Kind.fileUpload],
        ids,
      );
      if (component.type === Kind.textInput && component.label !== undefined)
        errors.add(
          [...path, "component", "label"],
          "COMPONENT_LABEL_NOT_ALLOWED",
          "A text input in a label cannot have a label of its own",
        );
      return { label, component, labelled: true };
    }
    default:
      errors.add(
        [...path, "type"],
        "UNION_TYPE_CHOICES",
        'Value of field "type" must be one of (1, 10, 18).',
      );
      return undefined;
  }
}

function input(
  errors: FormErrors,
  path: Path,
  component: Json,
  kinds: readonly number[],
  ids: Set<string>,
): void {
  if (!kinds.includes(Number(component.type))) {
    errors.add(
      [...path, "type"],
      "UNION_TYPE_CHOICES",
      `Value of field "type" must be one of (${kinds.join(", ")}).`,
    );
    return;
  }
  const id = errors.text([...path, "custom_id"], component.custom_id, 1, 100);
  if (id !== "" && ids.has(id))
    errors.add(
      [...path, "custom_id"],
      "COMPONENT_CUSTOM_ID_DUPLICATED",
      "Component custom id cannot be duplicated",
    );
  ids.add(id);
  if (component.type === Kind.textInput) textInput(errors, path, component);
  else if (component.type === Kind.fileUpload) {
    errors.whole([...path, "min_values"], component.min_values, 0, 10);
    errors.whole([...path, "max_values"], component.max_values, 1, 10);
  } else checkSelect(errors, path, component);
}

function textInput(errors: FormErrors, path: Path, component: Json): void {
  errors.choice([...path, "style"], component.style, [1, 2]);
  errors.whole([...path, "min_length"], component.min_length, 0, 4000);
  errors.whole([...path, "max_length"], component.max_length, 1, 4000);
  errors.text([...path, "placeholder"], component.placeholder, 0, 100);
  const max = typeof component.max_length === "number" ? component.max_length : 4000;
  errors.text([...path, "value"], component.value, 0, max);
}
