import type { Body, SentFile } from "./discord-body.ts";
import { checkMediaUrl, everyComponent, Kind, MessageComponents } from "./discord-components.ts";
import { FormErrors, isJson, type Json, json, list, refusals } from "./discord-refusal.ts";
import { type Attachment, type ChatMessage, Flag } from "./discord-world.ts";

/** A message's content, checked, with the files that have to be kept for it. */
export interface Content {
  readonly content: string;
  readonly embeds: readonly Json[];
  readonly components: readonly Json[];
  readonly flags: number;
  readonly kept: readonly Attachment[];
  readonly added: readonly NamedFile[];
}

export interface NamedFile extends SentFile {
  readonly filename: string;
  readonly description?: string;
}

/** What the parts of a text that would notify somebody look like. */
const MENTION = /@everyone|@here|<@[!&]?\d+>/g;

/**
 * Checks a message to be posted, or the message that an edit makes of `before`
 * (https://discord.com/developers/docs/resources/message#create-message).
 *
 * @param at where the message stands in the body: `["data"]` in the answer to an interaction
 * @throws {Refusal} 50035 with what is wrong, 50006 if nothing would be left to see
 */
export function checkMessage(
  value: unknown,
  files: Body["files"],
  before?: ChatMessage,
  at: readonly string[] = [],
): Content {
  const errors = new FormErrors();
  const body = json(value);
  const flags = flagsOf(body, before);
  const { kept, added } = attached(errors, body, files, before, at);
  const merged = {
    content: body.content === undefined ? (before?.content ?? "") : (body.content ?? ""),
    embeds: body.embeds === undefined ? (before?.embeds ?? []) : body.embeds,
    components: body.components === undefined ? (before?.components ?? []) : body.components,
  };
  const content = errors.text([...at, "content"], merged.content, 0, 2000);
  checkNonce(errors, body);
  if (isV2(flags)) checkLegacyUnused(errors, at, body, before);
  else checkEmbeds(errors, at, merged.embeds);
  const names = [...kept, ...added].map(({ filename }) => filename);
  const components = new MessageComponents(errors, [...names, ...kept.map(({ url }) => url)]);
  if (isV2(flags)) components.v2(merged.components);
  else components.classic(merged.components);
  errors.refuse();
  const empty = content.trim() === "" && list(merged.embeds).length === 0 && names.length === 0;
  if (!isV2(flags) && empty) throw refusals.emptyMessage();
  return {
    content: content.trim(),
    embeds: list(merged.embeds).map(json),
    components: list(merged.components).map(json),
    flags,
    kept,
    added,
  };
}

/** Whether a message is made of components alone. */
export const isV2 = (flags: number): boolean => (flags & Flag.v2) !== 0;

/** Whether an answer is for one person's eyes. */
export const isEphemeral = (body: Json): boolean => (Number(body.flags ?? 0) & Flag.ephemeral) !== 0;

/** IS_COMPONENTS_V2 cannot be taken off a message; an edit cannot make it ephemeral or public. */
function flagsOf(body: Json, before: ChatMessage | undefined): number {
  const asked = typeof body.flags === "number" ? body.flags : 0;
  const settable = asked & (Flag.v2 | 4 | 4096);
  if (before) return (before.flags & ~Flag.loading) | settable;
  return settable | (asked & Flag.ephemeral);
}

function checkLegacyUnused(
  errors: FormErrors,
  at: readonly string[],
  body: Json,
  before: ChatMessage | undefined,
): void {
  const filled = (name: "content" | "embeds" | "poll" | "sticker_ids") => {
    const value = body[name] === undefined && name in (before ?? {}) ? json(before)[name] : body[name];
    return typeof value === "string" ? value !== "" : Array.isArray(value) ? value.length > 0 : isJson(value);
  };
  for (const name of ["content", "embeds", "poll", "sticker_ids"] as const)
    if (filled(name))
      errors.add(
        [...at, name],
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
        `The '${name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
      );
}

function checkNonce(errors: FormErrors, body: Json): void {
  if (typeof body.nonce === "number") {
    errors.whole(["nonce"], body.nonce, 0, Number.MAX_SAFE_INTEGER);
    return;
  }
  errors.text(["nonce"], body.nonce, 0, 25);
}

function checkEmbeds(errors: FormErrors, at: readonly string[], value: unknown): void {
  let total = 0;
  errors.entries([...at, "embeds"], value, 0, 10).forEach((each, i) => {
    const path = [...at, "embeds", i];
    const embed = json(each);
    const text = (name: readonly (string | number)[], part: unknown, min: number, max: number) => {
      total += errors.text([...path, ...name], part, min, max).length;
    };
    text(["title"], embed.title, 0, 256);
    text(["description"], embed.description, 0, 4096);
    text(["footer", "text"], json(embed.footer).text, 0, 2048);
    text(["author", "name"], json(embed.author).name, 0, 256);
    errors.entries([...path, "fields"], embed.fields, 0, 25).forEach((field, n) => {
      text(["fields", n, "name"], json(field).name, 1, 256);
      text(["fields", n, "value"], json(field).value, 1, 1024);
    });
    for (const place of ["image", "thumbnail"]) {
      const url = json(embed[place]).url;
      if (url !== undefined && !/^attachment:\/\//.test(String(url)))
        checkMediaUrl(errors, [...path, place, "url"], url);
    }
  });
  if (total > 6000)
    errors.add([...at, "embeds"], "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000");
}

/** The attachments that stay, and the files that become new ones, named as the payload's `attachments` say. */
function attached(
  errors: FormErrors,
  body: Json,
  files: Body["files"],
  before: ChatMessage | undefined,
  at: readonly string[],
): Pick<Content, "kept" | "added"> {
  const named = list(body.attachments).map(json);
  const added = files.map((file): NamedFile => {
    const about = named.find(({ id }) => String(id) === file.key);
    const description = errors.text([...at, "attachments", "description"], about?.description, 0, 1024);
    return { ...file, filename: String(about?.filename ?? file.name), ...(description && { description }) };
  });
  const old = before?.attachments ?? [];
  named.forEach(({ id }, i) => {
    const known = files.some(({ key }) => key === String(id)) || old.some((each) => each.id === id);
    if (!known)
      errors.add(
        [...at, "attachments", i, "id"],
        "ATTACHMENT_NOT_FOUND",
        "The referenced attachment was not found",
      );
  });
  errors.entries([...at, "attachments"], body.attachments, 0, 10);
  if (body.attachments === undefined) return { kept: old, added };
  return { kept: old.filter((each) => named.some(({ id }) => id === each.id)), added };
}

/** Whom a payload would notify: every mention in its texts that `allowed_mentions` does not forbid. */
export function pings(value: unknown): string[] {
  const body = json(value);
  const texts = [
    String(body.content ?? ""),
    ...everyComponent(body.components)
      .filter(({ type }) => type === Kind.text)
      .map(({ content }) => String(content)),
  ];
  const found = texts.flatMap((text) => text.match(MENTION) ?? []);
  if (!isJson(body.allowed_mentions)) return found;
  const { parse, users, roles } = body.allowed_mentions;
  const allowed = (mention: string) => {
    const id = /\d+/.exec(mention)?.[0];
    if (id === undefined) return list(parse).includes("everyone");
    if (mention.startsWith("<@&")) return list(parse).includes("roles") || list(roles).includes(id);
    return list(parse).includes("users") || list(users).includes(id);
  };
  return found.filter(allowed);
}
