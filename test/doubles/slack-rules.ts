/** Arguments of a Web API call, as they came in or with their JSON read. */
export type Args = Readonly<Record<string, unknown>>;
/** A JSON object. */
export type Json = Record<string, unknown>;

/** An answer of Slack's other than ok: `{ok: false, error}`, with the places that are wrong, or 429 with Retry-After. */
export class SlackRefusal extends Error {
  readonly error: string;
  readonly status: number;
  readonly messages: readonly string[];
  readonly retryAfter: number | undefined;
  constructor(
    error: string,
    more: { status?: number; messages?: readonly string[]; retryAfter?: number } = {},
  ) {
    super([error, ...(more.messages ?? [])].join(" "));
    this.error = error;
    this.status = more.status ?? 200;
    this.messages = more.messages ?? [];
    this.retryAfter = more.retryAfter;
  }
}

/** 429 as the Web API says it: the whole seconds to wait stand in a header. */
export const tooMany = (retryAfter: number): SlackRefusal =>
  new SlackRefusal("ratelimited", { status: 429, retryAfter });

/** Whether a value is a JSON object. */
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A text argument, or "" where it is missing. */
export const textOf = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : "";

/** A text argument that must be there; `error` is what Slack says otherwise. */
export function needed(args: Args, name: string, error = "invalid_arguments"): string {
  const value = textOf(args[name]);
  if (value === "") throw new SlackRefusal(error, { messages: [`[ERROR] missing required field: ${name}`] });
  return value;
}

/** Whether a switch is on, also where it came urlencoded. */
export const isOn = (value: unknown): boolean => value === true || value === "true" || value === "1";
