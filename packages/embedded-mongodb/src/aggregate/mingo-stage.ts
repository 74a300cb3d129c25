import { Aggregator } from "mingo";
import { badValue } from "../errors.ts";
import { type Doc, isDoc, type Value } from "../value.ts";
import { fromPlain, toPlain } from "./mingo-operator.ts";
import type { MakeStage } from "./stage.ts";

/**
 * A stage that mingo runs as a whole. 64-bit and decimal numbers in its documents become the nearest double.
 *
 * @throws {CommandError} BadValue with mingo's message.
 */
export function mingoStage(name: string): MakeStage {
  return (operand: Value) => {
    const spec = toPlain(operand);
    return (docs) => {
      try {
        const plain = docs.map((doc) => toPlain(doc) as Record<string, unknown>);
        const results = new Aggregator([{ [name]: spec }]).run(plain);
        return results.map((result) => fromPlain(result)).filter((result): result is Doc => isDoc(result));
      } catch (cause) {
        throw badValue(cause instanceof Error ? cause.message : `${name} failed`);
      }
    };
  };
}
