import { connect, type Socket } from "node:net";
import { BSON, type Document } from "mongodb";

/** The bits of an OP_MSG's flags (source: MongoDB manual, "MongoDB Wire Protocol"). */
export const flags = { none: 0, moreToCome: 1 << 1, exhaustAllowed: 1 << 16 } as const;

/** A message of the server. */
export interface Answer {
  id: number;
  responseTo: number;
  /** Another one follows that nobody asks for. */
  more: boolean;
  body: Document;
}

/** A connection on which messages are seen as they are, for what a driver does out of sight. */
export class WireClient {
  #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #answers: Answer[] = [];
  #wanted: ((answer: Answer | undefined) => void)[] = [];
  #last = 0;
  #closed = false;

  constructor(address: string) {
    const { hostname, port } = new URL(address);
    this.#socket = connect(Number(port), hostname);
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("close", () => {
      this.#closed = true;
      for (const give of this.#wanted.splice(0)) give(undefined);
    });
  }

  /** Sends a command; gives the number of its message. */
  send(command: Document, flag: number = flags.none): number {
    // The first field names the command, so the database comes last.
    const body = BSON.serialize(command.$db === undefined ? { ...command, $db: "admin" } : command);
    const bytes = Buffer.alloc(21 + body.length);
    bytes.writeInt32LE(bytes.length, 0);
    bytes.writeInt32LE(++this.#last, 4);
    bytes.writeInt32LE(2013, 12);
    bytes.writeUInt32LE(flag, 16);
    bytes.set(body, 21);
    this.#socket.write(bytes);
    return this.#last;
  }

  /** The next message; undefined when the connection is closed instead. */
  next(): Promise<Answer | undefined> {
    const ready = this.#answers.shift();
    if (ready || this.#closed) return Promise.resolve(ready);
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  /** Sends a command and gives what is answered. @throws {Error} when the connection closes instead. */
  async ask(command: Document, flag: number = flags.none): Promise<Answer> {
    this.send(command, flag);
    const answer = await this.next();
    if (!answer) throw new Error("the connection was closed");
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 16 && this.#rest.length >= this.#rest.readInt32LE(0)) {
      const message = this.#rest.subarray(0, this.#rest.readInt32LE(0));
      this.#rest = this.#rest.subarray(message.length);
      const answer = {
        id: message.readInt32LE(4),
        responseTo: message.readInt32LE(8),
        more: (message.readUInt32LE(16) & flags.moreToCome) !== 0,
        body: BSON.deserialize(message.subarray(21)),
      };
      const give = this.#wanted.shift();
      if (give) give(answer);
      else this.#answers.push(answer);
    }
  }
}
