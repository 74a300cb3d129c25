import { CommandError } from "../errors.ts";
import { compileAddFields, compileProjection, unsetSpec } from "../query/projection.ts";
import { type Doc, isDoc, type Value } from "../value.ts";
import { checkExpression, evaluate, type Scope } from "./expression.ts";
import { geoNearFields } from "./geo-near.ts";

/** A stage that turns one document into one document. */
export type DocumentStage = (doc: Doc) => Doc;

/** Compiles a stage that works on single documents; `undefined` when the stage is of another kind. */
export function compileDocumentStage(
  name: string,
  operand: Value,
  variables?: Scope,
): DocumentStage | undefined {
  switch (name) {
    case "$set":
    case "$addFields":
      if (!isDoc(operand)) throw new CommandError(40272, `${name} specification stage must be an object`);
      return compileAddFields(operand, variables);
    case "$project":
      if (!isDoc(operand)) throw new CommandError(15969, "$project specification must be an object");
      if (Object.keys(operand).length === 0)
        throw new CommandError(
          51272,
          "Invalid $project :: caused by :: projection specification must have at least one field",
        );
      return compileProjection(operand, { variables });
    case "$unset":
      return compileProjection(unsetSpec(operand));
    case "$geoNear":
      return geoNearFields(operand);
    case "$replaceWith":
      return replace(operand, variables);
    case "$replaceRoot":
      if (!isDoc(operand) || operand.newRoot === undefined)
        throw new CommandError(40229, "expected an object as specification for $replaceRoot stage");
      return replace(operand.newRoot, variables);
  }
  return undefined;
}

function replace(expression: Value, variables?: Scope): DocumentStage {
  checkExpression(expression);
  return (doc) => {
    const root = evaluate(expression, doc, variables);
    if (!isDoc(root)) throw new CommandError(40228, "'newRoot' expression must evaluate to an object");
    return root;
  };
}

/**
 * Runs the pipeline of an update on one document.
 *
 * @throws {CommandError} InvalidOptions for a stage that updates do not allow.
 */
export function runStagesOnDocument(stages: Doc[], doc: Doc, variables?: Scope): Doc {
  let current = doc;
  for (const stage of stages) {
    const name = Object.keys(stage)[0] ?? "";
    const run = compileDocumentStage(name, stage[name] as Value, variables);
    if (!run) throw new CommandError("InvalidOptions", `${name} is not allowed to be used within an update`);
    current = run(current);
  }
  return current;
}
