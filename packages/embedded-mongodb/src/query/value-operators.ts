import { collationIn } from "../collation.ts";
import { badValue, CommandError } from "../errors.ts";
import { BSONRegExp, type Doc, type Value } from "../value.ts";
import { equalTest, inTest, orderTest, regexTest } from "./comparison.ts";
import type { FilterContext } from "./filter-context.ts";
import { geoTest } from "./geo.ts";
import { at, type Match, not } from "./match.ts";
import { bitsTest, modTest, sizeTest } from "./number-tests.ts";
import { compilePattern } from "./regex.ts";
import { isTrue } from "./truth.ts";
import { typeTest } from "./types.ts";

/**
 * Compiles an operator that asks something of the values at a path and has no filter within it; `condition` is the
 * document it stands in, for what stands beside it.
 *
 * @throws {CommandError} BadValue or FailedToParse for an operand that is wrong, and for an operator that is none.
 */
export function compileValueOperator(
  parts: readonly string[],
  name: string,
  operand: Value,
  condition: Doc,
  context: FilterContext,
): Match {
  const opens = context.closed !== true;
  const collation = collationIn(context.variables);
  switch (name) {
    case "$eq":
      return at(parts, opens, equalTest(operand, collation));
    case "$ne":
      if (operand instanceof BSONRegExp) throw badValue("Can't have regex as arg to $ne.");
      return not(at(parts, opens, equalTest(operand, collation)));
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      if (operand instanceof BSONRegExp)
        throw badValue(`Can't have RegEx as arg to predicate over field '${parts.join(".")}'.`);
      return at(parts, opens, orderTest(name, operand, collation));
    case "$in":
      return at(parts, opens, inTest(name, operand, collation));
    case "$nin":
      return not(at(parts, opens, inTest(name, operand, collation)));
    case "$exists": {
      const exists = at(parts, false, (value) => value !== undefined);
      return isTrue(operand) ? exists : not(exists);
    }
    case "$type":
      return at(parts, opens, typeTest(operand));
    case "$regex": {
      const options = condition.$options;
      if (options !== undefined && typeof options !== "string") throw badValue("$options has to be a string");
      if (typeof operand === "string") return at(parts, opens, regexTest(regexOf(operand, options ?? "")));
      if (operand instanceof BSONRegExp) {
        if (options !== undefined && operand.options !== "") {
          throw new CommandError(51075, "options set in both $regex and $options");
        }
        return at(parts, true, regexTest(regexOf(operand.pattern, options ?? operand.options)));
      }
      throw badValue("$regex has to be a string");
    }
    case "$mod":
      return at(parts, opens, modTest(operand));
    case "$size":
      return at(parts, false, sizeTest(operand));
    case "$bitsAllSet":
    case "$bitsAllClear":
    case "$bitsAnySet":
    case "$bitsAnyClear":
      return at(parts, opens, bitsTest(name, operand));
    case "$comment":
      return () => true;
    case "$geoWithin":
    case "$within":
    case "$geoIntersects":
      return at(parts, opens, geoTest(name, operand));
  }
  throw badValue(`unknown operator: ${name}`);
}

/** @throws {CommandError} as {@link compilePattern}, before the value's own class would refuse it in its own way. */
function regexOf(pattern: string, options: string): BSONRegExp {
  compilePattern(pattern, options);
  return new BSONRegExp(pattern, [...options].sort().join(""));
}
