import mongoose from "mongoose";
import sharp from "sharp";
import { beforeEach, describe, expect, test } from "vitest";
import { decoded } from "../../../src/pictures/decoder.ts";
import { eraseCustomer, eraseWhenDone } from "../../../src/shop/accounts/erase.ts";
import { exportCustomer } from "../../../src/shop/accounts/privacy.ts";
import { MediaModel } from "../../../src/shop/catalog/media.ts";
import { ProductModel } from "../../../src/shop/catalog/product.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { adoptPictures } from "../../../src/shop/reviews/adopt-pictures.ts";
import { PICTURE_LIMITS } from "../../../src/shop/reviews/picture-quota.ts";
import { ReviewModel, writeReview } from "../../../src/shop/reviews/review.ts";
import {
  isSentPicture,
  keepSentPicture,
  readSentPicture,
  SentBytesModel,
  SentPictureModel,
} from "../../../src/shop/reviews/sent-picture.ts";
import { sweepPictures } from "../../../src/shop/reviews/sweep-pictures.ts";
import { type Account, anAccount, links } from "../customers/accounts.ts";
import { DAY, HOUR, useStore, World } from "../orders/world.ts";
import { noise, snapshot, withPlace } from "./some-pictures.ts";

useStore();

const shop = "house";
let world: World;
let ada: Account;
beforeEach(async () => {
  world = await World.create();
  ada = await anAccount(shop);
});

const sends = (bytes: Uint8Array, account = ada, network?: string) =>
  keepSentPicture(shop, account.identity, bytes, network, world.clock.now());

async function delivered(account = ada): Promise<Order> {
  const placed = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, account.id));
  await world.receive(world.provider.pay(placed.payment!.session));
  await world.commerce.ship(await world.order(placed), { carrier: "DHL", tracking: "J1" });
  await world.commerce.deliver(await world.order(placed));
  return placed;
}
async function reviews(photo: string, account = ada) {
  const { _id: order } = await delivered(account);
  const input = { shop, order, sku: "MUG", customer: account.id, rating: 5, photo };
  return (await writeReview(input, world.clock.now())).review;
}
const kept = async () => [await SentPictureModel.countDocuments(), await SentBytesModel.countDocuments()];

describe("what people send", () => {
  test("is kept sealed, encoded anew and without metadata", async () => {
    const id = await sends(await withPlace());
    expect(isSentPicture(id)).toBe(true);
    const read = await readSentPicture(id);
    expect(await sharp(read?.bytes).metadata()).toMatchObject({ width: 300, height: 400, format: "jpeg" });
    const stored = await mongoose.connection.collection("sent_picture_bytes").findOne();
    const bytes = Buffer.from(stored?.sealed.buffer);
    expect(bytes.includes("JFIF") || bytes.includes(Buffer.from([0xff, 0xd8, 0xff]))).toBe(false);
    await expect(sharp(bytes).metadata()).rejects.toThrow();
  });

  test("cannot be opened under another picture's id", async () => {
    const [one, other] = [await sends(await snapshot()), await sends(await snapshot())];
    const { sealed } = await SentBytesModel.findById(one).orFail();
    await SentBytesModel.updateOne({ _id: other }, { $set: { sealed } });
    await expect(readSentPicture(other)).rejects.toMatchObject({ code: "CANNOT_OPEN" });
  });

  test("is one picture when it is sent again, and costs no second decoding", async () => {
    const bytes = await snapshot();
    const first = await sends(bytes);
    const before = decoded.count;
    expect(await sends(bytes)).toBe(first);
    expect(decoded.count).toBe(before);
    const eve = await anAccount(shop);
    expect(await sends(bytes, eve)).not.toBe(first);
    expect(await kept()).toEqual([2, 2]);
  });

  test("and is no picture is refused with the reason, and leaves nothing", async () => {
    const junk = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(5000, 7)]);
    await expect(sends(junk)).rejects.toMatchObject({ code: "BAD_MEDIA", reason: "not-a-picture" });
    await expect(sends(Buffer.alloc(6 * 1024 * 1024))).rejects.toMatchObject({
      code: "BAD_MEDIA",
      reason: "too-large",
    });
    expect(await kept()).toEqual([0, 0]);
  });
});

describe("quotas", () => {
  const { day } = PICTURE_LIMITS;

  test("of a person a day, also at once; tomorrow is another day, and others are not held up", async () => {
    const pictures = await Promise.all(Array.from({ length: day.person.count + 5 }, snapshot));
    const outcomes = await Promise.allSettled(pictures.map((bytes) => sends(bytes)));
    const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused).toHaveLength(5);
    for (const error of refused)
      expect(error).toMatchObject({ code: "PICTURE_QUOTA", of: "person", period: "day" });
    await sends(await snapshot(), await anAccount(shop));
    world.clock.advance(DAY);
    await sends(await snapshot());
  });

  test("of a person's bytes a day, what is no picture included", async () => {
    const junk = (n: number) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, n]), Buffer.alloc(5_000_000)]);
    const fit = Math.floor(day.person.bytes / 5_000_004);
    for (let n = 0; n < fit; n += 1)
      await expect(sends(junk(n))).rejects.toMatchObject({ code: "BAD_MEDIA" });
    await expect(sends(junk(99))).rejects.toMatchObject({ code: "PICTURE_QUOTA", of: "person" });
  });

  test("of an address of the net, however many people come from it", async () => {
    const outcomes: string[] = [];
    for (let _person = 0; outcomes.length < day.network.count + 3; _person += 1) {
      const somebody = await anAccount(shop);
      for (let n = 0; n < 20; n += 1)
        outcomes.push(
          await sends(await snapshot(), somebody, "192.0.2.7").then(
            () => "kept",
            (error) => error.of,
          ),
        );
    }
    expect(outcomes.filter((one) => one === "kept")).toHaveLength(day.network.count);
    expect(new Set(outcomes.slice(day.network.count))).toEqual(new Set(["network"]));
    await sends(await snapshot(), await anAccount(shop), "192.0.2.8");
    const counts = await mongoose.connection.collection("picture_counts").find().toArray();
    expect(JSON.stringify(counts)).not.toMatch(/192\.0\.2|telegram/);
  });

  test("of what is kept in all of a person, also when twenty come at once", async () => {
    const { count } = PICTURE_LIMITS.kept.person;
    while ((await SentPictureModel.countDocuments()) < count - 5) {
      const room = Math.min(day.person.count, count - 5 - (await SentPictureModel.countDocuments()));
      for (let n = 0; n < room; n += 1) await sends(await snapshot());
      world.clock.advance(HOUR * 25);
    }
    const outcomes = await Promise.allSettled(
      (await Promise.all(Array.from({ length: 20 }, snapshot))).map((bytes) => sends(bytes)),
    );
    const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    for (const error of refused)
      expect(error).toMatchObject({ code: "PICTURE_QUOTA", of: "person", period: "kept" });
    expect(await SentPictureModel.countDocuments()).toBeLessThanOrEqual(count);
    expect(await kept()).toEqual([count - 5 + 20 - refused.length, count - 5 + 20 - refused.length]);
  });

  test("of what is kept in all of a person", async () => {
    for (let n = 0; n < PICTURE_LIMITS.kept.person.count; n += 1) {
      if (n % 25 === 0) world.clock.advance(DAY);
      await sends(await snapshot());
    }
    world.clock.advance(DAY);
    await expect(sends(await snapshot())).rejects.toMatchObject({
      code: "PICTURE_QUOTA",
      of: "person",
      period: "kept",
    });
    await sweepPictures(world.clock.now());
    await sends(await snapshot());
  });
});

describe("a picture that nothing refers to", () => {
  test("goes after a day, by the shop's own sweep", async () => {
    await sends(await snapshot());
    world.clock.advance(DAY - HOUR);
    await world.commerce.sweep();
    expect(await kept()).toEqual([1, 1]);
    world.clock.advance(2 * HOUR);
    await world.commerce.sweep();
    expect(await kept()).toEqual([0, 0]);
  });

  test("stays as long as a review shows it, and goes when that is no more", async () => {
    const photo = await sends(await snapshot());
    const review = await reviews(photo);
    expect(review.photo).toBe(photo);
    for (let month = 0; month < 3; month += 1) {
      world.clock.advance(40 * DAY);
      await sweepPictures(world.clock.now());
    }
    expect(await readSentPicture(photo)).not.toBeNull();
    await ReviewModel.deleteOne({ _id: review._id });
    world.clock.advance(40 * DAY);
    expect(await sweepPictures(world.clock.now())).toBe(1);
    expect(await kept()).toEqual([0, 0]);
  });

  test("is not shown by a review that comes too late, nor by one of somebody else", async () => {
    const photo = await sends(await snapshot());
    world.clock.advance(2 * DAY);
    await sweepPictures(world.clock.now());
    expect((await reviews(photo)).photo).toBeUndefined();
    const eves = await sends(await snapshot(), await anAccount(shop));
    expect((await reviews(eves)).photo).toBeUndefined();
  });

  test("may be of any of a person's accounts", async () => {
    const web = await anAccount(shop, "web");
    await links(shop, ada, web);
    const photo = await sends(await snapshot(), web);
    const { _id: order } = await delivered();
    const { family } = await ada.customer();
    const input = { shop, order, sku: "MUG", customer: ada.id, rating: 5, photo };
    const { review } = await writeReview(input, world.clock.now(), family);
    expect(review.photo).toBe(photo);
  });
});

describe("a person's pictures", () => {
  test("are in what they are handed out, of all their accounts", async () => {
    const web = await anAccount(shop, "web");
    await links(shop, ada, web);
    const [one, other] = [await sends(await snapshot()), await sends(await snapshot(), web)];
    await sends(await snapshot(), await anAccount(shop));
    const { pictures } = await exportCustomer(shop, ada.id);
    expect(new Set(pictures.map(({ id }) => id))).toEqual(new Set([one, other]));
    expect(pictures[0]).toMatchObject({ file: "picture-1.jpg", contentType: "image/jpeg" });
  });

  test("go when they are erased, also those that a review showed to all", async () => {
    const web = await anAccount(shop, "web");
    await links(shop, ada, web);
    const photo = await sends(await snapshot());
    await reviews(photo);
    await sends(await snapshot(), web);
    const eve = await anAccount(shop);
    const eves = await sends(await snapshot(), eve);
    await eraseCustomer(shop, ada.id);
    expect(await SentPictureModel.find().lean()).toMatchObject([{ _id: eves }]);
    expect(await SentBytesModel.find().lean()).toMatchObject([{ _id: eves }]);
    const [review] = await ReviewModel.find().lean();
    expect(review).not.toHaveProperty("photo");
    expect(review).toMatchObject({ rating: 5 });
  });

  test("go as well when erasure had to wait for an order", async () => {
    const placed = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, ada.id));
    await world.receive(world.provider.pay(placed.payment!.session));
    await sends(await snapshot());
    await eraseWhenDone(shop, ada.id, world.clock.now());
    await world.commerce.sweep();
    expect(await kept()).toEqual([1, 1]);
    await world.commerce.ship(await world.order(placed), { carrier: "DHL", tracking: "J1" });
    await world.commerce.deliver(await world.order(placed));
    world.clock.advance(2 * HOUR);
    await world.commerce.sweep();
    await expect.poll(kept).toEqual([0, 0]);
  });
});

describe("pictures of reviews that an earlier version kept open among the catalog's", () => {
  async function oldReview(bytes: Buffer, account = ada) {
    const _id = "0123456789abcdefghjk";
    await MediaModel.create({ _id, shop, contentType: "image/jpeg", bytes });
    const review = await reviews(_id, account);
    expect(review.photo).toBe(_id);
    return { _id, review };
  }

  test("become their writer's: encoded anew, sealed, and gone from where they were", async () => {
    const { _id, review } = await oldReview(await withPlace());
    expect(await adoptPictures()).toBe(1);
    const { photo = "" } = await ReviewModel.findById(review._id).orFail().lean();
    const read = await readSentPicture(photo);
    expect((await sharp(read?.bytes).metadata()).exif).toBeUndefined();
    expect(await MediaModel.countDocuments({ _id })).toBe(0);
    expect(await adoptPictures()).toBe(0);
    await eraseCustomer(shop, ada.id);
    expect(await kept()).toEqual([0, 0]);
  });

  test("go where they are none, and stay where a product shows the same", async () => {
    const { _id, review } = await oldReview(Buffer.from("no picture"));
    await ProductModel.updateOne(
      { shop, slug: "mug" },
      { $set: { images: [{ media: _id, alt: { en: "Mug" } }] } },
    );
    await adoptPictures();
    expect(await ReviewModel.findById(review._id).lean()).not.toHaveProperty("photo");
    expect(await MediaModel.countDocuments({ _id })).toBe(1);
  });
});

test("a large picture is kept small", async () => {
  const id = await sends(await noise(1800, 1200).jpeg({ quality: 95 }).toBuffer());
  expect((await readSentPicture(id))?.bytes.byteLength).toBeLessThanOrEqual(600 * 1024);
});
