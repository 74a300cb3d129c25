import { standingShadow, stillLife, studio } from "./scene.ts";
import { blur, type Colour, clipped, darker, lighter, linear, oval, radial } from "./svg.ts";
import { caps, fern, paperTooth, woodGrain } from "./texture.ts";
import { roundLight, turn, vessel } from "./vessel.ts";

/** A flame of the given height on a wick whose tip is at (x, y), with its glow. */
function flame(x: number, y: number, height: number, glow = 3): string {
  const halo = radial([
    [0, "#ffd98a", 0.55],
    [0.4, "#ffcf7a", 0.2],
    [1, "#ffcf7a", 0],
  ]);
  const fire = radial(
    [
      [0, "#fffdf0"],
      [0.45, "#ffe9a3"],
      [0.8, "#ffbf52"],
      [1, "#f59d35", 0.85],
    ],
    0.5,
    0.72,
    0.62,
  );
  const h = height;
  return `${halo.def}${fire.def}<circle cx="${x}" cy="${y - h * 0.4}" r="${h * glow}" fill="${halo.url}"/><path d="M${x} ${y + 14}q-2 -12 1 -22" stroke="#3a2a20" stroke-width="4" fill="none"/><path d="M${x} ${y}C${x - h * 0.3} ${y - h * 0.12} ${x - h * 0.2} ${y - h * 0.52} ${x + h * 0.03} ${y - h}C${x + h * 0.2} ${y - h * 0.52} ${x + h * 0.3} ${y - h * 0.12} ${x} ${y}z" fill="${fire.url}"/>`;
}

/** A paper label on a round body: its lower and upper edge follow the curve. */
function label(cx: number, y: number, w: number, h: number, lines: [string, string], tone: Colour): string {
  const sag = w * 0.07;
  const path = `M${cx - w / 2} ${y}Q${cx} ${y + sag * 2} ${cx + w / 2} ${y}V${y + h}Q${cx} ${y + h + sag * 2} ${cx - w / 2} ${y + h}z`;
  return `<path d="${path}" fill="#f6efe1"/>${clipped(path, paperTooth(0.3))}${fern(cx, y + h * 0.5 + sag, h * 0.34, 5, tone)}${caps(lines[0], cx, y + h * 0.7 + sag, w * 0.1, "#4a3d33", 0.22)}${caps(lines[1], cx, y + h * 0.86 + sag, w * 0.066, "#7a6a5b", 0.2)}`;
}

function candle(jar: Colour, tone: Colour, name: string): string {
  const wax = `<path d="${oval(440, 408, 158, 28)}" fill="#f6e9d0"/><path d="${oval(440, 412, 110, 17)}" fill="#fff3cf"/>`;
  const lid = turn(
    735,
    [
      [128, 770],
      [132, 776],
      [132, 816],
      [126, 824],
    ],
    0.2,
  );
  return stillLife(
    studio.scent,
    `${vessel({
      cx: 440,
      profile: [
        [178, 400],
        [182, 430],
        [182, 740],
        [176, 790],
        [160, 812],
      ],
      colour: jar,
      gloss: 0.3,
      wall: 12,
      inside: lighter(jar, 0.1),
      decoration: label(428, 500, 236, 218, [name, "SOY CANDLE"], tone),
    })}${clipped(oval(440, 401, 166, 30), wax)}${flame(440, 396, 96)}${standingShadow(lid.outline, 842, { cx: 735, rx: 128, ry: 26 })}${clipped(lid.outline, `<path d="${lid.outline}" fill="#b98757"/>${woodGrain("#b98757", 6)}`)}${roundLight(lid, 0.15)}${clipped(oval(735, 770, 128, 25), `<rect width="1000" height="1000" fill="#cda273"/>${woodGrain("#b98757", 8)}`)}`,
  );
}

function tapers(colour: Colour): string {
  const heights: [number, number][] = [
    [300, 160],
    [430, 210],
    [560, 130],
    [690, 240],
  ];
  const sticks = heights
    .map(([x, top]) => {
      const base = 812;
      const stick = turn(
        x,
        [
          [6, top],
          [16, top + 26],
          [24, top + 130],
          [30, base - 50],
        ],
        0.3,
      );
      const cup = vessel({
        cx: x,
        profile: [
          [40, base - 96],
          [38, base - 70],
          [30, base - 46],
          [40, base - 26],
          [55, base - 10],
          [57, base],
        ],
        colour: "#c99f55",
        gloss: 0.7,
        tilt: 0.24,
        wall: 7,
      });
      const waxed = `<path d="${stick.outline}" fill="${colour}"/>${roundLight(stick, 0.25)}<path d="M${x} ${top}q-3 -16 3 -30" stroke="#efe6d4" stroke-width="4.5" fill="none"/>`;
      return `${standingShadow(stick.outline, base, { cx: x, rx: 50, ry: 10 }, 0.7)}${cup}${waxed}${vesselFront(x, base)}`;
    })
    .join("");
  return stillLife(studio.scent, sticks);
}

/** The near half of a candle cup's rim, over the foot of its candle. */
function vesselFront(x: number, base: number): string {
  const front = `M${x - 40} ${base - 96}A40 9.6 0 0 0 ${x + 40} ${base - 96}L${x + 34} ${base - 60}A34 8 0 0 1 ${x - 34} ${base - 60}z`;
  const brass = linear(
    [
      [0, "#7d5a22"],
      [0.28, "#f5dfa5"],
      [0.45, "#c99f55"],
      [0.85, "#7d5a22"],
      [1, "#a87f3a"],
    ],
    [0, 0, 1, 0],
  );
  return `${brass.def}<path d="${front}" fill="${brass.url}"/><path d="M${x - 40} ${base - 96}A40 9.6 0 0 0 ${x + 40} ${base - 96}" fill="none" stroke="#f9e9bd" stroke-width="3"/>`;
}

function holder(): string {
  const brass = "#c99f55";
  const metal = linear(
    [
      [0, "#7d5a22"],
      [0.25, "#f7e4b0"],
      [0.45, brass],
      [0.82, "#76541f"],
      [1, "#b58c45"],
    ],
    [0, 0, 1, 0],
  );
  const ring = "M690 742C760 690 846 716 842 772C838 822 756 826 706 790";
  const stick = turn(
    460,
    [
      [24, 250],
      [40, 262],
      [42, 560],
      [42, 640],
    ],
    0.24,
  );
  const dish = vessel({
    cx: 460,
    profile: [
      [258, 752],
      [262, 762],
      [236, 798],
      [170, 820],
      [150, 826],
    ],
    colour: brass,
    gloss: 0.6,
    tilt: 0.25,
    wall: 12,
    inside: "#a67f3c",
  });
  const cup = vessel({
    cx: 460,
    profile: [
      [58, 604],
      [54, 622],
      [50, 690],
      [62, 744],
      [84, 766],
    ],
    colour: brass,
    gloss: 0.7,
    tilt: 0.26,
    wall: 9,
  });
  return stillLife(
    studio.scent,
    `${metal.def}${standingShadow(stick.outline, 800, { cx: 460, rx: 60, ry: 12 }, 0.5)}${standingShadow(oval(772, 776, 70, 40), 826, { cx: 774, rx: 60, ry: 9 }, 0.6)}<path d="${ring}" fill="none" stroke="#6e4e1d" stroke-width="30"/><path d="${ring}" fill="none" stroke="${brass}" stroke-width="23"/><path d="${ring}" fill="none" stroke="#f7e4b0" stroke-width="6" transform="translate(-3 -5)" opacity=".9"/>${dish}${cup}<path d="${stick.outline}" fill="#f1e6d0"/>${roundLight(stick, 0.15)}<path d="M402 604A58 15 0 0 0 518 604L514 640A54 14 0 0 1 406 640z" fill="${metal.url}"/><path d="M402 604A58 15 0 0 0 518 604" fill="none" stroke="#fbeec8" stroke-width="4"/><path d="M434 268c-6 34 -2 60 4 78 8 18 12 -30 10 -66z" fill="#fbf3e2"/>${flame(460, 252, 100)}`,
  );
}

function diffuser(glass: Colour, tone: Colour, name: string): string {
  const body = turn(
    480,
    [
      [52, 452],
      [50, 470],
      [54, 500],
      [150, 560],
      [164, 610],
      [164, 770],
      [154, 812],
      [140, 826],
    ],
    0.19,
  );
  const liquid = turn(
    480,
    [
      [161, 640],
      [164, 670],
      [164, 770],
      [154, 810],
      [138, 820],
    ],
    0.19,
  );
  const reeds: [number, number, number][] = [
    [-24, 300, 128],
    [-10, 392, 92],
    [2, 474, 70],
    [14, 560, 88],
    [26, 668, 134],
  ];
  const sticks = reeds
    .map(
      ([dx, x2, y2]) =>
        `<path d="M${480 + dx} 470L${x2} ${y2}" stroke="#8a6238" stroke-width="13" stroke-linecap="round"/><path d="M${478 + dx} 470L${x2 - 2} ${y2}" stroke="#d3a873" stroke-width="7" stroke-linecap="round"/>`,
    )
    .join("");
  const soft = blur(4);
  const neck = vessel({
    cx: 480,
    profile: [
      [60, 436],
      [62, 446],
      [62, 486],
      [58, 494],
    ],
    colour: "#b98757",
    gloss: 0.2,
    shadow: false,
    wall: 8,
    inside: "#5b3d22",
    decoration: woodGrain("#b98757", 3),
  });
  return stillLife(
    studio.scent,
    `${soft.def}<g opacity=".9">${standingShadow(body.outline, 842, { cx: 480, rx: 146, ry: 30 }, 0.9)}</g><path d="${body.outline}" fill="${glass}" opacity=".78"/><path d="${liquid.outline}" fill="${darker(glass, 0.3)}" opacity=".5"/><path d="${oval(480, 640, 161, 30)}" fill="${lighter(glass, 0.4)}" opacity=".5"/>${clipped(body.outline, label(468, 612, 214, 176, [name, "REED DIFFUSER"], tone))}${roundLight(body, 0.5)}<path d="${body.outline}" fill="none" stroke="${darker(glass, 0.45)}" stroke-width="3" opacity=".6"/><path d="M342 596C352 576 378 560 402 550" stroke="#fffdf7" stroke-width="9" fill="none" stroke-linecap="round" opacity=".7" filter="${soft.url}"/>${sticks}${neck}<path d="M436 452A44 10 0 0 0 524 452" fill="none" stroke="#8a6238" stroke-width="2" opacity=".4"/>`,
  );
}

function lamp(): string {
  const top = 180;
  const bottom = 560;
  const shade = `M330 ${top}Q480 ${top - 34} 630 ${top}L760 ${bottom}Q480 ${bottom + 84} 200 ${bottom}z`;
  const lit = radial(
    [
      [0, "#fff7dc"],
      [0.45, "#ffe7b4"],
      [1, "#e9bd85"],
    ],
    0.5,
    0.66,
    0.62,
  );
  const glow = radial([
    [0, "#ffdf9c", 0.6],
    [0.5, "#ffd68a", 0.22],
    [1, "#ffd68a", 0],
  ]);
  const pleats = Array.from({ length: 29 }, (_, i) => {
    const t = i / 28;
    const a = Math.sin((t - 0.5) * Math.PI) / 2 + 0.5;
    const x1 = 330 + 300 * a;
    const x2 = 200 + 560 * a;
    const y1 = top - 17 * Math.sin(Math.PI * a) - 0;
    const y2 = bottom + 42 * Math.sin(Math.PI * a);
    return `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="#9c6a38" stroke-width="3.4" opacity=".42"/><path d="M${x1 + 4} ${y1}L${x2 + 6} ${y2}" stroke="#fffbe9" stroke-width="4" opacity=".5"/>`;
  }).join("");
  const pool = blur(26);
  const base = vessel({
    cx: 480,
    profile: [
      [26, 560],
      [26, 640],
      [34, 690],
      [110, 742],
      [138, 784],
      [138, 816],
      [128, 828],
    ],
    colour: "#c9b08c",
    gloss: 0.3,
    tilt: 0.2,
    decoration: woodGrain("#b98a58", 7),
  });
  return stillLife(
    studio.scent,
    `${glow.def}${lit.def}${pool.def}<circle cx="480" cy="430" r="520" fill="${glow.url}"/><ellipse cx="480" cy="815" rx="380" ry="80" fill="#fff0c4" opacity=".6" filter="${pool.url}"/>${base}${standingShadow(shade, 838, { cx: 480, rx: 20, ry: 3 }, 0.25)}<path d="${shade}" fill="${lit.url}"/>${clipped(shade, pleats)}<path d="M330 ${top}Q480 ${top - 34} 630 ${top}" fill="none" stroke="#c99a62" stroke-width="7"/><path d="M200 ${bottom}Q480 ${bottom + 84} 760 ${bottom}" fill="none" stroke="#b98550" stroke-width="8"/>`,
  );
}

/** Pictures of the scent and light shelf, by file name. */
export const scent: Record<string, () => string> = {
  "hearth-candle-fig": () => candle("#77695f", "#6f7b55", "FIG LEAF"),
  "hearth-candle-cedar": () => candle("#8b5a42", "#8b5a42", "CEDAR"),
  "hearth-candle-salt": () => candle("#c3d0cf", "#55757a", "SEA SALT"),
  "dipped-tapers-ivory": () => tapers("#f0e4cb"),
  "dipped-tapers-rust": () => tapers("#b0553a"),
  "dipped-tapers-olive": () => tapers("#7c8350"),
  "chamber-holder": holder,
  "reed-diffuser-tea": () => diffuser("#b9c59b", "#6f7b55", "WHITE TEA"),
  "reed-diffuser-amber": () => diffuser("#c98d4c", "#a3652f", "AMBER"),
  "pleat-lamp": lamp,
};
