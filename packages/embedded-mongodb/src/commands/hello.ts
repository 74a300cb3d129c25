import { setTimeout } from "node:timers/promises";
import { CommandError, typeMismatch } from "../errors.ts";
import { sessionMinutes } from "../sessions.ts";
import { type Doc, isDoc, Long, ObjectId } from "../value.ts";
import { type Client, type Command, docField, numberField } from "./context.ts";

/** This process, to which a driver's knowledge of the topology belongs. */
const processId = new ObjectId();

/**
 * `hello`. Wire version 21 is MongoDB 7.0. There is no `setName`: a driver takes the server for a standalone one
 * and does not retry writes. A standalone's topology never changes, so who waits for a change waits all the time it
 * names (source: driver specification, "Server Monitoring").
 *
 * @throws {CommandError} ClientMetadataCannotBeMutated when the client says again who it is.
 */
export const hello: Command = async ({ command, client }) => {
  introduce(client, command);
  await waitForNews(command, client.closed);
  const legacy = command.hello === undefined;
  return {
    helloOk: true,
    ...(legacy ? { ismaster: true } : { isWritablePrimary: true }),
    topologyVersion: { processId, counter: Long.ZERO },
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: sessionMinutes,
    connectionId: client.id,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
  };
};

/** The name of the application that a hello's client tells. */
export function applicationOf(command: Doc): string | undefined {
  const application = isDoc(command.client) ? command.client.application : undefined;
  return isDoc(application) && typeof application.name === "string" ? application.name : undefined;
}

function introduce(client: Client, command: Doc): void {
  if (command.client === undefined) return;
  if (client.known)
    throw new CommandError(
      "ClientMetadataCannotBeMutated",
      "The client metadata document may only be sent in the first hello",
    );
  client.known = true;
}

/** @throws {CommandError} 31368, 31372, 31373, 51764 for a wait that names no topology this server had. */
async function waitForNews(command: Doc, closed: AbortSignal): Promise<void> {
  const known = docField(command, "topologyVersion");
  const wait = numberField(command, "maxAwaitTimeMS", true);
  if (!known && wait === undefined) return;
  if (!known)
    throw new CommandError(31368, "A request with 'maxAwaitTimeMS' must include a 'topologyVersion'");
  if (wait === undefined)
    throw new CommandError(31368, "A request with a 'topologyVersion' must include 'maxAwaitTimeMS'");
  if (!(known.processId instanceof ObjectId) || !(known.counter instanceof Long))
    throw typeMismatch("BSON field 'topologyVersion' needs a 'processId' and a 'counter'");
  if (known.counter.isNegative())
    throw new CommandError(31372, "topologyVersion must have a non-negative counter");
  if (wait < 0) throw new CommandError(31373, "maxAwaitTimeMS must be a non-negative integer");
  // It is another process's, so the news is that the server was started again.
  if (!known.processId.equals(processId)) return;
  if (!known.counter.isZero())
    throw new CommandError(
      51764,
      `Received a topology version with counter: ${known.counter} which is greater than the server topology version counter: 0`,
    );
  await setTimeout(wait, undefined, { signal: closed }).catch((error: unknown) => {
    if (!closed.aborted) throw error;
  });
}
