import { badValue, CommandError, failedToParse } from "../errors.ts";
import { type Doc, isNumber, toNumber } from "../value.ts";
import { docField } from "./context.ts";

const levels = new Set(["local", "available", "majority", "linearizable", "snapshot"]);

/**
 * Checks the read and write concern that a command asks for. One server that writes to disk before it answers grants
 * all that a standalone MongoDB server can.
 *
 * @throws {CommandError} as a standalone server: NotAReplicaSet (123) for linearizable and snapshot reads, unless a find
 * asks for this server's own with `standalone: true`; BadValue for a write that should reach more than one server
 * (source: MongoDB manual, "Read Concern", "Write Concern").
 */
export function checkConcerns(command: Doc): void {
  checkReadConcern(
    docField(command, "readConcern"),
    command.find !== undefined || command.getMore !== undefined,
  );
  checkWriteConcern(docField(command, "writeConcern"));
}

function checkReadConcern(concern: Doc | undefined, isFind: boolean): void {
  const level = concern?.level;
  if (level === undefined) return;
  if (typeof level !== "string" || !levels.has(level))
    throw badValue(
      `Enumeration value '${String(level)}' for field 'readConcern.level' is not a valid value.`,
    );
  // A find reads from a snapshot for those who know that this server has them, as the backup does.
  if (level === "linearizable" || (level === "snapshot" && !(isFind && concern?.standalone === true))) {
    throw new CommandError(
      "NotAReplicaSet",
      `node needs to be a replica set member to use read concern '${level}'`,
    );
  }
}

function checkWriteConcern(concern: Doc | undefined): void {
  const w = concern?.w;
  if (w === undefined || w === "majority") return;
  if (typeof w === "string")
    throw badValue(`cannot use non-majority 'w' mode ${w} when a host is not a member of a replica set`);
  if (!isNumber(w)) throw failedToParse("w has to be a number, string, or object");
  const servers = toNumber(w);
  if (servers < 0 || servers > 50)
    throw failedToParse("w has to be a non-negative number and not greater than 50");
  if (servers > 1) throw badValue("cannot use 'w' > 1 when a host is not replicated");
}
