import { DateTime } from "luxon";

/** Days as people and spreadsheets write them. */
const DAYS = [
  "yyyy-M-d",
  "yyyy/M/d",
  "yyyy.M.d",
  "d.M.yyyy",
  "d LLL yyyy",
  "d LLLL yyyy",
  "LLL d, yyyy",
  "LLLL d, yyyy",
];
const HOURS = ["H:mm:ss", "H:mm", "h:mm:ss a", "h:mm a"];
const LOCALE = "en";

/** A moment of a file, and whether only its day was told. */
interface Told {
  readonly at: DateTime;
  readonly day: boolean;
}

function told(text: string, zone: string): Told | undefined {
  if (/^\d{9,11}$/.test(text)) return { at: DateTime.fromSeconds(Number(text), { zone }), day: false };
  if (/^\d{12,13}$/.test(text)) return { at: DateTime.fromMillis(Number(text), { zone }), day: false };
  const { words, offset = zone } = parted(text);
  for (const day of [...DAYS, ...slashed(words)]) {
    const at = DateTime.fromFormat(words, day, { zone: offset, locale: LOCALE });
    if (at.isValid) return { at, day: true };
    for (const hour of HOURS) {
      const exact = DateTime.fromFormat(words, `${day} ${hour}`, { zone: offset, locale: LOCALE });
      if (exact.isValid) return { at: exact, day: false };
    }
  }
  // With a T, and perhaps its own distance from UTC.
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:/.test(text)) return undefined;
  const at = DateTime.fromISO(text.replace(" ", "T"), { zone });
  return at.isValid ? { at, day: false } : undefined;
}

/** Day and time as the formats above have them, and the zone that stands behind the time, as luxon names it. */
function parted(text: string): { words: string; offset?: string } {
  const words = text
    .normalize("NFKC")
    .trim()
    .replace(/^(\d{4})年(\d{1,2})月(\d{1,2})日/u, "$1-$2-$3")
    .replace(/^[a-z]{3,9}\.?, (?=\d)/i, "") // the weekday
    .replace(/(?<=\d{4}),? +(?=\d)/, " ");
  const [behind, hours, minutes] = /(?<=\d:\d\d) ?(?:UTC|GMT|Z|([+-]\d\d):?(\d\d))$/i.exec(words) ?? [];
  if (behind === undefined) return { words };
  const offset = hours === undefined ? "UTC" : `UTC${hours}:${minutes}`;
  return { words: words.slice(0, -behind.length), offset };
}

/** How a day with strokes is to be read, where one of its parts is no month. 3/4/2026 is March or April, by who reads it. */
function slashed(words: string): string[] {
  const [, first, second] = /^(\d{1,2})\/(\d{1,2})\/\d{4}/.exec(words) ?? [];
  if (Number(first) > 12) return ["d/M/yyyy"];
  return Number(second) > 12 ? ["M/d/yyyy"] : [];
}

/**
 * When something begins that a file dates: a day (from its first moment), a day with a time of day, or seconds since 1970. In
 * the time zone `zone` (IANA), unless it names its distance from UTC. Undefined where it is no date.
 */
export const beginningOf = (text: string, zone: string): Date | undefined => told(text, zone)?.at.toJSDate();

/**
 * When something ends that a file dates, as the first moment after it. A day is over at its end: a sale to the 30th holds all of
 * the 30th. With a time of day it ends `inclusive` seconds after that.
 */
export function endOf(text: string, zone: string, inclusive = 0): Date | undefined {
  const found = told(text, zone);
  if (found === undefined) return undefined;
  const { at, day } = found;
  return (day ? at.plus({ days: 1 }).startOf("day") : at.plus({ seconds: inclusive })).toJSDate();
}

/** A moment as `beginningOf` and `endOf` read it, in the words of a time zone: 2026-11-27T00:00:00+01:00. */
export const momentText = (at: Date, zone: string): string =>
  DateTime.fromJSDate(at, { zone }).toISO({ suppressMilliseconds: true }) ?? at.toISOString();
