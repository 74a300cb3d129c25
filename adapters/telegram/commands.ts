import { isDeepStrictEqual } from "node:util";
import type { Api } from "grammy";
import type { LanguageCode } from "grammy/types";
import type { Host } from "../../src/engine/adapter.ts";
import { beginning } from "../../src/i18n/graphemes.ts";

/** Announces the commands in every language, and as the default in the first; only what has changed is sent. */
export async function announceCommands(
  api: Pick<Api, "getMyCommands" | "setMyCommands">,
  host: Pick<Host, "commands" | "locales">,
): Promise<void> {
  for (const [index, locale] of host.locales.entries()) {
    const wanted = host
      .commands(locale)
      .filter(({ name, description }) => /^[a-z0-9_]{1,32}$/.test(name) && description.trim() !== "")
      .slice(0, 100)
      .map(({ name, description }) => ({ command: name, description: beginning(description.trim(), 256) }));
    const language = locale.slice(0, 2).toLowerCase() as LanguageCode;
    for (const scope of index === 0 ? [{}, { language_code: language }] : [{ language_code: language }]) {
      const current = await api.getMyCommands(scope);
      if (!isDeepStrictEqual(current, wanted)) await api.setMyCommands(wanted, scope);
    }
  }
}
