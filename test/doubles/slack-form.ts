import { rank } from "./label-rank.ts";
import type { InputBlock, Option } from "./slack-block-kit.ts";
import { aboutFile, endingOf, keepFile } from "./slack-files.ts";
import { isObject, type Json } from "./slack-rules.ts";
import type { SlackTeam, SlackView, Workspace } from "./slack-workspace.ts";

/** Values by field label: words, the label of an option, or the bytes of a picture. */
export type Filled = Readonly<Record<string, string | Uint8Array>>;

/** The inputs of a modal, in order. */
export const inputsOf = ({ content }: SlackView): InputBlock[] =>
  content.blocks.filter((block): block is InputBlock => block.type === "input");

/** The input a label belongs to: the whole label, else its beginning, in any case. */
export function inputFor(view: SlackView, label: string): InputBlock | undefined {
  const wanted = label.toLowerCase();
  const named = (input: InputBlock) => input.label.text.toLowerCase().replace(/[\s:*]+$/, "");
  const inputs = inputsOf(view);
  return (
    inputs.find((each) => named(each) === wanted) ?? inputs.find((each) => named(each).startsWith(wanted))
  );
}

/**
 * The state of a modal with values typed into it, over what stood in it from the start. What Slack's own client
 * would not let go is thrown: a required input left empty, more characters than allowed, an unknown option.
 */
export function stateOf(
  world: Workspace,
  team: SlackTeam,
  root: string,
  view: SlackView,
  filled: ReadonlyMap<InputBlock, string | Uint8Array>,
): Json {
  const values: Record<string, Json> = {};
  for (const input of inputsOf(view)) {
    const { element } = input;
    const value = filled.get(input);
    const state =
      value instanceof Uint8Array ? uploaded(world, team, root, input, value) : typedInto(input, value);
    if (input.optional !== true && isEmpty(state)) throw new Error(`“${input.label.text}” is left empty`);
    values[input.block_id ?? ""] = { [element.action_id ?? ""]: { type: element.type, ...state } };
  }
  return values;
}

/** Errors of a `response_action`, by the label of the input they stand at. */
export function errorsByLabel(view: SlackView, errors: unknown): Record<string, string> {
  if (!isObject(errors)) throw new Error("response_action errors without errors");
  return Object.fromEntries(
    Object.entries(errors).map(([block, error]) => {
      const input = inputsOf(view).find(({ block_id }) => block_id === block);
      if (input === undefined) throw new Error(`an error at ${block}, which is no input of the modal`);
      return [input.label.text, String(error)];
    }),
  );
}

function uploaded(
  world: Workspace,
  team: SlackTeam,
  root: string,
  { element, label }: InputBlock,
  bytes: Uint8Array,
): Json {
  const ending = endingOf(bytes);
  if (element.type !== "file_input") throw new Error(`“${label.text}” takes no file`);
  if (element.filetypes !== undefined && !element.filetypes.includes(ending))
    throw new Error(`“${label.text}” takes ${element.filetypes.join(", ")}, not ${ending}`);
  return { files: [aboutFile(root, team, keepFile(world, team, bytes, `picture.${ending}`))] };
}

function typedInto({ element, label }: InputBlock, value: string | undefined): Json {
  const wrong = (what: string) => new Error(`“${label.text}” ${what}: ${value}`);
  switch (element.type) {
    case "file_input":
      if (value !== undefined) throw wrong("takes a file");
      return { files: [] };
    case "static_select":
    case "radio_buttons": {
      const options =
        element.type === "static_select"
          ? (element.options ?? element.option_groups?.flatMap((group) => group.options) ?? [])
          : element.options;
      if (value === undefined) return { selected_option: element.initial_option ?? null };
      const chosen = bestOption(options, value);
      if (chosen === undefined) throw wrong("has no such option");
      return { selected_option: chosen };
    }
    case "checkboxes": {
      if (value === undefined) return { selected_options: element.initial_options ?? [] };
      return { selected_options: element.options.filter(({ text }) => rank(value, text.text) > 0) };
    }
    case "plain_text_input": {
      const { min_length = 0, max_length = 3000 } = element;
      const text = value ?? element.initial_value ?? "";
      if (text.length > max_length) throw wrong(`takes ${max_length} characters`);
      if (text !== "" && text.length < min_length) throw wrong(`wants ${min_length} characters`);
      if (element.multiline !== true && text.includes("\n")) throw wrong("is one line");
      return { value: text === "" ? null : text };
    }
    case "number_input": {
      const text = value ?? element.initial_value ?? "";
      const pattern = element.is_decimal_allowed ? /^-?\d+([.,]\d+)?$/ : /^-?\d+$/;
      if (text !== "" && !pattern.test(text)) throw wrong("takes a number");
      if (text !== "" && Number(text) < Number(element.min_value ?? text)) throw wrong("is too low");
      if (text !== "" && Number(text) > Number(element.max_value ?? text)) throw wrong("is too high");
      return { value: text === "" ? null : text };
    }
    default: {
      const text = value ?? element.initial_value ?? "";
      if (element.type === "email_text_input" && text !== "" && !/^\S+@\S+\.\S+$/.test(text))
        throw wrong("takes an email address");
      return { value: text === "" ? null : text };
    }
  }
}

function bestOption(options: readonly Option[], wanted: string): Option | undefined {
  const ranked = options.map((option) => ({ option, fit: rank(wanted, option.text.text) }));
  return ranked.filter(({ fit }) => fit > 0).sort((a, b) => b.fit - a.fit)[0]?.option;
}

const isEmpty = (state: Json): boolean =>
  Object.values(state).every((each) => each === null || (Array.isArray(each) && each.length === 0));
