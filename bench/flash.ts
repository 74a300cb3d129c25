/**
 * A flash sale: 10,000 people who have bought before press "Buy now" for 100 units of one SKU through Telegram's webhook,
 * as fast as the sockets take them, and go on (their address, the first way of shipping) until they have a payment link
 * or hear that it is sold out. Then as many holds straight from the shop. Prints one line a figure and writes
 * bench/flash.json. Progress goes to standard error. Where the machine bears fewer people in the time, fewer take part, and
 * whatever is under way when the time is over is left: both are told. Ends with an error if anything was oversold, anyone got no answer or the stock does not add up.
 *
 *   npm run bench:flash -- [--shoppers 10000] [--units 100] [--sockets 128] [--seconds 400]
 */
import { parseArgs } from "node:util";
import { Figures } from "./figures.ts";
import { flashSale } from "./flash/sale.ts";

const { values } = parseArgs({
  options: {
    shoppers: { type: "string", default: "10000" },
    units: { type: "string", default: "100" },
    sockets: { type: "string", default: "128" },
    seconds: { type: "string", default: "400" },
    out: { type: "string", default: "bench" },
  },
});
const figures = new Figures("flash", values.out);
const sold = await flashSale(figures, {
  shoppers: Number(values.shoppers),
  units: Number(values.units),
  sockets: Number(values.sockets),
  seconds: Number(values.seconds),
});
console.log(
  `\nwritten to ${figures.write()}${figures.missed.length > 0 ? `; missed: ${figures.missed.join(", ")}` : ""}`,
);
if (!sold.right) process.exitCode = 1;
