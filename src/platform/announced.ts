import type { CommandInfo, Host } from "../engine/adapter.ts";
import { beginning } from "../i18n/graphemes.ts";

/** Texts by locale; the first is of the shop's own language. */
export type Texts = readonly (readonly [locale: string, text: string])[];

/** A command with its words in every language of the shop, for platforms that are told all of them at once. */
export interface Announced {
  readonly name: string;
  readonly description: Texts;
  readonly option?: { readonly name: string; readonly description: Texts; readonly suggests: boolean };
}

/** The commands to announce. Which there are is told by the first language. */
export function announced(host: Pick<Host, "locales" | "commands">): Announced[] {
  const words = host.locales.map((locale) => [locale, host.commands(locale)] as const);
  return host.commands(host.locales[0] ?? "en").map(({ name, option }) => {
    const texts = (textOf: (command: CommandInfo) => string | undefined): Texts =>
      words.flatMap(([locale, all]) => {
        const command = all.find((each) => each.name === name);
        // Platforms take blanks away, and no description that has nothing else.
        const text = command && textOf(command)?.trim();
        return text ? [[locale, text] as const] : [];
      });
    return {
      name,
      description: texts(({ description }) => description),
      ...(option && { option: { ...option, description: texts((command) => command.option?.description) } }),
    };
  });
}

/** Texts under the names a platform has for its languages: "zh" is told for "zh-CN" too. At most `max` UTF-16 units each. */
export const localized = (texts: Texts, known: readonly string[], max: number): Record<string, string> =>
  Object.fromEntries(
    known.flatMap((name) => {
      const own = texts.find(([locale]) => name === locale || name.startsWith(`${locale}-`));
      return own ? [[name, beginning(own[1], max)]] : [];
    }),
  );
