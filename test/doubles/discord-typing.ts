import { type Json, json, list } from "./discord-refusal.ts";

/** What is typed into Discord does not make a command that can be sent. */
export class CannotSend extends Error {
  readonly code = "CANNOT_SEND";
}

const INTEGER = 4;
const BOOLEAN = 5;
const NUMBER = 10;
/** Option types that hold options: sub-command and group. */
const SUB = [1, 2];

/** The registered slash command that somebody types, by its name in their language or its own. */
export function commandNamed(
  commands: readonly Json[],
  name: string,
  locale: string,
  context: number,
): Json | undefined {
  return commands.find(
    (command) =>
      command.type === 1 &&
      (command.name === name || json(command.name_localizations)[locale] === name) &&
      (!Array.isArray(command.contexts) || command.contexts.includes(context)),
  );
}

/**
 * The data of a command interaction for what is typed after the command's name: a sub-command's name, then
 * "option:value" for the options, or all for the first one.
 *
 * @throws {CannotSend} where Discord would not send it: a required option missing, or more text than options
 */
export function typed(command: Json, rest: string): Json {
  return {
    id: command.id,
    name: command.name,
    type: 1,
    ...withOptions(optionValues(list(command.options).map(json), rest.trim(), String(command.name))),
  };
}

function withOptions(options: Json[]): Json {
  return options.length === 0 ? {} : { options };
}

function optionValues(options: readonly Json[], rest: string, of: string): Json[] {
  const [first] = options;
  if (first === undefined) {
    if (rest !== "") throw new CannotSend(`/${of} takes no options, so "${rest}" cannot be typed after it`);
    return [];
  }
  if (SUB.includes(Number(first.type))) {
    const [word = "", ...others] = rest.split(" ");
    const sub = options.find(({ name }) => name === word);
    if (sub === undefined) throw new CannotSend(`/${of} has no sub-command "${word}"`);
    const inner = optionValues(list(sub.options).map(json), others.join(" ").trim(), `${of} ${word}`);
    return [{ name: sub.name, type: sub.type, ...withOptions(inner) }];
  }
  const given = named(options, rest);
  for (const option of options)
    if (option.required === true && !given.has(String(option.name)))
      throw new CannotSend(`/${of} needs "${option.name}"`);
  return [...given].map(([name, text]) => {
    const option = json(options.find((each) => each.name === name));
    return { name, type: option.type, value: typedValue(option, text) };
  });
}

function named(options: readonly Json[], rest: string): Map<string, string> {
  const names = options.map(({ name }) => String(name));
  const marks = [...rest.matchAll(/(?:^|\s)([-_\p{L}\p{N}]+):/gu)].filter(([, name = ""]) =>
    names.includes(name),
  );
  if (marks.length === 0) return new Map(rest === "" ? [] : [[names[0] ?? "", rest]]);
  return new Map(
    marks.map((mark, i) => [
      mark[1] ?? "",
      rest.slice(mark.index + mark[0].length, marks[i + 1]?.index ?? rest.length).trim(),
    ]),
  );
}

/** A value as the option's type has it; a choice's name stands for its value. */
function typedValue(option: Json, text: string): string | number | boolean {
  const choices = list(option.choices).map(json);
  const choice = choices.find(({ name, value }) => name === text || String(value) === text);
  if (choices.length > 0) {
    const value = choice?.value;
    if (typeof value === "string" || typeof value === "number") return value;
    throw new CannotSend(`"${text}" is no choice of "${option.name}"`);
  }
  if (option.type === BOOLEAN) return /^(true|yes)$/i.test(text);
  if (option.type !== INTEGER && option.type !== NUMBER) return text;
  const value = Number(text);
  if (Number.isNaN(value) || (option.type === INTEGER && !Number.isInteger(value)))
    throw new CannotSend(`"${text}" is no number for "${option.name}"`);
  return value;
}

/** The data of an autocomplete interaction: the first option that completes has the focus. */
export function completing(command: Json, text: string): { data: Json; type: number } {
  const option = list(command.options)
    .map(json)
    .find(({ autocomplete }) => autocomplete === true);
  if (option === undefined) throw new CannotSend(`/${command.name} completes nothing`);
  const options = [{ name: option.name, type: option.type, value: text, focused: true }];
  return { data: { id: command.id, name: command.name, type: 1, options }, type: Number(option.type) };
}
