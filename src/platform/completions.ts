import type { Asker, Host } from "../engine/adapter.ts";
import { beginning } from "../i18n/graphemes.ts";
import { isVisible } from "./names.ts";

/** A command being typed. */
export interface Typing extends Asker {
  readonly command: string;
  /** What was typed after it by now. */
  readonly text: string;
}

/** What completes a command, each once, at most `max` of up to `length` UTF-16 units; nothing if the shop has trouble. */
export async function completions(
  host: Pick<Host, "suggest">,
  typing: Typing,
  { max, length }: { readonly max: number; readonly length: number },
): Promise<string[]> {
  const found = await host.suggest(typing, typing.command, typing.text).catch(() => []);
  return [...new Set(found.map((text) => beginning(text, length)).filter(isVisible))].slice(0, max);
}
