import type { ShippingChoice, Shop } from "../shop/core/shop.ts";

/** The countries of the European Union but Germany, where parcels travel without customs. */
const europeanUnion = "AT BE BG CY CZ DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(
  " ",
);

const standard = { en: "Standard", zh: "标准配送" };
const express = { en: "Express", zh: "特快配送" };

const domestic: ShippingChoice[] = [
  { id: "de-standard", name: standard, price: 490, days: [2, 3], freeFrom: 6000 },
  { id: "de-express", name: express, price: 990, days: [1, 1] },
  {
    id: "de-green",
    name: { en: "Cargo bike & rail", zh: "低碳慢递" },
    price: 390,
    days: [3, 6],
    freeFrom: 4000,
  },
];
const union: ShippingChoice[] = [
  { id: "eu-standard", name: standard, price: 990, days: [3, 6], freeFrom: 12000 },
  { id: "eu-express", name: express, price: 1990, days: [1, 2] },
];
const world: ShippingChoice[] = [
  {
    id: "world-standard",
    name: { en: "International", zh: "国际标准" },
    price: 1990,
    days: [7, 14],
    freeFrom: 25000,
  },
  { id: "world-express", name: { en: "International Express", zh: "国际特快" }, price: 3990, days: [3, 5] },
];

/** The shop to try everything with: Paperfern, home and paper goods from Germany. Prices in cents. */
export const demoShop: Shop = {
  _id: "demo",
  name: { en: "Paperfern", zh: "纸蕨" },
  currency: "EUR",
  languages: ["en", "zh"],
  timeZone: "Europe/Berlin",
  zones: [
    { id: "de", countries: ["DE"], options: domestic },
    { id: "eu", countries: europeanUnion, options: union },
    { id: "world", countries: ["*"], options: world },
  ],
};
