import { flatLay, lyingShadow, standingShadow, stillLife, studio } from "./scene.ts";
import { blur, type Colour, clipped, darker, lighter, linear, oval, type Point, roundRect } from "./svg.ts";
import { caps, fern, paperTooth, woodGrain } from "./texture.ts";
import { turn, vessel } from "./vessel.ts";

const leafGreens = ["#55704f", "#6b8560", "#47623f", "#7d9468"];

/** A single broad leaf on a stem from (x, y), leaning by `angle`. */
function leaf(x: number, y: number, stem: number, size: number, angle: number, colour: Colour): string {
  return `<g transform="translate(${x} ${y}) rotate(${angle})"><path d="M0 0Q${size * 0.06} ${-stem * 0.5} 0 ${-stem}" stroke="${darker(colour, 0.25)}" stroke-width="6" fill="none"/><g transform="translate(0 ${-stem})"><path d="M0 0C${-size * 0.5} ${-size * 0.1} ${-size * 0.46} ${-size * 0.72} 0 ${-size}C${size * 0.46} ${-size * 0.72} ${size * 0.5} ${-size * 0.1} 0 0z" fill="${colour}"/><path d="M0 0C${size * 0.5} ${-size * 0.1} ${size * 0.46} ${-size * 0.72} 0 ${-size}z" fill="${darker(colour, 0.22)}" opacity=".75"/><path d="M0 0V${-size * 0.94}M0 ${-size * 0.25}l${-size * 0.24} ${-size * 0.16}M0 ${-size * 0.5}l${-size * 0.24} ${-size * 0.16}M0 ${-size * 0.25}l${size * 0.24} ${-size * 0.16}M0 ${-size * 0.5}l${size * 0.24} ${-size * 0.16}" stroke="${lighter(colour, 0.35)}" stroke-width="2.4" fill="none" opacity=".8"/></g></g>`;
}

function print(frame?: Colour): string {
  const x = 270;
  const y = 110;
  const w = 430;
  const h = 590;
  const sheet = roundRect(x, y, w, h, 2);
  const art = `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="#f8f2e4"/><circle cx="${x + w * 0.62}" cy="${y + h * 0.3}" r="${w * 0.2}" fill="#dfa588"/>${fern(x + w * 0.36, y + h * 0.84, h * 0.52, -12, "#6b8560")}${fern(x + w * 0.54, y + h * 0.85, h * 0.66, 4, "#3f5a3c")}${fern(x + w * 0.68, y + h * 0.84, h * 0.42, 20, "#87a07a")}<path d="M${x + w * 0.2} ${y + h * 0.85}h${w * 0.6}" stroke="#3f5a3c" stroke-width="3"/>${caps("FERN STUDY NO. 3", x + w / 2, y + h * 0.925, 16, "#4a5146", 0.5)}${paperTooth(0.2)}`;
  if (!frame) {
    const clipX = x + w / 2;
    const clip = `<rect x="${clipX - 13}" y="${y - 34}" width="26" height="52" rx="4" fill="#c99f55"/><rect x="${clipX - 13}" y="${y - 34}" width="9" height="52" rx="4" fill="#f1dca6"/><circle cx="${clipX}" cy="${y - 44}" r="9" fill="#8d6a2c"/>`;
    return flatLay(studio.green, `${lyingShadow(sheet, 17)}${clipped(sheet, art)}${clip}${sideboard()}`);
  }
  const t = 30;
  const outer = roundRect(x - t, y - t, w + 2 * t, h + 2 * t, 4);
  const edge = (d: string, tone: Colour) => `<path d="${d}" fill="${tone}"/>`;
  const [l, r, top, bottom] = [x - t, x + w + t, y - t, y + h + t];
  const bars = `${edge(`M${l} ${top}H${r}L${r - t} ${top + t}H${l + t}z`, lighter(frame, 0.24))}${edge(`M${l} ${top}V${bottom}L${l + t} ${bottom - t}V${top + t}z`, lighter(frame, 0.08))}${edge(`M${r} ${top}V${bottom}L${r - t} ${bottom - t}V${top + t}z`, darker(frame, 0.2))}${edge(`M${l} ${bottom}H${r}L${r - t} ${bottom - t}H${l + t}z`, darker(frame, 0.1))}`;
  const inner = linear(
    [
      [0, "#20120a", 0.32],
      [1, "#20120a", 0],
    ],
    [0, 0, 0, 1],
  );
  const glass = `<path d="M${x} ${y}h${w * 0.5}L${x} ${y + h * 0.66}z" fill="#ffffff" opacity=".13"/><path d="M${x + w * 0.62} ${y}h${w * 0.14}L${x} ${y + h}v${-h * 0.16}z" fill="#ffffff" opacity=".1"/>`;
  return flatLay(
    studio.green,
    `${inner.def}${lyingShadow(outer, 24)}${clipped(outer, `${bars}${woodGrain(frame, 5)}`)}${clipped(sheet, `${art}${glass}<rect x="${x}" y="${y}" width="${w}" height="22" fill="${inner.url}"/><rect x="${x}" y="${y}" width="12" height="${h}" fill="#20120a" opacity=".12"/>`)}${sideboard()}`,
  );
}

/** A narrow shelf with a small pot under the picture, for scale. */
function sideboard(): string {
  const shelf = roundRect(60, 850, 880, 44, 4);
  const tone = linear([
    [0, "#d8b387"],
    [0.2, "#c39a6b"],
    [1, "#8e673f"],
  ]);
  const leaves = [-58, -34, -12, 10, 32, 56]
    .map((a, i) => leaf(800, 770, 40, 92 + (i % 3) * 14, a, leafGreens[i % 4] ?? "#55704f"))
    .join("");
  const pot = vessel({
    cx: 800,
    profile: [
      [60, 752],
      [58, 790],
      [48, 842],
      [44, 850],
    ],
    colour: "#c98a6c",
    gloss: 0.1,
    tilt: 0.18,
    wall: 6,
    inside: "#4a3527",
    shadow: false,
  });
  return `${tone.def}${lyingShadow(shelf, 16)}<path d="${shelf}" fill="${tone.url}"/>${clipped(shelf, woodGrain("#b98757", 12))}<path d="M62 851H938" stroke="#f0d9b8" stroke-width="3" opacity=".8"/><ellipse cx="808" cy="851" rx="54" ry="6" fill="#22140a" opacity=".45"/>${pot}${leaves}`;
}

function planters(): string {
  const pot = (cx: number, base: number, k: number, colour: Colour, plant: string) => {
    const y = (v: number) => base - v * k;
    const saucer = vessel({
      cx,
      profile: [
        [118 * k, y(34)],
        [116 * k, y(22)],
        [92 * k, y(6)],
        [88 * k, y(0)],
      ],
      colour: darker(colour, 0.06),
      gloss: 0.12,
      tilt: 0.2,
      wall: 7,
      speckles: darker(colour, 0.5),
    });
    const profile: Point[] = [
      [128 * k, y(250)],
      [128 * k, y(206)],
      [119 * k, y(200)],
      [104 * k, y(90)],
      [88 * k, y(24)],
      [86 * k, y(18)],
    ];
    const shade = turn(cx, profile, 0.2);
    return `${standingShadow(shade.outline, y(-6), { cx, rx: 100 * k, ry: 20 * k }, 0.8)}${saucer}${vessel({ cx, profile, colour, gloss: 0.16, tilt: 0.2, wall: 12 * k, inside: "#6b4a35", speckles: darker(colour, 0.5), shadow: false })}${clipped(oval(cx, y(250), 114 * k, 20 * k), `<path d="${oval(cx, y(243), 112 * k, 18 * k)}" fill="#3a281d"/>`)}${plant}`;
  };
  const rubber = [-52, -30, -14, 6, 24, 46, -2]
    .map((a, i) =>
      leaf(350, 470, 70 + ((i * 37) % 60), 165 - (i % 3) * 18, a, leafGreens[i % 4] ?? "#55704f"),
    )
    .join("");
  const ferns = [-66, -40, -18, 4, 26, 48, 70]
    .map((a, i) => fern(670, 618, 230 - Math.abs(a) * 0.7, a, leafGreens[i % 4] ?? "#55704f"))
    .join("");
  const sprouts = [-30, -6, 20, 42]
    .map((a, i) => leaf(505, 744, 28, 62, a, leafGreens[(i + 1) % 4] ?? "#55704f"))
    .join("");
  return stillLife(
    studio.green,
    `${pot(350, 775, 1.22, "#cf8e6c", rubber)}${pot(670, 808, 0.78, "#e2d3ba", ferns)}${pot(505, 872, 0.52, "#8f9c80", sprouts)}`,
  );
}

function vase(colour: Colour): string {
  const stems = `<path d="M470 330C462 250 440 190 400 120" stroke="#6b7b52" stroke-width="6" fill="none"/><path d="M478 330C490 240 530 180 570 150" stroke="#6b7b52" stroke-width="5" fill="none"/><path d="M474 330C474 250 480 160 486 96" stroke="#6b7b52" stroke-width="5" fill="none"/>`;
  const bloom = (x: number, y: number, r: number, petals: Colour) =>
    `<g transform="translate(${x} ${y})">${Array.from({ length: 11 }, (_, i) => `<ellipse transform="rotate(${(i * 360) / 11 + 7})" cy="${-r * 0.6}" rx="${r * 0.24}" ry="${r * 0.46}" fill="${i % 2 ? petals : lighter(petals, 0.25)}"/>`).join("")}<circle r="${r * 0.26}" fill="#d9a441"/><circle cx="${-r * 0.06}" cy="${-r * 0.08}" r="${r * 0.14}" fill="#f0c868"/></g>`;
  const profile: Point[] = [
    [54, 326],
    [42, 350],
    [38, 400],
    [52, 470],
    [132, 560],
    [168, 660],
    [160, 750],
    [112, 808],
    [96, 818],
  ];
  const bud = `<ellipse cx="490" cy="84" rx="19" ry="30" fill="#e6b8a2"/><path d="M472 98q18 16 36 0q-6 24 -18 24t-18 -24z" fill="#6b7b52"/>`;
  return stillLife(
    studio.green,
    `${stems}${bloom(396, 128, 74, "#f3e3cf")}${bloom(576, 156, 62, "#e3a488")}${bud}<g>${fern(460, 330, 170, -48, "#6b8560")}${fern(486, 330, 150, 52, "#55704f")}</g>${vessel({ cx: 474, profile, colour, gloss: 0.5, tilt: 0.2, wall: 9, inside: darker(colour, 0.5), speckles: darker(colour, 0.5), decoration: `<path d="M0 690C200 672 300 712 474 694S760 676 1000 700V1000H0z" fill="${lighter(colour, 0.34)}" opacity=".7"/>` })}<path d="M462 332C460 318 458 308 456 300M476 334V300M486 332L490 300" stroke="#6b7b52" stroke-width="6"/>`,
  );
}

function clock(): string {
  const oak = "#c79a66";
  const soft = blur(5);
  const marks = Array.from(
    { length: 60 },
    (_, i) =>
      `<path transform="rotate(${i * 6} 500 450)" d="M500 ${i % 5 ? 214 : 208}V${i % 5 ? 222 : 240}" stroke="#4a4038" stroke-width="${i % 15 === 0 ? 9 : i % 5 ? 2 : 5}" stroke-linecap="round"/>`,
  ).join("");
  const hand = (angle: number, length: number, width: number, colour: Colour) =>
    `<path transform="rotate(${angle} 500 450)" d="M500 ${450 + length * 0.16}V${450 - length}" stroke="${colour}" stroke-width="${width}" stroke-linecap="round"/>`;
  const hands = (c?: Colour) =>
    `${hand(305, 130, 15, c ?? "#3a332d")}${hand(54, 196, 10, c ?? "#3a332d")}${hand(200, 205, 4, c ?? "#b0553a")}`;
  const rim = linear(
    [
      [0, lighter(oak, 0.5)],
      [0.5, oak],
      [1, darker(oak, 0.4)],
    ],
    [0, 0, 1, 1],
  );
  const face = linear(
    [
      [0, "#fdf9ef"],
      [1, "#e9decb"],
    ],
    [0, 0, 1, 1],
  );
  const outer = oval(500, 450, 300, 300);
  return flatLay(
    studio.green,
    `<g transform="translate(-10 40)">${soft.def}${rim.def}${face.def}${lyingShadow(outer, 30)}<path d="${outer}" fill="${rim.url}"/>${clipped(outer, woodGrain(oak, 15))}<circle cx="500" cy="450" r="262" fill="${darker(oak, 0.4)}"/><circle cx="500" cy="450" r="258" fill="${face.url}"/>${clipped(oval(500, 450, 258, 258), `<circle cx="488" cy="436" r="282" fill="none" stroke="#22140a" stroke-width="34" opacity=".16" filter="${soft.url}"/>`)}${marks}${fern(500, 360, 64, 4, "#6b8560")}${caps("PAPERFERN", 500, 560, 18, "#6f6357", 0.45)}<g transform="translate(7 10)" opacity=".22" filter="${soft.url}">${hands("#22140a")}</g>${hands()}<circle cx="500" cy="450" r="15" fill="#b0553a"/><circle cx="497" cy="446" r="5" fill="#f0c0a8"/><path d="M290 340A240 240 0 0 1 420 226" stroke="#ffffff" stroke-width="18" fill="none" stroke-linecap="round" opacity=".45" filter="${soft.url}"/></g>`,
  );
}

/** Pictures of the walls and green shelf, by file name. */
export const green: Record<string, () => string> = {
  "fern-study-print": () => print(),
  "fern-study-framed": () => print("#c79a66"),
  "terrace-planters": planters,
  "bud-vase-chalk": () => vase("#ece2d0"),
  "bud-vase-terracotta": () => vase("#c47e5e"),
  "bud-vase-lagoon": () => vase("#5f8288"),
  "slow-clock": clock,
};
