import { badValue, CommandError } from "../errors.ts";
import type { BSONRegExp } from "../value.ts";
import { translate } from "./pcre.ts";

/** A pattern ready to be matched. */
export interface CompiledRegex {
  regex: RegExp;
  /** The numbers JavaScript gives to the groups that the pattern itself captures. */
  groups: number[];
}

const compiled = new Map<string, CompiledRegex>();

/**
 * Compiles a PCRE pattern with MongoDB's options i, m, s, x and u.
 *
 * @throws {CommandError} 51091 for a pattern that is wrong or that JavaScript cannot say, 51108 for another option,
 * BadValue for a null character.
 */
export function compilePattern(pattern: string, options: string): CompiledRegex {
  const key = `${options}/${pattern}`;
  const known = compiled.get(key);
  if (known) return known;
  if (pattern.includes("\0") || options.includes("\0"))
    throw badValue("Regular expression cannot contain an embedded null byte");
  for (const flag of options) {
    if (!"imsxulg".includes(flag)) throw new CommandError(51108, `invalid flag in regex options: ${flag}`);
  }
  const made = make(pattern, options);
  if (compiled.size > 1000) compiled.clear();
  compiled.set(key, made);
  return made;
}

function make(pattern: string, options: string): CompiledRegex {
  try {
    const { source, groups, ignoreCase } = translate(pattern, options);
    return { regex: new RegExp(source, ignoreCase ? "iu" : "u"), groups };
  } catch (cause) {
    throw new CommandError(
      51091,
      `Regular expression is invalid: ${cause instanceof Error ? cause.message : cause}`,
    );
  }
}

/** The compiled form of a regular expression value. */
export function compileRegex(value: BSONRegExp): RegExp {
  return compilePattern(value.pattern, value.options).regex;
}

/** The literal text that every match begins with, for index bounds; empty when there is none. */
export function literalPrefix(value: BSONRegExp): string {
  if (value.options !== "" && value.options !== "s") return "";
  const match = /^\^((?:[\w \-:@/,'"=!%&~<>;]|\\[.+*?()[\]{}|^$\\/-])+)/.exec(value.pattern);
  if (!match?.[1] || value.pattern.includes("|")) return "";
  let prefix = match[1];
  // A quantifier belongs to the last character, which then need not be there.
  if (/^[*?{]/.test(value.pattern.slice(match[0].length))) prefix = prefix.replace(/(\\.|.)$/u, "");
  return prefix.replace(/\\(.)/g, "$1");
}
