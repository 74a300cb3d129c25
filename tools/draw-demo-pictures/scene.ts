import { blur, type Colour, clipped, darker, lighter, linear, mix, oval, radial } from "./svg.ts";
import { fern } from "./texture.ts";

/** The colour of the studio, one for each category, so a category reads as one shelf. */
export const studio = {
  table: "#e6d6c1",
  paper: "#dfd8cd",
  scent: "#e4c8b8",
  textiles: "#d2d9da",
  green: "#ccd5c3",
} as const;

/** Daylight through a window at the upper left, with the shadow of a frond outside it. */
function daylight(strength: number): string {
  const soft = blur(20);
  const panes = [
    [-60, 40],
    [150, 40],
    [-60, 300],
    [150, 300],
  ]
    .map(([x = 0, y = 0]) => `<rect x="${x}" y="${y}" width="185" height="235"/>`)
    .join("");
  const leafBlur = blur(6);
  return `${soft.def}${leafBlur.def}<g filter="${soft.url}" transform="matrix(1.05 0.24 0.3 1 -10 -90)" fill="#fffdf4" opacity="${strength}">${panes}</g><g filter="${leafBlur.url}" opacity="0.13">${fern(1010, 330, 430, -62, "#3a2a1c")}${fern(1040, 120, 330, -82, "#3a2a1c")}</g>`;
}

function vignette(): string {
  const edge = radial(
    [
      [0.55, "#2b1c12", 0],
      [1, "#2b1c12", 0.2],
    ],
    0.46,
    0.45,
    0.78,
  );
  return `${edge.def}<rect width="1000" height="1000" fill="${edge.url}"/>`;
}

function svg(content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="1000" height="1000" viewBox="0 0 1000 1000">${content}</svg>`;
}

/** A still life: a wall, a table top and things that stand on it. */
export function stillLife(colour: Colour, content: string): string {
  const wall = linear(
    [
      [0, lighter(colour, 0.34)],
      [0.62, colour],
      [1, darker(colour, 0.1)],
    ],
    [0, 0, 0.7, 1],
  );
  const top = linear([
    [0, mix(darker(colour, 0.09), "#b98d63", 0.1)],
    [0.25, lighter(colour, 0.16)],
    [1, lighter(colour, 0.42)],
  ]);
  const soft = blur(5);
  return svg(
    `${wall.def}${top.def}${soft.def}<rect width="1000" height="1000" fill="${wall.url}"/>${daylight(0.42)}<rect x="-60" y="642" width="1120" height="440" fill="${top.url}" filter="${soft.url}"/>${vignette()}${content}`,
  );
}

/** A flat lay: seen from above on a table of one colour. */
export function flatLay(colour: Colour, content: string): string {
  const base = linear(
    [
      [0, lighter(colour, 0.4)],
      [0.55, colour],
      [1, darker(colour, 0.08)],
    ],
    [0, 0, 1, 1],
  );
  return svg(
    `${base.def}<rect width="1000" height="1000" fill="${base.url}"/>${daylight(0.36)}${vignette()}${content}`,
  );
}

/**
 * The shadow a standing thing throws on the table: its outline laid down to the back right, fading with
 * height, and a dark line of contact under it. `base` is the y of its foot.
 */
export function standingShadow(
  outline: string,
  base: number,
  foot: { cx: number; rx: number; ry?: number },
  strength = 1,
): string {
  const soft = blur(13);
  const close = blur(7);
  const tight = blur(3);
  const fade = linear(
    [
      [0, "#3b2314", 0.5 * strength],
      [1, "#3b2314", 0.02],
    ],
    [0, base, 0, base - 620],
    "userSpaceOnUse",
  );
  const ry = foot.ry ?? foot.rx * 0.2;
  return `${soft.def}${close.def}${tight.def}${fade.def}<g filter="${soft.url}"><path d="${outline}" fill="${fade.url}" transform="matrix(1 0 -0.72 0.27 ${0.72 * base} ${base * 0.73})"/></g><path d="${oval(foot.cx + 10, base - ry * 0.25, foot.rx * 1.09, ry * 1.15)}" fill="#3b2314" opacity="${0.34 * strength}" filter="${close.url}"/><path d="${oval(foot.cx + 3, base - ry * 0.1, foot.rx * 1.01, ry)}" fill="#2a170c" opacity="${0.45 * strength}" filter="${tight.url}"/>`;
}

/** The shadow of a thing lying flat and `height` pixels thick. */
export function lyingShadow(outline: string, height = 14): string {
  const far = blur(height * 1.25);
  const near = blur(3);
  return `${far.def}${near.def}<path d="${outline}" fill="#3b2314" opacity=".36" filter="${far.url}" transform="translate(${height * 1.1} ${height * 1.4})"/><path d="${outline}" fill="#2a170c" opacity=".4" filter="${near.url}" transform="translate(${height * 0.28} ${height * 0.36})"/>`;
}

/** Light from the upper left over a flat thing: brighter there, darker at the lower right. */
export function flatLight(path: string, strength = 1): string {
  const light = linear(
    [
      [0, "#fff8ea", 0.3 * strength],
      [0.5, "#fff8ea", 0],
      [0.5, "#22140a", 0],
      [1, "#22140a", 0.2 * strength],
    ],
    [0, 0, 1, 1],
  );
  return `${light.def}<path d="${path}" fill="${light.url}"/>`;
}

/** A lying thing in one call: shadow, fill, content clipped to it, light. */
export function lying(path: string, fill: string, content = "", height = 12, light = 1): string {
  return `${lyingShadow(path, height)}<path d="${path}" fill="${fill}"/>${clipped(path, content)}${flatLight(path, light)}`;
}
