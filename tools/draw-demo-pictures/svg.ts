/** A colour as `#rrggbb`. */
export type Colour = string;
/** A point of the 1000 x 1000 picture. */
export type Point = readonly [x: number, y: number];

let last = 0;
/** An id not used before in this run, so that many drawings can share one document. */
export function uid(prefix: string): string {
  last += 1;
  return `${prefix}${last}`;
}

function channels(colour: Colour): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/** `share` (0..1) of `other` mixed into `colour`. */
export function mix(colour: Colour, other: Colour, share: number): Colour {
  const b = channels(other);
  const mixed = channels(colour).map((a, i) => Math.round(a + ((b[i] ?? a) - a) * share));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
/** Towards warm white. */
export const lighter = (colour: Colour, share: number) => mix(colour, "#fffaf2", share);
/** Towards warm black: shadows of daylight are never grey. */
export const darker = (colour: Colour, share: number) => mix(colour, "#1d130e", share);

/** One stop of a gradient: offset 0..1, colour, opacity 0..1. */
export type Stop = readonly [offset: number, colour: Colour, opacity?: number];

function stopTags(stops: readonly Stop[]): string {
  return stops
    .map(([at, colour, alpha = 1]) => `<stop offset="${at}" stop-color="${colour}" stop-opacity="${alpha}"/>`)
    .join("");
}

/** A paint and the definition it needs: put `def` before the first use of `url`. */
export interface Paint {
  readonly def: string;
  readonly url: string;
}

/** A linear gradient over the bounding box, from one corner (0..1) to another. */
export function linear(
  stops: readonly Stop[],
  [x1, y1, x2, y2]: readonly [number, number, number, number] = [0, 0, 0, 1],
  space: "objectBoundingBox" | "userSpaceOnUse" = "objectBoundingBox",
): Paint {
  const id = uid("l");
  return {
    def: `<linearGradient id="${id}" gradientUnits="${space}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${stopTags(stops)}</linearGradient>`,
    url: `url(#${id})`,
  };
}

/** A radial gradient over the bounding box around (cx, cy) with radius r, all 0..1. */
export function radial(stops: readonly Stop[], cx = 0.5, cy = 0.5, r = 0.5): Paint {
  const id = uid("r");
  return {
    def: `<radialGradient id="${id}" cx="${cx}" cy="${cy}" r="${r}">${stopTags(stops)}</radialGradient>`,
    url: `url(#${id})`,
  };
}

/** A Gaussian blur wide enough not to be cut at the shape's box. */
export function blur(deviation: number): Paint {
  const id = uid("b");
  return {
    def: `<filter id="${id}" x="-100%" y="-100%" width="300%" height="300%"><feGaussianBlur stdDeviation="${deviation}"/></filter>`,
    url: `url(#${id})`,
  };
}

/** Shows only what of `content` lies within the path. */
export function clipped(path: string, content: string): string {
  const id = uid("c");
  return `<clipPath id="${id}"><path d="${path}"/></clipPath><g clip-path="url(#${id})">${content}</g>`;
}

/** A path along the points: Catmull-Rom as cubic Béziers, without the leading move. */
export function smooth(points: readonly Point[]): string {
  return points
    .slice(1)
    .map((to, i) => {
      const from = points[i] ?? to;
      const before = points[i - 1] ?? from;
      const after = points[i + 2] ?? to;
      const a = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6];
      const b = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6];
      return `C${a.join(" ")} ${b.join(" ")} ${to[0]} ${to[1]}`;
    })
    .join("");
}

/** A rectangle with round corners as a path. */
export function roundRect(x: number, y: number, w: number, h: number, r: number): string {
  return `M${x + r} ${y}h${w - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${h - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}h${-(w - 2 * r)}a${r} ${r} 0 0 1 ${-r} ${-r}v${-(h - 2 * r)}a${r} ${r} 0 0 1 ${r} ${-r}z`;
}

/** An ellipse as a path. */
export function oval(cx: number, cy: number, rx: number, ry: number): string {
  return `M${cx - rx} ${cy}a${rx} ${ry} 0 1 1 ${2 * rx} 0a${rx} ${ry} 0 1 1 ${-2 * rx} 0z`;
}

/** Numbers 0..1 that are the same in every run, so pictures are reproducible. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
