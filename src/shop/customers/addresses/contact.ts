import { domainToASCII } from "node:url";
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";
import validator from "validator";
import { typedCode } from "../../../i18n/typed.ts";

/**
 * An e-mail address as people paste it: `mailto:`, `Ada <ada@example.com>`, full-width signs, a full stop at its end.
 * The domain comes out in its ASCII form (RFC 5891), which every mail and payment provider takes; null when it can be
 * none.
 */
export function emailAddress(typed: string): string | null {
  const text = typedCode(typed).replace(/\s*@\s*/, "@");
  const inner = /<([^<>]+)>[\s,;.]*$/.exec(text)?.[1] ?? text;
  const bare = inner
    .trim()
    .replace(/^mailto:/i, "")
    .replace(/\?.*$/, "")
    .replace(/^["'“‘(<[]+|[\]"'”’)>,;.。]+$/gu, "");
  const at = bare.lastIndexOf("@");
  const domain = domainToASCII(bare.slice(at + 1));
  const address = `${bare.slice(0, at)}@${domain}`;
  return at > 0 && domain !== "" && address.length <= 254 && validator.isEmail(address) ? address : null;
}

/** What is copied along before a number: "Tel.:", "Phone 01 …", "电话：", a telephone. A word of no list needs its colon. */
const LABEL =
  /^(?:\p{L}{1,12}\.?\s*:|(?:tel|telephone|phone|mobile|mob|cell|fon|handy)\b\.?|[☎☏✆📞📱]\ufe0f?)\s*(?=[+(\d])/iu;

/** A number without its label, and with its country's code as it is written alone: "+353 1 …" for "(+353) 1 …". */
const bareNumber = (typed: string): string =>
  typedCode(typed)
    .replace(LABEL, "")
    .replace(/^\(\s*((?:\+|00)\s*\d{1,3})\s*\)/, "$1 ");

// What may be a phone number at all, in any way of writing it, perhaps with an extension.
const PHONE = /^\+?[\d\s().\-/]{4,30}(?:(?:[;,]? ?(?:ext\.?|x|extension|durchwahl|#)|;ext=) ?\d{1,8})?$/i;

/**
 * The phone number as E.164, read as a number of `country` when it has no "+" or "00"; null when it cannot be one. An
 * extension is not part of E.164 and is left out.
 */
export function phoneNumber(typed: string, country: string): string | null {
  const text = bareNumber(typed);
  if (!PHONE.test(text)) return null;
  const home: CountryCode | undefined = isSupportedCountry(country) ? country : undefined;
  // "00" stands for "+" nearly everywhere; where it does not, it begins no number.
  for (const way of [text.replace(/^00(?=[1-9])/, "+"), text]) {
    const number = parsePhoneNumberFromString(way, home);
    if (number?.isPossible() === true) return number.number;
  }
  return null;
}

/** A number in the way it is printed for people abroad: "+353 1 496 0000". */
export const shownPhone = (number: string): string =>
  parsePhoneNumberFromString(number)?.formatInternational() ?? number;

/** Whether a number tells its country itself. */
export const isInternational = (typed: string): boolean => /^(?:\+|00)/.test(bareNumber(typed));

/** Whether this could be a phone number of some country. */
export const looksLikePhone = (typed: string): boolean => PHONE.test(bareNumber(typed));
