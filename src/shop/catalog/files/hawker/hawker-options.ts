import { lineSchema } from "../../../core/text-schemas.ts";
import type { Issue } from "../csv/csv-table.ts";
import { unifiedValues } from "../foreign/unified-values.ts";
import { cell, type Group, localised } from "./hawker-cells.ts";
import { OPTIONS, perOption } from "./hawker-columns.ts";

// As the product will keep it, so that two cells that only differ in spaces are one value.
const anyLine = lineSchema(1000);
/** A value as the product will keep it. */
const line = (text: string): string => anyLine.safeParse(text).data ?? text;

/** The options of a product by their columns' numbers, each value with the line that names it first. */
export function readOptions(rows: Group, issues: Issue[]) {
  const [first] = rows;
  const used = OPTIONS.filter((n) => cell(first, `option${n}_name_en`) !== "");
  for (const n of OPTIONS.filter((n) => !used.includes(n)))
    for (const row of rows) {
      const column = perOption(n).find((name) => cell(row, name) !== "");
      if (column !== undefined)
        issues.push({ line: row.line, column, message: `needs option${n}_name_en on line ${first.line}` });
    }
  used.forEach((n, index) => {
    if (n !== index + 1)
      issues.push({
        line: first.line,
        column: `option${n}_name_en`,
        message: `needs option${index + 1} first`,
      });
  });
  const unified = unifiedValues(rows.map((row) => used.map((n) => line(cell(row, `option${n}_value_en`)))));
  return used.map((n, index) => {
    const values = new Map<string, { en: string; zh: string; line: number }>();
    for (const [at, row] of rows.entries()) {
      const en = unified[at]?.[index] ?? "";
      const zh = line(cell(row, `option${n}_value_zh`));
      const known = values.get(en);
      if (en === "")
        issues.push({
          line: row.line,
          column: `option${n}_value_en`,
          message: "is needed for every variant",
        });
      else if (known === undefined) values.set(en, { en, zh, line: row.line });
      else if (known.zh === "") known.zh = zh;
      else if (zh !== "" && zh !== known.zh)
        issues.push({
          line: row.line,
          column: `option${n}_value_zh`,
          message: `differs from line ${known.line} for ${en}`,
        });
    }
    return {
      n,
      name: localised(first, `option${n}_name`),
      values: [...values.values()],
      /** The value of each row. */
      used: unified.map((all) => all[index] ?? ""),
    };
  });
}
