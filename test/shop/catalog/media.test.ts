import sharp from "sharp";
import { expect, test } from "vitest";
import { keepMedia, MEDIA_MAX, MediaModel, readMedia } from "../../../src/shop/catalog/media.ts";
import { withStore } from "./with-store.ts";

withStore();

const picture = (grey: number) =>
  sharp({ create: { width: 2, height: 2, channels: 3, background: { r: grey, g: grey, b: grey } } });

test("a picture comes back byte for byte with the type its bytes tell", async () => {
  for (const [bytes, type] of [
    [await picture(1).jpeg().toBuffer(), "image/jpeg"],
    [await picture(2).png().toBuffer(), "image/png"],
    [await picture(3).webp().toBuffer(), "image/webp"],
  ] as const) {
    const id = await keepMedia("s", bytes, "photo.txt");
    const kept = await readMedia(id);
    expect(kept).toMatchObject({ contentType: type, name: "photo.txt" });
    expect(Buffer.from(kept?.bytes ?? []).equals(bytes)).toBe(true);
  }
});

test("the same picture is kept once in a shop", async () => {
  const bytes = await picture(4).png().toBuffer();
  const ids = await Promise.all(Array.from({ length: 5 }, async () => keepMedia("t", bytes)));
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[0-9a-hjkmnp-tv-z]{20}$/);
  expect(await MediaModel.countDocuments({ _id: ids[0] })).toBe(1);
  expect(await keepMedia("u", bytes)).not.toBe(ids[0]);
});

test("what is no picture, or too large, is refused", async () => {
  const png = await picture(5).png().toBuffer();
  await expect(
    keepMedia("s", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>")),
  ).rejects.toMatchObject({ code: "BAD_MEDIA", reason: "not-a-picture" });
  await expect(keepMedia("s", Buffer.from("GIF89a........"))).rejects.toMatchObject({
    reason: "not-a-picture",
  });
  await expect(keepMedia("s", new Uint8Array())).rejects.toMatchObject({ reason: "not-a-picture" });
  const large = Buffer.concat([png, Buffer.alloc(MEDIA_MAX)]);
  await expect(keepMedia("s", large)).rejects.toMatchObject({ reason: "too-large" });
});

test("a picture that is not there is null", async () => {
  expect(await readMedia("nothing")).toBeNull();
});
