import sharp from "sharp";
import { expect, test } from "vitest";
import { decoded } from "../../src/pictures/decoder.ts";
import { type Picture, SizedPictures, sideFor } from "../../src/pictures/sized-pictures.ts";
import { noise } from "../shop/reviews/some-pictures.ts";

const large = await noise(1200, 900).jpeg().toBuffer();

/** A shelf of one picture that counts how often it is read, and how many at a time. */
function shelf(picture: Partial<Picture> | null = {}) {
  const count = { reads: 0, now: 0, most: 0 };
  const read = async () => {
    count.reads += 1;
    count.now += 1;
    count.most = Math.max(count.most, count.now);
    await new Promise(setImmediate);
    count.now -= 1;
    return picture && { bytes: large, contentType: "image/jpeg", ...picture };
  };
  return { pictures: new SizedPictures(read), count };
}

test("eighty who ask for one picture at a time cost one read and one decoding, and later ones none", async () => {
  const { pictures, count } = shelf();
  const before = decoded.count;
  const shown = await Promise.all(Array.from({ length: 80 }, () => pictures.of("a", 320)));
  expect([count.reads, decoded.count - before]).toEqual([1, 1]);
  expect(new Set(shown.map((one) => one?.bytes)).size).toBe(1);
  expect(await sharp(shown[0]?.bytes).metadata()).toMatchObject({ width: 320, height: 240, format: "jpeg" });
  await pictures.of("a", 320);
  await pictures.of("a", 300);
  expect([count.reads, decoded.count - before]).toEqual([1, 1]);
});

test("only some sizes are made, whatever is asked for", async () => {
  const { pictures, count } = shelf();
  for (let side = 1; side < 3000; side += 13) await pictures.of("a", side);
  expect(count.reads).toBe(5);
  expect([1, 160, 161, 5000].map(sideFor)).toEqual([160, 160, 320, 1600]);
});

test("a picture is never made larger than it is", async () => {
  const shown = await shelf().pictures.of("a", 1600);
  expect((await sharp(shown?.bytes).metadata()).width).toBe(1200);
});

test("many different ones are read a few at a time", async () => {
  const { pictures, count } = shelf();
  await Promise.all(Array.from({ length: 40 }, (_, n) => pictures.of(`a${n}`, 160)));
  expect(count.reads).toBe(40);
  expect(count.most).toBeLessThanOrEqual(4);
});

test("more than can be read soon are told to come back", async () => {
  const { pictures } = shelf();
  const outcomes = await Promise.allSettled(Array.from({ length: 300 }, (_, n) => pictures.of(`a${n}`)));
  const refused = outcomes.filter((one) => one.status === "rejected");
  expect(refused.length).toBeGreaterThan(50);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: "DECODER_BUSY" });
});

test("one that is not there, or cannot be decoded, is null, and looked for again", async () => {
  const none = shelf(null);
  expect([await none.pictures.of("a", 320), await none.pictures.of("a", 320)]).toEqual([null, null]);
  expect(none.count.reads).toBe(2);
  expect(await shelf({ bytes: Buffer.from("<script>alert(1)</script>") }).pictures.of("a", 320)).toBeNull();
});

test("what the merchant's camera wrote into a picture is not shown to others", async () => {
  const bytes = await noise(40, 30)
    .withExif({ IFD0: { Artist: "Ada Example" } })
    .jpeg()
    .toBuffer();
  const shown = await shelf({ bytes }).pictures.of("a", 1600);
  expect(bytes.includes("Ada Example")).toBe(true);
  expect(Buffer.from(shown?.bytes ?? []).includes("Ada Example")).toBe(false);
});
