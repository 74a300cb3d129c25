import { hostname } from "node:os";
import type { Doc } from "../value.ts";
import { Long } from "../value.ts";
import { type Command, type CommandContext, namespaceOf } from "./context.ts";

/**
 * The operation that asks, as `$currentOp` shows it (source: MongoDB manual, "$currentOp (aggregation)"). A command
 * yields only between parts of its work, so what else may run is not listed.
 */
export function currentOperation(context: CommandContext): Doc {
  const { command, database, client, address } = context;
  const name = Object.keys(command)[0] ?? "";
  const ns = typeof command[name] === "string" ? namespaceOf(context) : `${database}.$cmd.${name}`;
  return {
    type: "op",
    host: `${hostname()}:${address.split(":").at(-1)}`,
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

/** `currentOp`, whose one operation is itself. */
export const currentOp: Command = (context) => ({ inprog: [currentOperation(context)] });
