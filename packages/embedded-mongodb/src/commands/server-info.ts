import { hostname } from "node:os";
import { CommandError, notImplemented } from "../errors.ts";
import { type Doc, isNumber, Long, toNumber } from "../value.ts";
import { type Command, numberField } from "./context.ts";

/** The MongoDB version whose behaviour this server follows. */
export const version = "7.0.0";

/** `buildInfo`. */
export const buildInfo: Command = () => ({
  version,
  gitVersion: "embedded",
  modules: [],
  allocator: "system",
  javascriptEngine: "none",
  sysInfo: "deprecated",
  versionArray: [...version.split(".").map(Number), 0],
  bits: 64,
  debug: false,
  maxBsonObjectSize: 16 * 1024 * 1024,
  storageEngines: ["lmdb"],
});

/** `setParameter`: knows `notablescan`. @throws {CommandError} InvalidOptions for another one. */
export const setParameter: Command = ({ command, parameters }) => {
  const was = parameters.notablescan;
  for (const name of Object.keys(command)) {
    if (name.startsWith("$") || ["setParameter", "lsid", "comment", "apiVersion"].includes(name)) continue;
    if (name !== "notablescan")
      throw new CommandError("InvalidOptions", `attempted to set unrecognized parameter [${name}]`);
    const value = command[name];
    if (typeof value !== "boolean" && !isNumber(value))
      throw new CommandError("BadValue", `Invalid value for parameter ${name}: a boolean is expected`);
    parameters.notablescan = isNumber(value) ? toNumber(value) !== 0 : value;
  }
  return { was };
};

/** `getParameter`. */
export const getParameter: Command = ({ command, parameters, failPoints }) => {
  const all: Doc = {
    featureCompatibilityVersion: { version: "7.0" },
    authenticationMechanisms: [],
    enableTestCommands: failPoints !== undefined,
    quiet: false,
    logLevel: 0,
    notablescan: parameters.notablescan,
  };
  if (command.getParameter === "*") return all;
  const reply: Doc = {};
  for (const name of Object.keys(all)) if (command[name] !== undefined) reply[name] = all[name] ?? null;
  if (Object.keys(reply).length === 0) throw new CommandError("InvalidOptions", "no option found to get");
  return reply;
};

/** `configureFailPoint`, on a server that was started for tests. */
export const configureFailPoint: Command = ({ command, failPoints }) => {
  if (!failPoints) throw new CommandError("CommandNotFound", "no such command: 'configureFailPoint'");
  return failPoints.configure(command);
};

/** `hostInfo`. */
export const hostInfo: Command = () => ({
  system: {
    currentTime: new Date(),
    hostname: hostname(),
    cpuAddrSize: 64,
    memSizeMB: 0,
    numCores: 1,
    cpuArch: process.arch,
  },
  os: { type: process.platform, name: process.platform, version: "" },
  extra: {},
});

/** `connectionStatus`. */
export const connectionStatus: Command = () => ({
  authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] },
});

/** `serverStatus`. */
export const serverStatus: Command = ({ startedAt, cursors, address }) => ({
  host: address,
  version,
  process: "hawker-store",
  pid: Long.fromNumber(process.pid),
  uptime: Math.round((Date.now() - startedAt.getTime()) / 1000),
  uptimeMillis: Long.fromNumber(Date.now() - startedAt.getTime()),
  localTime: new Date(),
  connections: { current: 1, available: 10_000, totalCreated: 1 },
  metrics: { cursor: { open: { total: cursors.size } } },
  storageEngine: { name: "lmdb", supportsCommittedReads: false, persistent: true },
});

/** `killCursors`. */
export const killCursors: Command = ({ command, cursors }) => {
  const ids = Array.isArray(command.cursors) ? command.cursors : [];
  const killed: Long[] = [];
  const notFound: Long[] = [];
  for (const id of ids) {
    const long = id instanceof Long ? id : Long.fromNumber(Number(id));
    (cursors.kill(long.toBigInt()) ? killed : notFound).push(long);
  }
  return { cursorsKilled: killed, cursorsNotFound: notFound, cursorsAlive: [], cursorsUnknown: [] };
};

/** `getMore`. */
export const getMore: Command = async ({ command, cursors, database }) => {
  const id = command.getMore;
  if (!(id instanceof Long))
    throw new CommandError(
      "TypeMismatch",
      "BSON field 'getMore.getMore' is the wrong type, expected type 'long'",
    );
  const size = Number(command.batchSize ?? 0);
  const wait = numberField(command, "maxTimeMS");
  const batch = size > 0 ? size : Number.POSITIVE_INFINITY;
  return {
    cursor: await cursors.more(id.toBigInt(), `${database}.${String(command.collection)}`, batch, wait),
  };
};

/** `profile`: nothing is profiled, and it says so. @throws {CommandError} NotImplemented for a level above 0. */
export const profile: Command = ({ command }) => {
  const level = numberField(command, "profile", true) ?? -1;
  if (level > 0) throw notImplemented("profiling");
  return { was: 0, slowms: 100, sampleRate: 1 };
};

/** `getLog`. */
export const getLog: Command = ({ command }): Doc =>
  command.getLog === "*" ? { names: ["global", "startupWarnings"] } : { totalLinesWritten: 0, log: [] };
/** `whatsmyuri`. */
export const whatsmyuri: Command = ({ client }) => ({ you: client.address });
/** Commands that have nothing to do here. */
export const nothing: Command = () => ({});
/** `getCmdLineOpts`. */
export const getCmdLineOpts: Command = () => ({ argv: ["hawker-store"], parsed: {} });

/** Commands that only a replica set or a larger server has. */
export const standaloneOnly: Command = ({ command }) => {
  const name = Object.keys(command)[0] ?? "";
  if (name === "replSetGetStatus" || name === "replSetGetConfig")
    throw new CommandError(76, "not running with --replSet");
  if (name === "commitTransaction" || name === "abortTransaction") {
    throw new CommandError(
      "IllegalOperation",
      "Transaction numbers are only allowed on a replica set member or mongos",
    );
  }
  throw new CommandError("CommandNotSupported", `${name} is not supported by the embedded store`);
};
