/** The import of catalog files: `planImport` checks a file against the shop, `applyImport` writes what was planned. */

export { type DecimalMark, decimalMarks } from "./catalog-files/number-notation.ts";
export { type ImportPlan, type PlanEntry, planImport } from "./catalog-import/plan.ts";
export {
  applyImport,
  type ImportOptions,
  ImportOutdated,
  ImportRefused,
} from "./catalog-import/write.ts";
