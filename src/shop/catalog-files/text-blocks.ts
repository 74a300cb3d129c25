import { isUtf8 } from "node:buffer";

/** The bytes of a file, as a whole or as they come. */
export type Bytes = Buffer | AsyncIterable<Buffer>;

/** The file is no UTF-8 text. The message says what it probably is; `line` counts from 1. */
export class NotText extends Error {
  readonly code = "NOT_TEXT";
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** The line that begins after these bytes, if they begin on line 1. Ends of lines are LF, CRLF or CR. */
export function lineOf(bytes: Uint8Array): number {
  let line = 1;
  for (let at = 0; at < bytes.length; at += 1)
    if (bytes[at] === 10 || (bytes[at] === 13 && bytes[at + 1] !== 10)) line += 1;
  return line;
}

/** The bytes of a text in whole lines, many at a time. @throws {NotText} */
export async function* textBlocks(source: Bytes): AsyncGenerator<Buffer> {
  let line = 1;
  let read = 0;
  let held: Buffer[] = [];
  const checked = (block: Buffer): Buffer => {
    if (read === 0) refuseOtherFormats(block);
    refuseBinary(block, line);
    read += block.length;
    line += lineOf(block) - 1;
    return block;
  };
  for await (const chunk of Buffer.isBuffer(source) ? [source] : source) {
    const end = chunk.lastIndexOf(10) + 1;
    if (end === 0) held.push(chunk);
    else {
      yield checked(Buffer.concat([...held, chunk.subarray(0, end)]));
      held = end < chunk.length ? [chunk.subarray(end)] : [];
    }
  }
  const last = Buffer.concat(held);
  if (last.length > 0) yield checked(last);
}

function refuseOtherFormats(start: Buffer): void {
  if (start.subarray(0, 4).equals(Buffer.from("PK\u0003\u0004")))
    throw new NotText(1, "this is an Excel workbook; save it as CSV UTF-8");
  if (["fffe", "feff"].includes(start.subarray(0, 2).toString("hex")))
    throw new NotText(1, "the file is UTF-16; save it as CSV UTF-8");
}

function refuseBinary(block: Buffer, first: number): void {
  const zero = block.indexOf(0);
  if (zero >= 0)
    throw new NotText(first + lineOf(block.subarray(0, zero)) - 1, "has a zero byte; is this a CSV file?");
  if (isUtf8(block)) return;
  for (let start = 0, line = first; start < block.length; line += 1) {
    const end = block.indexOf(10, start);
    const next = end < 0 ? block.length : end + 1;
    if (!isUtf8(block.subarray(start, next)))
      throw new NotText(line, "is not UTF-8; save the file as CSV UTF-8");
    start = next;
  }
}
