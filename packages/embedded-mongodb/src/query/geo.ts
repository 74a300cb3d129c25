import { badValue } from "../errors.ts";
import { somePath } from "../path.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import { arc, EARTH_METRES, geometry, holds, intersect, type Point, pointOf, shapeOf } from "./shapes.ts";

/**
 * Queries by place (source: MongoDB manual, "Geospatial Query Operators"). No index serves them here: each candidate's
 * place is worked out.
 */

/** Whether a value lies where a condition says. Arrays have been opened by the caller, and are also given whole. */
export type GeoTest = (value: Value | undefined) => boolean;

/**
 * Compiles `$geoWithin` (or its old name `$within`) or `$geoIntersects`.
 *
 * @throws {CommandError} BadValue for a shape that is none.
 */
export function geoTest(name: string, operand: Value): GeoTest {
  if (!isDoc(operand)) throw badValue(`${name} requires an object`);
  const [kind, given] =
    Object.entries(operand).find(([key]) => !/^\$(uniqueDocs|maxDistance)$/.test(key)) ?? [];
  if (name === "$geoIntersects") {
    if (kind !== "$geometry") throw badValue(`$geoIntersects not supported with provided geometry: ${kind}`);
    const shape = geometry(given);
    return (value) => {
      const place = shapeOf(value);
      return place !== undefined && intersect(place, shape);
    };
  }
  switch (kind) {
    case "$geometry": {
      const area = geometry(given);
      if (!/Polygon$/.test(area.type))
        throw badValue(`$geoWithin not supported with provided geometry: ${area.type}`);
      return (value) => {
        const place = shapeOf(value);
        return place !== undefined && holds(area, place);
      };
    }
    case "$centerSphere": {
      const { center, radius } = circle(kind, given);
      return onPoint((point) => arc(point, center) <= radius);
    }
    case "$center": {
      const { center, radius } = circle(kind, given);
      return onPoint((point) => flat(point, center) <= radius);
    }
    case "$box": {
      const [a, b] = points(kind, given, 2) as [Point, Point];
      return onPoint(([x, y]) => between(x, a?.[0], b?.[0]) && between(y, a?.[1], b?.[1]));
    }
    case "$polygon": {
      const corners = points(kind, given, 3);
      return onPoint((point) => insideFlat(point, corners));
    }
    default:
      throw badValue(`unknown geo specifier: ${kind}`);
  }
}

const onPoint =
  (test: (point: Point) => boolean): GeoTest =>
  (value) => {
    const point = pointOf(value);
    return point !== undefined && test(point);
  };

const between = (x: number, a: number, b: number): boolean => x >= Math.min(a, b) && x <= Math.max(a, b);
const flat = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

function circle(name: string, given: Value | undefined): { center: Point; radius: number } {
  const [at, radius] = Array.isArray(given) ? given : [];
  const center = pointOf(at);
  if (!center) throw badValue("Point must be an array or object");
  if (!isNumber(radius) || toNumber(radius) < 0)
    throw badValue(`radius of ${name} must be a non-negative number`);
  return { center, radius: toNumber(radius) };
}

function points(name: string, given: Value | undefined, least: number): Point[] {
  const list = Array.isArray(given) ? given : isDoc(given) ? Object.values(given) : [];
  const found = list.map(pointOf).filter((each) => each !== undefined);
  if (found.length < least || found.length !== list.length)
    throw badValue(
      name === "$polygon" ? "Polygon must have at least 3 points" : "Point must be an array or object",
    );
  return found;
}

/** Counts the edges that a line to the right crosses (even–odd rule). */
function insideFlat([x, y]: Point, corners: readonly Point[]): boolean {
  let inside = false;
  corners.forEach(([ax, ay], at) => {
    const [bx, by] = corners.at(at - 1) as Point;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

/** A place near which documents are searched. */
export interface Near {
  center: Point;
  /** `metres` for GeoJSON, `radians` on the sphere and `plane` for legacy points. */
  unit: "metres" | "radians" | "plane";
  least?: number;
  most?: number;
}

/** The nearest place of a document and how far it is, in the unit of the query. */
export interface Nearest {
  distance: number;
  place: Value;
}

/** Finds the nearest of the places at a path; gives undefined for a document that has none within the distances. */
export function nearest(
  parts: readonly string[],
  { center, unit, least = 0, most = Number.POSITIVE_INFINITY }: Near,
): (doc: Value) => Nearest | undefined {
  const measure = (point: Point): number =>
    unit === "plane" ? flat(point, center) : arc(point, center) * (unit === "metres" ? EARTH_METRES : 1);
  return (doc) => {
    let best: Nearest | undefined;
    const consider = (value: Value | undefined): void => {
      const point = pointOf(value);
      if (point && value !== undefined) {
        const distance = measure(point);
        if (distance >= least && distance <= most && !(best && best.distance <= distance))
          best = { distance, place: value };
      } else if (Array.isArray(value)) value.forEach(consider);
    };
    somePath(doc, parts, 0, false, (value) => {
      consider(value);
      return false;
    });
    return best;
  };
}

const nearNames = ["$near", "$nearSphere", "$geoNear"] as const;

/** Whether a filter asks for what is near, and so for documents by their distance. */
export function asksNear(filter: Doc): boolean {
  return Object.entries(filter).some(([path, condition]) => {
    if (path === "$and" && Array.isArray(condition))
      return condition.some((clause) => isDoc(clause) && asksNear(clause));
    return (
      !path.startsWith("$") && isDoc(condition) && nearNames.some((name) => condition[name] !== undefined)
    );
  });
}

/**
 * Reads `$near`, `$nearSphere` or `$geoNear` with the limits beside it.
 *
 * @throws {CommandError} BadValue when what it says makes no sense.
 */
export function readNear(name: string, operand: Value, beside: Doc): Near {
  const wrapped = isDoc(operand) && operand.$geometry !== undefined;
  // A GeoJSON point may also stand there without $geometry.
  const byGeometry = wrapped || (isDoc(operand) && operand.type === "Point");
  const center = pointOf(wrapped ? operand.$geometry : operand);
  if (!center)
    throw badValue(`invalid point in geo near query $geometry argument: ${JSON.stringify(operand)}`);
  // A third number of a legacy pair is the greatest distance.
  const third = Array.isArray(operand) ? operand[2] : undefined;
  const limits: Doc = isDoc(operand) ? { ...beside, ...operand } : beside;
  return {
    center,
    unit: byGeometry ? "metres" : name === "$nearSphere" ? "radians" : "plane",
    least: limit("$minDistance", limits.$minDistance),
    most: limit("$maxDistance", limits.$maxDistance ?? third),
  };
}

/** Reads a distance. @throws {CommandError} BadValue for one that is below 0 or no number. */
export function limit(name: string, value: Value | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!isNumber(value) || !(toNumber(value) >= 0)) throw badValue(`${name} must be non-negative`);
  return toNumber(value);
}
