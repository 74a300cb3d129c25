import type { Doc } from "./value.ts";

/** MongoDB's error codes used here (source: MongoDB manual, "Error Codes"). */
export const codes = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  UnknownError: 8,
  UserNotFound: 11,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  EmptyFieldName: 56,
  DottedFieldName: 57,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  NoReplicationEnabled: 76,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  ShutdownInProgress: 91,
  CommandNotSupported: 115,
  DocumentValidationFailure: 121,
  CappedPositionLost: 136,
  JSInterpreterFailure: 139,
  NotAReplicaSet: 123,
  CommandNotSupportedOnView: 166,
  OptionNotSupportedOnView: 167,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  InvalidIndexSpecificationOption: 197,
  ClientMetadataCannotBeMutated: 186,
  NotImplemented: 238,
  NoQueryExecutionPlans: 291,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  APIVersionError: 322,
  APIStrictError: 323,
  CannotConvertIndexToUnique: 359,
  NotWritablePrimary: 10107,
  SnapshotUnavailable: 246,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  OutOfDiskSpace: 14031,
  InterruptedAtShutdown: 11600,
} as const;

/** The name of one of MongoDB's error codes. */
export type CodeName = keyof typeof codes;

const names = new Map<number, string>(Object.entries(codes).map(([name, code]) => [code, name]));

/** A failure that is told to the client as a command error or a write error. */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: string;
  /** Further fields of the error, such as keyPattern and keyValue. */
  readonly extra: Doc | undefined;

  constructor(name: CodeName | number, message: string, extra?: Doc) {
    super(message);
    this.name = "CommandError";
    this.code = typeof name === "number" ? name : codes[name];
    this.codeName = typeof name === "number" ? (names.get(name) ?? `Location${name}`) : name;
    this.extra = extra;
  }
}

/** BadValue (2). */
export const badValue = (message: string): CommandError => new CommandError("BadValue", message);
/** FailedToParse (9). */
export const failedToParse = (message: string): CommandError => new CommandError("FailedToParse", message);
/** TypeMismatch (14). */
export const typeMismatch = (message: string): CommandError => new CommandError("TypeMismatch", message);
/** NotImplemented (238): MongoDB has it, this server has not. */
export const notImplemented = (what: string): CommandError =>
  new CommandError(
    "NotImplemented",
    `${what} is not implemented by the embedded store; use a MongoDB server`,
  );
