import { flatLay, lying, lyingShadow, standingShadow, stillLife, studio } from "./scene.ts";
import { blur, type Colour, clipped, darker, dice, lighter, linear, radial, roundRect } from "./svg.ts";
import { caps, fern, weave } from "./texture.ts";

/** A square waffle knit over the whole picture; clip it to the cloth. */
function waffle(colour: Colour, size: number): string {
  const id = `waffle${size}${colour.slice(1)}`;
  const m = size / 2;
  return `<pattern id="${id}" width="${size}" height="${size}" patternUnits="userSpaceOnUse"><rect width="${size}" height="${size}" fill="${colour}"/><path d="M0 0H${size}L${m} ${m}z" fill="${darker(colour, 0.3)}" opacity=".55"/><path d="M0 0V${size}L${m} ${m}z" fill="${darker(colour, 0.25)}" opacity=".4"/><path d="M${size} ${size}H0L${m} ${m}z" fill="${lighter(colour, 0.55)}" opacity=".5"/><path d="M0 0H${size}V${size}H0z" fill="none" stroke="${lighter(colour, 0.45)}" stroke-width="2.5"/></pattern><rect width="1000" height="1000" fill="url(#${id})"/>`;
}

function throwBlanket(colour: Colour): string {
  const roll = dice(9);
  const fringe = Array.from({ length: 33 }, (_, i) => {
    const x = 214 + i * 16.6;
    const sway = (roll() - 0.5) * 14;
    const end = `q${sway} 26 ${sway * 0.5} ${54 + roll() * 8}`;
    return `<path d="M${x + 7} 768${end}" stroke="#2a170c" stroke-width="9" fill="none" stroke-linecap="round" opacity=".16"/><path d="M${x} 760${end}" stroke="${darker(colour, 0.24)}" stroke-width="8" fill="none" stroke-linecap="round"/><path d="M${x - 1} 760${end}" stroke="${lighter(colour, 0.3)}" stroke-width="3.5" fill="none" stroke-linecap="round"/>`;
  }).join("");
  const cloth = (path: string, size: number, light: string) =>
    `${clipped(path, waffle(colour, size))}<path d="${path}" fill="${light}"/>`;
  const lower =
    "M206 236C320 226 640 226 768 238C782 400 784 600 776 762C640 770 340 772 204 764C196 600 196 400 206 236z";
  const upper =
    "M192 204C330 192 620 192 764 206C776 214 778 226 776 240C784 330 784 420 782 508C776 532 766 544 744 546C600 556 360 556 214 546C192 542 184 530 184 508C180 400 182 300 184 226C184 212 186 206 192 204z";
  const down = linear([
    [0, "#22140a", 0.22],
    [0.07, "#fff8ea", 0.3],
    [0.3, "#fff8ea", 0.08],
    [0.8, "#fff8ea", 0],
    [0.9, "#fff8ea", 0.16],
    [1, "#22140a", 0.46],
  ]);
  const flat = linear([
    [0, "#22140a", 0.1],
    [0.55, "#22140a", 0.26],
    [0.68, "#22140a", 0.02],
    [1, "#22140a", 0.16],
  ]);
  const soft = blur(17);
  const ripples = [
    "M250 230C290 330 270 430 300 540",
    "M520 214C500 330 540 420 516 548",
    "M690 224C720 320 690 440 712 540",
  ]
    .map(
      (d) =>
        `<path d="${d}" stroke="#22140a" stroke-width="26" fill="none" opacity=".17" filter="${soft.url}"/><path d="${d}" transform="translate(-34 0)" stroke="#fff8ea" stroke-width="24" fill="none" opacity=".2" filter="${soft.url}"/>`,
    )
    .join("");
  const label = roundRect(640, 470, 92, 52, 4);
  return flatLay(
    studio.textiles,
    `<g transform="translate(10 -10) rotate(-7 490 480)">${down.def}${flat.def}${soft.def}${lyingShadow(lower, 24)}${fringe}${cloth(lower, 24, flat.url)}${lyingShadow(upper, 15)}${cloth(upper, 24, down.url)}${clipped(upper, ripples)}${lyingShadow(label, 3)}<path d="${label}" fill="#f4ecdc"/>${fern(686, 517, 42, 4, "#4f6b4c")}</g>`,
  );
}

function cushion(colour: Colour, piping: Colour): string {
  const shape =
    "M232 232C360 262 600 262 728 232C752 226 764 240 758 262C728 400 730 590 762 740C768 768 752 782 726 776C600 748 360 748 234 776C208 782 194 768 200 740C232 590 232 400 202 262C196 240 208 226 232 232z";
  const puff = radial(
    [
      [0, "#fff8ea", 0.4],
      [0.4, "#fff8ea", 0.08],
      [0.75, "#22140a", 0.16],
      [1, "#22140a", 0.5],
    ],
    0.38,
    0.34,
    0.72,
  );
  const soft = blur(16);
  const dents = [
    "M216 246Q330 330 380 420",
    "M744 246Q640 330 590 420",
    "M216 764Q320 690 372 610",
    "M748 764Q650 690 600 610",
  ]
    .map(
      (d, i) =>
        `<path d="${d}" stroke="${i < 2 ? "#22140a" : "#1a0f08"}" stroke-width="22" fill="none" opacity=".2" filter="${soft.url}"/>`,
    )
    .join("");
  const motif =
    fern(480, 690, 390, -4, piping, 0.92) +
    fern(360, 680, 250, -22, piping, 0.8) +
    fern(610, 680, 260, 16, piping, 0.8);
  return stillLife(
    studio.textiles,
    `${puff.def}${soft.def}${standingShadow(shape, 786, { cx: 480, rx: 262, ry: 16 }, 1.1)}${clipped(shape, `<rect width="1000" height="1000" fill="${colour}"/>${motif}${weave(colour, 6, 0.9)}${dents}`)}<path d="${shape}" fill="${puff.url}"/><path d="${shape}" fill="none" stroke="${darker(piping, 0.12)}" stroke-width="9"/><path d="${shape}" fill="none" stroke="${lighter(piping, 0.4)}" stroke-width="3" transform="translate(-2 -2)"/>`,
  );
}

function towels(ground: Colour, stripe: Colour): string {
  const towel = (x: number, y: number, w: number, h: number, pattern: string) => {
    const path = roundRect(x, y, w, h, 10);
    const fold = linear(
      [
        [0, "#fff8ea", 0.22],
        [0.47, "#22140a", 0.02],
        [0.5, "#22140a", 0.26],
        [0.53, "#fff8ea", 0.24],
        [1, "#22140a", 0.1],
      ],
      [0, 0, 1, 0],
    );
    return `${lyingShadow(roundRect(x + 8, y + 8, w, h, 10), 16)}<path d="${roundRect(x + 9, y + 9, w, h, 10)}" fill="${darker(ground, 0.22)}"/>${lying(path, ground, `${pattern}${weave(ground, 5, 0.9)}${fold.def}<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fold.url}"/><path d="M${x} ${y + h - 16}h${w}" stroke="${darker(ground, 0.3)}" stroke-width="2" stroke-dasharray="7 5" opacity=".7"/>`, 4)}`;
  };
  const stripes = [0, 26, 62, 74, 86, 122, 148]
    .map(
      (dx, i) =>
        `<rect x="${290 + dx}" y="0" width="${i === 3 ? 8 : 14}" height="1000" fill="${stripe}" opacity=".9"/>`,
    )
    .join("");
  const bands = [640, 664, 700]
    .map(
      (y, i) =>
        `<rect x="0" y="${y}" width="1000" height="${i === 2 ? 34 : 12}" fill="${stripe}" opacity=".9"/>`,
    )
    .join("");
  const loop = `<path d="M600 268q14 -54 34 -4" stroke="${darker(stripe, 0.1)}" stroke-width="9" fill="none"/>`;
  return flatLay(
    studio.textiles,
    `<g transform="rotate(10 620 520)">${loop}${towel(440, 262, 370, 520, bands)}</g><g transform="rotate(-6 400 480)">${towel(190, 170, 400, 590, stripes)}</g>`,
  );
}

function tote(colour: Colour, print: Colour): string {
  const bag =
    "M258 380C400 396 580 396 722 380C734 520 746 660 748 806C750 826 742 832 724 832C560 842 410 842 256 832C238 832 230 826 232 806C234 660 246 520 258 380z";
  const strap = (d: string, w: number, c: Colour) =>
    `<path d="${d}" stroke="${c}" stroke-width="${w}" fill="none" stroke-linecap="butt"/>`;
  const back = "M378 392C376 200 420 148 490 148C560 148 604 200 602 392";
  const front = "M356 470C352 210 404 128 490 128C576 128 628 210 624 470";
  const folds = linear(
    [
      [0, "#22140a", 0.26],
      [0.08, "#fff8ea", 0.12],
      [0.24, "#fff8ea", 0.16],
      [0.4, "#22140a", 0.07],
      [0.52, "#fff8ea", 0.08],
      [0.72, "#22140a", 0.14],
      [0.84, "#fff8ea", 0.06],
      [1, "#22140a", 0.36],
    ],
    [0, 0, 1, 0.06],
  );
  const soft = blur(12);
  const creases = [
    "M270 800Q330 700 316 560",
    "M720 810Q660 720 676 600",
    "M330 400Q350 470 340 540",
    "M640 400Q628 470 640 530",
  ]
    .map(
      (d) =>
        `<path d="${d}" stroke="#22140a" stroke-width="15" fill="none" opacity=".22" filter="${soft.url}"/>`,
    )
    .join("");
  const mouth = "M258 380C400 352 580 352 722 380C580 396 400 396 258 380z";
  return stillLife(
    studio.textiles,
    `${soft.def}${folds.def}${standingShadow(bag, 842, { cx: 490, rx: 256, ry: 16 })}${strap(back, 30, darker(colour, 0.38))}<path d="${mouth}" fill="${darker(colour, 0.5)}"/>${clipped(bag, `<rect width="1000" height="1000" fill="${colour}"/>${fern(490, 735, 270, -2, print)}${fern(404, 728, 190, -20, print)}${fern(574, 728, 190, 18, print)}${caps("PAPERFERN", 490, 786, 25, print, 0.5)}${weave(colour, 5, 0.8)}${creases}<path d="M256 410C400 426 580 426 726 410" stroke="${darker(colour, 0.35)}" stroke-width="2.5" stroke-dasharray="8 6" fill="none"/>`)}<path d="${bag}" fill="${folds.url}"/><g opacity=".28" filter="${soft.url}" transform="translate(12 14)">${clipped(bag, strap(front, 32, "#22140a"))}</g>${strap(front, 32, darker(colour, 0.16))}${strap(front, 26, lighter(colour, 0.1))}${["M343 432h27v36h-27z", "M611 432h27v36h-27z"].map((d) => `<path d="${d}M${d.slice(1, 4)} 432l27 36m0 -36l-27 36" fill="none" stroke="${darker(colour, 0.45)}" stroke-width="2.2" stroke-dasharray="5 3"/>`).join("")}`,
  );
}

/** Pictures of the textile shelf, by file name. */
export const textiles: Record<string, () => string> = {
  "waffle-throw-sand": () => throwBlanket("#dcc7a6"),
  "waffle-throw-rust": () => throwBlanket("#b9694b"),
  "frond-cushion-flax": () => cushion("#e6d9c1", "#5c7355"),
  "frond-cushion-moss": () => cushion("#6f7b55", "#ece0c6"),
  "frond-cushion-dusk": () => cushion("#51617a", "#e9d3bd"),
  "linen-towels-ochre": () => towels("#efe4d0", "#c08a3e"),
  "linen-towels-indigo": () => towels("#ece5d8", "#46566f"),
  "market-tote-natural": () => tote("#e7d9bd", "#4f6b4c"),
  "market-tote-charcoal": () => tote("#4c4a49", "#e9dcc3"),
};
