import { CommandError } from "../errors.ts";
import type { BSONRegExp } from "../value.ts";

const compiled = new Map<string, RegExp>();

/**
 * The JavaScript form of a PCRE pattern with MongoDB's flags i, m, s, x and u.
 *
 * @throws {CommandError} 51091 for a pattern that JavaScript cannot read.
 */
export function toRegExp(pattern: string, options: string): RegExp {
  const key = `${options}/${pattern}`;
  let regex = compiled.get(key);
  if (regex) return regex;
  let source = pattern;
  let flags = "";
  const inline = /^\(\?([imsx]+)\)/.exec(source);
  let all = options;
  if (inline) {
    all += inline[1];
    source = source.slice(inline[0].length);
  }
  for (const flag of new Set(all)) {
    if (flag === "x") source = withoutComments(source);
    else if ("ims".includes(flag)) flags += flag;
    else if (!"ulg".includes(flag)) throw new CommandError(51108, `invalid flag in regex options: ${flag}`);
  }
  try {
    regex = /[^\0-\uffff]|\\[pP]\{/u.test(source)
      ? new RegExp(source, `${flags}u`)
      : new RegExp(source, flags);
  } catch (cause) {
    throw new CommandError(
      51091,
      `Regular expression is invalid: ${cause instanceof Error ? cause.message : cause}`,
    );
  }
  if (compiled.size > 1000) compiled.clear();
  compiled.set(key, regex);
  return regex;
}

/** The compiled form of a regular expression value. */
export function compileRegex(value: BSONRegExp): RegExp {
  return toRegExp(value.pattern, value.options);
}

function withoutComments(pattern: string): string {
  let kept = "";
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (char === "\\") {
      kept += char + (pattern[++at] ?? "");
      continue;
    }
    if (char === "[") inClass = true;
    if (char === "]") inClass = false;
    if (!inClass && /\s/.test(char)) continue;
    if (!inClass && char === "#") {
      while (at < pattern.length && pattern[at] !== "\n") at++;
      continue;
    }
    kept += char;
  }
  return kept;
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
