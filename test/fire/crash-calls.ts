import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request over HTTP that passes a call gate. */
export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

/** As at the store's gate; "drop" cuts the connection. `status` is what was answered, after. */
export type CallWatch = (
  call: HttpCall,
  moment: "before" | "after",
  status: number,
) => "drop" | undefined | Promise<"drop" | undefined>;

/** A way to an HTTP server on which each call can be seen, held up or lost. */
export interface CallGate {
  readonly url: string;
  watch: CallWatch | undefined;
  close(): Promise<void>;
}

/** Opens a gate to the server that `target` names at the time of each call; while it names none, calls break off. */
export async function openCallGate(target: () => string | undefined): Promise<CallGate> {
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const call = { method: incoming.method ?? "", path: incoming.url ?? "", body };
    const to = target();
    if (to === undefined || (await gate.watch?.(call, "before", 0)) === "drop") {
      incoming.socket.destroy();
      return;
    }
    const { host: _, connection: __, ...headers } = incoming.headers;
    const upstream = request(new URL(call.path, to), { method: call.method, headers, agent: false });
    // A long poll ends with the process that asked.
    outgoing.on("close", () => upstream.destroy());
    upstream.end(body);
    const [answer]: IncomingMessage[] = await once(upstream, "response");
    if (answer === undefined) throw new Error("There is no answer.");
    const content = await bodyOf(answer);
    if ((await gate.watch?.(call, "after", answer.statusCode ?? 0)) === "drop") {
      incoming.socket.destroy();
      return;
    }
    const { "transfer-encoding": ___, connection: ____, ...given } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, { ...given, "content-length": content.length });
    outgoing.end(content);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const gate: CallGate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watch: undefined,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return gate;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
