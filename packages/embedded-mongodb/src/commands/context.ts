import type { Catalog } from "../catalog.ts";
import { type Collation, readCollation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import type { Cursors } from "../cursors.ts";
import { badValue, CommandError, typeMismatch } from "../errors.ts";
import type { Patience } from "../patience.ts";
import type { Sessions } from "../sessions.ts";
import type { Storage } from "../storage.ts";
import { type Doc, isDoc, isNumber, toNumber, typeName, type Value } from "../value.ts";
import type { FailPoints } from "./fail-point.ts";

/** What `setParameter` changes; lost when the server stops, as in MongoDB. */
export interface Parameters {
  /** Refuse what would read a whole collection (source: MongoDB manual, "MongoDB Server Parameters"). */
  notablescan: boolean;
}

/** What the commands of a server share. */
export interface ServerState {
  storage: Storage;
  catalog: Catalog;
  cursors: Cursors;
  sessions: Sessions;
  parameters: Parameters;
  /** Only on a server that was started for tests. */
  failPoints?: FailPoints;
  startedAt: Date;
  /** host:port, as the server is reached. */
  address: string;
  /** Deletes what TTL indexes say is over; gives the number of documents. */
  sweepExpired: (now?: Date) => Promise<number>;
}

/** Who is at the other end of a connection. */
export interface Client {
  /** host:port it comes from. */
  readonly address: string;
  /** The connection's number. */
  readonly id: number;
  /** It has told who it is, which it may do once. */
  known?: boolean;
  /** The application's name, if it told one. */
  application?: string;
  /** Aborted when the connection closes. */
  readonly closed: AbortSignal;
}

/** One command as it runs. */
export interface CommandContext extends ServerState {
  /** The database it is sent to. */
  database: string;
  /** The command's document. */
  command: Doc;
  client: Client;
  /** Its share of the process and its time limit. */
  patience: Patience;
}

/** A command: gives the reply without `ok`. */
export type Command = (context: CommandContext) => Promise<Doc> | Doc;

/** The namespace a command's first field names. @throws {CommandError} InvalidNamespace, BadValue. */
export function namespaceOf(
  { command, database }: CommandContext,
  field = Object.keys(command)[0] ?? "",
): string {
  const name = command[field];
  if (typeof name !== "string") {
    throw new CommandError("InvalidNamespace", `collection name has invalid type ${typeName(name)}`);
  }
  if (name === "") throw new CommandError("InvalidNamespace", `Invalid namespace specified '${database}.'`);
  if (name.includes("\0"))
    throw new CommandError("InvalidNamespace", "namespaces cannot have embedded null characters");
  if (name.startsWith("."))
    throw new CommandError("InvalidNamespace", `Collection names cannot start with '.': ${name}`);
  return `${database}.${name}`;
}

/** The collection a command names, if it exists. */
export function collectionFor(context: CommandContext): Collection | undefined {
  return context.catalog.find(namespaceOf(context));
}

/** An optional document field. @throws {CommandError} TypeMismatch. */
export function docField(command: Doc, name: string): Doc | undefined {
  const value = command[name];
  if (value === undefined || value === null) return undefined;
  if (!isDoc(value)) {
    throw typeMismatch(`BSON field '${name}' is the wrong type '${typeName(value)}', expected type 'object'`);
  }
  return value;
}

/** An optional number field. @throws {CommandError} TypeMismatch, BadValue for a negative one. */
export function numberField(command: Doc, name: string, negative = false): number | undefined {
  const value = command[name];
  if (value === undefined || value === null) return undefined;
  if (!isNumber(value)) {
    throw typeMismatch(
      `BSON field '${name}' is the wrong type '${typeName(value)}', expected types '[long, int, decimal, double]'`,
    );
  }
  const number = Math.trunc(toNumber(value));
  if (number < 0 && !negative)
    throw badValue(`BSON field '${name}' value must be >= 0, actual value '${number}'`);
  return number;
}

/** Whether an optional field is true. */
export function flag(command: Doc, name: string): boolean {
  const value = command[name];
  return value === true || (isNumber(value) && toNumber(value) !== 0);
}

/** An array of documents. @throws {CommandError} TypeMismatch. */
export function docsField(command: Doc, name: string): Doc[] {
  const value: Value | undefined = command[name];
  if (!Array.isArray(value)) {
    throw typeMismatch(`BSON field '${name}' is the wrong type '${typeName(value)}', expected type 'array'`);
  }
  return value.map((item, index) => {
    if (!isDoc(item))
      throw typeMismatch(
        `BSON field '${name}.${index}' is the wrong type '${typeName(item)}', expected type 'object'`,
      );
    return item;
  });
}

/**
 * The collation of a command or a statement: the one it asks for, else its collection's own. An empty one counts as
 * none.
 *
 * @throws {CommandError} TypeMismatch, and as `readCollation`.
 */
export function collationFor(command: Doc, collection: Collection | undefined): Collation | undefined {
  const given = docField(command, "collation");
  if (given && Object.keys(given).length > 0) return readCollation(given);
  const own = collection?.options.collation;
  return isDoc(own) ? readCollation(own) : undefined;
}
