import { CommandError } from "../errors.ts";

/** A time zone: how far its clocks are ahead of UTC, in milliseconds, at an instant. */
export interface Zone {
  offsetAt(instant: number): number;
  /** True for UTC by any of its names. */
  utc: boolean;
}

const minute = 60_000;
const zones = new Map<string, Zone>();

/** UTC itself. */
export const utc: Zone = { offsetAt: () => 0, utc: true };

/**
 * The zone of a name: an Olson identifier, or an offset `±hh`, `±hhmm` or `±hh:mm` (source: MongoDB manual, "Date
 * Expression Operators").
 *
 * @throws {CommandError} 40485 for another one.
 */
export function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known) return known;
  const zone = makeZone(name);
  zones.set(name, zone);
  return zone;
}

function makeZone(name: string): Zone {
  if (/^(?:UTC|GMT|Z)$/.test(name)) return utc;
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(name);
  if (offset) {
    const ahead = (Number(offset[2]) * 60 + Number(offset[3] ?? 0)) * minute * (offset[1] === "-" ? -1 : 1);
    return { offsetAt: () => ahead, utc: ahead === 0 };
  }
  if (!/^[A-Za-z]/.test(name)) throw unknown(name);
  try {
    return olson(name);
  } catch {
    throw unknown(name);
  }
}

function unknown(name: string): CommandError {
  return new CommandError(40485, `unrecognized time zone identifier: "${name}"`);
}

function olson(name: string): Zone {
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return {
    utc: false,
    offsetAt(instant) {
      const shown: Record<string, string> = {};
      for (const { type, value } of clock.formatToParts(instant)) shown[type] = value;
      const year = shown.era === "BC" ? 1 - Number(shown.year) : Number(shown.year);
      const local = new Date(0);
      local.setUTCFullYear(year, Number(shown.month) - 1, Number(shown.day));
      local.setUTCHours(Number(shown.hour), Number(shown.minute), Number(shown.second));
      return local.getTime() - Math.floor(instant / 1000) * 1000;
    },
  };
}

/** What clocks show at an instant, as milliseconds that UTC's calendar reads the same. */
export function toLocal(instant: number, zone: Zone): number {
  return instant + zone.offsetAt(instant);
}

/** The instant at which clocks show this; of two the first, and a time that clocks skip is moved on by the gap. */
export function fromLocal(local: number, zone: Zone): number {
  const before = local - zone.offsetAt(local - 24 * 60 * minute);
  if (toLocal(before, zone) === local) return before;
  const after = local - zone.offsetAt(local + 24 * 60 * minute);
  return toLocal(after, zone) === local ? after : before;
}
