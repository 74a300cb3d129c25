import { type Args, isObject, type Json, SlackRefusal } from "./slack-rules.ts";

/** Arguments that hold JSON, also where the call itself is urlencoded. */
const JSON_ARGS = ["blocks", "attachments", "view", "unfurls", "files", "metadata"];

/** The arguments of a call, from JSON, urlencoded or multipart. @throws {SlackRefusal} invalid_form_data and others */
export async function argsOf(body: Buffer, type: string): Promise<Args> {
  const args = type.includes("application/json") ? fromJson(body) : await fromForm(body, type);
  for (const name of JSON_ARGS) if (typeof args[name] === "string") args[name] = inner(args[name], name);
  return args;
}

function fromJson(body: Buffer): Json {
  if (body.length === 0) return {};
  const parsed = attempt(body.toString());
  if (!isObject(parsed)) throw new SlackRefusal("invalid_json");
  return parsed;
}

async function fromForm(body: Buffer, type: string): Promise<Json> {
  if (body.length === 0) return {};
  if (type.includes("urlencoded")) return Object.fromEntries(new URLSearchParams(body.toString()));
  if (!type.includes("multipart/form-data")) throw new SlackRefusal("invalid_post_type");
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
  const args: Json = {};
  for (const [name, value] of form)
    args[name] = typeof value === "string" ? value : new Uint8Array(await value.arrayBuffer());
  return args;
}

function inner(text: string, name: string): unknown {
  const parsed = attempt(text);
  if (parsed !== undefined) return parsed;
  if (name === "blocks") throw new SlackRefusal("invalid_blocks_format");
  throw new SlackRefusal("invalid_arguments", { messages: [`[ERROR] invalid JSON in ${name}`] });
}

function attempt(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
