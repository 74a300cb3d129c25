import { flatLay, lying, lyingShadow, studio } from "./scene.ts";
import { type Colour, clipped, darker, lighter, linear, oval, roundRect } from "./svg.ts";
import { caps, fern, paperTooth, weave } from "./texture.ts";

const white = "#faf5ea";
const gold = "#d9b36a";
const turned = (angle: number, content: string, x = 500, y = 500) =>
  `<g transform="rotate(${angle} ${x} ${y})">${content}</g>`;

function book(x: number, y: number, w: number, h: number, cloth: Colour): string {
  const cover = roundRect(x, y, w, h, 14);
  const pages = roundRect(x + 12, y + 10, w, h - 2, 8);
  const edges = Array.from(
    { length: 4 },
    (_, i) =>
      `<path d="M${x + w + 2 + i * 3} ${y + 22}V${y + h + 4}" stroke="#b9a88c" stroke-width="1" opacity=".8"/>`,
  ).join("");
  const hinge = linear(
    [
      [0, "#20120a", 0.3],
      [0.4, "#fff8ea", 0.16],
      [0.55, "#20120a", 0.34],
      [0.75, "#fff8ea", 0.2],
      [1, "#fff8ea", 0],
    ],
    [0, 0, 1, 0],
  );
  const deep = darker(cloth, 0.32);
  const mark = fern(x + w * 0.54, y + h * 0.6, h * 0.3, 6, gold);
  const ribbon = `<path d="M${x + w * 0.66} ${y + h - 4}l-6 62 16 -12 18 14 -6 -64z" fill="${gold}"/><path d="M${x + w * 0.66} ${y + h - 4}l-6 62 16 -12 18 14 -6 -64z" fill="#20120a" opacity=".12"/>`;
  return `${lyingShadow(pages, 22)}${ribbon}<path d="${pages}" fill="${white}"/>${edges}${lying(
    cover,
    cloth,
    `${weave(cloth, 4, 0.75)}${hinge.def}<rect x="${x}" y="${y}" width="${w * 0.13}" height="${h}" fill="${hinge.url}"/>${mark}${caps("DAYBOOK", x + w * 0.56, y + h * 0.75, w * 0.048, gold, 0.4)}`,
    3,
  )}<rect x="${x + w * 0.88}" y="${y}" width="${w * 0.03}" height="${h + 3}" fill="${deep}"/><rect x="${x + w * 0.88}" y="${y}" width="${w * 0.008}" height="${h}" fill="${lighter(cloth, 0.4)}" opacity=".7"/>`;
}

function notebook(cloth: Colour): string {
  return flatLay(
    studio.paper,
    turned(11, book(575, 420, 282, 398, lighter(cloth, 0.14)), 700, 600) +
      turned(-7, book(200, 160, 430, 610, cloth), 400, 460),
  );
}

/** A pencil lying from (0,0) along x. */
function pencil(colour: Colour, length: number): string {
  return `${lyingShadow(`M0 -13H${length}L${length + 48} 0 ${length} 13H0z`, 9)}<path d="M-34 -13h34v26h-34a10 10 0 0 1 -8 -13a10 10 0 0 1 8 -13z" fill="#d9928a"/><rect x="-12" y="-14" width="26" height="28" fill="${gold}"/><path d="M-6 -14v28M2 -14v28M9 -14v28" stroke="#8d6a2c" stroke-width="2"/><rect x="14" y="-13" width="${length - 14}" height="26" fill="${colour}"/><rect x="14" y="-13" width="${length - 14}" height="8" fill="${lighter(colour, 0.35)}"/><rect x="14" y="6" width="${length - 14}" height="7" fill="${darker(colour, 0.3)}"/><path d="M${length} -13L${length + 48} 0 ${length} 13q8 -6 0 -9q8 -4 0 -8q8 -4 0 -9z" fill="#e6c79b"/><path d="M${length + 33} -4L${length + 48} 0 ${length + 33} 4z" fill="#3a3330"/>`;
}

function planner(): string {
  const x = 190;
  const y = 190;
  const w = 620;
  const h = 590;
  const days = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
  const rows = days
    .map((day, i) => {
      const top = y + 150 + i * 61;
      const filled = [0.3, 0.42, 0, 0.22, 0.36, 0, 0.28][i] ?? 0;
      return `<path d="M${x + 40} ${top + 44}H${x + w - 40}" stroke="#b8a78f" stroke-width="1.6"/>${caps(day, x + 78, top + 26, 19, "#5d5145")}<circle cx="${x + 155}" cy="${top + 18}" r="8" fill="${i === 1 || i === 4 ? "#c4785a" : "none"}" stroke="#c4785a" stroke-width="2"/>${filled ? `<path d="M${x + 185} ${top + 24}q12 -16 22 -2t22 -3 22 2 24 -3 20 3 24 -2h${w * filled * 0.4}" fill="none" stroke="#4a5568" stroke-width="3" stroke-linecap="round" opacity=".75"/>` : ""}`;
    })
    .join("");
  const sheet = roundRect(x, y, w, h, 5);
  const under = [9, 6, 3]
    .map(
      (d) =>
        `<path d="${roundRect(x + d, y + d + 2, w, h, 5)}" fill="${darker(white, 0.05 + d * 0.012)}" stroke="#c8b99f" stroke-width="1"/>`,
    )
    .join("");
  return flatLay(
    studio.paper,
    `${turned(
      -4,
      `${lyingShadow(roundRect(x, y, w + 9, h + 10, 5), 18)}${under}${lying(sheet, white, `${paperTooth(0.25)}<rect x="${x}" y="${y}" width="${w}" height="36" fill="#4f6b4c"/>${caps("THIS WEEK", x + w * 0.5, y + 104, 38, "#3f4a3c", 0.4)}${fern(x + 76, y + 128, 74, 14, "#6f8a68")}${fern(x + w - 84, y + 128, 74, -14, "#6f8a68")}${rows}`, 2, 0.6)}`,
    )}<g transform="translate(735 905) rotate(-58)">${pencil("#c4785a", 360)}</g>`,
  );
}

function letters(tint: Colour): string {
  const paperFill = lighter(tint, 0.3);
  const sheet = (angle: number, dx: number) =>
    turned(
      angle,
      lying(
        roundRect(330 + dx, 110, 380, 520, 4),
        paperFill,
        `${paperTooth(0.3)}${fern(520 + dx, 240, 84, 4, darker(tint, 0.32))}<path d="M${400 + dx} 300h240M${400 + dx} 345h240M${400 + dx} 390h240" stroke="${darker(tint, 0.25)}" stroke-width="1.5" opacity=".5"/>`,
        10,
        0.6,
      ),
      520,
      600,
    );
  const ex = 170;
  const ey = 480;
  const envelope = roundRect(ex, ey, 580, 380, 8);
  const flap = `M${ex} ${ey + 6}L${ex + 290} ${ey + 215}L${ex + 580} ${ey + 6}z`;
  const seal = `M${ex + 290} ${ey + 158}c26 -8 52 8 54 34 10 24 -8 50 -32 52 -22 12 -50 4 -58 -18 -18 -18 -14 -48 6 -58 6 -8 18 -14 30 -10z`;
  return flatLay(
    studio.paper,
    `${sheet(9, 90)}${sheet(-3, 30)}${turned(
      -5,
      `${lying(envelope, tint, `${paperTooth(0.3)}<path d="M${ex} ${ey + 380}L${ex + 240} ${ey + 170}M${ex + 580} ${ey + 380}L${ex + 340} ${ey + 170}" stroke="${darker(tint, 0.35)}" stroke-width="3" opacity=".55"/>`, 15)}${lyingShadow(flap, 7)}${clipped(envelope, `<path d="${flap}" fill="${lighter(tint, 0.18)}"/><path d="M${ex} ${ey + 6}L${ex + 290} ${ey + 215}L${ex + 580} ${ey + 6}" fill="none" stroke="${lighter(tint, 0.7)}" stroke-width="3"/>`)}${lying(seal, "#a8462f", `${fern(ex + 291, ey + 228, 56, 0, "#7c2d1c")}`, 6, 1.3)}`,
      460,
      670,
    )}`,
  );
}

function pen(barrel: Colour, trim: Colour): string {
  const metal = (c: Colour) =>
    linear([
      [0, darker(c, 0.35)],
      [0.18, lighter(c, 0.15)],
      [0.32, lighter(c, 0.75)],
      [0.45, c],
      [0.8, darker(c, 0.42)],
      [1, darker(c, 0.2)],
    ]);
  const body = metal(barrel);
  const ring = metal(trim);
  const tube = roundRect(-330, -27, 470, 54, 20);
  const cap = roundRect(-70, -27, 300, 54, 18);
  const penBody = `<g transform="translate(470 470) rotate(-32)">${lyingShadow("M-330 -27H170L300 -4V4L170 27H-330z", 14)}${body.def}${ring.def}<path d="${tube}" fill="${body.url}"/><path d="M138 -22H176L205 -17V17L176 22H138z" fill="${body.url}"/><rect x="128" y="-25" width="16" height="50" rx="4" fill="${ring.url}"/><path d="M205 -15C236 -16 262 -9 300 0C262 9 236 16 205 15z" fill="${ring.url}"/><path d="M300 0H242" stroke="#4a3410" stroke-width="2"/><circle cx="240" cy="0" r="3.6" fill="#4a3410"/><rect x="-338" y="-24" width="18" height="48" rx="6" fill="${ring.url}"/></g>`;
  const penCap = `<g transform="translate(640 700) rotate(-14)">${lyingShadow(cap, 14)}<path d="${cap}" fill="${body.url}"/><rect x="-70" y="-28" width="20" height="56" rx="5" fill="${ring.url}"/><rect x="206" y="-26" width="26" height="52" rx="10" fill="${ring.url}"/>${lyingShadow(roundRect(30, -8, 186, 15, 7), 4)}<path d="${roundRect(30, -10, 190, 15, 7)}" fill="${ring.url}"/><circle cx="34" cy="-2" r="11" fill="${ring.url}"/></g>`;
  const sheet = turned(
    6,
    lying(
      roundRect(330, 90, 560, 720, 4),
      white,
      `${paperTooth(0.3)}${fern(800, 760, 120, 10, "#8fa287", 0.7)}<path d="M700 262c22 -40 40 -34 34 -6s-30 40 -14 42 34 -40 46 -38 -8 34 6 36 28 -36 42 -34" fill="none" stroke="#2f3a4a" stroke-width="5" stroke-linecap="round"/>`,
      10,
      0.6,
    ),
  );
  return flatLay(studio.paper, `${sheet}${penBody}${penCap}`);
}

function washi(): string {
  const rolls: [Colour, (c: Colour) => string][] = [
    [
      "#c4785a",
      (c) =>
        Array.from(
          { length: 12 },
          (_, i) => `<circle cx="${30 + i * 62}" cy="${i % 2 ? -14 : 14}" r="9" fill="${lighter(c, 0.75)}"/>`,
        ).join(""),
    ],
    [
      "#e8d9bd",
      (c) => Array.from({ length: 14 }, (_, i) => fern(16 + i * 52, 26, 50, 16, darker(c, 0.45))).join(""),
    ],
    [
      "#6f8a68",
      (c) =>
        Array.from(
          { length: 30 },
          (_, i) => `<path d="M${i * 26} -40l-34 80" stroke="${lighter(c, 0.6)}" stroke-width="6"/>`,
        ).join(""),
    ],
    [
      "#e0b2a3",
      (c) =>
        `${Array.from(
          { length: 26 },
          (_, i) => `<path d="M${i * 30} -40v80" stroke="${lighter(c, 0.7)}" stroke-width="5"/>`,
        ).join("")}<path d="M0 -16H760M0 14H760" stroke="${lighter(c, 0.7)}" stroke-width="5"/>`,
    ],
    [
      "#46566c",
      (c) =>
        Array.from(
          { length: 18 },
          (_, i) =>
            `<path d="M${i * 44} -10l22 20 22 -20" fill="none" stroke="${lighter(c, 0.7)}" stroke-width="5"/>`,
        ).join(""),
    ],
  ];
  const strips = rolls.map(([colour, pattern], i) => {
    const length = 560 - (i % 2) * 60;
    const torn = `M0 -37H${length}l-10 10 10 9 -12 10 12 9 -10 9 10 9 -10 9 10 9H0z`;
    const r = 88;
    const lines = [0.94, 0.86, 0.78]
      .map(
        (k) =>
          `<circle r="${r * k}" fill="none" stroke="${darker(colour, 0.25)}" stroke-width="2" opacity=".7"/>`,
      )
      .join("");
    return `<g transform="translate(${228 + (i % 2) * 46} ${170 + i * 166})">${lyingShadow(torn, 4)}${clipped(torn, `<rect x="-10" y="-40" width="780" height="80" fill="${colour}" opacity=".93"/>${pattern(colour)}`)}${lyingShadow(oval(0, 0, r, r), 20)}<circle r="${r}" fill="${colour}"/>${lines}<circle r="62" fill="#d8bd93"/><circle r="62" fill="none" stroke="#a98a5c" stroke-width="2"/><circle r="52" fill="${darker(studio.paper, 0.28)}"/><path d="M-52 0a52 52 0 0 0 104 0a56 62 0 0 1 -104 0z" fill="${studio.paper}" opacity=".9"/><path d="M-80 -36A88 88 0 0 1 -20 -85" fill="none" stroke="#fffaf0" stroke-width="7" opacity=".6" stroke-linecap="round"/></g>`;
  });
  return flatLay(studio.paper, turned(-6, strips.join("")));
}

function cards(): string {
  const card = (x: number, y: number, angle: number, ground: Colour, art: (x: number, y: number) => string) =>
    turned(
      angle,
      lying(roundRect(x, y, 270, 380, 5), ground, art(x, y) + paperTooth(0.3), 11, 0.7),
      x + 135,
      y + 190,
    );
  const flower = (x: number, y: number, r: number, colour: Colour) =>
    `<g transform="translate(${x} ${y})">${Array.from({ length: 7 }, (_, i) => `<ellipse transform="rotate(${(i * 360) / 7})" cy="${-r * 0.62}" rx="${r * 0.26}" ry="${r * 0.42}" fill="${colour}"/>`).join("")}<circle r="${r * 0.24}" fill="${gold}"/></g>`;
  return flatLay(
    studio.paper,
    [
      turned(
        -4,
        lying(
          roundRect(110, 430, 420, 300, 6),
          "#bb9468",
          `${paperTooth(0.7)}<path d="M110 430L320 610L530 430" fill="none" stroke="#8d6a45" stroke-width="4"/>`,
          12,
        ),
      ),
      card(110, 110, -9, "#f6efe1", (x, y) => fern(x + 130, y + 330, 270, 5, "#55704f")),
      card(
        395,
        80,
        3,
        "#d99a80",
        (x, y) =>
          flower(x + 135, y + 150, 84, "#fbeee0") +
          `<path d="M${x + 135} ${y + 190}q-10 90 4 160" stroke="#6b4a33" stroke-width="5" fill="none"/>`,
      ),
      card(
        655,
        160,
        12,
        "#3f4f5f",
        (x, y) =>
          `<circle cx="${x + 135}" cy="${y + 130}" r="66" fill="#f3dfae"/><path d="M${x} ${y + 300}q70 -80 140 -20t140 -40V${y + 400}H${x}z" fill="#7f958c"/><path d="M${x} ${y + 340}q90 -50 150 -8t140 -20V${y + 400}H${x}z" fill="#5a7267"/>`,
      ),
      card(620, 515, -5, "#f3e2cd", (x, y) =>
        [70, 135, 200]
          .map(
            (dx, i) =>
              `<path d="M${x + dx} ${y + 330}V${y + 170 - i * 16}" stroke="#6b7b52" stroke-width="5"/><ellipse cx="${x + dx}" cy="${y + 136 - i * 16}" rx="27" ry="42" fill="${["#c4785a", "#e0a890", "#b0553a"][i]}"/>`,
          )
          .join(""),
      ),
      card(
        345,
        510,
        7,
        "#8ea083",
        (x, y) => fern(x + 80, y + 340, 230, -12, "#f2ecda") + fern(x + 180, y + 340, 260, 10, "#dfe5cf"),
      ),
    ].join(""),
  );
}

/** Pictures of the paper shelf, by file name. */
export const paper: Record<string, () => string> = {
  "daybook-fern": () => notebook("#54704f"),
  "daybook-clay": () => notebook("#b96f52"),
  "daybook-midnight": () => notebook("#2f3d56"),
  "week-planner": planner,
  "letter-set-cream": () => letters("#e9dcc0"),
  "letter-set-blush": () => letters("#e3b7a6"),
  "quill-pen-brass": () => pen("#c99f55", "#c99f55"),
  "quill-pen-black": () => pen("#3b3a3c", "#c99f55"),
  "washi-tapes": washi,
  "garden-cards": cards,
};
