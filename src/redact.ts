const mask = "[redacted]";

/** Fields whose value is never logged, in whatever object, at whatever depth. Compared without case, _ and -. */
const hidden = new Set(
  [
    ["authorization", "cookie", "setCookie", "token", "accessToken", "botToken", "secret", "clientSecret"],
    ["secretKey", "webhookSecret", "apiKey", "password", "passphrase", "signature", "stripeSignature"],
    ["xTelegramBotApiSecretToken", "email", "phone", "phoneNumber", "address", "addresses", "street", "city"],
    [
      "postalCode",
      "postcode",
      "zip",
      "ip",
      "remoteAddress",
      "latitude",
      "longitude",
      "firstName",
      "lastName",
    ],
    ["fullName", "displayName", "userName", "nickname"],
  ]
    .flat()
    .map((name) => name.toLowerCase()),
);

/** Objects that are about a person: their `name` is a person's name, a product's is not. */
const people = new Set(
  "sender customer customers shopper buyer user from person contact recipient owner member profile".split(
    " ",
  ),
);

/**
 * Secrets and addresses that stand inside other text: a bot token in a URL, a key in an error message.
 *
 * Text may come from outside and be long, so none of these may cost more than the text is long. A run of characters that
 * can be long is therefore only tried from its beginning, by a look behind: tried from each of its characters, a run that
 * comes to nothing costs the square of its length.
 */
const secrets: readonly [RegExp, string][] = [
  [/(?<!\d)\d+:[\w-]{30,}/g, mask],
  [/\b[sr]k_(live|test)_\w+/g, mask],
  [/\bx(ox[a-z](\.xox[a-z])?|app)-[\w-]{8,}/g, mask], // Slack's tokens
  [/(?<![\w-])[\w-]{18,}\.[\w-]{4,8}\.[\w-]{20,}/g, mask], // a Discord bot's token
  [/\b(webhooks|interactions)\/(\d+)\/[\w.~-]{16,}/g, `$1/$2/${mask}`], // answers a Discord interaction
  [/\b(hooks\.slack\.com)\/\S+/g, `$1/${mask}`], // answers a Slack interaction
  [/\bwhsec_[\w+/=-]+/g, mask],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${mask}`],
  [/(:\/\/)[^\s/@"\\]+@/g, `$1${mask}@`],
  [/(?<![\p{L}\p{N}_.%+-])[\p{L}\p{N}_.%+-]+(@|%40)[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.\p{L}{2,}/gu, mask],
];

/** What people put between the digits of a phone number, also where it was copied from a page. */
const gap = String.raw`[\s().\/\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069-]{0,4}`;
const digit = String.raw`\p{Nd}`;

/**
 * Phone numbers inside other text. ITU-T E.164 has up to 15 digits. One that is written without its country is told by its
 * shape or by the word in front of it; bare digits are more often an id, which stays readable.
 */
const phones: readonly [RegExp, string][] = [
  // +49 (170) 123-45-67, 0049 170 1234567, and the plus of an address of the net
  [
    new RegExp(`(?<![${digit}\\p{L}])(?:[+＋]|%2B|00(?=[1-9]))${gap}${digit}(?:${gap}${digit}){6,14}`, "giu"),
    mask,
  ],
  // (555) 123-4567, 555.123.4567
  [/(?<![\w.:/-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])/g, mask],
  // 0170 1234567, 06 12 34 56 78, (0)20 7946 0958, 030/1234567; a date is none
  [/(?<![\w.:/-])(?!0?\d[./-]\d\d?[./-]\d{4})\(?0\d{0,4}\)?(?:[ ./-]{0,2}\d){8,10}(?![\w-])/g, mask],
  // a mobile number of China
  [/(?<![\w.:/-])1[3-9]\d(?:[ -]?\d{4}){2}(?![\w-])/g, mask],
  [
    new RegExp(
      `(phone|whatsapp|电话|電話|手机|手機|(?<!\\p{L})(?:tel|mobile|cell|handy|fax)(?!\\p{L}))([^${digit}\\n]{0,24})${digit}(?:${gap}${digit}){4,14}`,
      "giu",
    ),
    `$1$2${mask}`,
  ],
];

/** The text with every secret, e-mail address and phone number that is recognised in it masked. */
export const redactText = (text: string): string =>
  [...secrets, ...phones].reduce(
    (masked, [pattern, replacement]) => masked.replace(pattern, replacement),
    text,
  );

/** The value without secrets and personal data: by the name of the field, and by the look of the text. */
function redact(value: unknown, aboutPerson: boolean): unknown {
  if (typeof value === "string") return redactText(value);
  if (Array.isArray(value)) return value.map((item) => redact(item, aboutPerson));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const name = key.toLowerCase().replace(/[_-]/g, "");
      const hide = hidden.has(name) || (aboutPerson && name === "name");
      return [key, hide && item !== null ? mask : redact(item, people.has(name))];
    }),
  );
}

/** A line of the log, masked. A line that is not JSON is masked as text. */
export function redactLine(line: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return redactText(line);
  }
  return `${JSON.stringify(redact(parsed, false))}\n`;
}
