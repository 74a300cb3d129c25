import { CommandError } from "../errors.ts";
import { type Doc, isDoc, isNumber, Long, toNumber, type Value } from "../value.ts";
import type { CommandContext } from "./context.ts";

/** What a fail point makes of a command. */
export interface Fault {
  /** The error to answer with instead of running the command. */
  error?: CommandError;
  /** Close the connection without an answer. */
  close?: boolean;
  /** Milliseconds to wait before anything else. */
  blockMs?: number;
  /** Run the command, and add this to its reply. */
  writeConcernError?: Doc;
  /** Labels beside it. */
  errorLabels?: Value;
}

interface Armed {
  data: Doc;
  skip: number;
  times: number;
  /** The share of the commands it concerns that it strikes. */
  odds: number;
}

/** The command whose faults are asked for. */
type Subject = Pick<CommandContext, "client" | "command" | "cursors">;

const known = ["failCommand", "failGetMoreAfterCursorCheckout", "maxTimeAlwaysTimeOut"];

/**
 * MongoDB's fail points `failCommand`, `failGetMoreAfterCursorCheckout` and `maxTimeAlwaysTimeOut`, by which the test
 * suites of drivers make a server fail at will. Only a server that was started for tests has them (source: MongoDB
 * server, "The failCommand Fail Point").
 */
export class FailPoints {
  #armed = new Map<string, Armed>();
  #struck = new Map<string, number>();

  /**
   * Runs a `configureFailPoint`; tells how often the fail point has struck since the server started.
   *
   * @throws {CommandError} for a fail point or mode there is not.
   */
  configure(command: Doc): Doc {
    const name = String(command.configureFailPoint);
    if (!known.includes(name)) throw new CommandError(235, `fail point not found: ${name}`);
    const { mode } = command;
    if (mode === "off") this.#armed.delete(name);
    else this.#armed.set(name, { data: isDoc(command.data) ? command.data : {}, ...readMode(mode) });
    return { count: Long.fromNumber(this.#struck.get(name) ?? 0) };
  }

  /** What is to happen to a command; `undefined` when nothing is armed for it. */
  faultFor(name: string, subject: Subject): Fault | undefined {
    // A fail point can always be taken away again.
    if (this.#armed.size === 0 || name === "configureFailPoint") return undefined;
    if (hasTimeLimit(subject) && this.#take("maxTimeAlwaysTimeOut", () => true))
      return { error: new CommandError("MaxTimeMSExpired", "operation exceeded time limit") };
    const data =
      (name === "getMore" ? this.#take("failGetMoreAfterCursorCheckout", () => true) : undefined) ??
      this.#take("failCommand", (armed) => concerns(armed, name, subject));
    return data && faultOf(data);
  }

  #take(name: string, applies: (data: Doc) => boolean): Doc | undefined {
    const armed = this.#armed.get(name);
    if (!armed || !applies(armed.data)) return undefined;
    if (armed.skip > 0) {
      armed.skip--;
      return undefined;
    }
    if (Math.random() >= armed.odds) return undefined;
    if (--armed.times <= 0) this.#armed.delete(name);
    this.#struck.set(name, (this.#struck.get(name) ?? 0) + 1);
    return armed.data;
  }
}

/** A getMore has the limit of the command that opened its cursor. */
function hasTimeLimit({ command, cursors }: Subject): boolean {
  if (command.getMore instanceof Long) return cursors.isLimited(command.getMore.toBigInt());
  return isNumber(command.maxTimeMS) && toNumber(command.maxTimeMS) > 0;
}

function concerns(
  { appName, failAllCommands, failCommands }: Doc,
  name: string,
  { client }: Subject,
): boolean {
  if (appName !== undefined && appName !== client.application) return false;
  const called = (other: Value): boolean => String(other).toLowerCase() === name.toLowerCase();
  return failAllCommands === true || (Array.isArray(failCommands) && failCommands.some(called));
}

function readMode(mode: Value | undefined): Omit<Armed, "data"> {
  const always = { skip: 0, times: Number.POSITIVE_INFINITY, odds: 1 };
  if (mode === "alwaysOn") return always;
  if (isDoc(mode) && isNumber(mode.times)) return { ...always, times: toNumber(mode.times) };
  if (isDoc(mode) && isNumber(mode.skip)) return { ...always, skip: toNumber(mode.skip) };
  if (isDoc(mode) && isNumber(mode.activationProbability))
    return { ...always, odds: toNumber(mode.activationProbability) };
  throw new CommandError("BadValue", "unknown mode of a fail point");
}

function faultOf(data: Doc): Fault {
  const fault: Fault = {};
  if (data.blockConnection === true && isNumber(data.blockTimeMS)) fault.blockMs = toNumber(data.blockTimeMS);
  if (data.closeConnection === true) fault.close = true;
  const labels: Doc = data.errorLabels === undefined ? {} : { errorLabels: data.errorLabels };
  if (isNumber(data.errorCode)) {
    const extra = isDoc(data.errorExtraInfo) ? data.errorExtraInfo : {};
    const message = "Failing command via 'failCommand' failpoint";
    fault.error = new CommandError(toNumber(data.errorCode), message, { ...extra, ...labels });
  } else if (isDoc(data.writeConcernError)) {
    fault.writeConcernError = data.writeConcernError;
    fault.errorLabels = data.errorLabels;
  }
  return fault;
}
