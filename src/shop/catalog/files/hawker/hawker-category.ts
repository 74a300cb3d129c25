import { cut } from "../../../../i18n/graphemes.ts";
import { CATEGORY_TITLE_MAX, categorySchema } from "../../category.ts";
import type { Issue, Row } from "../csv/csv-table.ts";
import { plainFault } from "../plain-faults.ts";
import type { FileCategory, Reading } from "../reading.ts";
import { cell, integer } from "./hawker-cells.ts";

const namedCategory = categorySchema.pick({ slug: true, title: true, position: true }).partial();

/** Adds what a row tells of its category to the known ones, and returns what is wrong with it. */
export function noteCategory(
  row: Row,
  { categories: known, notes }: Pick<Reading, "categories" | "notes">,
): Issue[] {
  const issues: Issue[] = [];
  const slug = cell(row, "category");
  const titleIn = (language: "en" | "zh") => {
    const column = `category_${language}`;
    const text = cell(row, column);
    if (text.length <= CATEGORY_TITLE_MAX) return text;
    notes.push({ line: row.line, column, message: `is cut to ${CATEGORY_TITLE_MAX} characters` });
    return cut(text, CATEGORY_TITLE_MAX);
  };
  const en = titleIn("en");
  const zh = titleIn("zh");
  const position = integer(row, "category_position", issues);
  const title = en === "" ? undefined : { en, zh };
  if (title === undefined && zh !== "")
    issues.push({ line: row.line, column: "category_en", message: "is needed beside category_zh" });
  const valid = namedCategory.safeParse({ slug, title, position });
  if (!valid.success) {
    issues.push(
      ...valid.error.issues.map(({ path: [field, language], ...issue }) => ({
        line: row.line,
        column:
          field === "title"
            ? `category_${String(language)}`
            : field === "position"
              ? "category_position"
              : "category",
        message: plainFault({ ...issue, path: [] }),
      })),
    );
    return issues;
  }
  const found: FileCategory = {
    line: row.line,
    slug,
    ...(valid.data.title === undefined ? {} : { title: valid.data.title }),
    ...(position === undefined ? {} : { position }),
  };
  const before = known.get(slug);
  if (before === undefined) {
    known.set(slug, found);
    return issues;
  }
  const differs = (column: string) =>
    issues.push({ line: row.line, column, message: `differs from line ${before.line} for category ${slug}` });
  if (found.title && before.title && found.title.en !== before.title.en) differs("category_en");
  if (found.title && before.title && found.title.zh !== before.title.zh) differs("category_zh");
  if (found.position !== undefined && before.position !== undefined && found.position !== before.position)
    differs("category_position");
  known.set(slug, { ...found, ...before });
  return issues;
}
