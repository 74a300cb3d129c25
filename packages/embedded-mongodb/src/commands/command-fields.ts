import { CommandError, failedToParse } from "../errors.ts";
import { type Doc, isNumber, toNumber } from "../value.ts";

/** Fields that every command takes (source: MongoDB's generic_argument.idl). */
const generic = new Set(
  (
    "$db lsid txnNumber autocommit startTransaction stmtId stmtIds comment maxTimeMS maxTimeMSOpOnly readConcern " +
    "writeConcern apiVersion apiStrict apiDeprecationErrors $readPreference $clusterTime $audit $client " +
    "$configServerState $oplogQueryData $queryOptions $replData $_generic $maxTimeMS operationTime " +
    "mayBypassWriteBlocking coordinator clientOperationKey databaseVersion shardVersion tracking_info " +
    "allowImplicitCollectionCreation help usesDefaultMaxTimeMS"
  ).split(" "),
);

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const findAndModify = words(
  "query sort remove update new fields projection upsert bypassDocumentValidation collation arrayFilters hint let " +
    "encryptionInformation sampleId isTimeseriesNamespace runtimeConstants bypassEmptyTsReplacement",
);

/** The fields of the commands whose reference pages list all of them (source: MongoDB manual, "Database Commands"). */
const own: Readonly<Record<string, ReadonlySet<string>>> = {
  find: words(
    "filter projection sort hint skip limit batchSize singleBatch ntoreturn maxScan max min returnKey showRecordId " +
      "snapshot tailable oplogReplay noCursorTimeout awaitData allowPartialResults collation allowDiskUse let term " +
      "options readOnce allowSpeculativeMajorityRead requestResumeToken resumeAfter encryptionInformation querySettings " +
      "includeQueryStatsMetrics runtimeConstants startAt",
  ),
  aggregate: words(
    "pipeline explain allowDiskUse cursor bypassDocumentValidation collation hint let needsMerge fromMongos " +
      "fromRouter requestReshardingResumeToken exchange isMapReduceCommand collectionUUID encryptionInformation " +
      "querySettings includeQueryStatsMetrics runtimeConstants unwrappedReadPref",
  ),
  insert: words(
    "documents ordered bypassDocumentValidation isTimeseriesNamespace encryptionInformation bypassEmptyTsReplacement",
  ),
  update: words(
    "updates ordered bypassDocumentValidation let isTimeseriesNamespace encryptionInformation runtimeConstants " +
      "bypassEmptyTsReplacement",
  ),
  delete: words(
    "deletes ordered let bypassDocumentValidation isTimeseriesNamespace encryptionInformation runtimeConstants",
  ),
  findAndModify,
  findandmodify: findAndModify,
  count: words("query limit skip hint collation fields queryOptions encryptionInformation"),
  distinct: words("key query collation hint queryOptions encryptionInformation"),
  create: words(
    "capped timeseries expireAfterSeconds clusteredIndex changeStreamPreAndPostImages autoIndexId size max " +
      "storageEngine validator validationLevel validationAction indexOptionDefaults viewOn pipeline collation temp " +
      "flags idIndex encryptedFields recordPreImages",
  ),
  drop: words("collectionUUID"),
  dropDatabase: new Set(),
  renameCollection: words("to dropTarget stayTemp collectionUUID"),
  collMod: words(
    "index viewOn pipeline validator validationLevel validationAction recordPreImages cappedSize cappedMax " +
      "expireAfterSeconds timeseries clusteredIndex changeStreamPreAndPostImages collectionUUID dryRun prepareUnique",
  ),
  createIndexes: words("indexes commitQuorum v ignoreUnknownIndexOptions isTimeseriesNamespace"),
  listIndexes: words("cursor includeBuildUUIDs includeIndexBuildInfo isTimeseriesNamespace"),
  dropIndexes: words("index isTimeseriesNamespace"),
  listCollections: words("filter nameOnly authorizedCollections cursor includePendingDrops"),
  listDatabases: words("filter nameOnly authorizedDatabases"),
  killCursors: words("cursors"),
  getMore: words("collection batchSize term lastKnownCommittedOpTime includeQueryStatsMetrics"),
  dbStats: words("scale freeStorage"),
  collStats: words("scale verbose waitForLock numericOnly"),
  endSessions: new Set(),
  refreshSessions: new Set(),
};

/** Fields without which a command makes no sense. */
const required: Readonly<Record<string, readonly string[]>> = {
  getMore: ["collection"],
  killCursors: ["cursors"],
  distinct: ["key"],
  insert: ["documents"],
  update: ["updates"],
  delete: ["deletes"],
  createIndexes: ["indexes"],
  dropIndexes: ["index"],
  aggregate: ["pipeline"],
};
const statements: Readonly<Record<string, ReadonlySet<string>>> = {
  updates: words(
    "q u c arrayFilters multi upsert collation hint upsertSupplied sampleId allowShardKeyUpdatesWithoutFullShardKeyInQuery",
  ),
  deletes: words("q limit collation hint sampleId"),
};

/**
 * Refuses fields that a command does not have, and says which one is missing, as MongoDB does.
 *
 * @throws {CommandError} 40415 for an unknown field, 40414 for a missing one.
 */
export function checkFields(name: string, command: Doc): void {
  const fields = Object.hasOwn(own, name) ? own[name] : undefined;
  if (!fields) return;
  for (const [at, field] of Object.keys(command).entries()) {
    if (at > 0 && !fields.has(field) && !generic.has(field)) throw unknown(name, field);
  }
  for (const field of required[name] ?? []) if (command[field] === undefined) throw missing(name, field);
}

/** The same for the statements of an update or delete command. */
export function checkStatement(list: "updates" | "deletes", statement: Doc): void {
  const command = list === "updates" ? "update" : "delete";
  for (const field of Object.keys(statement))
    if (!statements[list]?.has(field)) throw unknown(`${command}.${list}`, field);
  for (const field of list === "updates" ? ["q", "u"] : ["q", "limit"])
    if (statement[field] === undefined) throw missing(`${command}.${list}`, field);
  const { limit } = statement;
  if (list === "deletes" && !(isNumber(limit) && [0, 1].includes(toNumber(limit))))
    throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${String(limit)}`);
}

function unknown(holder: string, field: string): CommandError {
  return new CommandError(40415, `BSON field '${holder}.${field}' is an unknown field.`);
}

function missing(holder: string, field: string): CommandError {
  return new CommandError(40414, `BSON field '${holder}.${field}' is missing but a required field`);
}
