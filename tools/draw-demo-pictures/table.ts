import { flatLay, lying, lyingShadow, standingShadow, stillLife, studio } from "./scene.ts";
import { blur, type Colour, clipped, darker, lighter, linear, oval, type Point, smooth } from "./svg.ts";
import { woodGrain } from "./texture.ts";
import { roundLight, turn, vessel } from "./vessel.ts";

const clay = "#c9a583";

/** A band of bare clay at the foot of a glazed piece, with the soft edge of dipped glaze. */
function bareFoot(y: number, colour: Colour = clay): string {
  return `<path d="M0 ${y}C150 ${y - 16} 260 ${y + 18} 400 ${y + 4}S640 ${y - 18} 760 ${y + 8} 900 ${y} 1000 ${y}V1000H0z" fill="${colour}"/><path d="M0 ${y}C150 ${y - 16} 260 ${y + 18} 400 ${y + 4}S640 ${y - 18} 760 ${y + 8} 900 ${y} 1000 ${y}" fill="none" stroke="${darker(colour, 0.3)}" stroke-width="4" opacity=".5"/>`;
}

/** A tube bent along a path: a handle. */
function handle(d: string, width: number, colour: Colour): string {
  const soft = blur(width * 0.12);
  const line = (stroke: Colour, w: number, alpha: number, dx = 0, dy = 0) =>
    `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${w}" stroke-linecap="round" opacity="${alpha}" transform="translate(${dx} ${dy})"/>`;
  return `${soft.def}${line(darker(colour, 0.42), width, 1)}${line(colour, width * 0.8, 1, -width * 0.06, -width * 0.06)}<g filter="${soft.url}">${line(lighter(colour, 0.6), width * 0.2, 0.75, -width * 0.12, -width * 0.17)}</g>`;
}

function mug(colour: Colour): string {
  const profile: Point[] = [
    [172, 372],
    [176, 440],
    [180, 560],
    [178, 680],
    [162, 760],
    [138, 792],
  ];
  const bow = "M600 452C735 430 765 520 732 600C706 662 650 690 604 690";
  const shade = turn(445, profile, 0.2);
  const handleShadow = blur(13);
  return stillLife(
    studio.table,
    `${handleShadow.def}<path d="${bow}" fill="none" stroke="#3b2314" stroke-width="40" opacity=".16" filter="${handleShadow.url}" transform="matrix(1 0 -0.72 0.27 584 592)"/>${standingShadow(shade.outline, 808, { cx: 445, rx: 140, ry: 30 })}${handle(bow, 44, colour)}${vessel({ cx: 445, profile, colour, gloss: 0.45, speckles: darker(colour, 0.55), wall: 13, inside: "#efe4d2", decoration: bareFoot(712), shadow: false })}`,
  );
}

function bowls(): string {
  const bowl = (cx: number, rim: number, y: number, r: number, colour: Colour) =>
    vessel({
      cx,
      profile: [
        [r, rim],
        [r * 0.97, rim + (y - rim) * 0.25],
        [r * 0.84, rim + (y - rim) * 0.6],
        [r * 0.58, rim + (y - rim) * 0.88],
        [r * 0.42, y - 10],
        [r * 0.41, y],
      ],
      colour,
      tilt: 0.27,
      gloss: 0.4,
      wall: r * 0.055,
      inside: lighter(colour, 0.25),
      speckles: darker(colour, 0.5),
      decoration: [0.24, 0.36, 0.48, 0.6, 0.72, 0.84]
        .map((t) => {
          const at = rim + (y - rim) * t;
          return `<path d="M${cx - r} ${at}A${r} ${r * 0.25} 0 0 0 ${cx + r} ${at}" fill="none" stroke="${darker(colour, 0.34)}" stroke-width="5" opacity=".4"/><path d="M${cx - r} ${at + 6}A${r} ${r * 0.25} 0 0 0 ${cx + r} ${at + 6}" fill="none" stroke="${lighter(colour, 0.6)}" stroke-width="4" opacity=".5"/>`;
        })
        .join(""),
    });
  return stillLife(
    studio.table,
    bowl(325, 500, 700, 205, "#d9c7ab") +
      bowl(660, 600, 765, 160, "#a9b49b") +
      bowl(395, 740, 855, 122, "#cf8b6d"),
  );
}

function dripper(colour: Colour): string {
  const glass = "#dfe6e2";
  const server = turn(
    480,
    [
      [86, 520],
      [92, 545],
      [150, 640],
      [176, 735],
      [160, 800],
      [140, 822],
    ],
    0.2,
  );
  const coffee = turn(
    480,
    [
      [170, 694],
      [176, 735],
      [160, 800],
      [140, 822],
    ],
    0.2,
  );
  const streak = blur(4);
  const carafe = `${standingShadow(server.outline, 836, { cx: 480, rx: 142, ry: 30 }, 0.75)}${streak.def}
    <path d="${server.outline}" fill="${glass}" opacity=".55"/>
    <path d="${coffee.outline}" fill="#4a2817"/><path d="${oval(480, 694, 170, 33)}" fill="#744428"/><path d="${oval(466, 690, 128, 21)}" fill="#8d5836" opacity=".7"/>
    ${roundLight(server, 0.2)}
    <path d="M345 690C352 640 378 600 402 566" stroke="#fffdf7" stroke-width="11" fill="none" stroke-linecap="round" opacity=".75" filter="${streak.url}"/>
    <path d="M331 742C334 770 342 788 352 798" stroke="#fffdf7" stroke-width="8" fill="none" stroke-linecap="round" opacity=".5" filter="${streak.url}"/>
    <path d="${server.outline}" fill="none" stroke="#7d8a84" stroke-width="3" opacity=".55"/>`;
  const collar = vessel({
    cx: 480,
    profile: [
      [98, 515],
      [100, 540],
      [94, 566],
    ],
    colour: "#b98757",
    shadow: false,
    gloss: 0.15,
    decoration: woodGrain("#b98757"),
  });
  const ribs = Array.from({ length: 13 }, (_, i) => {
    const at = (i - 6) / 6.5;
    return `<path d="M${480 + at * 200} 250L${480 + at * 88} 480" stroke="${darker(colour, 0.4)}" stroke-width="4" opacity=".22"/><path d="M${484 + at * 200} 250L${484 + at * 88} 480" stroke="${lighter(colour, 0.6)}" stroke-width="3" opacity=".28"/>`;
  }).join("");
  const plate = vessel({
    cx: 480,
    profile: [
      [178, 478],
      [182, 488],
      [172, 500],
      [110, 512],
    ],
    colour,
    shadow: false,
    gloss: 0.3,
  });
  const cone = vessel({
    cx: 480,
    profile: [
      [192, 262],
      [188, 284],
      [140, 390],
      [104, 462],
      [96, 486],
    ],
    colour,
    shadow: false,
    gloss: 0.4,
    wall: 13,
    decoration: ribs,
  });
  const paper = `<path d="M306 262C360 234 600 234 654 262L640 276C590 302 370 302 320 276z" fill="#f7efe2"/><path d="${oval(480, 270, 152, 22)}" fill="#3c2114"/><path d="${oval(474, 268, 116, 13)}" fill="#5d3621" opacity=".8"/>`;
  return stillLife(
    studio.table,
    carafe +
      collar +
      plate +
      handle("M655 320C740 300 764 376 716 420C690 444 652 440 618 428", 32, colour) +
      cone +
      clipped(oval(480, 263, 180, 34), paper),
  );
}

function carafe(): string {
  const body = turn(
    400,
    [
      [62, 250],
      [58, 290],
      [60, 350],
      [104, 440],
      [132, 540],
      [136, 700],
      [132, 800],
      [124, 824],
    ],
    0.18,
  );
  const water = turn(
    400,
    [
      [130, 520],
      [133, 560],
      [136, 700],
      [132, 796],
      [122, 814],
    ],
    0.18,
  );
  const cup = turn(
    690,
    [
      [98, 600],
      [100, 680],
      [97, 790],
      [90, 836],
    ],
    0.2,
  );
  const cupWater = turn(
    690,
    [
      [99, 690],
      [99, 720],
      [96, 786],
      [88, 824],
    ],
    0.2,
  );
  const soft = blur(4);
  const pale = blur(16);
  const streak = (d: string, width: number, alpha = 0.8) =>
    `<path d="${d}" stroke="#fffef9" stroke-width="${width}" fill="none" stroke-linecap="round" opacity="${alpha}" filter="${soft.url}"/>`;
  const edge = (outline: string) =>
    `<path d="${outline}" fill="none" stroke="#5d7a72" stroke-width="4" opacity=".55"/>`;
  const tint = linear(
    [
      [0, "#6d9a8d", 0.6],
      [0.18, "#cfe6dd", 0.22],
      [0.6, "#e8f4ee", 0.16],
      [0.86, "#7fb0a2", 0.4],
      [1, "#4d7a6e", 0.62],
    ],
    [0, 0, 1, 0],
  );
  const water2 = linear(
    [
      [0, "#6fa295", 0.5],
      [0.3, "#bfe0d6", 0.28],
      [0.7, "#a5cfc3", 0.34],
      [1, "#47786b", 0.6],
    ],
    [0, 0, 1, 0],
  );
  const piece = (shape: typeof body, fill: typeof body, level: number, r: number) =>
    `${standingShadow(shape.outline, shape.foot.cy + shape.foot.ry * 0.6, { cx: shape.foot.cx, rx: shape.foot.rx, ry: shape.foot.ry }, 0.6)}<path d="${oval(shape.foot.cx + 120, shape.foot.cy - 40, 90, 14)}" fill="#fffbe8" opacity=".55" filter="${pale.url}"/><path d="${shape.outline}" fill="${tint.url}"/><path d="${fill.outline}" fill="${water2.url}"/><path d="${oval(shape.foot.cx, level, r, r * 0.19)}" fill="#eaf7f1" opacity=".65" stroke="#6d9a8d" stroke-width="2"/><path d="${oval(shape.foot.cx, shape.foot.cy - 4, shape.foot.rx * 0.9, shape.foot.ry * 0.7)}" fill="#3f6b60" opacity=".28"/>${edge(shape.outline)}<path d="${oval(shape.top.cx, shape.top.cy, shape.top.rx, shape.top.ry)}" fill="#f3faf6" fill-opacity=".5" stroke="#5d7a72" stroke-width="4" stroke-opacity=".6"/>`;
  const lemon = `<g transform="translate(395 610) rotate(-18)"><circle r="52" fill="#e9c65a" opacity=".85"/><circle r="44" fill="#f7ecb4" opacity=".9"/>${Array.from({ length: 8 }, (_, i) => `<path transform="rotate(${i * 45})" d="M0 -5L12 -37Q0 -44 -12 -37z" fill="#eed36d" opacity=".9"/>`).join("")}</g>`;
  return stillLife(
    studio.table,
    `${soft.def}${pale.def}${tint.def}${water2.def}${piece(body, water, 520, 130)}${clipped(water.outline, lemon)}${streak("M288 560C284 640 286 720 292 782", 14)}${streak("M318 448C304 474 296 500 292 524", 10)}${streak("M352 270C350 310 350 340 352 362", 8)}${streak("M522 600C526 680 524 740 520 790", 5, 0.5)}${piece(cup, cupWater, 690, 97)}${streak("M608 630C608 700 610 760 614 812", 11)}${streak("M776 640C778 700 776 760 772 800", 5, 0.5)}`,
  );
}

function board(): string {
  const shape = (x: number, y: number, k: number) => {
    const at = ([px, py]: Point): Point => [x + px * k, y + py * k];
    const points: Point[] = [
      [0, -300],
      [46, -286],
      [54, -230],
      [58, -190],
      [120, -150],
      [168, -70],
      [176, 60],
      [164, 190],
      [104, 266],
      [0, 282],
      [-104, 266],
      [-164, 190],
      [-176, 60],
      [-168, -70],
      [-120, -150],
      [-58, -190],
      [-54, -230],
      [-46, -286],
      [0, -300],
    ];
    const moved = points.map(at);
    const [sx, sy] = at([0, -300]);
    return `M${sx} ${sy}${smooth(moved)}z`;
  };
  const wood = (
    path: string,
    colour: Colour,
    turnBy: number,
    cx: number,
    cy: number,
    hole: Point,
    seed: number,
  ) => {
    const tone = linear(
      [
        [0, lighter(colour, 0.22)],
        [0.5, colour],
        [1, darker(colour, 0.2)],
      ],
      [0, 0, 1, 1],
    );
    return `<g transform="rotate(${turnBy} ${cx} ${cy})">${tone.def}${lying(path, tone.url, woodGrain(colour, seed, "y"), 16, 0.9)}<path d="${path}" fill="none" stroke="${lighter(colour, 0.5)}" stroke-width="3" opacity=".6" transform="translate(2 3)"/><circle cx="${hole[0]}" cy="${hole[1]}" r="17" fill="${darker(studio.table, 0.42)}"/><path d="M${hole[0] - 17} ${hole[1]}a17 17 0 0 0 34 0" fill="none" stroke="${lighter(colour, 0.5)}" stroke-width="3"/></g>`;
  };
  const olive = (x: number, y: number, angle: number) =>
    `<g transform="translate(${x} ${y}) rotate(${angle})">${lyingShadow(oval(0, 0, 25, 19), 8)}<ellipse rx="25" ry="19" fill="#6f7d43"/><ellipse cx="-7" cy="-7" rx="9" ry="5" fill="#dfe3b4" opacity=".7"/></g>`;
  return flatLay(
    studio.table,
    wood(shape(380, 520, 1.12), "#bb8550", -9, 380, 520, [380, 228], 4) +
      wood(shape(700, 610, 0.84), "#c8965f", 13, 700, 610, [700, 390], 9) +
      `<g>${olive(322, 640, 20)}${olive(376, 668, -30)}${olive(330, 705, 70)}</g>`,
  );
}

/** Pictures of the table shelf, by file name. */
export const table: Record<string, () => string> = {
  "dune-mug-oat": () => mug("#e4d5bc"),
  "dune-mug-sage": () => mug("#9dac8e"),
  "dune-mug-ink": () => mug("#3d4a5e"),
  "ripple-bowls": bowls,
  "slow-dripper-cream": () => dripper("#eee3d0"),
  "slow-dripper-charcoal": () => dripper("#4a4745"),
  "spring-carafe": carafe,
  "grove-board": board,
};
