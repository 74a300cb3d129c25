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

/** Secrets and addresses that stand inside other text: a bot token in a URL, a key in an error message. */
const patterns: readonly [RegExp, string][] = [
  [/\d+:[\w-]{30,}/g, mask],
  [/\b[sr]k_(live|test)_\w+/g, mask],
  [/\bx(ox[a-z](\.xox[a-z])?|app)-[\w-]{8,}/g, mask], // Slack's tokens
  [/\b[\w-]{18,}\.[\w-]{4,8}\.[\w-]{20,}/g, mask], // a Discord bot's token
  [/\b(webhooks|interactions)\/(\d+)\/[\w.~-]{16,}/g, `$1/$2/${mask}`], // answers a Discord interaction
  [/\b(hooks\.slack\.com)\/\S+/g, `$1/${mask}`], // answers a Slack interaction
  [/\bwhsec_[\w+/=-]+/g, mask],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${mask}`],
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/:@"\\]*:[^\s/@"\\]+@/gi, `$1${mask}@`],
  [/[\w.%+-]+@[\w-]+(\.[\w-]+)*\.[a-z]{2,}\b/gi, mask],
];

/** The text with every secret and e-mail address that is recognised in it masked. */
export const redactText = (text: string): string =>
  patterns.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);

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
