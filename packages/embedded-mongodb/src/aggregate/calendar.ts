import { CommandError } from "../errors.ts";
import { fromLocal, toLocal, type Zone } from "./time-zone.ts";

/** Units of time that date operators know. */
export const units = [
  "year",
  "quarter",
  "month",
  "week",
  "day",
  "hour",
  "minute",
  "second",
  "millisecond",
] as const;
/** One of {@link units}. */
export type Unit = (typeof units)[number];

const day = 86_400_000;
const lengths: Readonly<Partial<Record<Unit, number>>> = {
  week: 7 * day,
  day,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};
const monthsOf: Readonly<Partial<Record<Unit, number>>> = { year: 12, quarter: 3, month: 1 };
const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** The instant of a date by UTC's calendar; parts may lie outside their usual range. */
export function utcTime(year: number, month: number, date: number, time = 0): number {
  const made = new Date(0);
  made.setUTCFullYear(year, month - 1, date);
  return made.getTime() + time;
}

/** The number of a day of the week by its name or its first three letters: 0 for Sunday; `undefined` for another word. */
export function weekday(name: string): number | undefined {
  const wanted = name.toLowerCase();
  const found = weekdays.findIndex((known) => known === wanted || known.slice(0, 3) === wanted);
  return found < 0 ? undefined : found;
}

/** Reads a unit. @throws {CommandError} FailedToParse for what is none. */
export function unitOf(name: string): Unit {
  const found = units.find((unit) => unit === name);
  if (!found) throw new CommandError("FailedToParse", `unknown time unit value: ${name}`);
  return found;
}

/** A day's number by the calendar of ISO 8601 weeks. */
export interface IsoDate {
  year: number;
  week: number;
  /** 1 for Monday to 7 for Sunday. */
  day: number;
}

/** The ISO week date of what clocks show. */
export function isoDate(local: number): IsoDate {
  const date = new Date(local);
  const weekDay = date.getUTCDay() || 7;
  const thursday = new Date(local + (4 - weekDay) * day);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - utcTime(year, 1, 1)) / (7 * day)) + 1;
  return { year, week, day: weekDay };
}

/** Midnight of an ISO week date. */
export function fromIsoDate({ year, week, day: weekDay }: IsoDate): number {
  const fourth = utcTime(year, 1, 4);
  const monday = fourth - ((new Date(fourth).getUTCDay() || 7) - 1) * day;
  return monday + ((week - 1) * 7 + weekDay - 1) * day;
}

/** The day of the year, from 1. */
export function dayOfYear(local: number): number {
  return Math.floor((local - utcTime(new Date(local).getUTCFullYear(), 1, 1)) / day) + 1;
}

/** The week of the year, from 0; weeks begin on Sundays. */
export function weekOfYear(local: number): number {
  return Math.floor((dayOfYear(local) + 6 - new Date(local).getUTCDay()) / 7);
}

/** An instant some units later, by the zone's calendar; a month's last day stands in for a missing one. */
export function plus(instant: number, amount: number, unit: Unit, zone: Zone): number {
  const months = monthsOf[unit];
  const local = toLocal(instant, zone);
  if (months !== undefined) {
    const date = new Date(local);
    const target = date.getUTCMonth() + amount * months;
    const first = utcTime(date.getUTCFullYear(), target + 1, 1);
    const last = new Date(utcTime(date.getUTCFullYear(), target + 2, 0)).getUTCDate();
    const within = ((local % day) + day) % day;
    return fromLocal(first + (Math.min(date.getUTCDate(), last) - 1) * day + within, zone);
  }
  const length = lengths[unit] as number;
  if (length < day) return instant + amount * length;
  return fromLocal(local + amount * length, zone);
}

/** How many of a unit's borders lie between two instants. */
export function borders(start: number, end: number, unit: Unit, zone: Zone, startOfWeek: number): number {
  const from = toLocal(start, zone);
  const to = toLocal(end, zone);
  const months = monthsOf[unit];
  if (months !== undefined)
    return Math.floor(monthNumber(to) / months) - Math.floor(monthNumber(from) / months);
  if (unit === "millisecond") return end - start;
  const length = lengths[unit] as number;
  const shift = unit === "week" ? weekShift(startOfWeek) : 0;
  if (length < day) return Math.floor(to / length) - Math.floor(from / length);
  return Math.floor((to - shift) / length) - Math.floor((from - shift) / length);
}

function monthNumber(local: number): number {
  const date = new Date(local);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The first day on or after 1970-01-01 (a Thursday) that begins a week, in milliseconds. */
function weekShift(startOfWeek: number): number {
  return ((startOfWeek - 4 + 7) % 7) * day;
}

/** The start of the bin that an instant lies in; bins are counted from 2000-01-01 (source: MongoDB manual, "$dateTrunc"). */
export function truncate(instant: number, size: number, unit: Unit, zone: Zone, startOfWeek: number): number {
  const local = toLocal(instant, zone);
  const origin = utcTime(2000, 1, 1);
  const months = monthsOf[unit];
  if (months !== undefined) {
    const bin = months * size;
    const since = Math.floor((monthNumber(local) - 2000 * 12) / bin) * bin;
    return fromLocal(utcTime(2000, since + 1, 1), zone);
  }
  const length = (lengths[unit] as number) * size;
  // 2000-01-01 is a Saturday (6).
  const first = unit === "week" ? origin + ((startOfWeek - 6 + 7) % 7) * day : origin;
  if ((lengths[unit] as number) >= day)
    return fromLocal(first + Math.floor((local - first) / length) * length, zone);
  const reference = fromLocal(first, zone);
  return reference + Math.floor((instant - reference) / length) * length;
}
