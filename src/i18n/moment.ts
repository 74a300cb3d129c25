const formats = new Map<string, Intl.DateTimeFormat>();

// Making a format takes a hundred times as long as using it.
function format(locale: string, timeZone: string, kind: string, options: Intl.DateTimeFormatOptions) {
  const key = `${locale} ${timeZone} ${kind}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone });
  formats.set(key, known);
  return known;
}

/** When something was, to the minute, in a time zone (IANA) that is named: "Nov 30, 2026, 2:05 PM GMT+1". */
export const momentIn = (timeZone: string, locale: string, at: Date): string =>
  format(locale, timeZone, "moment", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(at);

/** The day on which something was in a time zone (IANA): "Nov 30, 2026". */
export const dayIn = (timeZone: string, locale: string, at: Date): string =>
  format(locale, timeZone, "day", { dateStyle: "medium" }).format(at);
