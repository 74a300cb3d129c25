/** The import of catalog files: `planImport` checks a file against the shop, `applyImport` writes what was planned. */

export { type DecimalMark, decimalMarks } from "../files/csv/number-notation.ts";
export { type ImportPlan, type PlanEntry, planImport } from "./plan.ts";
export {
  applyImport,
  type ImportOptions,
  ImportOutdated,
  ImportRefused,
} from "./write.ts";
