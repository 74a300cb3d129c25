import type { Body } from "../engine/inbound.ts";

/** What was typed, as the engine takes it: "/name rest" is a command, its name in lower case; all else is text. */
export function textBody(text: string): Body {
  const { command } = read(text);
  return command ?? { kind: "text", text };
}

/**
 * What was typed where people say which bot they mean: "/cart@shop_bot", "@shop_bot mugs". Null if another bot is
 * meant. `bot` is the name of this one; where it is not known, everything counts as meant for it.
 */
export function addressedBody(text: string, bot: string | undefined): Body | null {
  const { command, to = bot } = read(text);
  if (command) return bot === undefined || to?.toLowerCase() === bot.toLowerCase() ? command : null;
  const [, called, rest = ""] = /^@(\w+)\s+([\s\S]*)$/.exec(text) ?? [];
  return { kind: "text", text: bot && called?.toLowerCase() === bot.toLowerCase() ? rest : text };
}

/** A command: a name of `a-z0-9_`, up to 32 characters, perhaps the bot it is for, perhaps more. */
function read(text: string): { command?: Body; to?: string } {
  const [, name, to, rest = ""] = /^\/([a-z0-9_]{1,32})(?:@(\w+))?(?:\s+([\s\S]*))?$/i.exec(text) ?? [];
  if (name === undefined) return {};
  return { command: { kind: "command", name: name.toLowerCase(), rest: rest.trim() }, to };
}
