import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { BSON, type Document } from "bson";

/** One command that a client sent to the store. */
export interface Step {
  /** From 1, in the order in which the gate saw them over all its connections. */
  readonly number: number;
  /** As on the wire: `find`, `findAndModify`, `update` and so on. */
  readonly command: string;
  /** What the command works on; for `getMore` the cursor's collection; "" where there is none. */
  readonly collection: string;
  /** Command and collection, such as `update orders`: the same for each run of the same code. */
  readonly name: string;
  /** The whole command; document sequences stand in it as arrays. */
  readonly body: Document;
}

/** `before`: the store has not seen the command. `after`: the store has answered, the client has not seen it. */
export type Moment = "before" | "after";

/**
 * Is told of each step twice, and holds it up until its promise is done. "drop" cuts the connection: before, the
 * command never happened; after, it happened and nobody knows.
 */
export type Watch = (step: Step, moment: Moment) => "drop" | undefined | Promise<"drop" | undefined>;

/** A way to the store on which each command can be seen, held up or lost. */
export interface StoreGate {
  /** Connection string of the same database by way of the gate. */
  readonly url: string;
  /** The steps so far. */
  readonly steps: readonly Step[];
  /** Asked at each step; nothing happens to the steps while it is undefined. May be changed at any time. */
  watch: Watch | undefined;
  /** Cuts all connections at once, as a network does. New ones are taken. */
  cut(): void;
  close(): Promise<void>;
}

const OP_MSG = 2013;
const HEADER = 16;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

/** What the driver sends for itself is let through unseen. */
const QUIET = new Set([
  "hello",
  "ismaster",
  "isMaster",
  "ping",
  "buildInfo",
  "endSessions",
  "killCursors",
  "saslStart",
  "saslContinue",
]);

/**
 * Opens a gate to the MongoDB-compatible server named by `target` (one host; not `mongodb+srv`, no TLS).
 *
 * It speaks the wire protocol as the specification of OP_MSG has it; compression is not understood, and drivers do
 * not use it unless told to. Answers go back in the order in which the server gives them.
 */
export async function openGate(target: string, watch?: Watch): Promise<StoreGate> {
  const address = new URL(target);
  const steps: Step[] = [];
  const sockets = new Set<Socket>();

  const server = createServer({ noDelay: true }, (client) => {
    const store = connect({ host: address.hostname, port: Number(address.port || 27017), noDelay: true });
    const pending = new Map<number, Step>();
    const cut = () => {
      client.destroy();
      store.destroy();
    };
    for (const socket of [client, store]) {
      sockets.add(socket);
      // The other side learns of it by its own connection's end.
      socket.on("error", cut);
      socket.on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }
    const ask = async (step: Step, moment: Moment): Promise<boolean> => {
      const answer = await gate.watch?.(step, moment);
      if (answer === "drop") cut();
      return answer !== "drop";
    };
    relay(client, store, async (message) => {
      const body = commandOf(message);
      if (!body) return true;
      const command = Object.keys(body)[0] ?? "";
      if (QUIET.has(command)) return true;
      const collection = String(
        command === "getMore" ? body.collection : typeof body[command] === "string" ? body[command] : "",
      );
      const name = collection === "" ? command : `${command} ${collection}`;
      const step = { number: steps.length + 1, command, collection, name, body };
      steps.push(step);
      if (!(message.readUInt32LE(HEADER) & MORE_TO_COME)) pending.set(message.readInt32LE(4), step);
      return ask(step, "before");
    });
    relay(store, client, async (message) => {
      const request = message.readInt32LE(8);
      const step = pending.get(request);
      pending.delete(request);
      return step ? ask(step, "after") : true;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Else the driver would go where the server says it is, past the gate.
  url.searchParams.set("directConnection", "true");
  const gate: StoreGate = {
    url: url.href,
    steps,
    watch,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      gate.watch = undefined;
      gate.cut();
      server.close();
      await once(server, "close");
    },
  };
  return gate;
}

/** Passes whole messages on, one after the other, as far as `pass` lets them. */
function relay(from: Socket, to: Socket, pass: (message: Buffer) => Promise<boolean>): void {
  let rest: Buffer = Buffer.alloc(0);
  let line = Promise.resolve();
  from.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER && rest.length >= rest.readInt32LE(0)) {
      const message = rest.subarray(0, rest.readInt32LE(0));
      rest = rest.subarray(message.length);
      line = line.then(async () => {
        if ((await pass(message)) && !to.destroyed) to.write(message);
      });
      // A watch that throws is a test's own mistake; it must not be swallowed.
      line.catch((error: unknown) =>
        queueMicrotask(() => {
          throw error;
        }),
      );
    }
  });
}

/** The command in an OP_MSG, or undefined for other messages. */
function commandOf(message: Buffer): Document | undefined {
  if (message.readInt32LE(12) !== OP_MSG) return undefined;
  const end = message.length - (message.readUInt32LE(HEADER) & CHECKSUM_PRESENT ? 4 : 0);
  let command: Document = {};
  const sequences: Document = {};
  let at = HEADER + 4;
  while (at < end) {
    const kind = message.readUInt8(at);
    const size = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + size);
    if (kind === 0) command = BSON.deserialize(section);
    else {
      const name = section.subarray(4, section.indexOf(0, 4)).toString();
      sequences[name] = documentsIn(section.subarray(4 + Buffer.byteLength(name) + 1));
    }
    at += 1 + size;
  }
  return { ...command, ...sequences };
}

function documentsIn(bytes: Buffer): Document[] {
  const documents: Document[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at)) {
    documents.push(BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at))));
  }
  return documents;
}
