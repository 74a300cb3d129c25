import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Envelope, type Patience, RETRIES, type Route, type Tardiness } from "./slack-envelope.ts";
import { isObject, type Json } from "./slack-rules.ts";
import { APP_ID } from "./slack-workspace.ts";

interface Pending {
  readonly envelope: Envelope;
  readonly settle: (ack: Json | undefined) => void;
  retries: number;
  reason: string | undefined;
  settled: boolean;
  overdue: boolean;
  givenUp: boolean;
  timer?: NodeJS.Timeout;
}

/** Socket Mode: connections by ticket, envelopes that want to be acknowledged. https://docs.slack.dev/apis/events-api/using-socket-mode */
export class Sockets implements Route {
  readonly #patience: Patience;
  readonly #tardiness: Tardiness;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #connections = new Set<WebSocket>();
  /** Deliveries by each envelope id they went out under. */
  readonly #sent = new Map<string, { pending: Pending; socket: WebSocket }>();
  readonly #waiting: Pending[] = [];
  #turn = 0;
  #count = 0;

  constructor(patience: Patience, tardiness: Tardiness) {
    this.#patience = patience;
    this.#tardiness = tardiness;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#connections.size;
  }

  /** A ticket that opens one connection. */
  ticket(): string {
    const ticket = `ticket-${++this.#count}`;
    this.#tickets.add(ticket);
    return ticket;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? "", "ws://double").searchParams.get("ticket") ?? "";
    if (!this.#tickets.delete(ticket)) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n");
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => this.#greet(connection));
  }

  #greet(connection: WebSocket): void {
    this.#connections.add(connection);
    connection.on("message", (bytes) => this.#hear(String(bytes)));
    connection.on("error", () => connection.terminate());
    connection.on("close", () => this.#closed(connection));
    connection.send(
      JSON.stringify({
        type: "hello",
        num_connections: this.#connections.size,
        debug_info: { host: "double", approximate_connection_time: 3600 },
        connection_info: { app_id: APP_ID },
      }),
    );
    for (const pending of this.#waiting.splice(0)) this.#send(pending);
    this.#tardiness.changed();
  }

  async deliver(envelope: Envelope): Promise<Json | undefined> {
    return await new Promise((resolve) => {
      const settle = (ack: Json | undefined) => resolve(ack);
      this.#send({
        envelope,
        settle,
        retries: 0,
        reason: undefined,
        settled: false,
        overdue: false,
        givenUp: false,
      });
    });
  }

  /** Asks every connection to go, as Slack does before it closes one. */
  disconnect(reason: "refresh_requested" | "warning" | "link_disabled"): void {
    for (const each of this.#connections) each.send(JSON.stringify({ type: "disconnect", reason }));
  }

  /** Breaks every connection without a word. */
  drop(): void {
    for (const each of [...this.#connections]) {
      this.#connections.delete(each);
      each.terminate();
    }
    this.#tardiness.changed();
  }

  close(): void {
    this.drop();
    for (const { pending } of this.#sent.values()) clearTimeout(pending.timer);
    this.#server.close();
  }

  #send(pending: Pending): void {
    const connections = [...this.#connections].filter(({ readyState }) => readyState === 1);
    const socket = connections[this.#turn++ % Math.max(connections.length, 1)];
    if (socket === undefined) {
      this.#waiting.push(pending);
      return;
    }
    const id = `envelope-${++this.#count}`;
    this.#sent.set(id, { pending, socket });
    const { kind, payload } = pending.envelope;
    const event = kind === "events_api";
    socket.send(
      JSON.stringify({
        envelope_id: id,
        type: kind,
        payload,
        accepts_response_payload: !event,
        ...(event && { retry_attempt: pending.retries, retry_reason: pending.reason ?? "" }),
      }),
    );
    clearTimeout(pending.timer);
    pending.timer = setTimeout(() => this.#overdue(pending), this.#patience.ackMs);
  }

  #hear(text: string): void {
    const message: unknown = JSON.parse(text);
    if (!isObject(message)) return;
    const sent = this.#sent.get(String(message.envelope_id));
    if (sent === undefined || sent.pending.settled) return;
    const { pending } = sent;
    if (pending.overdue) this.#tardiness.late.push({ id: pending.envelope.id, kind: pending.envelope.kind });
    const tooLate = pending.overdue && pending.envelope.kind !== "events_api";
    this.#settle(pending, tooLate ? undefined : isObject(message.payload) ? message.payload : {});
  }

  /** An event goes out again; whoever waits for the answer to anything else sees it fail. */
  #overdue(pending: Pending, reason = "timeout"): void {
    if (pending.settled || pending.givenUp) return;
    pending.overdue ||= reason === "timeout";
    const { kind, id } = pending.envelope;
    if (kind === "events_api" && pending.retries < RETRIES) {
      pending.retries += 1;
      pending.reason = reason;
      this.#send(pending);
      return;
    }
    pending.givenUp = true;
    this.#tardiness.lost.push({ id, kind });
    // Still remembered, so that an answer that comes now counts as late.
    pending.settle(undefined);
    this.#tardiness.changed();
  }

  #settle(pending: Pending, ack: Json | undefined): void {
    pending.settled = true;
    clearTimeout(pending.timer);
    pending.settle(ack);
    this.#tardiness.changed();
  }

  #closed(connection: WebSocket): void {
    this.#connections.delete(connection);
    for (const [id, { pending, socket }] of [...this.#sent])
      if (socket === connection && !pending.settled) {
        this.#sent.delete(id);
        this.#overdue(pending, "connection_failed");
      }
    this.#tardiness.changed();
  }
}
