/**
 * A column's name without what people and programs write differently: capitals, accents, and everything that is no
 * letter or digit. "Compare-at price" and "compare_at  Price" are one.
 */
export const foldedName = (name: string): string =>
  name
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("ł", "l")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** All the names of each column of a format, by the name its reader uses. */
export type ColumnNames = Readonly<Record<string, readonly string[]>>;

/** Finds which of these columns a name in a header means. A column is called by its own name, too. */
export function columnFinder(...lists: readonly ColumnNames[]): (name: string) => string | undefined {
  const columns = new Map<string, string>();
  for (const list of lists)
    for (const [column, names] of Object.entries(list))
      for (const name of [column, ...names]) {
        const folded = foldedName(name);
        if (!columns.has(folded)) columns.set(folded, column);
      }
  return (name) => columns.get(foldedName(name));
}
