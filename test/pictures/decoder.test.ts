import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { asPhoto, asShown, checkPicture, PHOTO_BYTES_MAX, PIXELS_MAX } from "../../src/pictures/decoder.ts";
import { noise, snapshot, withPlace } from "../shop/reviews/some-pictures.ts";

describe("a picture of a stranger", () => {
  test("comes out upright, and tells neither where nor by whom it was taken", async () => {
    const sent = await withPlace();
    expect(sent.includes("Ada Example")).toBe(true);
    const { bytes, contentType } = await asPhoto(sent);
    const { width, height, exif, orientation, format, icc, xmp } = await sharp(bytes).metadata();
    expect({ width, height, exif, orientation, format, icc, xmp, contentType }).toEqual({
      width: 300,
      height: 400,
      exif: undefined,
      orientation: undefined,
      format: "jpeg",
      icc: undefined,
      xmp: undefined,
      contentType: "image/jpeg",
    });
    expect(bytes.includes("Ada Example")).toBe(false);
  });

  test("is bounded in pixels and bytes, however large and noisy it comes", async () => {
    const { bytes } = await asPhoto(await noise(2600, 2000).jpeg({ quality: 90 }).toBuffer());
    const { width = 0 } = await sharp(bytes).metadata();
    expect(width).toBeLessThanOrEqual(1600);
    expect(bytes.byteLength).toBeLessThanOrEqual(PHOTO_BYTES_MAX);
  });

  test("that moves is its first frame, and one that is see-through stands on white", async () => {
    const frames = { width: 20, height: 60, channels: 3, pageHeight: 20 } as const;
    const moving = await sharp(randomBytes(20 * 60 * 3), { raw: frames })
      .webp({ delay: [90, 90, 90] })
      .toBuffer();
    const { width, height, pages } = await sharp((await asPhoto(moving)).bytes).metadata();
    expect([width, height, pages ?? 1]).toEqual([20, 20, 1]);
    const clear = { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } as const;
    const { bytes } = await asPhoto(await sharp({ create: clear }).png().toBuffer());
    expect([...(await sharp(bytes).raw().toBuffer())].every((value) => value > 250)).toBe(true);
  });
});

const jpegHead = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]);
test.each([
  ["random bytes with the head of a JPEG", async () => Buffer.concat([jpegHead, randomBytes(4000)])],
  ["half a JPEG", async () => (await noise(300, 300).jpeg().toBuffer()).subarray(0, 20_000)],
  ["a PNG with a damaged middle", async () => (await noise(60, 60).png().toBuffer()).fill(0, 4000, 6000)],
  ["an SVG", async () => Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")],
  [
    "a GIF",
    async () =>
      sharp({ create: { width: 9, height: 9, channels: 3, background: "red" } })
        .gif()
        .toBuffer(),
  ],
  ["a TIFF", async () => noise(9, 9).tiff().toBuffer()],
  ["nothing", async () => Buffer.alloc(0)],
])("%s is no picture", async (name, make) => {
  const isDamaged = /^half|damaged/.test(name);
  const bytes = await make();
  for (const look of [asPhoto, checkPicture])
    await expect(look(bytes)).rejects.toMatchObject({ code: "UNDECODABLE", reason: "not-a-picture" });
  // Of a damaged one in the catalog what can be decoded is shown; the merchant was told when it was imported.
  if (!isDamaged) await expect(asShown(bytes, 320)).rejects.toMatchObject({ code: "UNDECODABLE" });
  else expect((await asShown(bytes, 320)).contentType).toBe("image/jpeg");
});

test("a small file of very many pixels is refused by its header", async () => {
  const side = Math.ceil(Math.sqrt(PIXELS_MAX)) + 1;
  const bomb = await sharp({ create: { width: side, height: side, channels: 3, background: "red" } })
    .png({ compressionLevel: 9 })
    .toBuffer();
  expect(bomb.byteLength).toBeLessThan(1024 * 1024);
  await expect(asPhoto(bomb)).rejects.toMatchObject({ code: "UNDECODABLE", reason: "too-large" });
});

test("more pictures than can be decoded soon are told to come back, and the others are made", async () => {
  const bytes = await snapshot();
  const outcomes = await Promise.allSettled(Array.from({ length: 150 }, () => asPhoto(bytes)));
  const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused.length).toBeGreaterThan(30);
  expect(outcomes.length - refused.length).toBeGreaterThanOrEqual(100);
  for (const error of refused) expect(error).toMatchObject({ code: "DECODER_BUSY" });
});
