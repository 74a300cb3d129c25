import { deserialize, onDemand } from "bson";

/** Keeps a 64-bit integer, a double 5.0 and a pattern what they are, rather than make JavaScript's own of them. */
export const exact = { promoteValues: false, promoteLongs: false, bsonRegExp: true } as const;

const documentType = 3;
const arrayType = 4;

/**
 * Decodes a document into a Map, so that writing it again gives the same bytes: JavaScript's objects put keys that
 * look like numbers first, and the driver makes a DBRef of what looks like one.
 *
 * @throws {Error} when the bytes are no document
 */
export function exactDocument(bytes: Uint8Array): Map<string, unknown> {
  const document = new Map<string, unknown>();
  for (const [name, value] of fields(bytes)) document.set(name, value);
  return document;
}

function* fields(bytes: Uint8Array): Generator<[string, unknown]> {
  for (const [type, nameAt, nameLength, at, length] of onDemand.parseToElements(bytes)) {
    const name = Buffer.from(bytes.subarray(nameAt, nameAt + nameLength)).toString("utf8");
    const value = bytes.subarray(at, at + length);
    if (type === documentType) yield [name, exactDocument(value)];
    else if (type === arrayType) yield [name, [...fields(value)].map(([, item]) => item)];
    else yield [name, single(type, value)];
  }
}

/** Decodes one value by making it the only field of a document. */
function single(type: number, value: Uint8Array): unknown {
  const document = Buffer.alloc(7 + value.length);
  document.writeInt32LE(document.length, 0);
  document[4] = type;
  document.set(value, 6);
  return deserialize(document, exact)[""];
}
