import { model, Schema } from "mongoose";
import { z } from "zod";
import { NotFound } from "./errors.ts";
import { type Localised, localisedField, localisedSchema } from "./localised-text.ts";
import { currencySchema, priceSchema } from "./money.ts";

/** One way to ship. `price` and `freeFrom` (the subtotal from which it costs nothing) in minor units; `days` from, to. */
export interface ShippingChoice {
  id: string;
  name: Localised;
  price: number;
  days: [number, number];
  freeFrom?: number;
}

/** Where a set of shipping choices holds: ISO 3166 alpha-2 codes, or "*" for all other countries. */
export interface ShippingZone {
  id: string;
  countries: string[];
  options: ShippingChoice[];
}

/** One shop of the deployment. Every other document names it in its `shop` field. */
export interface Shop {
  _id: string;
  name: Localised;
  /** ISO 4217. All prices of the shop are in it. */
  currency: string;
  languages: string[];
  zones: ShippingZone[];
  /** IANA name of the zone whose days and hours the shop lives by, such as "Europe/Berlin"; UTC where it is not told. */
  timeZone?: string;
}

/** The time zone of a shop (IANA). */
export const timeZoneOf = ({ timeZone }: Pick<Shop, "timeZone">): string => timeZone ?? "UTC";

/** An IANA time zone that this runtime knows. */
export const timeZoneSchema = z.string().refine((zone) => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}, "is not a time zone");

const idSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be a-z, 0-9 and - (up to 32)");

const choiceSchema: z.ZodType<ShippingChoice> = z.strictObject({
  id: idSchema,
  name: localisedSchema(60),
  price: priceSchema,
  days: z
    .tuple([z.number().int().min(0).max(365), z.number().int().min(0).max(365)])
    .refine(([from, to]) => from <= to, "must run from fewer to more days"),
  freeFrom: priceSchema.optional(),
});

/** What `saveShop` takes. */
export const shopSchema: z.ZodType<Shop> = z.strictObject({
  _id: idSchema,
  name: localisedSchema(80),
  currency: currencySchema,
  languages: z.array(z.enum(["en", "zh"])).min(1),
  zones: z
    .array(
      z.strictObject({
        id: idSchema,
        countries: z.array(z.string().regex(/^([A-Z]{2}|\*)$/)).min(1),
        options: z.array(choiceSchema).min(1).max(10),
      }),
    )
    .max(50),
  timeZone: timeZoneSchema.optional(),
});

const choiceField = new Schema<ShippingChoice>(
  {
    id: { type: String, required: true },
    name: { type: localisedField, required: true },
    price: { type: Number, required: true },
    days: { type: [Number], required: true },
    freeFrom: Number,
  },
  { _id: false, strict: "throw", id: false },
);

const zoneField = new Schema<ShippingZone>(
  { id: { type: String, required: true }, countries: [String], options: [choiceField] },
  { _id: false, strict: "throw", id: false },
);

/** The shops of the deployment. Read and written by id only. */
export const ShopModel = model<Shop>(
  "Shop",
  new Schema<Shop>(
    {
      _id: { type: String, required: true },
      name: { type: localisedField, required: true },
      currency: { type: String, required: true },
      languages: [String],
      zones: [zoneField],
      timeZone: String,
    },
    { strict: "throw", versionKey: false, id: false },
  ),
);

/** The shop of this id. @throws {NotFound} */
export async function getShop(id: string): Promise<Shop> {
  const shop = await ShopModel.findById(id).lean<Shop>();
  if (shop === null) throw new NotFound("shop", id);
  return shop;
}

/** Creates the shop or replaces it as a whole. @throws {z.ZodError} */
export async function saveShop(shop: Shop): Promise<Shop> {
  const valid = shopSchema.parse(shop);
  await ShopModel.replaceOne({ _id: valid._id }, valid, { upsert: true });
  return valid;
}
