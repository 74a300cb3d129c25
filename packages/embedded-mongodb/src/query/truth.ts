import { isNumber, toNumber, type Value } from "../value.ts";

/** Whether a value counts as true (everything but false, null, missing and zero). */
export function isTrue(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !(isNumber(value) && toNumber(value) === 0);
}
