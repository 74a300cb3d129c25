import { CommandError } from "../errors.ts";
import { type Doc, isDoc, setField, type Value } from "../value.ts";
import { checkExpression, evaluate, type Scope } from "./expression.ts";
import { each } from "./flow.ts";
import { flowing, type MakeStage } from "./stage.ts";

/**
 * `$redact`: says of a document, and of each one inside it, whether it stays, goes, or is looked into (source: MongoDB
 * manual, "$redact").
 *
 * @throws {CommandError} 17053 for another answer than `$$KEEP`, `$$PRUNE` or `$$DESCEND`.
 */
export const redact: MakeStage = (operand, variables) => {
  checkExpression(operand);
  return flowing(
    each((docs) =>
      docs.map((doc) => redacted(doc, doc, operand, variables)).filter((doc) => doc !== undefined),
    ),
  );
};

function redacted(level: Doc, root: Doc, expression: Value, variables: Scope | undefined): Doc | undefined {
  const scope = new Map([...(variables ?? []), ["CURRENT", level] as const]);
  const answer = evaluate(expression, root, scope);
  if (answer === "keep") return level;
  if (answer === "prune") return undefined;
  if (answer !== "descend")
    throw new CommandError(
      17053,
      "$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE",
    );
  const result: Doc = {};
  for (const key of Object.keys(level)) {
    const kept = inside(level[key] as Value, (inner) => redacted(inner, root, expression, variables));
    if (kept !== undefined) setField(result, key, kept);
  }
  return result;
}

function inside(value: Value, look: (doc: Doc) => Doc | undefined): Value | undefined {
  if (isDoc(value)) return look(value);
  if (!Array.isArray(value)) return value;
  return value.flatMap((item) => {
    const kept = inside(item, look);
    return kept === undefined ? [] : [kept];
  });
}
