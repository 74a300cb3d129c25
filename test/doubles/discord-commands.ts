import { FormErrors, isJson, type Json, json, list, type Path, Refusal } from "./discord-refusal.ts";

const NAME = /^[-_\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const COMMANDS_MAX = 100;
const CHAT_INPUT = 1;
/** Characters of all names, descriptions and choices of one command. */
const SIZE_MAX = 8000;
const LOCALES =
  "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja zh-TW ko".split(
    " ",
  );

/**
 * Checks the whole list of global commands, as it would be after the call.
 *
 * @throws {Refusal} 30032 for more than 100 slash commands, 50035 with what is wrong
 */
export function checkCommands(commands: unknown): Json[] {
  const errors = new FormErrors();
  if (!Array.isArray(commands)) {
    errors.add([], "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
    errors.refuse();
  }
  const all = list(commands).map(json);
  if (all.filter(({ type }) => (type ?? CHAT_INPUT) === CHAT_INPUT).length > COMMANDS_MAX)
    throw new Refusal(400, 30032, `Maximum number of application commands reached (${COMMANDS_MAX}).`);
  const names = new Set<string>();
  all.forEach((command, i) => {
    checkCommand(errors, [i], command);
    const key = `${command.type ?? CHAT_INPUT} ${command.name}`;
    if (names.has(key))
      errors.add([i], "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
    names.add(key);
  });
  errors.refuse();
  return all;
}

function checkCommand(errors: FormErrors, path: Path, command: Json): void {
  if ((command.type ?? CHAT_INPUT) !== CHAT_INPUT) {
    errors.choice([...path, "type"], command.type, [1, 2, 3]);
    errors.text([...path, "name"], command.name, 1, 32);
    errors.text([...path, "description"], command.description, 0, 0);
    return;
  }
  checkNamed(errors, path, command);
  checkOptions(errors, path, command.options);
  if (sizeOf(command) > SIZE_MAX)
    errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", `Command exceeds maximum size (${SIZE_MAX})`);
}

function checkNamed(errors: FormErrors, path: Path, named: Json): void {
  checkName(errors, [...path, "name"], named.name);
  errors.text([...path, "description"], named.description, 1, 100);
  localized(errors, [...path, "name_localizations"], named.name_localizations, (at, text) =>
    checkName(errors, at, text),
  );
  localized(errors, [...path, "description_localizations"], named.description_localizations, (at, text) =>
    errors.text(at, text, 1, 100),
  );
}

function checkName(errors: FormErrors, path: Path, value: unknown): void {
  const name = errors.text(path, value, 1, 32);
  if (name !== "" && (!NAME.test(name) || name !== name.toLowerCase()))
    errors.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
}

function localized(
  errors: FormErrors,
  path: Path,
  texts: unknown,
  check: (path: Path, text: unknown) => void,
): void {
  if (texts === undefined || texts === null) return;
  if (!isJson(texts)) {
    errors.add(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType");
    return;
  }
  for (const [locale, text] of Object.entries(texts)) {
    if (!LOCALES.includes(locale))
      errors.add([...path, locale], "ENUM_TYPE_COERCE", `Value "${locale}" is not a valid enum value.`);
    check([...path, locale], text);
  }
}

/** Option types that hold options of their own: sub-command and group. */
const SUB = [1, 2];
/** Option types people type or pick a value for: string, integer, number. */
const VALUED = [3, 4, 10];

function checkOptions(errors: FormErrors, path: Path, value: unknown): void {
  const names = new Set<unknown>();
  let optionalSeen = false;
  errors.entries([...path, "options"], value, 0, 25).forEach((each, i) => {
    const at = [...path, "options", i];
    const option = json(each);
    errors.choice([...at, "type"], option.type, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    checkNamed(errors, at, option);
    if (names.has(option.name))
      errors.add(at, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists");
    names.add(option.name);
    if (option.required === true && optionalSeen)
      errors.add(
        [...path, "options"],
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        "Required options must be placed before non-required options",
      );
    if (SUB.includes(Number(option.type))) checkOptions(errors, at, option.options);
    else optionalSeen ||= option.required !== true;
    checkValues(errors, at, option);
  });
}

function checkValues(errors: FormErrors, path: Path, option: Json): void {
  const choices = errors.entries([...path, "choices"], option.choices, 0, 25);
  const valued = VALUED.includes(Number(option.type));
  if (option.autocomplete === true && (choices.length > 0 || !valued))
    errors.add(
      [...path, "autocomplete"],
      "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID",
      "Autocomplete is for options of string, integer or number without choices",
    );
  choices.forEach((choice, i) => {
    checkChoice(errors, [...path, "choices", i], json(choice), Number(option.type));
  });
}

/** Checks a choice of an option of the type given: name 1-100, a value up to 100 characters or a number. */
export function checkChoice(errors: FormErrors, path: Path, choice: Json, type: number): void {
  errors.text([...path, "name"], choice.name, 1, 100);
  if (type === 3) errors.text([...path, "value"], choice.value, 1, 100);
  else if (typeof choice.value !== "number")
    errors.add([...path, "value"], "NUMBER_TYPE_COERCE", `Value "${String(choice.value)}" is not a number.`);
}

function sizeOf(named: Json): number {
  const own = [named.name, named.description, named.value].map((text) => String(text ?? "").length);
  const inner = [...list(named.options), ...list(named.choices)].map((each) => sizeOf(json(each)));
  return [...own, ...inner].reduce((sum, size) => sum + size, 0);
}
