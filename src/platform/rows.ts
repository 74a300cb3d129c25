/** Columns a label takes: wide scripts and emoji take two. */
const columns = (label: string): number =>
  [...label].length + (label.match(/[\u1100-\uFFFF]|\p{Extended_Pictographic}/gu)?.length ?? 0);

/**
 * Packs buttons into rows, in order. A row holds up to `perRow`, and fewer where their labels take more than `width`
 * columns together, so that none is cut short on a narrow screen; a label longer than that stands alone.
 */
export function packRows<T>(
  buttons: readonly T[],
  labelOf: (button: T) => string,
  { perRow, width }: { readonly perRow: number; readonly width: number },
): T[][] {
  const rows: T[][] = [];
  let taken = 0;
  for (const button of buttons) {
    const own = columns(labelOf(button));
    const row = rows.at(-1);
    if (row === undefined || row.length === perRow || taken + own > width) {
      rows.push([button]);
      taken = own;
    } else {
      row.push(button);
      taken += own;
    }
  }
  return rows;
}
