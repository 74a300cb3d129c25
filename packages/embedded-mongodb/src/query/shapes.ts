import { geoArea, geoContains, geoDistance, geoInterpolate } from "d3-geo";
import type { GeoJsonObject, Position } from "geojson";
import { badValue } from "../errors.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";

/** Longitude and latitude in degrees, or a place on a plane. */
export type Point = [x: number, y: number];

/** The Earth's radius by which MongoDB turns metres into radians (source: MongoDB's `kRadiusOfEarthInMeters`). */
export const EARTH_METRES = 6_378_100;

/** A shape whose points lie on the sphere; edges are arcs of great circles. */
export type Shape = GeoJsonObject;

const kinds = new Set([
  "Point",
  "MultiPoint",
  "LineString",
  "MultiLineString",
  "Polygon",
  "MultiPolygon",
  "GeometryCollection",
]);

/**
 * Reads a point: GeoJSON, a pair of numbers, or a document whose first two fields are numbers (source: MongoDB
 * manual, "Geospatial Queries"). Gives undefined for anything else.
 */
export function pointOf(value: Value | undefined): Point | undefined {
  if (isDoc(value) && value.type === "Point") return pointOf(value.coordinates);
  const parts = Array.isArray(value) ? value : isDoc(value) ? Object.values(value) : [];
  const [x, y] = parts;
  return isNumber(x) && isNumber(y) ? [toNumber(x), toNumber(y)] : undefined;
}

/** Reads GeoJSON, or a legacy point as GeoJSON. Gives undefined for what is neither. */
export function shapeOf(value: Value | undefined): Shape | undefined {
  if (!isDoc(value) || typeof value.type !== "string" || !kinds.has(value.type)) {
    const point = pointOf(value);
    return point && onEarth(point) ? ({ type: "Point", coordinates: point } as Shape) : undefined;
  }
  if (value.type === "GeometryCollection") {
    const parts = Array.isArray(value.geometries) ? value.geometries.map(shapeOf) : [undefined];
    return parts.includes(undefined) ? undefined : ({ type: value.type, geometries: parts } as Shape);
  }
  const coordinates = plain(value.coordinates);
  if (coordinates === undefined) return undefined;
  if (value.type === "Polygon") return { type: value.type, coordinates: turned(coordinates) } as Shape;
  if (value.type === "MultiPolygon") {
    return { type: value.type, coordinates: (coordinates as Position[][][]).map(turned) } as Shape;
  }
  return { type: value.type, coordinates } as Shape;
}

function onEarth([longitude, latitude]: Point): boolean {
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
}

type Nested = number | Nested[];

function plain(value: Value | undefined): Nested | undefined {
  if (isNumber(value)) return toNumber(value);
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const parts = value.map(plain);
  return parts.includes(undefined) ? undefined : (parts as Nested[]);
}

/** A ring says which side is inside by its direction in d3; MongoDB takes the smaller side. */
function turned(rings: Nested): Position[][] {
  return (rings as Position[][]).map((ring, at) => {
    const larger = geoArea({ type: "Polygon", coordinates: [ring] }) > 2 * Math.PI;
    const outer = larger ? [...ring].reverse() : ring;
    return at === 0 ? outer : [...outer].reverse();
  });
}

/** Degrees of arc between two points, in radians. */
export function arc(a: Point, b: Point): number {
  return geoDistance(a, b);
}

/** The shape's single points, lines and polygons. */
function parts(shape: Shape): { points: Position[]; lines: Position[][]; polygons: Shape[] } {
  const { type, coordinates, geometries } = shape as Shape & { coordinates: never; geometries: Shape[] };
  const none = { points: [], lines: [], polygons: [] };
  switch (type) {
    case "Point":
      return { ...none, points: [coordinates] };
    case "MultiPoint":
      return { ...none, points: coordinates };
    case "LineString":
      return { ...none, points: coordinates, lines: [coordinates] };
    case "MultiLineString":
      return { ...none, points: (coordinates as Position[][]).flat(), lines: coordinates };
    case "Polygon":
      return { points: (coordinates as Position[][]).flat(), lines: coordinates, polygons: [shape] };
    case "MultiPolygon":
      return merged(
        (coordinates as Position[][][]).map((each) => ({ type: "Polygon", coordinates: each }) as Shape),
      );
    default:
      return merged(geometries);
  }
}

function merged(shapes: Shape[]): ReturnType<typeof parts> {
  const all = shapes.map(parts);
  return {
    points: all.flatMap(({ points }) => points),
    lines: all.flatMap(({ lines }) => lines),
    polygons: all.flatMap(({ polygons }) => polygons),
  };
}

/** Whether two shapes have a point in common. */
export function intersect(a: Shape, b: Shape): boolean {
  const [one, other] = [parts(a), parts(b)];
  if (one.points.some((point) => covers(b, point)) || other.points.some((point) => covers(a, point)))
    return true;
  return one.lines.some((line) => other.lines.some((against) => cross(line, against)));
}

/** Whether a polygon holds the whole of a shape: its points, and no edge that leaves it. */
export function holds(area: Shape, shape: Shape): boolean {
  const { points, lines } = parts(shape);
  if (!points.every((point) => covers(area, point))) return false;
  const borders = parts(area).lines;
  return !lines.some((line) => borders.some((border) => cross(line, border)));
}

function covers(shape: Shape, point: Position): boolean {
  return geoContains(shape as never, point as Point);
}

function cross(line: Position[], other: Position[]): boolean {
  return edges(line).some(([a, b]) => edges(other).some(([c, d]) => crossing(a, b, c, d)));
}

function edges(line: Position[]): [Position, Position][] {
  return line.slice(1).map((end, at) => [line[at] as Position, end]);
}

type Vector = [number, number, number];

function vector(position: Position): Vector {
  const [longitude, latitude] = position as Point;
  const [l, p] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [Math.cos(p) * Math.cos(l), Math.cos(p) * Math.sin(l), Math.sin(p)];
}
const times = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** Whether two arcs of great circles cross inside both: each has its ends on different sides of the other. */
function crossing(a: Position, b: Position, c: Position, d: Position): boolean {
  const [va, vb, vc, vd] = [vector(a), vector(b), vector(c), vector(d)] as const;
  const [first, second] = [times(va, vb), times(vc, vd)];
  const [c1, d1, a1, b1] = [dot(first, vc), dot(first, vd), dot(second, va), dot(second, vb)];
  if (!(c1 * d1 < 0 && a1 * b1 < 0)) return false;
  // Two great circles meet twice, on opposite sides of the Earth: it must be the same side.
  const middle = vector(geoInterpolate(a as Point, b as Point)(0.5));
  const meeting = times(first, second);
  const sign = dot(meeting, middle) > 0 ? 1 : -1;
  return (
    dot(
      [meeting[0] * sign, meeting[1] * sign, meeting[2] * sign],
      vector(geoInterpolate(c as Point, d as Point)(0.5)),
    ) > 0
  );
}

/**
 * Why a value is no place that a `2dsphere` index takes; undefined when it is one, or is missing. An array may hold
 * several places.
 */
export function placeError(value: Value | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && !isNumber(value[0])) return value.map(placeError).find((wrong) => wrong);
  if (!isDoc(value) && !Array.isArray(value))
    return `geo element must be an array or object: ${JSON.stringify(value)}`;
  const named = isDoc(value) && typeof value.type === "string";
  if (named && !kinds.has(value.type as string)) return `unknown GeoJSON type: ${JSON.stringify(value)}`;
  const point = pointOf(value);
  if (point) return onEarth(point) ? undefined : outOfBounds(point);
  if (!named) return "geo element must be a point or GeoJSON";
  if (value.type === "Point") return "Point must be an array or object of two numbers";
  const shape = shapeOf(value);
  if (!shape) return `${value.type} coordinates must be an array of points`;
  const { points, lines } = parts(shape);
  const away = points.find((each) => !Array.isArray(each) || !onEarth(each as Point));
  if (away) return Array.isArray(away) ? outOfBounds(away as Point) : "Point must be an array or object";
  if (lines.some((line) => line.length < 2)) return "GeoJSON LineString must have at least 2 vertices";
  return /Polygon$/.test(shape.type) ? loopError(lines) : undefined;
}

function loopError(rings: Position[][]): string | undefined {
  const open = rings.find((ring) => String(ring[0]) !== String(ring.at(-1)));
  if (open) return `Loop is not closed: ${JSON.stringify(open)}`;
  const few = rings.find((ring) => ring.length < 4);
  return few && `Loop must have at least 3 different vertices: ${JSON.stringify(few)}`;
}

function outOfBounds([longitude, latitude]: Point): string {
  return `longitude/latitude is out of bounds, lng: ${longitude} lat: ${latitude}`;
}

/** A shape given by `$geometry`. @throws {CommandError} BadValue when it is none. */
export function geometry(operand: Value | undefined): Shape {
  const shape = isDoc(operand) && typeof operand.type === "string" ? shapeOf(operand) : undefined;
  if (!shape) throw badValue(`unknown GeoJSON type: ${JSON.stringify((operand as Doc | undefined) ?? null)}`);
  const wrong = placeError(operand);
  if (wrong) throw badValue(wrong);
  return shape;
}
