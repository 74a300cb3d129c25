/**
 * Draws the pictures of the demo shop: `npx tsx tools/draw-demo-pictures/index.ts [name…] [--sheet FILE.png]`.
 *
 * Without names every picture is drawn anew into `src/demo/pictures`; `--sheet` also writes a contact sheet.
 */
import { readdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { green } from "./green.ts";
import { paper } from "./paper.ts";
import { scent } from "./scent.ts";
import { table } from "./table.ts";
import { textiles } from "./textiles.ts";

const drawings = { ...table, ...paper, ...scent, ...textiles, ...green };
const folder = fileURLToPath(new URL("../../src/demo/pictures/", import.meta.url));

const { values, positionals } = parseArgs({ allowPositionals: true, options: { sheet: { type: "string" } } });
const wanted = Object.entries(drawings).filter(
  ([name]) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)),
);

for (const [name, draw] of wanted) {
  const path = `${folder}${name}.jpg`;
  await sharp(Buffer.from(draw())).flatten().jpeg({ quality: 82, mozjpeg: true }).toFile(path);
  console.log(`${name}.jpg ${Math.round((await stat(path)).size / 1024)} KB`);
}

if (values.sheet) {
  const files = positionals.length
    ? wanted.map(([name]) => `${name}.jpg`)
    : (await readdir(folder)).filter((name) => name.endsWith(".jpg")).sort();
  const columns = Math.min(6, files.length);
  const cell = 300;
  const tiles = await Promise.all(
    files.map(async (name, i) => ({
      input: await sharp(`${folder}${name}`)
        .resize(cell - 8)
        .toBuffer(),
      left: (i % columns) * cell + 4,
      top: Math.floor(i / columns) * cell + 4,
    })),
  );
  await sharp({
    create: {
      width: columns * cell,
      height: Math.ceil(files.length / columns) * cell,
      channels: 3,
      background: "#ffffff",
    },
  })
    .composite(tiles)
    .toFile(values.sheet);
}
