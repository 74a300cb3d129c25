import { CommandError } from "../errors.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";

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
}

/** Commands that may always be sent, so that a fail point can be taken away again. */
const spared = new Set(["configureFailPoint", "hello", "isMaster", "ismaster", "getParameter", "buildInfo"]);

/**
 * MongoDB's fail points `failCommand`, `failGetMoreAfterCursorCheckout` and `maxTimeAlwaysTimeOut`, by which the test
 * suites of drivers make a server fail at will. Only a server that was started for tests has them (source: MongoDB
 * server, "The failCommand Fail Point").
 */
export class FailPoints {
  #armed = new Map<string, Armed>();

  /** Runs a `configureFailPoint`. @throws {CommandError} for a fail point or mode there is not. */
  configure(command: Doc): Doc {
    const name = String(command.configureFailPoint);
    if (!["failCommand", "failGetMoreAfterCursorCheckout", "maxTimeAlwaysTimeOut"].includes(name))
      throw new CommandError(235, `fail point not found: ${name}`);
    const { mode } = command;
    if (mode === "off") this.#armed.delete(name);
    else this.#armed.set(name, { data: isDoc(command.data) ? command.data : {}, ...readMode(mode) });
    return { count: 0 };
  }

  /** What is to happen to a command; `undefined` when nothing is armed for it. */
  faultFor(name: string, command: Doc): Fault | undefined {
    if (this.#armed.size === 0 || spared.has(name)) {
      const data = this.#armed.get("failCommand")?.data;
      const named = Array.isArray(data?.failCommands) && data.failCommands.includes(name);
      if (!named || name === "configureFailPoint") return undefined;
    }
    if (isNumber(command.maxTimeMS) && this.#take("maxTimeAlwaysTimeOut", () => true))
      return { error: new CommandError("MaxTimeMSExpired", "operation exceeded time limit") };
    const data =
      (name === "getMore" ? this.#take("failGetMoreAfterCursorCheckout", () => true) : undefined) ??
      this.#take(
        "failCommand",
        ({ failCommands }) => Array.isArray(failCommands) && failCommands.includes(name),
      );
    return data && faultOf(data);
  }

  #take(name: string, applies: (data: Doc) => boolean): Doc | undefined {
    const armed = this.#armed.get(name);
    if (!armed || !applies(armed.data)) return undefined;
    if (armed.skip > 0) {
      armed.skip--;
      return undefined;
    }
    if (--armed.times <= 0) this.#armed.delete(name);
    return armed.data;
  }
}

function readMode(mode: Value | undefined): { skip: number; times: number } {
  if (mode === "alwaysOn") return { skip: 0, times: Number.POSITIVE_INFINITY };
  if (isDoc(mode) && isNumber(mode.times)) return { skip: 0, times: toNumber(mode.times) };
  if (isDoc(mode) && isNumber(mode.skip))
    return { skip: toNumber(mode.skip), times: Number.POSITIVE_INFINITY };
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
