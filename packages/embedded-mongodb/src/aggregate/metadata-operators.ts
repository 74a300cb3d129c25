import { metadataName, metadataOf } from "../metadata.ts";
import type { ExpressionOperator } from "./expression.ts";

/** The expression that asks for what the search knows of a document. */
export const metadataOperators: Readonly<Record<string, ExpressionOperator>> = {
  $meta: (operand, { root }) => metadataOf(root, metadataName(operand)),
};
