import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { type Json, json } from "./discord-refusal.ts";

/** Intents of the gateway that matter to a shop. */
export const Intent = { guilds: 1, guildMessages: 512, directMessages: 4096, messageContent: 32768 } as const;

/** An event for the gateway's sessions. */
export interface GatewayEvent {
  readonly type: string;
  /** What is sent to a session with these intents; undefined sends nothing. */
  readonly content: (intents: number) => Json | undefined;
  /** The guild it is of, which decides the shard; direct messages and the rest go to shard 0. */
  readonly guild?: string;
}

interface Session {
  readonly id: string;
  readonly intents: number;
  readonly shard: number;
  readonly shards: number;
  readonly sent: { readonly s: number; readonly t: string; readonly d: Json }[];
  seq: number;
  socket: WebSocket | undefined;
}

export interface GatewayHost {
  readonly token: () => string;
  readonly url: () => string;
  /** The fields of READY that are not the gateway's. */
  readonly ready: () => Json;
  /** Called once a session is ready, to tell it of its guilds. */
  readonly greeted: (tell: (event: GatewayEvent) => void) => void;
  readonly changed: () => void;
  /** Whether the application may have the MESSAGE CONTENT intent. */
  readonly messageContent: boolean;
}

const HEARTBEAT_MS = 41_250;

/** The gateway: sessions that are identified, told of events, and resumed after a drop. */
export class Gateway {
  /** Opcodes received, newest last. */
  readonly received: number[] = [];
  identified = 0;
  resumed = 0;
  readonly #sessions = new Map<string, Session>();
  readonly #server: WebSocketServer;
  readonly #host: GatewayHost;

  constructor(server: Server, host: GatewayHost) {
    this.#host = host;
    this.#server = new WebSocketServer({ server });
    this.#server.on("connection", (socket) => this.#connected(socket));
  }

  /** Sockets that are identified or resumed now. */
  get connected(): number {
    return [...this.#sessions.values()].filter(({ socket }) => socket !== undefined).length;
  }

  tell(event: GatewayEvent): void {
    for (const session of this.#sessions.values()) this.#tellOne(session, event);
  }

  /** Cuts all connections without a word; the sessions can be resumed. */
  drop(): void {
    for (const session of this.#sessions.values()) {
      const { socket } = session;
      session.socket = undefined;
      socket?.terminate();
    }
  }

  /** Forgets the sessions, so that a resume is answered by INVALID SESSION; open ones are told at once. */
  invalidate(): void {
    for (const { socket } of this.#sessions.values()) if (socket) send(socket, { op: 9, d: false });
    this.#sessions.clear();
  }

  /** Asks all clients to reconnect, as Discord does before it restarts a gateway. */
  reconnect(): void {
    for (const { socket } of this.#sessions.values()) if (socket) send(socket, { op: 7, d: null });
  }

  /** Closes all connections with a code, such as 4004 once the token is taken back, and forgets the sessions. */
  closeAll(code: number, reason: string): void {
    const sockets = [...this.#sessions.values()].map(({ socket }) => socket);
    this.#sessions.clear();
    for (const socket of sockets) socket?.close(code, reason);
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #connected(socket: WebSocket): void {
    send(socket, { op: 10, d: { heartbeat_interval: HEARTBEAT_MS } });
    socket.on("message", (bytes) => this.#receive(socket, String(bytes)));
    socket.on("close", (code) => {
      const session = this.#of(socket);
      if (session === undefined) return;
      session.socket = undefined;
      // A client that says goodbye by 1000 or 1001 ends its session; any other close can be resumed.
      if (code === 1000 || code === 1001) this.#sessions.delete(session.id);
      this.#host.changed();
    });
  }

  #of(socket: WebSocket): Session | undefined {
    return [...this.#sessions.values()].find((session) => session.socket === socket);
  }

  #receive(socket: WebSocket, text: string): void {
    const payload = parsed(text);
    if (payload === undefined) {
      socket.close(4002, "Decode error.");
      return;
    }
    const op = Number(payload.op);
    this.received.push(op);
    const known = this.#of(socket);
    if (op === 1) send(socket, { op: 11, d: null });
    else if (op === 2) {
      if (known) {
        socket.close(4005, "Already authenticated.");
        return;
      }
      this.#identify(socket, json(payload.d));
    } else if (op === 6) this.#resume(socket, json(payload.d));
    else if (!known) socket.close(4003, "Not authenticated.");
    else if (![3, 4, 8, 31].includes(op)) socket.close(4001, "Unknown opcode.");
    this.#host.changed();
  }

  #identify(socket: WebSocket, body: Json): void {
    if (String(body.token).replace(/^Bot /, "") !== this.#host.token()) {
      socket.close(4004, "Authentication failed.");
      return;
    }
    const intents = Number(body.intents);
    if (!Number.isInteger(intents) || intents < 0) {
      socket.close(4013, "Invalid intent(s).");
      return;
    }
    if ((intents & Intent.messageContent) !== 0 && !this.#host.messageContent) {
      socket.close(4014, "Disallowed intent(s).");
      return;
    }
    const [shard, shards] = Array.isArray(body.shard) ? body.shard.map(Number) : [0, 1];
    if (shard === undefined || shards === undefined || !(shard >= 0 && shard < shards)) {
      socket.close(4010, "Invalid shard.");
      return;
    }
    const session: Session = {
      id: randomBytes(16).toString("hex"),
      intents,
      shard,
      shards,
      sent: [],
      seq: 0,
      socket,
    };
    this.#sessions.set(session.id, session);
    this.identified += 1;
    const ready = {
      v: 10,
      session_id: session.id,
      resume_gateway_url: `${this.#host.url()}/resume`,
      shard: [shard, shards],
      ...this.#host.ready(),
    };
    this.#dispatch(session, "READY", ready);
    this.#host.greeted((event) => this.#tellOne(session, event));
  }

  #resume(socket: WebSocket, body: Json): void {
    if (String(body.token).replace(/^Bot /, "") !== this.#host.token()) {
      socket.close(4004, "Authentication failed.");
      return;
    }
    const session = this.#sessions.get(String(body.session_id));
    if (session === undefined) {
      send(socket, { op: 9, d: false });
      return;
    }
    const seen = Number(body.seq);
    if (!(seen <= session.seq)) {
      socket.close(4007, "Invalid seq.");
      return;
    }
    session.socket?.close(4000, "Resumed elsewhere.");
    session.socket = socket;
    this.resumed += 1;
    for (const { s, t, d } of session.sent) if (s > seen) send(socket, { op: 0, s, t, d });
    this.#dispatch(session, "RESUMED", {});
  }

  #tellOne(session: Session, event: GatewayEvent): void {
    const shard =
      event.guild === undefined ? 0 : Number((BigInt(event.guild) >> 22n) % BigInt(session.shards));
    const content = shard === session.shard ? event.content(session.intents) : undefined;
    if (content !== undefined) this.#dispatch(session, event.type, content);
  }

  /** Keeps an event for a resume, and sends it if the session is connected. */
  #dispatch(session: Session, t: string, d: Json): void {
    session.seq += 1;
    session.sent.push({ s: session.seq, t, d });
    if (session.socket) send(session.socket, { op: 0, s: session.seq, t, d });
  }
}

function send(socket: WebSocket, payload: Json): void {
  socket.send(JSON.stringify(payload));
}

function parsed(text: string): Json | undefined {
  try {
    return json(JSON.parse(text));
  } catch {
    return undefined;
  }
}
