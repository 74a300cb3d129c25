import { once } from "node:events";
import type { Socket } from "node:net";
import type { Client, ServerState } from "./commands/context.ts";
import { runCommand } from "./commands/index.ts";
import { CommandError } from "./errors.ts";
import { nextOf } from "./exhaust.ts";
import type { ServerLog } from "./log.ts";
import { isTurnOver, nextTurn, Patience } from "./patience.ts";
import { type Doc, isNumber, Long, toNumber } from "./value.ts";
import { messageId, messageLength, ProtocolError, type Request, readMessage, writeReply } from "./wire.ts";

/**
 * Serves one connection: requests are run one after the other, in order. What breaks the protocol is logged and
 * closes the connection; it never reaches another one.
 */
export function serve(socket: Socket, state: ServerState, id: number, log: ServerLog): void {
  // A client on a Unix socket has no address; MongoDB calls it this.
  const peer = socket.remoteAddress
    ? `${socket.remoteAddress}:${socket.remotePort}`
    : "anonymous unix socket";
  let parts: Buffer[] = [];
  let buffered = 0;
  let wanted = 4;
  const queue: Request[] = [];
  let running = false;

  const fail = (error: unknown): void => {
    log.warn(
      { peer, reason: error instanceof Error ? error.message : String(error) },
      "store: closing a connection that broke the protocol",
    );
    socket.destroy();
  };
  const onFault = (error: unknown): void =>
    log.error({ err: error, peer }, "store: a command failed unexpectedly");
  const closed = new AbortController();
  const client: Client = { address: peer, id, closed: closed.signal };
  const answer = async (request: Request): Promise<void> => {
    const patience = patienceFor(request);
    const reply = await runCommand(
      { ...state, database: request.database, command: request.command, client, patience },
      onFault,
    );
    const next = reply && request.exhaust ? nextOf(request.command, reply) : undefined;
    if (!reply) socket.destroy();
    else if (!request.silent && socket.writable) {
      const bytes = writeReply(request, reply, next !== undefined);
      const taken = socket.write(bytes);
      if (!next) return;
      // Nobody asks for the next reply, so it is the client's reading that keeps it back.
      if (!taken) await once(socket, "drain", { signal: closed.signal }).catch(() => undefined);
      if (socket.writable) queue.unshift({ ...request, id: messageId(bytes), command: next });
    }
    if (next && !socket.writable) letGo(request.command, state);
  };
  const run = async (): Promise<void> => {
    running = true;
    for (let request = queue.shift(); request; request = queue.shift()) {
      // Of many connections whose requests arrive together only as many are run at once as a turn's time allows.
      if (isTurnOver()) await nextTurn();
      await answer(request);
    }
    running = false;
  };
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => closed.abort());
  socket.on("data", (chunk) => {
    parts.push(chunk);
    buffered += chunk.length;
    try {
      while (buffered >= wanted && !socket.destroyed) {
        const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, buffered);
        parts = [bytes];
        const length = messageLength(bytes);
        if (length === undefined || length > buffered) {
          wanted = length ?? 4;
          break;
        }
        queue.push(readMessage(bytes.subarray(0, length)));
        buffered -= length;
        parts = buffered > 0 ? [bytes.subarray(length)] : [];
        wanted = 4;
      }
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof CommandError || error instanceof RangeError)
        return fail(error);
      throw error;
    }
    if (!running && queue.length > 0) run().catch(fail);
  });
}

/** A getMore's maxTimeMS is how long it waits at a tailable cursor's end, not a limit to its work. */
function patienceFor({ command }: Request): Patience {
  const limit = command.maxTimeMS;
  return new Patience(isNumber(limit) && command.getMore === undefined ? toNumber(limit) : undefined);
}

/** The cursor of a client that left while it was being sent everything: nobody will ask for the rest. */
function letGo({ getMore }: Doc, { cursors }: ServerState): void {
  if (getMore instanceof Long) cursors.kill(getMore.toBigInt());
}
