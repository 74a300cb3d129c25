import type { Doc, Value } from "../value.ts";
import type { Scope } from "./expression.ts";
import type { MakeFlow } from "./flow.ts";

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

/** One stage on all documents; with `flow` it can also take them a part at a time. */
export interface Stage {
  (docs: Doc[], host: PipelineHost, variables: Scope | undefined): Promise<Doc[]> | Doc[];
  flow?: MakeFlow;
}

/** A stage that takes its documents a part at a time, also when it is given all of them at once. */
export function flowing(flow: MakeFlow): Stage {
  const stage: Stage = (docs) => {
    const run = flow();
    return [...run.take(docs), ...(run.end?.() ?? [])];
  };
  stage.flow = flow;
  return stage;
}

/** Makes a stage from its operand; the operand is checked here. */
export type MakeStage = (operand: Value, variables: Scope | undefined, nested: Nested) => Stage;

/** Compiles and runs the pipelines inside a stage, such as those of `$facet`. */
export interface Nested {
  compile(pipeline: Value, variables?: Scope): unknown;
  run(pipeline: Value, docs: Doc[], host: PipelineHost, variables?: Scope): Promise<Doc[]>;
}
