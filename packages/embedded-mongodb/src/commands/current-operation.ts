import { hostname } from "node:os";
import type { Doc } from "../value.ts";
import { Long } from "../value.ts";
import { type Command, type CommandContext, namespaceOf } from "./context.ts";

/**
 * The operation that asks, as `$currentOp` shows it (source: MongoDB manual, "$currentOp (aggregation)"). A command
 * yields only between parts of its work, so what else may run is not listed.
 */
function currentOperation(context: CommandContext): Doc {
  const { command, database, client } = context;
  const name = Object.keys(command)[0] ?? "";
  const ns = typeof command[name] === "string" ? namespaceOf(context) : `${database}.$cmd.${name}`;
  return {
    type: "op",
    host: hostOf(context),
    desc: `conn${client.id}`,
    connectionId: client.id,
    client: client.address,
    ...(client.application === undefined ? {} : { appName: client.application }),
    active: true,
    currentOpTime: new Date().toISOString(),
    opid: client.id,
    secs_running: Long.ZERO,
    microsecs_running: Long.ZERO,
    op: "command",
    ns,
    command: { ...command, $db: database },
    waitingForLock: false,
  };
}

/** What `$currentOp` shows: the operation that asks and, when it wants them, the idle cursors. */
export function currentOperations(context: CommandContext, { idleCursors }: Doc): Doc[] {
  const cursors = idleCursors === true ? context.cursors.idle() : [];
  return [currentOperation(context), ...cursors.map((cursor) => ({ host: hostOf(context), ...cursor }))];
}

function hostOf({ address }: CommandContext): string {
  return `${hostname()}:${address.split(":").at(-1)}`;
}

/** `currentOp`, whose one operation is itself. */
export const currentOp: Command = (context) => ({ inprog: [currentOperation(context)] });
