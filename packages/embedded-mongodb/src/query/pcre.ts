/** A pattern as JavaScript has it, always for the flags u, and i as asked for. */
export interface Translated {
  source: string;
  /** How many groups the pattern itself captures, and which of JavaScript's groups those are. */
  groups: number[];
  ignoreCase: boolean;
}

/** The flags in force at one place of a pattern. */
interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  x: boolean;
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t-\\r ",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};
const horizontal = "\\t \\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000";
const vertical = "\\n-\\r\\x85\\u2028\\u2029";
/** Escapes that are a set of characters, and so may also stand inside a class. */
const sets: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "\\w",
  s: "\\t-\\r ",
  h: horizontal,
  v: vertical,
};
const characters: Readonly<Record<string, string>> = {
  a: "\\x07",
  e: "\\x1b",
  f: "\\f",
  n: "\\n",
  r: "\\r",
  t: "\\t",
};
const end = "(?![^])";

/**
 * Rewrites a pattern of PCRE, which MongoDB's regular expressions are, in JavaScript's own form (source: pcre2pattern
 * and MongoDB manual, "$regex"). A newline is `\n`, and `\d`, `\w` and `\s` mean ASCII, as there.
 *
 * @throws {SyntaxError} for what JavaScript cannot say: recursion, conditions, backtracking verbs, `\K` and `\G`.
 */
export function translate(pattern: string, options: string): Translated {
  return new Translator(pattern, options).translated();
}

class Translator {
  readonly #pattern: string;
  readonly #ignoreCase: boolean;
  #at = 0;
  #jsGroups = 0;
  #groups: number[] = [];
  #flags: Flags;

  constructor(pattern: string, options: string) {
    this.#pattern = pattern.replace(/^(?:\(\*(?:UTF8?|UCP|LF|ANYCRLF|CR|CRLF|ANY)\))+/, "");
    const leading = /^\(\?[msx]*i[imsx]*\)/.test(this.#pattern);
    this.#ignoreCase = options.includes("i") || leading;
    this.#flags = {
      i: this.#ignoreCase,
      m: options.includes("m"),
      s: options.includes("s"),
      x: options.includes("x"),
    };
  }

  translated(): Translated {
    const source = this.#alternatives();
    if (this.#at < this.#pattern.length) throw new SyntaxError("unmatched closing parenthesis");
    return { source, groups: this.#groups, ignoreCase: this.#ignoreCase };
  }

  #take(expected: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(expected.source, `${expected.flags}y`);
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#pattern);
    if (!found) return undefined;
    this.#at = sticky.lastIndex;
    return found;
  }

  #alternatives(): string {
    let result = "";
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ")") {
      if (this.#take(/\|/)) result += "|";
      else result += this.#quantified();
    }
    return result;
  }

  #quantified(): string {
    if (this.#flags.x && this.#take(/\s+|#[^\n]*\n?/)) return "";
    if (this.#take(/\(\?#[^)]*\)/)) return "";
    const before = this.#jsGroups;
    const atom = this.#atom();
    if (atom === "") return "";
    if (this.#flags.x) while (this.#take(/\s+|#[^\n]*\n?/));
    const quantifier = this.#take(/[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\}/);
    if (!quantifier) return atom;
    const times = quantifier[0].startsWith("{,") ? `{0${quantifier[0].slice(1)}` : quantifier[0];
    if (this.#take(/\?/)) return `${atom}${times}?`;
    if (this.#take(/\+/)) return this.#atomic(`${atom}${times}`, before);
    return atom + times;
  }

  /** What has matched is not tried in another way: a lookahead takes it, and a reference repeats it. */
  #atomic(inner: string, before: number): string {
    if (this.#jsGroups > before) throw new SyntaxError("groups inside an atomic group are not supported");
    const name = `hawkerAtomic${++this.#jsGroups}`;
    return `(?=(?<${name}>${inner}))\\k<${name}>`;
  }

  #atom(): string {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0);
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return this.#class();
      case "\\":
        return this.#escape();
    }
    this.#at += char.length;
    switch (char) {
      case ".":
        return this.#flags.s ? "[^]" : "[^\\n]";
      case "^":
        return this.#flags.m ? "(?<![^\\n])" : "(?<![^])";
      case "$":
        return this.#flags.m ? "(?![^\\n])" : `(?=\\n?${end})`;
      case "*":
      case "+":
      case "?":
        throw new SyntaxError("quantifier does not follow a repeatable item");
    }
    return this.#literal(char);
  }

  #literal(char: string): string {
    const escaped = /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
    if (!this.#flags.i || this.#ignoreCase) return escaped;
    const [lower, upper] = [char.toLowerCase(), char.toUpperCase()];
    return lower === upper || [...lower, ...upper].length !== 2 ? escaped : `[${lower}${upper}]`;
  }

  #group(): string {
    const before = { ...this.#flags };
    const started = this.#jsGroups;
    const inline = this.#take(/\(\?([imsxnJU]*)(?:-([imsx]*))?\)/);
    if (inline) {
      this.#setFlags(inline[1] ?? "", inline[2] ?? "");
      return "";
    }
    let open = "(?:";
    let atomic = false;
    const scoped = this.#take(/\(\?([imsx]*)(?:-([imsx]*))?:/);
    const named = scoped ? undefined : this.#take(/\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/);
    if (scoped) this.#setFlags(scoped[1] ?? "", scoped[2] ?? "");
    else if (named) {
      open = `(?<${named[1] ?? named[2]}>`;
      this.#groups.push(++this.#jsGroups);
    } else if (this.#take(/\(\?>/)) atomic = true;
    else {
      const look = this.#take(/\(\?(?:=|!|<=|<!)/);
      if (look) open = look[0];
      else if (this.#take(/\((?![?*])/)) {
        open = "(";
        this.#groups.push(++this.#jsGroups);
      } else throw new SyntaxError(`unsupported group: ${this.#pattern.slice(this.#at, this.#at + 8)}`);
    }
    const inner = this.#alternatives();
    if (!this.#take(/\)/)) throw new SyntaxError("missing closing parenthesis");
    this.#flags = before;
    return atomic ? this.#atomic(inner, started) : `${open}${inner})`;
  }

  #setFlags(on: string, off: string): void {
    const flags = { ...this.#flags };
    for (const flag of ["i", "m", "s", "x"] as const) {
      if (on.includes(flag)) flags[flag] = true;
      if (off.includes(flag)) flags[flag] = false;
    }
    if (!flags.i && this.#ignoreCase) throw new SyntaxError("(?-i) is not supported inside a pattern with i");
    this.#flags = flags;
  }

  #escape(): string {
    const quoted = this.#take(/\\Q([\s\S]*?)(?:\\E|$)/);
    if (quoted) return [...(quoted[1] ?? "")].map((char) => this.#literal(char)).join("");
    if (this.#take(/\\E/)) return "";
    const anchors: readonly [RegExp, string][] = [
      [/\\A/, "(?<![^])"],
      [/\\z/, end],
      [/\\Z/, `(?=\\n?${end})`],
      [/\\R/, `(?:\\r\\n|[${vertical}])`],
      [/\\N/, "[^\\n]"],
      [/\\b/, "\\b"],
      [/\\B/, "\\B"],
    ];
    for (const [expected, result] of anchors) if (this.#take(expected)) return result;
    const reference = this.#take(/\\(?:k(?:<(\w+)>|\{(\w+)\}|'(\w+)')|g\{?(\d+)\}?|([1-9]))/);
    if (reference) {
      const name = reference[1] ?? reference[2] ?? reference[3];
      if (name) return `\\k<${name}>`;
      const group = this.#groups[Number(reference[4] ?? reference[5]) - 1];
      if (group === undefined) throw new SyntaxError("reference to non-existent subpattern");
      return `(?:\\${group})`;
    }
    const set = this.#set();
    if (set) return set.negated ? `[^${set.inside}]` : `[${set.inside}]`;
    const property = this.#property();
    if (property) return property;
    const char = this.#character();
    return char.startsWith("\\") ? char : this.#literal(char);
  }

  #set(): { inside: string; negated: boolean } | undefined {
    const found = this.#take(/\\([dwshvDWSHV])/);
    if (!found) return undefined;
    const name = found[1] as string;
    return { inside: sets[name.toLowerCase()] as string, negated: name !== name.toLowerCase() };
  }

  #property(): string | undefined {
    const found = this.#take(/\\([pP])(?:\{(\^?)([\w& ]+)\}|([A-Z]))/);
    if (!found) return undefined;
    const name = found[3] ?? (found[4] as string);
    const sign = found[2] ? (found[1] === "p" ? "P" : "p") : found[1];
    const known = name.length <= 2 || name === "Any" ? name : `Script=${name}`;
    return `\\${sign}{${known}}`;
  }

  /** One escaped character: JavaScript's escape for it, or the character itself. */
  #character(): string {
    const hex = this.#take(/\\x(?:\{([0-9a-f]+)\}|([0-9a-f]{0,2}))/i);
    if (hex) return `\\u{${hex[1] ?? (hex[2] || "0")}}`;
    const octal = this.#take(/\\(?:o\{([0-7]+)\}|(0[0-7]{0,2}))/);
    if (octal) return `\\u{${Number.parseInt(octal[1] ?? octal[2] ?? "0", 8).toString(16)}}`;
    const control = this.#take(/\\c([A-Za-z])/);
    if (control) return control[0];
    const found = this.#take(/\\([\s\S])/u);
    if (!found) throw new SyntaxError("\\ at end of pattern");
    const char = found[1] as string;
    if (Object.hasOwn(characters, char)) return characters[char] as string;
    if (/[A-Za-z0-9]/.test(char)) throw new SyntaxError(`unsupported escape \\${char}`);
    return char;
  }

  #class(): string {
    const open = this.#take(/\[(\^?)(\]?)/) as RegExpExecArray;
    let inside = open[2] ? "\\]" : "";
    const outside: string[] = [];
    while (!this.#take(/\]/)) {
      if (this.#at >= this.#pattern.length)
        throw new SyntaxError("missing terminating ] for character class");
      const posix = this.#take(/\[:(\^?)([a-z]+):\]/);
      const set = posix ? undefined : this.#set();
      if (posix) {
        const members = posixClasses[posix[2] as string];
        if (members === undefined) throw new SyntaxError("unknown POSIX class name");
        if (posix[1]) outside.push(members);
        else inside += members;
      } else if (set) {
        if (set.negated) outside.push(set.inside);
        else inside += set.inside;
      } else inside += this.#classMember();
    }
    const body = open[1] ? `[^${inside}]` : `[${inside}]`;
    if (outside.length === 0) return body;
    const others = outside.map((members) => `[^${members}]`).join("|");
    const union = `(?:[${inside}]|${others})`;
    return open[1] ? `(?:(?!${union})[^])` : union;
  }

  #classMember(): string {
    const quoted = this.#take(/\\Q([\s\S]*?)(?:\\E|$)/);
    if (quoted) return [...(quoted[1] ?? "")].map(inClass).join("");
    if (this.#take(/\\b/)) return "\\x08";
    const property = this.#property();
    if (property) return property;
    const first = this.#classCharacter();
    if (!this.#take(/-(?!\]|\[:|\\[dwshvDWSHVpP])/)) return this.#bothCases(first, first);
    return this.#bothCases(first, this.#classCharacter());
  }

  #classCharacter(): string {
    if (this.#pattern[this.#at] === "\\") {
      const char = this.#character();
      return char.startsWith("\\") && char.length > 1 ? char : inClass(char);
    }
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) ?? 0);
    this.#at += char.length;
    return inClass(char);
  }

  #bothCases(first: string, last: string): string {
    const range = first === last ? first : `${first}-${last}`;
    if (!this.#flags.i || this.#ignoreCase) return range;
    if (!/^[A-Za-z]$/.test(first) || !/^[A-Za-z]$/.test(last)) return range;
    const other = first === first.toLowerCase() ? first.toUpperCase() : first.toLowerCase();
    const otherLast = last === last.toLowerCase() ? last.toUpperCase() : last.toLowerCase();
    return first === last ? `${first}${other}` : `${range}${other}-${otherLast}`;
  }
}

function inClass(char: string): string {
  return /[\\\]^[-]/.test(char) ? `\\${char}` : char;
}
