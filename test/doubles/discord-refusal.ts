/** A JSON object from outside, before anything is known of it. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value as an object; an empty one stands in for anything else. */
export const json = (value: unknown): Json => (isJson(value) ? value : {});

/** The value as an array; an empty one stands in for anything else. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * An answer of Discord's API other than a success: a status and a body of `code` and `message`, with `errors` for a
 * form that is wrong (https://discord.com/developers/docs/topics/opcodes-and-status-codes#json).
 */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: Json | undefined;
  constructor(status: number, code: number, message: string, errors?: Json) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  get body(): Json {
    return { message: this.message, code: this.code, ...(this.errors && { errors: this.errors }) };
  }
}

/** Too many requests, with the pause in seconds. */
export class RateLimited extends Refusal {
  readonly retryAfter: number;
  readonly global: boolean;
  constructor(retryAfter: number, global = false) {
    super(429, 0, "You are being rate limited.");
    this.retryAfter = retryAfter;
    this.global = global;
  }

  override get body(): Json {
    return { message: this.message, retry_after: this.retryAfter, global: this.global };
  }
}

/** Discord's refusals that are no matter of a form, in its own words. */
export const refusals = {
  unauthorized: () => new Refusal(401, 0, "401: Unauthorized"),
  notFound: () => new Refusal(404, 0, "404: Not Found"),
  serverError: () => new Refusal(500, 0, "500: Internal Server Error"),
  unknownApplication: () => new Refusal(404, 10002, "Unknown Application"),
  unknownChannel: () => new Refusal(404, 10003, "Unknown Channel"),
  unknownGuild: () => new Refusal(404, 10004, "Unknown Guild"),
  unknownMessage: () => new Refusal(404, 10008, "Unknown Message"),
  unknownUser: () => new Refusal(404, 10013, "Unknown User"),
  unknownWebhook: () => new Refusal(404, 10015, "Unknown Webhook"),
  unknownInteraction: () => new Refusal(404, 10062, "Unknown interaction"),
  unknownCommand: () => new Refusal(404, 10063, "Unknown application command"),
  tooLarge: () => new Refusal(413, 40005, "Request entity too large"),
  acknowledged: () => new Refusal(400, 40060, "Interaction has already been acknowledged."),
  missingAccess: () => new Refusal(403, 50001, "Missing Access"),
  dmOnly: () => new Refusal(403, 50003, "Cannot execute action on a DM channel"),
  notAuthor: () => new Refusal(403, 50005, "Cannot edit a message authored by another user"),
  emptyMessage: () => new Refusal(400, 50006, "Cannot send an empty message"),
  closedDms: () => new Refusal(403, 50007, "Cannot send messages to this user"),
  missingPermissions: () => new Refusal(403, 50013, "Missing Permissions"),
  expiredWebhookToken: () => new Refusal(401, 50027, "Invalid Webhook Token"),
  badRecipients: () => new Refusal(400, 50033, "Invalid Recipient(s)"),
  invalidJson: () => new Refusal(400, 50109, "The request body contains invalid JSON."),
} as const;

/** Where in a form something is wrong. */
export type Path = readonly (string | number)[];

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Gathers all that is wrong with a form, and refuses it with 50035 and Discord's tree of errors. */
export class FormErrors {
  readonly #found: { path: Path; code: string; message: string }[] = [];

  add(path: Path, code: string, message: string): void {
    this.#found.push({ path, code, message });
  }

  /** Checks that a value is a text of `min` to `max` UTF-16 units; answers it, or "" if it is none. */
  text(path: Path, value: unknown, min: number, max: number): string {
    if (value === undefined || value === null || value === "") {
      if (min > 0) this.add(path, "BASE_TYPE_REQUIRED", "This field is required");
      return "";
    }
    if (typeof value !== "string") {
      this.add(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.");
      return "";
    }
    if (LONE_SURROGATE.test(value)) throw refusals.invalidJson();
    if (value.length > max || value.trim().length < min)
      this.add(path, "BASE_TYPE_BAD_LENGTH", `Must be between ${min} and ${max} in length.`);
    return value;
  }

  /** Checks that a value is an array of `min` to `max` entries; answers it, or an empty one. */
  entries(path: Path, value: unknown, min: number, max: number): readonly unknown[] {
    if (value === undefined || value === null) {
      if (min > 0) this.add(path, "BASE_TYPE_REQUIRED", "This field is required");
      return [];
    }
    if (!Array.isArray(value)) {
      this.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
      return [];
    }
    if (value.length < min || value.length > max)
      this.add(path, "BASE_TYPE_BAD_LENGTH", `Must be between ${min} and ${max} in length.`);
    return value;
  }

  /** Checks that a value, if there is one, is a whole number from `min` to `max`. */
  whole(path: Path, value: unknown, min: number, max: number): void {
    if (value === undefined || value === null) return;
    if (typeof value !== "number" || !Number.isInteger(value))
      this.add(path, "NUMBER_TYPE_COERCE", `Value "${String(value)}" is not int.`);
    else if (value < min || value > max)
      this.add(path, "NUMBER_TYPE_BAD_RANGE", `int value should be between ${min} and ${max}.`);
  }

  choice(path: Path, value: unknown, choices: readonly number[]): void {
    if (typeof value !== "number" || !choices.includes(value))
      this.add(path, "BASE_TYPE_CHOICES", `Value must be one of {${choices.join(", ")}}.`);
  }

  /** @throws {Refusal} 50035 if anything was found. */
  refuse(): void {
    if (this.#found.length === 0) return;
    const tree: Record<string, unknown> = {};
    for (const { path, code, message } of this.#found) leaf(tree, path).push({ code, message });
    throw new Refusal(400, 50035, "Invalid Form Body", tree);
  }
}

function leaf(tree: Record<string, unknown>, path: Path): unknown[] {
  let node = tree;
  for (const step of path) {
    node[step] ??= {};
    node = node[step] as Record<string, unknown>;
  }
  node._errors ??= [];
  return node._errors as unknown[];
}
