import { CommandError } from "../errors.ts";
import { type Doc, isDoc } from "../value.ts";

/** The commands of API version 1 (source: MongoDB manual, "Stable API"). */
const versionOne = new Set(
  (
    "abortTransaction aggregate bulkWrite collMod commitTransaction count create createIndexes delete drop " +
    "dropDatabase dropIndexes endSessions explain find findAndModify getMore hello insert killCursors listCollections " +
    "listDatabases listIndexes ping refreshSessions update"
  ).split(" "),
);
/** Stages outside of it. */
const otherStages = new Set(
  "$collStats $currentOp $indexStats $listLocalSessions $listSessions $planCacheStats $search $searchMeta".split(
    " ",
  ),
);

/**
 * Checks the Stable API fields of a command.
 *
 * @throws {CommandError} APIVersionError (322) for a version there is not, APIStrictError (323) for what version 1
 * does not have, InvalidOptions for `apiStrict` without a version.
 */
export function checkApiVersion(name: string, command: Doc): void {
  const { apiVersion: version, apiStrict: strict, apiDeprecationErrors: deprecation } = command;
  if (version === undefined) {
    const given =
      strict !== undefined ? "apiStrict" : deprecation !== undefined ? "apiDeprecationErrors" : undefined;
    if (given) throw new CommandError(9, `Provided ${given} without passing apiVersion`);
    return;
  }
  if (version !== "1") throw new CommandError("APIVersionError", 'API version must be "1"');
  if (strict !== true) return;
  if (!versionOne.has(name)) {
    throw new CommandError(
      "APIStrictError",
      `Provided apiStrict:true, but the command ${name} is not in API Version 1. Information on supported commands and migrations in API Version 1 can be found at https://dochub.mongodb.org/core/manual-versioned-api`,
    );
  }
  const stages = Array.isArray(command.pipeline) ? command.pipeline : [];
  for (const stage of stages) {
    const [stageName = ""] = isDoc(stage) ? Object.keys(stage) : [];
    // $collStats is in version 1 for one use: counting.
    const counts =
      isDoc(stage) && isDoc(stage.$collStats) && Object.keys(stage.$collStats).join() === "count";
    if (otherStages.has(stageName) && !counts)
      throw new CommandError(
        "APIStrictError",
        `stage ${stageName} is not allowed with 'apiStrict: true' in API Version 1`,
      );
  }
}
