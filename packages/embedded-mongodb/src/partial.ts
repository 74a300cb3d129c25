import { compare, equal, typeOrder } from "./compare.ts";
import { isOperators } from "./query/condition.ts";
import { BSONRegExp, type Doc, isDoc, isNumber, toNumber, type Value } from "./value.ts";

/**
 * Whether every document that passes `filter` also passes a partial index's expression. Says no when it is not
 * plain from the filter, as the planner must then read elsewhere.
 */
export function implies(filter: Doc, partial: Doc): boolean {
  return Object.keys(partial).every((key) => {
    const condition = partial[key] as Value;
    if (key === "$and")
      return Array.isArray(condition) && condition.every((part) => isDoc(part) && implies(filter, part));
    if (key === "$or")
      return Array.isArray(condition) && condition.some((part) => isDoc(part) && implies(filter, part));
    if (key.startsWith("$")) return false;
    if (!isOperators(condition)) return given(filter, key, "$eq", condition);
    return Object.keys(condition).every((name) => given(filter, key, name, condition[name] as Value));
  });
}

function given(filter: Doc, path: string, name: string, operand: Value): boolean {
  if (
    Array.isArray(filter.$and) &&
    filter.$and.some((part) => isDoc(part) && given(part, path, name, operand))
  )
    return true;
  if (
    Array.isArray(filter.$or) &&
    filter.$or.every((part) => isDoc(part) && given(part, path, name, operand))
  )
    return true;
  const condition = filter[path];
  if (condition === undefined || !Object.hasOwn(filter, path)) return false;
  if (condition instanceof BSONRegExp) return name === "$exists" && operand === true;
  const operators: Doc = isOperators(condition) ? condition : { $eq: condition };
  return Object.keys(operators).some((have) => follows(have, operators[have] as Value, name, operand));
}

function follows(have: string, value: Value, name: string, operand: Value): boolean {
  if (have === "$in")
    return (
      Array.isArray(value) &&
      value.every((item) => !(item instanceof BSONRegExp) && follows("$eq", item, name, operand))
    );
  if (name === "$exists") {
    const wanted = operand === true || (isNumber(operand) && toNumber(operand) !== 0);
    if (have === "$exists") return (value === true || (isNumber(value) && toNumber(value) !== 0)) === wanted;
    if (!wanted) return false;
    return ["$eq", "$gt", "$gte", "$lt", "$lte"].includes(have) && value !== null;
  }
  if (have === name && equal(value, operand)) return true;
  if (name === "$type" || name === "$in" || typeOrder(value) !== typeOrder(operand)) {
    if (name === "$in" && have === "$eq")
      return Array.isArray(operand) && operand.some((item) => equal(item, value));
    return false;
  }
  if (Array.isArray(value)) return false;
  const order = compare(value, operand);
  switch (name) {
    case "$eq":
      return have === "$eq" && order === 0;
    case "$gt":
      return (["$eq", "$gte"].includes(have) && order > 0) || (have === "$gt" && order >= 0);
    case "$gte":
      return ["$eq", "$gt", "$gte"].includes(have) && order >= 0;
    case "$lt":
      return (["$eq", "$lte"].includes(have) && order < 0) || (have === "$lt" && order <= 0);
    case "$lte":
      return ["$eq", "$lt", "$lte"].includes(have) && order <= 0;
  }
  return false;
}
