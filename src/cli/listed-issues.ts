import type { Issue } from "../shop/catalog/files/csv/csv-table.ts";

/** From how many of a kind on only the first few are shown. */
const FEW = 5;
const SHOWN = 3;
const LINES = 10;

/** An issue as a line: where it is, and what. */
export const told = (file: string, { line, column, message }: Issue): string =>
  `${file}:${line}: ${column === undefined ? "" : `${column} `}${message}`;

/**
 * Issues as lines to be read by a person: of many that say the same, the first three in full and a line for the rest, so that
 * ten thousand of one kind do not hide the one of another.
 */
export function listedIssues(file: string, issues: readonly Issue[]): string[] {
  const kinds = new Map<string, Issue[]>();
  for (const issue of issues) {
    const kind = `${issue.column} ${issue.alike ?? issue.message}`;
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [issue]);
    else known.push(issue);
  }
  return [...kinds.values()].flatMap((alike) => {
    if (alike.length <= FEW) return alike.map((issue) => told(file, issue));
    const shown = alike.slice(0, SHOWN).map((issue) => told(file, issue));
    const rest = alike.slice(SHOWN);
    const lines = [...new Set(rest.map(({ line }) => line))];
    const which = `${lines.slice(0, LINES).join(", ")}${lines.length > LINES ? ", …" : ""}`;
    const { column, message, alike: same } = rest[0] ?? { message: "" };
    const what = `${column === undefined ? "" : `${column} `}${same ?? message}`;
    return [...shown, `${file}: ${rest.length} more like this, on lines ${which}: ${what}`];
  });
}
