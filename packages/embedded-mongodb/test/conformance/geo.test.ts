import type { Collection, Document } from "mongodb";
import { beforeAll, describe, expect } from "vitest";
import { findsBench } from "./finds.ts";
import { conforms, failure, openBench } from "./servers.ts";

const bench = await openBench();

const point = (longitude: number, latitude: number): Document => ({
  type: "Point",
  coordinates: [longitude, latitude],
});
const square = (west: number, south: number, east: number, north: number): Document => ({
  type: "Polygon",
  coordinates: [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ],
});

// Source: MongoDB manual, "Geospatial Query Operators".
const within = await findsBench("places within an area", [
  { _id: "city", at: point(8.54, 47.37) },
  { _id: "lake", at: point(8.6, 47.28) },
  { _id: "sea", at: point(-30, 40) },
  { _id: "pair", at: [8.5, 47.4] },
  { _id: "named", at: { lng: 8.55, lat: 47.35 } },
  { _id: "none" },
  { _id: "text", at: "somewhere" },
]);
within([
  {
    finds: { at: { $geoWithin: { $geometry: square(8, 47, 9, 48) } } },
    ids: ["city", "lake", "pair", "named"],
  },
  {
    finds: {
      at: {
        $geoWithin: {
          $box: [
            [8.49, 47.3],
            [8.56, 47.5],
          ],
        },
      },
    },
    ids: ["city", "pair", "named"],
  },
  {
    finds: {
      at: {
        $geoWithin: {
          $polygon: [
            [8, 47],
            [9, 47],
            [8.5, 47.36],
          ],
        },
      },
    },
    ids: ["lake"],
  },
  {
    finds: { at: { $geoWithin: { $center: [[8.54, 47.37], 0.06] } } },
    ids: ["city", "pair", "named"],
  },
  {
    finds: { at: { $geoWithin: { $centerSphere: [[8.54, 47.37], 5 / 6378.1] } } },
    ids: ["city", "pair", "named"],
  },
  {
    finds: { at: { $within: { $centerSphere: [[-30, 40], 0.001] } } },
    ids: ["sea"],
    deviates: { secantus: "knows no $within" },
  },
  {
    finds: {
      at: {
        $not: {
          $geoWithin: {
            $box: [
              [8, 47],
              [9, 48],
            ],
          },
        },
      },
    },
    ids: ["sea", "none", "text"],
  },
  {
    finds: { $or: [{ at: { $geoWithin: { $center: [[-30, 40], 1] } } }, { _id: "none" }] },
    ids: ["sea", "none"],
  },
  {
    finds: { at: { $geoWithin: { $geometry: point(1, 1) } } },
    fails: 2,
    deviates: { secantus: "accepts it" },
  },
  { finds: { at: { $geoWithin: { $box: [[1, 2]] } } }, fails: 2 },
  {
    finds: {
      at: {
        $geoWithin: {
          $polygon: [
            [1, 2],
            [3, 4],
          ],
        },
      },
    },
    fails: 2,
  },
  { finds: { at: { $geoWithin: { $center: [[1, 2], -1] } } }, fails: 2 },
  { finds: { at: { $geoWithin: 1 } }, fails: 2 },
  { finds: { at: { $geoWithin: { $nowhere: 1 } } }, fails: 2 },
]);

const several = await findsBench("one of several places within an area", [
  {
    _id: "pairs",
    at: [
      [0, 0],
      [5, 5],
    ],
  },
  { _id: "shapes", at: [point(0, 0), point(5, 5)] },
  { _id: "deep", at: [{ at: point(5, 5) }, { at: point(9, 9) }] },
]);
several([
  {
    finds: { at: { $geoWithin: { $center: [[5, 5], 1] } } },
    ids: ["pairs", "shapes"],
    deviates: { documentdb: "answers pairs", secantus: "answers nothing" },
  },
  {
    finds: { at: { $geoWithin: { $geometry: square(4, 4, 6, 6) } } },
    ids: ["pairs", "shapes"],
    deviates: { documentdb: "answers nothing", secantus: "answers nothing" },
  },
  { finds: { "at.at": { $geoWithin: { $geometry: square(4, 4, 6, 6) } } }, ids: ["deep"] },
]);

const crossing = await findsBench("shapes that meet", [
  { _id: "point", at: point(5, 5) },
  {
    _id: "line",
    at: {
      type: "LineString",
      coordinates: [
        [-1, 5],
        [11, 5],
      ],
    },
  },
  {
    _id: "apart",
    at: {
      type: "LineString",
      coordinates: [
        [20, 0],
        [20, 10],
      ],
    },
  },
  { _id: "inside", at: square(4, 4, 6, 6) },
  { _id: "around", at: square(-20, -20, 15, 20) },
  { _id: "beside", at: square(12, 0, 14, 2) },
  {
    _id: "hole",
    at: {
      type: "Polygon",
      coordinates: [square(-5, -5, 16, 16).coordinates[0], square(-2, -2, 12, 12).coordinates[0]],
    },
  },
  {
    _id: "points",
    at: {
      type: "MultiPoint",
      coordinates: [
        [50, 50],
        [1, 1],
      ],
    },
  },
  {
    _id: "collection",
    at: { type: "GeometryCollection", geometries: [point(60, 60), square(9, 9, 11, 11)] },
  },
]);
crossing([
  {
    finds: { at: { $geoIntersects: { $geometry: square(0, 0, 10, 10) } } },
    ids: ["point", "line", "inside", "around", "points", "collection"],
    deviates: { secantus: "leaves out collections" },
  },
  { finds: { at: { $geoIntersects: { $geometry: point(13, 1) } } }, ids: ["around", "beside", "hole"] },
  {
    finds: {
      at: {
        $geoIntersects: {
          $geometry: {
            type: "LineString",
            coordinates: [
              [19, 5],
              [21, 5],
            ],
          },
        },
      },
    },
    ids: ["apart"],
  },
  {
    finds: { at: { $geoWithin: { $geometry: square(0, 0, 10, 10) } } },
    ids: ["point", "inside"],
    deviates: { documentdb: "takes no polygons with holes" },
  },
  { finds: { at: { $geoIntersects: { $geometry: { type: "Blob", coordinates: [1, 2] } } } }, fails: 2 },
  {
    finds: { at: { $geoIntersects: { $geometry: point(200, 0) } } },
    fails: 2,
    deviates: { secantus: "accepts it" },
  },
]);

const towns = [
  { _id: "far", kind: "town", at: point(9.5, 47) },
  { _id: "here", kind: "shop", at: point(8.54, 47.37) },
  { _id: "next", kind: "shop", at: point(8.55, 47.37) },
  { _id: "nowhere", kind: "shop" },
  { _id: "near", kind: "town", at: point(8.6, 47.4) },
];
const here = point(8.54, 47.37);
const names = (found: Document[]): unknown[] => found.map(({ _id }) => _id);

describe("places near one", () => {
  let docs: Collection<Document>;
  let plane: Collection<Document>;
  beforeAll(async () => {
    docs = await bench.filled(towns);
    await docs.createIndex({ at: "2dsphere" });
    plane = await bench.filled([
      { _id: 1, at: [0, 10] },
      { _id: 2, at: [3, 4] },
      { _id: 3, at: { x: 1, y: 1 } },
    ]);
    await plane.createIndex({ at: "2d" });
  });

  conforms(
    "come by their distance, and those without a place do not come",
    async () => {
      const near = { at: { $near: { $geometry: here } } };
      expect(names(await docs.find(near).toArray())).toEqual(["here", "next", "near", "far"]);
      expect(names(await docs.find(near).skip(1).limit(2).toArray())).toEqual(["next", "near"]);
      expect(names(await docs.find({ ...near, kind: "town" }).toArray())).toEqual(["near", "far"]);
      expect(names(await docs.find({ $and: [near, { kind: "town" }] }).toArray())).toEqual(["near", "far"]);
    },
    { secantus: "orders nothing by distance" },
  );
  conforms("come by a sort when one is asked for", async () => {
    const near = { at: { $near: { $geometry: here } } };
    expect(names(await docs.find(near).sort({ _id: -1 }).toArray())).toEqual(["next", "near", "here", "far"]);
  });
  conforms("lie between two distances in metres", async () => {
    const between = (least: number, most: number) =>
      docs
        .find({ at: { $nearSphere: { $geometry: here, $minDistance: least, $maxDistance: most } } })
        .toArray()
        .then(names);
    // One hundredth of a degree of longitude is 754 m at this latitude.
    expect(await between(0, 750)).toEqual(["here"]);
    expect(await between(0, 760)).toEqual(["here", "next"]);
    expect(await between(1, 10_000)).toEqual(["next", "near"]);
    expect(await between(0, 0)).toEqual(["here"]);
  });
  conforms(
    "lie within metres of a GeoJSON point that stands there without $geometry",
    async () => {
      const found = await docs.find({ at: { $near: here, $maxDistance: 760 } } as Document).toArray();
      expect(names(found)).toEqual(["here", "next"]);
    },
    { secantus: "refuses it: $near requires $geometry" },
  );
  conforms("lie within radians for pairs on the sphere", async () => {
    const found = await docs
      .find({ at: { $nearSphere: [8.54, 47.37], $maxDistance: 10_000 / 6_378_100 } })
      .toArray();
    expect(names(found)).toEqual(["here", "next", "near"]);
  });
  conforms(
    "come by the plane's distance for pairs",
    async () => {
      expect(names(await plane.find({ at: { $near: [0, 0] } }).toArray())).toEqual([3, 2, 1]);
      expect(names(await plane.find({ at: { $near: [0, 0], $maxDistance: 5 } }).toArray())).toEqual([3, 2]);
      expect(names(await plane.find({ at: { $near: [0, 0, 2] } }).toArray())).toEqual([3]);
    },
    { secantus: "orders nothing by distance" },
  );
  conforms(
    "count by the nearest of several",
    async () => {
      const own = await bench.filled([
        { _id: 1, at: [1, 1] },
        {
          _id: 2,
          at: [
            [100, 100],
            [0, 1],
          ],
        },
      ]);
      await own.createIndex({ at: "2d" });
      expect(names(await own.find({ at: { $near: [0, 0] } }).toArray())).toEqual([2, 1]);
    },
    { secantus: "refuses several places" },
  );
  conforms(
    "are changed and removed nearest first",
    async () => {
      const own = await bench.filled(towns);
      await own.createIndex({ at: "2dsphere" });
      const near = { at: { $near: { $geometry: point(8.6, 47.4), $maxDistance: 50_000 } } };
      expect(await own.findOneAndUpdate(near, { $set: { seen: true } })).toMatchObject({ _id: "near" });
      expect(await own.deleteOne(near)).toMatchObject({ deletedCount: 1 });
      expect(names(await own.find(near).toArray())).toEqual(["next", "here"]);
      expect(await own.updateMany(near, { $set: { b: 1 } })).toMatchObject({ matchedCount: 2 });
    },
    { documentdb: "takes no $near there", secantus: "orders nothing by distance" },
  );
  conforms(
    "are told with their distance by $geoNear",
    async () => {
      const found = await docs
        .aggregate([
          {
            $geoNear: {
              near: here,
              key: "at",
              distanceField: "how.far",
              includeLocs: "how.at",
              query: { kind: "shop" },
              distanceMultiplier: 0.001,
              spherical: true,
            },
          },
          { $project: { how: 1 } },
        ])
        .toArray();
      expect(found).toEqual([
        { _id: "here", how: { far: 0, at: here } },
        { _id: "next", how: { far: expect.closeTo(0.7538, 3), at: point(8.55, 47.37) } },
      ]);
    },
    { documentdb: "has an Earth of another size" },
  );
  conforms(
    "are found by $geoNear between distances, by the one index there is",
    async () => {
      const distanceField = "far";
      const found = docs.aggregate([
        { $geoNear: { near: here, distanceField, minDistance: 1, maxDistance: 10_000 } },
        { $limit: 5 },
        { $set: { metres: { $round: "$far" } } },
        { $project: { metres: 1 } },
      ]);
      expect(await found.toArray()).toEqual([
        { _id: "next", metres: 754 },
        { _id: "near", metres: expect.closeTo(5623, -1) },
      ]);
      const flat = plane.aggregate([{ $geoNear: { near: [0, 0], distanceField } }, { $project: { far: 1 } }]);
      expect(await flat.toArray()).toEqual([
        { _id: 3, far: Math.SQRT2 },
        { _id: 2, far: 5 },
        { _id: 1, far: 10 },
      ]);
    },
    { documentdb: "has an Earth of another size" },
  );
  conforms(
    "are refused without their index",
    async () => {
      const bare = await bench.filled(towns);
      const near = { at: { $near: { $geometry: here } } };
      expect((await failure(() => bare.find(near).toArray())).code).toBe(291);
      expect((await failure(() => bare.updateOne(near, { $set: { a: 1 } }))).code).toBe(291);
      expect((await failure(() => plane.find(near).toArray())).code).toBe(291);
      const geoNear = { near: here, distanceField: "d" };
      expect((await failure(() => bare.aggregate([{ $geoNear: geoNear }]).toArray())).code).toBe(27);
      expect(
        (await failure(() => bare.aggregate([{ $geoNear: { ...geoNear, key: "at" } }]).toArray())).code,
      ).toBe(291);
    },
    { documentdb: "refuses with a code of its own", secantus: "searches without" },
  );
  conforms(
    "are refused where nothing is ordered by distance",
    async () => {
      const near = { at: { $near: { $geometry: here } } };
      expect((await failure(() => docs.find({ $or: [near, { kind: "shop" }] }).toArray())).code).toBe(2);
      expect((await failure(() => docs.countDocuments(near))).code).toBeOneOf([2, 5626500]);
      expect((await failure(() => docs.aggregate([{ $match: near }]).toArray())).code).toBeOneOf([
        2, 5626500,
      ]);
      const geoNear = { $geoNear: { near: here, distanceField: "d", key: "at" } };
      expect((await failure(() => docs.aggregate([{ $limit: 1 }, geoNear]).toArray())).code).toBe(40603);
    },
    { secantus: "accepts it" },
  );
  conforms(
    "are refused when what is asked makes no sense",
    async () => {
      const asked = [{ $geometry: here, $maxDistance: -1 }, { $geometry: { type: "Point" } }, "here"];
      for (const $near of asked)
        expect((await failure(() => docs.find({ at: { $near } } as Document).toArray())).code).toBe(2);
      expect((await failure(() => docs.aggregate([{ $geoNear: { near: here } }]).toArray())).code).toBe(
        16605,
      );
    },
    { documentdb: "refuses with other codes", secantus: "refuses with other codes" },
  );
});
