import { CommandError } from "../errors.ts";
import { dayOfYear, fromIsoDate, isoDate, utcTime, weekOfYear } from "./calendar.ts";
import { fromLocal, toLocal, type Zone, zoneOf } from "./time-zone.ts";

const months = "January February March April May June July August September October November December".split(
  " ",
);

const padded = (number: number, width: number): string =>
  (number < 0 ? "-" : "") + String(Math.abs(number)).padStart(width, "0");

/**
 * Prints a date by a format (source: MongoDB manual, "$dateToString", "Format Specifiers").
 *
 * @throws {CommandError} 18536 for an unknown specifier, 18535 for a format that ends in `%`.
 */
export function formatDate(instant: number, format: string, zone: Zone): string {
  const local = toLocal(instant, zone);
  return format.replace(/%([\s\S]?)/g, (_whole, name: string) => {
    const print = Object.hasOwn(printers, name) ? printers[name] : undefined;
    if (name === "") throw new CommandError(18535, "Unmatched '%' at end of format string");
    if (!print) throw new CommandError(18536, `Invalid format character '%${name}' in format string`);
    return print(new Date(local), zone.offsetAt(instant) / 60_000);
  });
}

const printers: Readonly<Record<string, (date: Date, offset: number) => string>> = {
  Y: (date) => {
    const year = date.getUTCFullYear();
    if (year < 0 || year > 9999)
      throw new CommandError(
        18537,
        `$dateToString is only defined on year 0-9999, tried to use year ${year}`,
      );
    return padded(year, 4);
  },
  m: (date) => padded(date.getUTCMonth() + 1, 2),
  b: (date) => (months[date.getUTCMonth()] as string).slice(0, 3),
  B: (date) => months[date.getUTCMonth()] as string,
  d: (date) => padded(date.getUTCDate(), 2),
  H: (date) => padded(date.getUTCHours(), 2),
  M: (date) => padded(date.getUTCMinutes(), 2),
  S: (date) => padded(date.getUTCSeconds(), 2),
  L: (date) => padded(date.getUTCMilliseconds(), 3),
  j: (date) => padded(dayOfYear(date.getTime()), 3),
  w: (date) => String(date.getUTCDay() + 1),
  U: (date) => padded(weekOfYear(date.getTime()), 2),
  u: (date) => String(isoDate(date.getTime()).day),
  V: (date) => padded(isoDate(date.getTime()).week, 2),
  G: (date) => padded(isoDate(date.getTime()).year, 4),
  z: (_date, offset) => {
    const minutes = Math.abs(offset);
    return `${offset < 0 ? "-" : "+"}${padded(Math.floor(minutes / 60), 2)}${padded(minutes % 60, 2)}`;
  },
  Z: (_date, offset) => String(offset),
  "%": () => "%",
};

const readers: Readonly<Record<string, string>> = {
  Y: "\\d{4}",
  m: "\\d{1,2}",
  b: "[A-Za-z]{3}",
  B: "[A-Za-z]+",
  d: "\\d{1,2}",
  H: "\\d{1,2}",
  M: "\\d{1,2}",
  S: "\\d{1,2}",
  L: "\\d{1,3}",
  j: "\\d{1,3}",
  u: "\\d",
  V: "\\d{1,2}",
  G: "\\d{4}",
  z: "Z|[+-]\\d\\d:?(?:\\d\\d)?",
  Z: "[+-]\\d+",
};

const unreadable = (text: string, why: string): CommandError =>
  new CommandError(241, `Error parsing date string '${text}'; ${why}`);

/** Reads a date by a format. @throws {CommandError} 241 when the text does not fit it, 18536 for an unknown specifier. */
export function parseByFormat(text: string, format: string, zone: Zone | undefined): number {
  const names: string[] = [];
  const pattern = format.replace(/%([\s\S]?)|[\\^$.*+?()[\]{}|]/g, (whole, name: string | undefined) => {
    if (name === undefined) return `\\${whole}`;
    if (name === "%") return "%";
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (!reader) throw new CommandError(18536, `Invalid format character '%${name}' in format string`);
    names.push(name);
    return `(${reader})`;
  });
  const found = new RegExp(`^${pattern}$`).exec(text);
  if (!found) throw unreadable(text, "it does not fit the format");
  const given = new Map(names.map((name, at) => [name, found[at + 1] as string]));
  return assembled(text, given, zone);
}

function assembled(text: string, given: Map<string, string>, zone: Zone | undefined): number {
  const number = (name: string, otherwise: number): number => Number(given.get(name) ?? otherwise);
  const time =
    number("H", 0) * 3_600_000 +
    number("M", 0) * 60_000 +
    number("S", 0) * 1000 +
    Number((given.get("L") ?? "0").padEnd(3, "0"));
  let date: number;
  if (given.has("G")) date = fromIsoDate({ year: number("G", 0), week: number("V", 1), day: number("u", 1) });
  else {
    if (!given.has("Y")) throw unreadable(text, "an incomplete date/time string has been found");
    date = utcTime(number("Y", 0), monthOf(text, given), given.has("j") ? number("j", 1) : number("d", 1));
  }
  const local = date + time;
  const own = given.get("z") ?? given.get("Z");
  if (own !== undefined && zone)
    throw unreadable(
      text,
      "you cannot pass in a date/time string with GMT offset together with a timezone argument",
    );
  if (given.has("Z")) return local - Number(given.get("Z")) * 60_000;
  return own === undefined ? fromLocal(local, zone ?? zoneOf("UTC")) : fromLocal(local, zoneOf(own));
}

function monthOf(text: string, given: Map<string, string>): number {
  const name = given.get("B") ?? given.get("b");
  if (name === undefined) {
    const month = Number(given.get("m") ?? 1);
    if (month < 1 || month > 12) throw unreadable(text, "the month is out of range");
    return month;
  }
  const found = months.findIndex((month) => month.slice(0, name.length).toLowerCase() === name.toLowerCase());
  if (found < 0) throw unreadable(text, "the month has no such name");
  return found + 1;
}

const iso =
  /^\s*(\d{4})-?(\d\d)-?(\d\d)(?:[T ]+(\d{1,2}):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?\s*(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?|[A-Z][a-z]+\/\w+)?\s*$/i;

/** Reads a date in a form of ISO 8601, or in English words. @throws {CommandError} 241 when it cannot be read. */
export function parseDate(text: string, zone: Zone | undefined): number {
  const found = iso.exec(text);
  if (!found) return parseWords(text, zone);
  const [, year, month, date, hour = "0", minute = "0", second = "0", fraction = "", own] = found;
  const last = new Date(utcTime(Number(year), Number(month) + 1, 0)).getUTCDate();
  if (Number(month) < 1 || Number(month) > 12 || Number(date) < 1 || Number(date) > last || Number(hour) > 24)
    throw unreadable(text, "a part of it is out of range");
  if (own !== undefined && zone)
    throw unreadable(
      text,
      "you cannot pass in a date/time string with time zone information together with a timezone argument",
    );
  const time = (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000;
  const local = utcTime(
    Number(year),
    Number(month),
    Number(date),
    time + Number(fraction.slice(0, 3).padEnd(3, "0")),
  );
  return fromLocal(
    local,
    own === undefined ? (zone ?? zoneOf("UTC")) : zoneOf(own.toUpperCase() === "Z" ? "Z" : own),
  );
}

function parseWords(text: string, zone: Zone | undefined): number {
  const named = /[A-Za-z]{3}/.test(text) && /\d{4}/.test(text);
  const hasZone = /(?:UTC|GMT|Z|[+-]\d\d:?\d\d)\s*$/.test(text);
  const time = named ? Date.parse(hasZone ? text : `${text} UTC`) : Number.NaN;
  if (Number.isNaN(time)) throw unreadable(text, "it is no date");
  return hasZone || !zone ? time : fromLocal(time, zone);
}
