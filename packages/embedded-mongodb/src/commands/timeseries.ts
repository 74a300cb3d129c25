import type { Collection } from "../collection.ts";
import { badValue, CommandError } from "../errors.ts";
import { type Doc, isDoc, isNumber, Long, toNumber, type Value } from "../value.ts";
import { docField } from "./context.ts";

/** Seconds that one bucket spans by granularity (source: MongoDB manual, "Set Granularity for Time Series Data"). */
const spans: Readonly<Record<string, number>> = { seconds: 3_600, minutes: 86_400, hours: 2_592_000 };
const order = Object.keys(spans);

/** Whether a collection keeps a time series. Here its documents lie as they are, not in buckets. */
export function isTimeseries({ options }: Collection): boolean {
  return isDoc(options.timeseries);
}

/**
 * A time series' options and the expiry of it, or of a clustered collection, as listCollections shows them.
 *
 * @throws {CommandError} BadValue, InvalidOptions (source: MongoDB manual, "Time Series Collections").
 */
export function timeseriesOptions(command: Doc): Doc {
  const given = docField(command, "timeseries");
  const { expireAfterSeconds } = command;
  if (expireAfterSeconds !== undefined && !given && command.clusteredIndex === undefined)
    throw invalid(
      "'expireAfterSeconds' is only supported on time-series collections or when the 'clusteredIndex' option is specified",
    );
  const expiry: Doc =
    expireAfterSeconds === undefined ? {} : { expireAfterSeconds: seconds(expireAfterSeconds) };
  if (!given) return expiry;
  for (const other of ["capped", "clusteredIndex", "viewOn", "validator", "pipeline"])
    if (command[other] !== undefined)
      throw invalid(`time-series collections cannot be created with '${other}'`);
  const { timeField, metaField, granularity = "seconds", bucketMaxSpanSeconds } = given;
  if (typeof timeField !== "string")
    throw new CommandError(40414, "BSON field 'create.timeseries.timeField' is missing but a required field");
  for (const name of [timeField, metaField])
    if (typeof name === "string" && (name.includes(".") || name.startsWith("$")))
      throw invalid(`'${name}' is no name of a field of the first level`);
  if (metaField !== undefined && (metaField === "_id" || metaField === timeField))
    throw invalid("The 'metaField' cannot be \"_id\" or the same as the 'timeField'");
  const span = spans[String(granularity)];
  if (span === undefined)
    throw badValue(
      `Enumeration value '${String(granularity)}' for field 'create.timeseries.granularity' is not a valid value.`,
    );
  const shown: Doc = bucketMaxSpanSeconds === undefined ? { granularity, bucketMaxSpanSeconds: span } : {};
  return { ...expiry, timeseries: { ...given, ...shown } };
}

/**
 * What collMod makes of a time series' options: a coarser granularity, another expiry or, with "off", none.
 *
 * @throws {CommandError} InvalidOptions.
 */
export function changeTimeseries(options: Doc, command: Doc): Doc {
  const given = docField(command, "timeseries");
  const { expireAfterSeconds } = command;
  let changed = options;
  if (expireAfterSeconds !== undefined) {
    if (options.timeseries === undefined && options.clusteredIndex === undefined)
      throw invalid(
        "'expireAfterSeconds' is only supported on time-series collections or clustered collections",
      );
    const { expireAfterSeconds: _, ...rest } = options;
    changed =
      expireAfterSeconds === "off" ? rest : { ...rest, expireAfterSeconds: seconds(expireAfterSeconds) };
  }
  if (!given) return changed;
  if (!isDoc(options.timeseries))
    throw invalid("collMod with 'timeseries' is only for time-series collections");
  const granularity = String(given.granularity ?? options.timeseries.granularity);
  if (order.indexOf(granularity) < order.indexOf(String(options.timeseries.granularity)))
    throw invalid(
      "Invalid transition for timeseries.granularity. Can only transition from 'seconds' to 'minutes' or 'minutes' to 'hours'.",
    );
  const bucketMaxSpanSeconds = spans[granularity] ?? 0;
  return { ...changed, timeseries: { ...options.timeseries, granularity, bucketMaxSpanSeconds } };
}

/** @throws {CommandError} BadValue for a measurement without its time. */
export function checkMeasurement({ options }: Collection, doc: Doc): void {
  if (!isDoc(options.timeseries)) return;
  const timeField = String(options.timeseries.timeField);
  if (!(doc[timeField] instanceof Date))
    throw badValue(`'${timeField}' must be present and contain a valid BSON UTC datetime value`);
}

function seconds(value: Value): Long {
  if (!isNumber(value) || toNumber(value) < 0)
    throw invalid(`'expireAfterSeconds' must be a number of seconds from 0 on, not ${String(value)}`);
  return Long.fromNumber(Math.trunc(toNumber(value)));
}

const invalid = (message: string): CommandError => new CommandError("InvalidOptions", message);
