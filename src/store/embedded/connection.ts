import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { ServerState } from "./commands/context.ts";
import { runCommand } from "./commands/index.ts";
import { CommandError } from "./errors.ts";
import { isTurnOver, nextTurn, Patience } from "./patience.ts";
import { isNumber, toNumber } from "./value.ts";
import { messageLength, ProtocolError, type Request, readMessage, writeReply } from "./wire.ts";

/**
 * Serves one connection: requests are run one after the other, in order. What breaks the protocol is logged and
 * closes the connection; it never reaches another one.
 */
export function serve(socket: Socket, state: ServerState, id: number, log: Logger): void {
  const peer = `${socket.remoteAddress}:${socket.remotePort}`;
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
  const run = async (): Promise<void> => {
    running = true;
    for (let request = queue.shift(); request; request = queue.shift()) {
      // Of many connections whose requests arrive together only as many are run at once as a turn's time allows.
      if (isTurnOver()) await nextTurn();
      const context = {
        ...state,
        database: request.database,
        command: request.command,
        connection: peer,
        connectionId: id,
        patience: patienceFor(request),
      };
      const reply = await runCommand(context, onFault);
      if (!reply) socket.destroy();
      else if (!request.silent && socket.writable) socket.write(writeReply(request, reply));
    }
    running = false;
  };
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
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
