import { type Doc, isDoc, type Value } from "../value.ts";

/** Whether the document is a set of operators, such as `{ $gt: 1 }`, and not a value. */
export function isOperators(condition: Value | undefined): condition is Doc {
  if (!isDoc(condition)) return false;
  const first = Object.keys(condition)[0];
  return first?.startsWith("$") === true && !isReference(first);
}

/** Whether a name is one of a reference's fields (source: MongoDB manual, "Database References"). */
export function isReference(name: string): boolean {
  return name === "$ref" || name === "$id" || name === "$db";
}
