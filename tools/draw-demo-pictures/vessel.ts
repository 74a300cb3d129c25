import { standingShadow } from "./scene.ts";
import { blur, type Colour, clipped, darker, lighter, linear, oval, type Point, smooth } from "./svg.ts";
import { speckle } from "./texture.ts";

/** A body of revolution: radii and heights from the top down, smoothed. */
export interface Turned {
  readonly outline: string;
  readonly top: { readonly cx: number; readonly cy: number; readonly rx: number; readonly ry: number };
  readonly foot: { readonly cx: number; readonly cy: number; readonly rx: number; readonly ry: number };
  readonly left: number;
  readonly width: number;
}

/** Turns a profile around the axis x = `cx`. `tilt` is how far from above it is seen: ry / rx. */
export function turn(cx: number, profile: readonly Point[], tilt = 0.2): Turned {
  const [r0, y0] = profile[0] ?? [0, 0];
  const [r1, y1] = profile.at(-1) ?? [0, 0];
  const right = profile.map(([r, y]): Point => [cx + r, y]);
  const left = profile.map(([r, y]): Point => [cx - r, y]).reverse();
  const widest = Math.max(...profile.map(([r]) => r));
  return {
    outline: `M${cx - r0} ${y0}A${r0} ${r0 * tilt} 0 0 1 ${cx + r0} ${y0}${smooth(right)}A${r1} ${r1 * tilt} 0 0 1 ${cx - r1} ${y1}${smooth(left)}z`,
    top: { cx, cy: y0, rx: r0, ry: r0 * tilt },
    foot: { cx, cy: y1, rx: r1, ry: r1 * tilt },
    left: cx - widest,
    width: widest * 2,
  };
}

/** The light on a round body, from the upper left: highlight, core shadow, reflected light at the edge. */
export function roundLight(body: Turned, gloss = 0.4): string {
  const { left, width } = body;
  const across = linear(
    [
      [0, "#20120a", 0.26],
      [0.1, "#20120a", 0.06],
      [0.17, "#fff8ea", 0.04],
      [0.3, "#fff8ea", 0.2 + gloss * 0.25],
      [0.42, "#fff8ea", 0.04],
      [0.5, "#20120a", 0.02],
      [0.84, "#20120a", 0.4],
      [0.95, "#20120a", 0.42],
      [1, "#20120a", 0.24],
    ],
    [left, 0, left + width, 0],
    "userSpaceOnUse",
  );
  const down = linear([
    [0, "#fff8ea", 0.14],
    [0.4, "#fff8ea", 0],
    [0.6, "#20120a", 0],
    [0.93, "#20120a", 0.2],
    [1, "#f3d9b8", 0.1],
  ]);
  const soft = blur(width * 0.016 + 1);
  const shine = gloss
    ? `<rect x="${left + width * 0.235}" y="0" width="${width * 0.045}" height="1000" rx="8" fill="#fffdf8" opacity="${gloss}" filter="${soft.url}"/>`
    : "";
  return `${across.def}${down.def}${soft.def}<path d="${body.outline}" fill="${across.url}"/><path d="${body.outline}" fill="${down.url}"/>${clipped(body.outline, shine)}`;
}

/** The opening of a hollow piece: rim and the inside, lit on the right where the window's light falls in. */
export function opening(
  { top }: Turned,
  colour: Colour,
  wall: number,
  inside = darker(colour, 0.12),
): string {
  const rim = linear(
    [
      [0, lighter(colour, 0.55)],
      [0.6, lighter(colour, 0.2)],
      [1, darker(colour, 0.1)],
    ],
    [0, 0, 1, 0],
  );
  const hollow = linear(
    [
      [0, darker(inside, 0.45)],
      [0.55, darker(inside, 0.12)],
      [1, lighter(inside, 0.3)],
    ],
    [0, 0, 1, 0.25],
  );
  return `${rim.def}${hollow.def}<path d="${oval(top.cx, top.cy, top.rx, top.ry)}" fill="${rim.url}"/><path d="${oval(top.cx, top.cy + 1, top.rx - wall, top.ry - wall * 0.42)}" fill="${hollow.url}"/>`;
}

/** A thrown piece of stoneware or metal with its shadow. `decoration` is clipped to the body, under the light. */
export function vessel(options: {
  cx: number;
  profile: readonly Point[];
  colour: Colour;
  tilt?: number;
  gloss?: number;
  speckles?: Colour;
  wall?: number;
  inside?: Colour;
  decoration?: string;
  shadow?: boolean;
}): string {
  const body = turn(options.cx, options.profile, options.tilt);
  const { cx, cy, rx, ry } = body.foot;
  const skin = `<path d="${body.outline}" fill="${options.colour}"/>${options.decoration ?? ""}${options.speckles ? speckle(options.speckles) : ""}`;
  return [
    options.shadow === false ? "" : standingShadow(body.outline, cy + ry * 0.6, { cx, rx, ry }),
    clipped(body.outline, skin),
    roundLight(body, options.gloss ?? 0.4),
    options.wall ? opening(body, options.colour, options.wall, options.inside) : "",
  ].join("");
}
