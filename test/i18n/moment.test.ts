import { expect, test } from "vitest";
import { dayIn, momentIn } from "../../src/i18n/moment.ts";

// What stands between time and "PM" is a narrow blank in newer data.
const plain = (text: string): string => text.replace(/\s/gu, " ");
const late = new Date("2026-11-30T23:05:00Z");

test("a time is told in the zone of the shop, which is named", () => {
  expect(plain(momentIn("Europe/Berlin", "en", late))).toBe("Dec 1, 2026, 12:05 AM GMT+1");
  expect(plain(momentIn("UTC", "en", late))).toBe("Nov 30, 2026, 11:05 PM UTC");
  expect(momentIn("Asia/Shanghai", "zh", late)).toMatch(/^2026年12月1日 .*07:05/);
  expect(momentIn("Europe/Berlin", "en", new Date("2026-07-01T12:00:00Z"))).toMatch(/GMT\+2$/);
});

test("a day is the one it was in that zone", () => {
  expect(dayIn("Europe/Berlin", "en", late)).toBe("Dec 1, 2026");
  expect(dayIn("America/New_York", "en", late)).toBe("Nov 30, 2026");
});
