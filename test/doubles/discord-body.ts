import { isJson, type Json, refusals } from "./discord-refusal.ts";

/** A file sent along with a call. */
export interface SentFile {
  /** The number in `files[n]`, to which the payload's attachments refer. */
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What a call carries. */
export interface Body {
  readonly value: unknown;
  readonly files: readonly SentFile[];
}

/** Bytes of one file that a bot may upload where nobody pays for more. */
const FILE_MAX = 10 * 1024 * 1024;

/**
 * Reads a body: JSON, or multipart with `payload_json` and `files[n]`
 * (https://discord.com/developers/docs/reference#uploading-files).
 *
 * @throws {Refusal} 50109 for what is no JSON, 40005 for a file of more than 10 MiB
 */
export async function readBody(bytes: Buffer, type: string): Promise<Body> {
  if (bytes.length === 0) return { value: undefined, files: [] };
  if (!type.includes("multipart/form-data")) return { value: parsed(bytes.toString()), files: [] };
  const form = await new Response(new Uint8Array(bytes), { headers: { "content-type": type } }).formData();
  const fields: Record<string, unknown> = {};
  const files: SentFile[] = [];
  for (const [name, part] of form) {
    if (typeof part === "string") fields[name] = part;
    else files.push(await sentFile(name, part));
  }
  const payload = fields.payload_json;
  return { value: typeof payload === "string" ? parsed(payload) : fields, files };
}

async function sentFile(name: string, part: File): Promise<SentFile> {
  const key = /^files\[(\d+)\]$/.exec(name)?.[1] ?? name;
  if (part.size > FILE_MAX) throw refusals.tooLarge();
  return { key, name: part.name, type: part.type, bytes: new Uint8Array(await part.arrayBuffer()) };
}

function parsed(text: string): Json | unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (isJson(value) || Array.isArray(value)) return value;
  } catch {
    // Refused below, as JSON of another kind is.
  }
  throw refusals.invalidJson();
}
