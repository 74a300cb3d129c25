/** How a file writes its cells. */
export interface Dialect {
  /** The sign between cells. */
  readonly delimiter: string;
  /** The line before the header that names the sign ("sep=;"), as Excel writes it; "" where there is none. */
  readonly preface: string;
}

const SIGNS = [",", ";", "\t", "|"] as const;

/** How many rows after the header are looked at. */
const LOOKED_AT = 5;

/**
 * Tells from the beginning of a file how it parts its cells: by the line "sep=…" if there is one, else by the sign that
 * makes most known names of the header, that parts the next rows alike, and that is there most often. What is inside
 * quotes does not count.
 */
export function dialectOf(start: string, known: (name: string) => boolean = () => false): Dialect {
  const [preface = "", named] = /^"?sep=([^\w\s"]|\t)"?[,;\t|]*[ ]*(?:\r\n|\n|\r)/i.exec(start) ?? [];
  if (named !== undefined) return { delimiter: named, preface };
  const rows = firstRows(start);
  const [top = ""] = rows;
  let best: { sign: string; score: [number, number, number] } | undefined;
  for (const sign of SIGNS) {
    const cells = parted(top, sign);
    if (cells.length < 2) continue;
    const alike = rows.slice(1).filter((row) => parted(row, sign).length === cells.length).length;
    const score: [number, number, number] = [cells.filter(known).length, alike, cells.length];
    if (best === undefined || isAbove(score, best.score)) best = { sign, score };
  }
  return { delimiter: best?.sign ?? ",", preface: "" };
}

const isAbove = (score: readonly number[], other: readonly number[]): boolean => {
  const at = score.findIndex((value, index) => value !== other[index]);
  return at >= 0 && (score[at] ?? 0) > (other[at] ?? 0);
};

/** The first rows that are not blank, with line breaks inside quotes kept. */
function firstRows(text: string): string[] {
  const rows: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at <= text.length && rows.length <= LOOKED_AT; at += 1) {
    const sign = text[at];
    if (sign === '"') quoted = !quoted;
    // The last row may be cut off.
    if (sign === undefined ? rows.length > 0 : quoted || (sign !== "\n" && sign !== "\r")) continue;
    const row = text.slice(from, at);
    if (row.trim() !== "") rows.push(row);
    from = at + 1;
  }
  return rows;
}

function parted(row: string, sign: string): string[] {
  const cells: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < row.length; at += 1) {
    if (row[at] === '"') quoted = !quoted;
    else if (row[at] === sign && !quoted) {
      cells.push(row.slice(from, at));
      from = at + 1;
    }
  }
  cells.push(row.slice(from));
  return cells.map((cell) =>
    cell
      .trim()
      .replace(/^"([\s\S]*)"$/, "$1")
      .replaceAll('""', '"'),
  );
}
