import { type Doc, isDoc, Long } from "./value.ts";

/**
 * What the server runs next by itself when a client lets it answer one request several times; undefined when the reply
 * is the last one (source: driver specifications, "OP_MSG", exhaustAllowed; MongoDB manual, "hello").
 *
 * A getMore goes on until its cursor is at its end, a hello that waits for news until the connection closes.
 */
export function nextOf(command: Doc, reply: Doc): Doc | undefined {
  if (reply.ok !== 1) return undefined;
  if (command.getMore !== undefined) {
    const { cursor } = reply;
    const goesOn = isDoc(cursor) && cursor.id instanceof Long && !cursor.id.isZero();
    return goesOn ? command : undefined;
  }
  const { topologyVersion } = reply;
  const waits = command.topologyVersion !== undefined && command.maxAwaitTimeMS !== undefined;
  return waits && topologyVersion !== undefined ? { ...command, topologyVersion } : undefined;
}
