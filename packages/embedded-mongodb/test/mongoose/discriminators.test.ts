/** Source: https://mongoosejs.com/docs/discriminators.html */
import { Schema } from "mongoose";
import { expect, test } from "vitest";
import { useMongoose } from "./with-mongoose.ts";

const db = useMongoose();
const Event = db.model("Event", new Schema({ at: Number }, { discriminatorKey: "kind" }));
const Click = Event.discriminator("Click", new Schema({ url: String, count: { type: Number, default: 0 } }));
const Sale = Event.discriminator("Sale", new Schema({ total: { type: Number, required: true } }), "sold");

const shape = new Schema({ name: String }, { discriminatorKey: "form", _id: false });
const drawing = new Schema({ shapes: [shape], main: shape });
drawing
  .path<Schema.Types.DocumentArray>("shapes")
  .discriminator("round", new Schema({ radius: Number }, { _id: false }));
drawing
  .path<Schema.Types.DocumentArray>("shapes")
  .discriminator("square", new Schema({ side: Number }, { _id: false }));
drawing
  .path<Schema.Types.Subdocument>("main")
  .discriminator("round", new Schema({ radius: Number }, { _id: false }));
const Drawing = db.model("Drawing", drawing);

test("kinds share a collection, and each model sees its own", async () => {
  await Click.create({ at: 1, url: "/mug" });
  await Sale.create({ at: 2, total: 9 });
  await Event.create({ at: 3 });
  expect(await Event.countDocuments()).toBe(3);
  expect(await Click.find().lean()).toMatchObject([{ kind: "Click", url: "/mug", count: 0 }]);
  expect(await Sale.distinct("total")).toEqual([9]);
  expect((await Event.find().sort("at")).map((each) => each.constructor)).toEqual([Click, Sale, Event]);
  expect(await Sale.aggregate([{ $count: "n" }])).toEqual([{ n: 1 }]);
});

test("an update by a kind's model changes no other kind", async () => {
  await Click.create({ at: 1 });
  await Sale.create({ at: 1, total: 1 });
  expect(await Click.updateMany({ at: 1 }, { $inc: { count: 1 }, at: 5 })).toMatchObject({
    modifiedCount: 1,
  });
  expect(await Event.find({ at: 5 }).lean()).toMatchObject([{ kind: "Click", count: 1 }]);
  expect(
    await Sale.findOneAndUpdate({ at: 7 }, { total: 4 }, { upsert: true, returnDocument: "after" }).lean(),
  ).toMatchObject({
    kind: "sold",
    at: 7,
    total: 4,
  });
});

test("kinds of subdocuments are kept in arrays and alone, and changed in place", async () => {
  const { _id } = await Drawing.create({
    shapes: [
      { form: "round", name: "a", radius: 1 },
      { form: "square", name: "b", side: 2 },
    ],
    main: { form: "round", radius: 3 },
  });
  await Drawing.updateOne(
    { _id, "shapes.name": "b" },
    { $set: { "shapes.$[one].side": 5 } },
    {
      arrayFilters: [{ "one.form": "square", "one.name": "b" }],
    },
  );
  const found = await Drawing.findById(_id).orFail();
  found.shapes.push({ form: "round", name: "c", radius: 8 } as never);
  await found.save();
  expect(await Drawing.findById(_id).lean()).toMatchObject({
    shapes: [{ radius: 1 }, { side: 5 }, { radius: 8 }],
    main: { form: "round", radius: 3 },
  });
});
