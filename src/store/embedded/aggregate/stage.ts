import type { Doc, Value } from "../value.ts";
import type { Scope } from "./expression.ts";

/** Reaches other collections for `$lookup`, `$unionWith`, `$graphLookup`, `$out` and `$merge`. */
export interface PipelineHost {
  database: string;
  /** The documents of a collection that match a filter, from an index when there is one. */
  read(collection: string, filter: Doc, variables?: Scope): Promise<Doc[]>;
  /** Writes for `$out` and `$merge`. */
  write(name: "$out" | "$merge", operand: Value, docs: Doc[]): Promise<void>;
  /** Documents of a stage that asks the server, such as `$collStats`. */
  ask(name: string, operand: Value): Promise<Doc[]>;
}

/** One stage on all documents. */
export type Stage = (docs: Doc[], host: PipelineHost, variables: Scope | undefined) => Promise<Doc[]> | Doc[];
/** Makes a stage from its operand; the operand is checked here. */
export type MakeStage = (operand: Value, variables: Scope | undefined, nested: Nested) => Stage;

/** Compiles and runs the pipelines inside a stage, such as those of `$facet`. */
export interface Nested {
  compile(pipeline: Value, variables?: Scope): unknown;
  run(pipeline: Value, docs: Doc[], host: PipelineHost, variables?: Scope): Promise<Doc[]>;
}
