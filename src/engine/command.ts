import type { Body } from "./inbound.ts";

/** A command as it is typed. */
export interface Command {
  readonly name: string;
  /** The bot it is meant for, where the platform lets people say so: "/cart@shop_bot". */
  readonly bot?: string;
  readonly rest: string;
}

/** Reads "/name rest": the name (`a-z0-9_`, up to 32 characters) in lower case, the rest without blank ends. Null for other text. */
export function readCommand(text: string): Command | null {
  const [, name, bot, rest = ""] = /^\/([a-z0-9_]{1,32})(?:@(\w+))?(?:\s+([\s\S]*))?$/i.exec(text) ?? [];
  if (name === undefined) return null;
  return { name: name.toLowerCase(), ...(bot !== undefined && { bot }), rest: rest.trim() };
}

/** What was typed, as the engine takes it: a command or text. */
export function textBody(text: string): Body {
  const command = readCommand(text);
  return command ? { kind: "command", name: command.name, rest: command.rest } : { kind: "text", text };
}
