import { decode } from "./bson-reader.ts";
import { encode } from "./bson-writer.ts";
import { type Doc, isDoc, type Value } from "./value.ts";

// Source: MongoDB manual, "MongoDB Wire Protocol".
const opReply = 1;
const opQuery = 2004;
const opMsg = 2013;
const headerLength = 16;
/** The longest message, in bytes, that is read. */
export const messageBytesMax = 48_000_000 + 16 * 1024;

const checksumPresent = 1;
const moreToCome = 2;
const exhaustAllowed = 1 << 16;

/** A request, read. */
export interface Request {
  id: number;
  command: Doc;
  database: string;
  /** The client does not want a reply. */
  silent: boolean;
  /** The client takes several replies to it, one after the other. */
  exhaust: boolean;
  /** It came as OP_QUERY and its reply is an OP_REPLY. */
  legacy: boolean;
}

/** A message that is not what the protocol allows; its connection is closed. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** The length of the message that begins here, once its first four bytes are there. */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readInt32LE(0);
  if (length < headerLength || length > messageBytesMax)
    throw new ProtocolError(`message length ${length} is out of range`);
  return length;
}

/** Reads one whole message. @throws {ProtocolError} for anything but OP_MSG and the OP_QUERY of a handshake. */
export function readMessage(bytes: Buffer): Request {
  const id = messageId(bytes);
  const code = bytes.readInt32LE(12);
  if (code === opMsg) return readMsg(bytes, id);
  if (code === opQuery) return readQuery(bytes, id);
  throw new ProtocolError(`operation code ${code} is not supported`);
}

function readMsg(bytes: Buffer, id: number): Request {
  if (bytes.length < headerLength + 5) throw new ProtocolError("OP_MSG is too short");
  const flags = bytes.readUInt32LE(headerLength);
  if ((flags & 0xffff & ~(checksumPresent | moreToCome)) !== 0)
    throw new ProtocolError(`OP_MSG has unknown flags ${flags}`);
  const end = bytes.length - (flags & checksumPresent ? 4 : 0);
  let at = headerLength + 4;
  let command: Doc | undefined;
  const sequences: [string, Doc[]][] = [];
  while (at < end) {
    const kind = bytes[at++];
    const size = at + 4 <= end ? bytes.readInt32LE(at) : -1;
    if (size < 5 || at + size > end) throw new ProtocolError("OP_MSG section is longer than its message");
    if (kind === 0) {
      if (command) throw new ProtocolError("OP_MSG has two bodies");
      command = decode(bytes, at);
    } else if (kind === 1) sequences.push(readSequence(bytes, at + 4, at + size));
    else throw new ProtocolError(`OP_MSG section of unknown kind ${kind}`);
    at += size;
  }
  if (!command) throw new ProtocolError("OP_MSG has no body");
  for (const [name, documents] of sequences) {
    if (Object.hasOwn(command, name)) throw new ProtocolError(`OP_MSG gives ${name} twice`);
    command[name] = documents;
  }
  const database = command.$db;
  if (typeof database !== "string") throw new ProtocolError("OP_MSG names no database");
  const exhaust = (flags & exhaustAllowed) !== 0;
  return { id, command, database, silent: (flags & moreToCome) !== 0, exhaust, legacy: false };
}

function readSequence(bytes: Buffer, from: number, end: number): [string, Doc[]] {
  const nameEnd = bytes.indexOf(0, from);
  if (nameEnd < 0 || nameEnd >= end) throw new ProtocolError("document sequence without a name");
  const name = bytes.toString("utf8", from, nameEnd);
  const documents: Doc[] = [];
  let at = nameEnd + 1;
  while (at < end) {
    const size = at + 4 <= end ? bytes.readInt32LE(at) : -1;
    if (size < 5 || at + size > end) throw new ProtocolError("document sequence is longer than its section");
    documents.push(decode(bytes, at));
    at += size;
  }
  return [name, documents];
}

function readQuery(bytes: Buffer, id: number): Request {
  const nameEnd = bytes.indexOf(0, headerLength + 4);
  if (nameEnd < 0 || nameEnd + 13 > bytes.length) throw new ProtocolError("OP_QUERY is too short");
  const namespace = bytes.toString("utf8", headerLength + 4, nameEnd);
  if (!namespace.endsWith(".$cmd")) throw new ProtocolError("OP_QUERY is only supported for a handshake");
  let command = decode(bytes, nameEnd + 9);
  const wrapped: Value | undefined = command.$query;
  if (isDoc(wrapped)) command = wrapped;
  const name = Object.keys(command)[0]?.toLowerCase();
  if (name !== "hello" && name !== "ismaster")
    throw new ProtocolError(`OP_QUERY is only supported for a handshake, not ${name}`);
  return { id, command, database: namespace.slice(0, -5), silent: false, exhaust: false, legacy: true };
}

let lastId = 0;

/** The number of a message. */
export function messageId(bytes: Buffer): number {
  return bytes.readInt32LE(4);
}

/** Writes the reply to a request; `more` says that another follows it without being asked for. */
export function writeReply(request: Request, reply: Doc, more = false): Buffer {
  const extra = request.legacy ? 20 : 5;
  const bytes = encode(reply, headerLength + extra);
  lastId = (lastId + 1) | 0;
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(lastId, 4);
  bytes.writeInt32LE(request.id, 8);
  bytes.writeInt32LE(request.legacy ? opReply : opMsg, 12);
  bytes.fill(0, headerLength, headerLength + extra);
  if (more) bytes.writeUInt32LE(moreToCome, headerLength);
  if (request.legacy) {
    bytes.writeInt32LE(8, headerLength);
    bytes.writeInt32LE(1, headerLength + 16);
  }
  return bytes;
}
