import { CommandError } from "../errors.ts";
import type { CommandContext } from "./context.ts";
import { type AtOnce, tooLong } from "./first-match.ts";
import type { Failure } from "./write-result.ts";

/** How a statement of a bulk write is run. */
export interface Ways<S, R> {
  /** Inside a write that is under way, or not at all: `tooLong` when it takes more than a slice of time. */
  readonly atOnce: (statement: S) => AtOnce<R>;
  /** In writes of its own, in turns with others. */
  readonly inTurns: (statement: S) => Promise<R>;
}

/**
 * Runs the statements of a bulk write one after the other, until the first that fails when the command is ordered. As
 * many as a slice of time allows share one transaction, and so one flush to the disk; each is atomic by itself.
 */
export async function runStatements<S, R>(
  { command, storage }: CommandContext,
  statements: readonly S[],
  { atOnce, inTurns }: Ways<S, R>,
): Promise<{ done: { index: number; result: R }[]; failures: Failure[] }> {
  const ordered = command.ordered !== false;
  const done: { index: number; result: R }[] = [];
  const failures: Failure[] = [];
  let index = 0;
  const goesOn = (): boolean => index < statements.length && !(ordered && failures.length > 0);
  const failed = (error: unknown): void => {
    if (!(error instanceof CommandError)) throw error;
    failures.push({ index: index++, error });
  };
  /** Whether the statement is through; if not, it takes longer. */
  const step = (): boolean => {
    try {
      const outcome = atOnce(statements[index] as S);
      if (outcome === tooLong) return false;
      done.push({ index: index++, result: outcome.result });
    } catch (error) {
      failed(error);
    }
    return true;
  };
  while (goesOn()) {
    const isThrough = await storage.write((slice) => {
      while (step()) if (!goesOn() || slice.due()) return true;
      return false;
    });
    if (isThrough) continue;
    try {
      done.push({ index, result: await inTurns(statements[index] as S) });
      index++;
    } catch (error) {
      failed(error);
    }
  }
  return { done, failures };
}
