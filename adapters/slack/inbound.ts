import type { Host } from "../../src/engine/adapter.ts";
import { type Address, directAddress, homeAddress, memberAddress } from "../../src/engine/address.ts";
import type { Body } from "../../src/engine/inbound.ts";
import { textBody } from "../../src/platform/command.ts";

/**
 * Where a conversation takes place. A direct message has the person's id for a channel, so that news for the person
 * reach the same conversation; in a channel everyone has a conversation of their own.
 */
export const addressOf = (team: string, user: string, channel?: string): Address => {
  const there = { platform: "slack", connection: team };
  const own = channel === undefined || channel.startsWith("D");
  return own ? directAddress(there, user) : memberAddress(there, channel, user);
};

/** The Home tab of a person. */
export const homeOf = (team: string, user: string): Address =>
  homeAddress({ platform: "slack", connection: team }, user);

/** The time of a Slack timestamp, "1355517523.000005". */
export const timeOf = (ts: string): Date => new Date(Number(ts) * 1000);

/** What stands for something that Slack recognised: what was typed, but an address that another text stands for. */
function writtenOf(target: string, label: string | undefined): string {
  // Of an address that was typed without its scheme, Slack makes the label.
  const typed = target.replace(/^(https?:\/\/|mailto:|tel:)/, "");
  if (!/^https?:/.test(target)) return label || typed;
  return label !== undefined && [typed, typed.replace(/\/$/, "")].includes(label) ? label : target;
}

/**
 * What a person typed. Slack hands it over with entities for & < > and with markup for what it recognised:
 * "<mailto:ada@shop.example|ada@shop.example>", "<https://shop.example>", "<@U123>".
 */
export const typed = (text: string): string =>
  text
    .replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (_, target: string, label?: string) => writtenOf(target, label))
    .replace(/&(amp|lt|gt);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">" })[name] ?? "")
    .trim();

/** A direct message: a command written out ("/cart"), or text. */
export const spoken = (text: string): Body => textBody(typed(text));

/** What is said to the app by name, after its slash command or its mention: a command's name first, or text. */
export function asked(text: string, host: Pick<Host, "commands" | "locales">): Body {
  const words = typed(text);
  if (words === "") return { kind: "command", name: "start", rest: "" };
  const [, first = "", rest = ""] = /^\/?(\S+)\s*([\s\S]*)$/.exec(words) ?? [];
  const name = first.toLowerCase();
  const known = host.commands(host.locales[0] ?? "en").some((command) => command.name === name);
  return known ? { kind: "command", name, rest } : { kind: "text", text: words };
}
