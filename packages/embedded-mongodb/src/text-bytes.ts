import { isUtf8 } from "node:buffer";

/**
 * Strings as bytes. MongoDB takes strings that are no UTF-8 and gives them back as they came. A byte that belongs to no
 * character is read as a lone surrogate, U+DC80 to U+DCFF, which UTF-8 never yields, and written as that byte again
 * (source: PEP 383, "surrogateescape").
 */
const foreign = /[\udc80-\udcff]/u;
const foreignParts = /([\udc80-\udcff])/u;

/** Reads a string. */
export function readText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  // What is no UTF-8 has become this character, which may also stand there by itself.
  if (!text.includes("\ufffd")) return text;
  const given = bytes.subarray(start, end);
  return isUtf8(given) ? text : escaped(given);
}

/** Writes a string at a place that has room for it, three bytes for each UTF-16 unit; gives the number of bytes. */
export function writeText(into: Buffer, text: string, start: number): number {
  const length = into.write(text, start, "utf8");
  if (length === text.length || !foreign.test(text)) return length;
  let at = start;
  for (const part of text.split(foreignParts)) {
    if (foreign.test(part)) into[at++] = part.charCodeAt(0) - 0xdc00;
    else at += into.write(part, at, "utf8");
  }
  return at - start;
}

/** Whether the unit at a place stands for a byte that belongs to no character. */
export function isForeign(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  const before = at > 0 ? text.charCodeAt(at - 1) : 0;
  return unit >= 0xdc80 && unit <= 0xdcff && (before < 0xd800 || before >= 0xdc00);
}

/** The bytes of a string. */
export function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length * 3);
  return bytes.subarray(0, writeText(bytes, text, 0));
}

function escaped(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const character = bytes.subarray(at, at + length);
    const whole = isUtf8(character);
    text += whole ? character.toString("utf8") : String.fromCharCode(0xdc00 + first);
    at += whole ? length : 1;
  }
  return text;
}
