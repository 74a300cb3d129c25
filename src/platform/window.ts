import type { FormField } from "../engine/view.ts";
import { cut } from "./label.ts";

/** How a field of a form is asked for in a window of a platform's. */
export type WindowInput =
  | { readonly kind: "photo" }
  | { readonly kind: "select"; readonly options: readonly WindowOption[] }
  | { readonly kind: "text"; readonly long: boolean; readonly max: number; readonly value?: string };

/** One option of a select in a window. */
export interface WindowOption {
  readonly value: string;
  readonly label: string;
  readonly chosen: boolean;
}

/** What a window takes: options in a select, UTF-16 units in an option's value and in a text. */
export interface WindowLimits {
  readonly optionsMax: number;
  readonly valueMax: number;
  readonly textMax: number;
}

/** A field as an input. A choice that no select can hold is asked for in writing, by the label of the option. */
export function windowInput(field: FormField, limits: WindowLimits): WindowInput {
  const { input, options = [], value, maxLength } = field;
  if (input === "photo") return { kind: "photo" };
  const fits =
    options.length <= limits.optionsMax && options.every((each) => each.value.length <= limits.valueMax);
  if (input === "choice" && options.length > 0 && fits)
    return { kind: "select", options: options.map((each) => ({ ...each, chosen: each.value === value })) };
  const max = Math.min(limits.textMax, Math.max(1, maxLength));
  const begun = options.find((each) => each.value === value)?.label ?? value;
  return { kind: "text", long: input === "long", max, ...(begun && { value: cut(begun, max) }) };
}
