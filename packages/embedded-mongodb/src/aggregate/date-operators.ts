import { CommandError, failedToParse } from "../errors.ts";
import {
  type Doc,
  isDoc,
  isNumber,
  Long,
  ObjectId,
  Timestamp,
  toNumber,
  typeName,
  type Value,
} from "../value.ts";
import {
  borders,
  dayOfYear,
  fromIsoDate,
  isoDate,
  plus,
  truncate,
  unitOf,
  utcTime,
  weekday,
  weekOfYear,
} from "./calendar.ts";
import { formatDate, parseByFormat, parseDate } from "./date-format.ts";
import type { Evaluation, ExpressionOperator } from "./expression.ts";
import { fromLocal, toLocal, utc, type Zone, zoneOf } from "./time-zone.ts";

const isMissing = (value: Value | undefined): value is null | undefined =>
  value === undefined || value === null;

function instantOf(value: Value, code = 16006, what?: string): number {
  if (value instanceof Date) return value.getTime();
  if (value instanceof ObjectId) return value.getTimestamp().getTime();
  if (value instanceof Timestamp) return (value.high >>> 0) * 1000;
  throw new CommandError(code, what ?? `can't convert from BSON type ${typeName(value)} to Date`);
}

/** The zone an operand names: UTC when there is none, `null` when it is null. */
function zoneFrom(expression: Value | undefined, { run }: Evaluation, code = 40517): Zone | null {
  if (expression === undefined) return utc;
  const name = run(expression);
  if (isMissing(name)) return null;
  if (typeof name !== "string")
    throw new CommandError(code, `timezone must evaluate to a string, found ${typeName(name)}`);
  return zoneOf(name);
}

/** An operator on what clocks show: of a date, or of `{ date, timezone }`. */
function part(name: string, read: (local: number) => Value): ExpressionOperator {
  return (operand, evaluation) => {
    const spec = dateAndZone(name, operand);
    const date = evaluation.run(spec.date as Value);
    if (isMissing(date)) return null;
    const zone = zoneFrom(spec.timezone, evaluation, 40533);
    return zone && read(toLocal(instantOf(date), zone));
  };
}

function dateAndZone(name: string, operand: Value): Doc {
  if (Array.isArray(operand)) {
    if (operand.length !== 1)
      throw new CommandError(
        40536,
        `${name} accepts exactly one argument if given an array, but was given ${operand.length}`,
      );
    return { date: operand[0] as Value };
  }
  if (!isDoc(operand) || Object.keys(operand)[0]?.startsWith("$")) return { date: operand };
  for (const key of Object.keys(operand))
    if (key !== "date" && key !== "timezone")
      throw new CommandError(40535, `unrecognized option to ${name}: "${key}"`);
  if (operand.date === undefined) throw new CommandError(40539, `missing 'date' argument to ${name}`);
  return operand;
}

function spec(
  name: string,
  operand: Value,
  known: readonly string[],
  required: readonly string[],
  codes: readonly [number, number, number],
): Doc {
  if (!isDoc(operand)) throw new CommandError(codes[0], `${name} only supports an object as its argument`);
  for (const key of Object.keys(operand))
    if (!known.includes(key)) throw new CommandError(codes[1], `Unrecognized argument to ${name}: ${key}`);
  for (const key of required)
    if (operand[key] === undefined) throw new CommandError(codes[2], `Missing '${key}' parameter to ${name}`);
  return operand;
}

/** Evaluates a text that may be left out; `null` when it is null. */
function textFrom(
  name: string,
  field: string,
  expression: Value | undefined,
  otherwise: string,
  { run }: Evaluation,
): string | null {
  if (expression === undefined) return otherwise;
  const value = run(expression);
  if (isMissing(value)) return null;
  if (typeof value !== "string")
    throw new CommandError(5439013, `${name} requires '${field}' to be a string, but got ${typeName(value)}`);
  return value;
}

function startOfWeek(
  name: string,
  unit: string,
  expression: Value | undefined,
  evaluation: Evaluation,
): number | null {
  if (unit !== "week") return 0;
  const text = textFrom(name, "startOfWeek", expression, "sunday", evaluation);
  if (text === null) return null;
  const found = weekday(text);
  if (found === undefined) throw failedToParse(`unknown day of week value: ${text}`);
  return found;
}

const dateToString: ExpressionOperator = (operand, evaluation) => {
  const given = spec(
    "$dateToString",
    operand,
    ["date", "format", "timezone", "onNull"],
    ["date"],
    [18629, 18534, 18628],
  );
  const date = evaluation.run(given.date as Value);
  const zone = zoneFrom(given.timezone, evaluation);
  const format = given.format === undefined ? undefined : evaluation.run(given.format);
  if (!isMissing(format) && typeof format !== "string")
    throw new CommandError(18533, "$dateToString requires that 'format' be a string");
  if (isMissing(date)) return given.onNull === undefined ? null : evaluation.run(given.onNull);
  if (!zone || format === null) return null;
  return formatDate(instantOf(date), format ?? `%Y-%m-%dT%H:%M:%S.%L${zone.utc ? "Z" : ""}`, zone);
};

const dateFromString: ExpressionOperator = (operand, evaluation) => {
  const known = ["dateString", "format", "timezone", "onError", "onNull"];
  const given = spec("$dateFromString", operand, known, ["dateString"], [40540, 40541, 40542]);
  const text = evaluation.run(given.dateString as Value);
  const format = given.format === undefined ? undefined : evaluation.run(given.format);
  if (!isMissing(format) && typeof format !== "string")
    throw new CommandError(40684, "$dateFromString requires that 'format' be a string");
  const zone = given.timezone === undefined ? undefined : zoneFrom(given.timezone, evaluation);
  if (isMissing(text)) return given.onNull === undefined ? null : evaluation.run(given.onNull);
  if (zone === null || format === null) return null;
  try {
    if (typeof text !== "string")
      throw new CommandError(
        241,
        `$dateFromString requires that 'dateString' be a string, found: ${typeName(text)}`,
      );
    return new Date(format === undefined ? parseDate(text, zone) : parseByFormat(text, format, zone));
  } catch (cause) {
    if (given.onError === undefined || !(cause instanceof CommandError) || cause.code !== 241) throw cause;
    return evaluation.run(given.onError);
  }
};

const dateToParts: ExpressionOperator = (operand, evaluation) => {
  const given = spec(
    "$dateToParts",
    operand,
    ["date", "timezone", "iso8601"],
    ["date"],
    [40524, 40520, 40522],
  );
  const date = evaluation.run(given.date as Value);
  const zone = zoneFrom(given.timezone, evaluation);
  const byWeek = given.iso8601 === undefined ? false : evaluation.run(given.iso8601);
  if (isMissing(byWeek) || isMissing(date) || !zone) return null;
  if (typeof byWeek !== "boolean") throw new CommandError(40521, "iso8601 must evaluate to a bool");
  const local = toLocal(instantOf(date), zone);
  const shown = new Date(local);
  const time = {
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
    millisecond: shown.getUTCMilliseconds(),
  };
  const { year, week, day } = isoDate(local);
  if (byWeek) return { isoWeekYear: year, isoWeek: week, isoDayOfWeek: day, ...time };
  return { year: shown.getUTCFullYear(), month: shown.getUTCMonth() + 1, day: shown.getUTCDate(), ...time };
};

const dateFromParts: ExpressionOperator = (operand, evaluation) => {
  const known =
    "year month day isoWeekYear isoWeek isoDayOfWeek hour minute second millisecond timezone".split(" ");
  const given = spec("$dateFromParts", operand, known, [], [40519, 40518, 40516]);
  const byWeek = given.isoWeekYear !== undefined;
  if (!byWeek && given.year === undefined)
    throw new CommandError(40516, "$dateFromParts requires either 'year' or 'isoWeekYear' to be present");
  if (given.year === undefined && (given.month !== undefined || given.day !== undefined))
    throw new CommandError(40525, "$dateFromParts does not allow mixing natural dates with ISO dates");
  if (given.year !== undefined && (byWeek || given.isoWeek !== undefined || given.isoDayOfWeek !== undefined))
    throw new CommandError(40489, "$dateFromParts does not allow mixing natural dates with ISO dates");
  const number = (field: string, otherwise: number): number | null => {
    const expression = given[field];
    if (expression === undefined) return otherwise;
    const value = evaluation.run(expression);
    if (isMissing(value)) return null;
    const whole = isNumber(value) ? toNumber(value) : Number.NaN;
    if (!Number.isInteger(whole))
      throw new CommandError(40515, `'${field}' must evaluate to an integer, found ${typeName(value)}`);
    const [least, most] = field.toLowerCase().endsWith("year") ? [1, 9999] : [-32768, 32767];
    if (field !== "second" && field !== "millisecond" && (whole < least || whole > most))
      throw new CommandError(
        field.toLowerCase().endsWith("year") ? 40523 : 31034,
        `'${field}' must evaluate to a value in the range [${least}, ${most}]; value ${whole} is not in range`,
      );
    return whole;
  };
  const [year, month, day] = byWeek
    ? [number("isoWeekYear", 1970), number("isoWeek", 1), number("isoDayOfWeek", 1)]
    : [number("year", 1970), number("month", 1), number("day", 1)];
  const [hour, minute, second, millisecond] = ["hour", "minute", "second", "millisecond"].map((field) =>
    number(field, 0),
  );
  const zone = zoneFrom(given.timezone, evaluation);
  if ([year, month, day, hour, minute, second, millisecond].includes(null) || !zone) return null;
  const date = byWeek
    ? fromIsoDate({ year: year ?? 0, week: month ?? 1, day: day ?? 1 })
    : utcTime(year ?? 0, month ?? 1, day ?? 1);
  const time = ((hour ?? 0) * 60 + (minute ?? 0)) * 60_000 + (second ?? 0) * 1000 + (millisecond ?? 0);
  return new Date(fromLocal(date + time, zone));
};

function adding(name: string, sign: 1 | -1): ExpressionOperator {
  return (operand, evaluation) => {
    const given = spec(
      name,
      operand,
      ["startDate", "unit", "amount", "timezone"],
      ["startDate", "unit", "amount"],
      [5166400, 5166401, 5166402],
    );
    const date = evaluation.run(given.startDate as Value);
    const unit = textFrom(name, "unit", given.unit, "", evaluation);
    const amount = evaluation.run(given.amount as Value);
    const zone = zoneFrom(given.timezone, evaluation);
    if (isMissing(date) || unit === null || isMissing(amount) || !zone) return null;
    const start = instantOf(date, 5166403, `${name} requires startDate to be convertible to a date`);
    if (!isNumber(amount) || !Number.isInteger(toNumber(amount)))
      throw new CommandError(5166405, `${name} expects integer amount of time units`);
    const result = new Date(plus(start, sign * toNumber(amount), unitOf(unit), zone));
    if (Number.isNaN(result.getTime())) throw new CommandError(5166406, `${name} overflowed`);
    return result;
  };
}

const dateDiff: ExpressionOperator = (operand, evaluation) => {
  const known = ["startDate", "endDate", "unit", "timezone", "startOfWeek"];
  const given = spec(
    "$dateDiff",
    operand,
    known,
    ["startDate", "endDate", "unit"],
    [5166301, 5166302, 5166303],
  );
  const from = evaluation.run(given.startDate as Value);
  const to = evaluation.run(given.endDate as Value);
  const unit = textFrom("$dateDiff", "unit", given.unit, "", evaluation);
  const zone = zoneFrom(given.timezone, evaluation);
  if (isMissing(from) || isMissing(to) || unit === null || !zone) return null;
  const first = startOfWeek("$dateDiff", unit, given.startOfWeek, evaluation);
  if (first === null) return null;
  const start = instantOf(
    from,
    5166307,
    `$dateDiff requires 'startDate' to be a date, but got ${typeName(from)}`,
  );
  const end = instantOf(to, 5166307, `$dateDiff requires 'endDate' to be a date, but got ${typeName(to)}`);
  return Long.fromNumber(borders(start, end, unitOf(unit), zone, first));
};

const dateTrunc: ExpressionOperator = (operand, evaluation) => {
  const known = ["date", "unit", "binSize", "timezone", "startOfWeek"];
  const given = spec("$dateTrunc", operand, known, ["date", "unit"], [5439007, 5439008, 5439009]);
  const date = evaluation.run(given.date as Value);
  const unit = textFrom("$dateTrunc", "unit", given.unit, "", evaluation);
  const size = given.binSize === undefined ? 1 : evaluation.run(given.binSize);
  const zone = zoneFrom(given.timezone, evaluation);
  if (isMissing(date) || unit === null || isMissing(size) || !zone) return null;
  const first = startOfWeek("$dateTrunc", unit, given.startOfWeek, evaluation);
  if (first === null) return null;
  const instant = instantOf(
    date,
    5439012,
    `$dateTrunc requires 'date' to be a date, but got ${typeName(date)}`,
  );
  if (!isNumber(size) || !Number.isInteger(toNumber(size)))
    throw new CommandError(5439017, "$dateTrunc requires 'binSize' to be a 64-bit integer");
  if (toNumber(size) <= 0)
    throw new CommandError(5439018, "$dateTrunc requires 'binSize' to be greater than 0");
  return new Date(truncate(instant, toNumber(size), unitOf(unit), zone, first));
};

function ofTimestamp(name: string, read: (stamp: Timestamp) => number): ExpressionOperator {
  return (operand, { run }) => {
    const value = run(Array.isArray(operand) ? (operand[0] as Value) : operand);
    if (isMissing(value)) return null;
    if (!(value instanceof Timestamp))
      throw new CommandError(5687301, `${name} requires a timestamp argument, found: ${typeName(value)}`);
    return Long.fromNumber(read(value));
  };
}

const shown = (local: number): Date => new Date(local);

/** Dates and times (source: MongoDB manual, "Date Expression Operators"). */
export const dateOperators: Readonly<Record<string, ExpressionOperator>> = {
  $year: part("$year", (local) => shown(local).getUTCFullYear()),
  $month: part("$month", (local) => shown(local).getUTCMonth() + 1),
  $dayOfMonth: part("$dayOfMonth", (local) => shown(local).getUTCDate()),
  $dayOfWeek: part("$dayOfWeek", (local) => shown(local).getUTCDay() + 1),
  $dayOfYear: part("$dayOfYear", dayOfYear),
  $hour: part("$hour", (local) => shown(local).getUTCHours()),
  $minute: part("$minute", (local) => shown(local).getUTCMinutes()),
  $second: part("$second", (local) => shown(local).getUTCSeconds()),
  $millisecond: part("$millisecond", (local) => shown(local).getUTCMilliseconds()),
  $week: part("$week", weekOfYear),
  $isoWeek: part("$isoWeek", (local) => isoDate(local).week),
  $isoWeekYear: part("$isoWeekYear", (local) => Long.fromNumber(isoDate(local).year)),
  $isoDayOfWeek: part("$isoDayOfWeek", (local) => isoDate(local).day),
  $dateToParts: dateToParts,
  $dateFromParts: dateFromParts,
  $dateToString: dateToString,
  $dateFromString: dateFromString,
  $dateAdd: adding("$dateAdd", 1),
  $dateSubtract: adding("$dateSubtract", -1),
  $dateDiff: dateDiff,
  $dateTrunc: dateTrunc,
  $tsSecond: ofTimestamp("$tsSecond", (stamp) => stamp.high >>> 0),
  $tsIncrement: ofTimestamp("$tsIncrement", (stamp) => stamp.low >>> 0),
};
