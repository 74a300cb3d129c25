import { type Colour, darker, lighter, uid } from "./svg.ts";

/** A frond of fern, the mark of the house, growing up from (x, y) and leaning by `angle` degrees. */
export function fern(
  x: number,
  y: number,
  length: number,
  angle: number,
  colour: Colour,
  opacity = 1,
): string {
  const pairs = length < 60 ? 7 : length < 130 ? 9 : 13;
  const leaves = Array.from({ length: pairs }, (_, i) => {
    const t = (i + 1) / (pairs + 1);
    const reach = length * 0.3 * Math.sin(Math.PI * (0.24 + 0.76 * t)) ** 0.9 * (1.12 - t * 0.35);
    const at = -length * t;
    const bend = length * 0.1 * t * t;
    const wide = reach * 0.16 + 0.3;
    const leaf = (side: number) => {
      const tilt = side * (62 - 22 * t);
      return `<path transform="translate(${bend} ${at}) rotate(${tilt})" d="M0 0C${wide} ${-reach * 0.25} ${wide} ${-reach * 0.75} 0 ${-reach}C${-wide} ${-reach * 0.75} ${-wide} ${-reach * 0.25} 0 0z"/>`;
    };
    return leaf(1) + leaf(-1);
  }).join("");
  const stem = `<path d="M0 0Q0 ${-length * 0.5} ${length * 0.1} ${-length}" fill="none" stroke="${colour}" stroke-width="${Math.max(1.4, length * 0.011)}" stroke-linecap="round"/>`;
  return `<g transform="translate(${x} ${y}) rotate(${angle})" fill="${colour}" opacity="${opacity}">${stem}${leaves}</g>`;
}

/** Iron speckles of stoneware over the whole picture; clip it to the piece. */
export function speckle(colour: Colour, amount = 0.5, seed = 3): string {
  const id = uid("s");
  const cut = -9.75 + amount * 1.6;
  return `<filter id="${id}" x="0" y="0" width="1000" height="1000" filterUnits="userSpaceOnUse"><feTurbulence type="fractalNoise" baseFrequency="0.16" numOctaves="2" seed="${seed}"/><feColorMatrix values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  14 0 0 0 ${cut}" result="dots"/><feFlood flood-color="${colour}"/><feComposite operator="in" in2="dots"/></filter><rect width="1000" height="1000" filter="url(#${id})" opacity="0.55"/>`;
}

/** Threads of linen over the whole picture; clip it to the cloth. `size` is the width of a thread. */
export function weave(colour: Colour, size = 5, strength = 1): string {
  const id = uid("w");
  const noise = uid("n");
  const half = size / 2;
  return `<pattern id="${id}" width="${size}" height="${size}" patternUnits="userSpaceOnUse"><rect width="${half}" height="${half}" fill="${darker(colour, 0.35)}" opacity=".3"/><rect x="${half}" y="${half}" width="${half}" height="${half}" fill="${darker(colour, 0.25)}" opacity=".22"/><rect x="${half}" width="${half}" height="${half}" fill="${lighter(colour, 0.6)}" opacity=".28"/></pattern><rect width="1000" height="1000" fill="url(#${id})" opacity="${strength}"/><filter id="${noise}" x="0" y="0" width="1000" height="1000" filterUnits="userSpaceOnUse"><feTurbulence type="fractalNoise" baseFrequency="0.02 0.35" numOctaves="2" seed="7"/><feColorMatrix values="0 0 0 0 0.15  0 0 0 0 0.1  0 0 0 0 0.08  1.6 0 0 0 -0.72"/></filter><rect width="1000" height="1000" filter="url(#${noise})" opacity="${0.3 * strength}"/>`;
}

/** Grain of wood along x; clip it to the piece. */
export function woodGrain(colour: Colour, seed = 4, along: "x" | "y" = "x"): string {
  const id = uid("g");
  const frequency = along === "x" ? "0.004 0.075" : "0.075 0.004";
  return `<filter id="${id}" x="0" y="0" width="1000" height="1000" filterUnits="userSpaceOnUse"><feTurbulence type="fractalNoise" baseFrequency="${frequency}" numOctaves="4" seed="${seed}"/><feColorMatrix values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  5 0 0 0 -2.35" result="lines"/><feFlood flood-color="${darker(colour, 0.55)}"/><feComposite operator="in" in2="lines"/></filter><rect width="1000" height="1000" filter="url(#${id})" opacity="0.42"/>`;
}

/** Tooth of good paper: a barely visible unevenness; clip it to the sheet. */
export function paperTooth(strength = 0.35): string {
  const id = uid("p");
  return `<filter id="${id}" x="0" y="0" width="1000" height="1000" filterUnits="userSpaceOnUse"><feTurbulence type="fractalNoise" baseFrequency="0.35" numOctaves="2" seed="11"/><feColorMatrix values="0 0 0 0 0.25  0 0 0 0 0.18  0 0 0 0 0.12  1 0 0 0 -0.4"/></filter><rect width="1000" height="1000" filter="url(#${id})" opacity="${strength}"/>`;
}

/** A line of small spaced capitals, centred at (x, y). */
export function caps(
  text: string,
  x: number,
  y: number,
  size: number,
  colour: Colour,
  spacing = 0.28,
): string {
  return `<text x="${x + (size * spacing) / 2}" y="${y}" font-family="DejaVu Sans, Helvetica, sans-serif" font-weight="${size < 26 ? 400 : 200}" font-size="${size}" letter-spacing="${size * spacing}" text-anchor="middle" fill="${colour}">${text}</text>`;
}
