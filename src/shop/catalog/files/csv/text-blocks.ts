import { isAscii, isUtf8 } from "node:buffer";

/** The bytes of a file, as a whole or as they come. */
export type Bytes = Buffer | AsyncIterable<Buffer>;

/** The file is no text that can be read. The message says what it probably is; `line` counts from 1. */
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

/** How much is decoded, checked and handed on at a time. */
const BLOCK = 64 * 1024;

/** As many bytes as it takes to tell UTF-16 without its mark from other text. */
const SAMPLE = 1024;

/**
 * The text of a file as UTF-8 without a byte order mark, in blocks that may end anywhere, but not inside a character. Read as
 * UTF-8; as UTF-16 with its mark or as plain as that; else as Windows-1252, which `onLegacy` is told with the line of its
 * first letter, if the text looks like it. No more than a block is kept.
 *
 * @throws {NotText}
 */
export async function* textBlocks(
  source: Bytes,
  onLegacy: (line: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const decoder = new Decoder(onLegacy);
  for await (const chunk of Buffer.isBuffer(source) ? [source] : source)
    for (let from = 0; from < chunk.length; from += BLOCK) {
      const text = decoder.take(chunk.subarray(from, from + BLOCK));
      if (text.length > 0) yield text;
    }
  const rest = decoder.end();
  if (rest.length > 0) yield rest;
}

type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

class Decoder {
  readonly #onLegacy: (line: number) => void;
  #encoding: Encoding | undefined;
  #wide: TextDecoder | undefined;
  /** What came before the encoding was told, or the beginning of a character. */
  #held: Buffer = Buffer.alloc(0);
  /** Whether a letter beyond ASCII was read as UTF-8: from then on the file is that. */
  #surelyUtf8 = false;
  #line = 1;
  #afterCr = false;

  constructor(onLegacy: (line: number) => void) {
    this.#onLegacy = onLegacy;
  }

  take(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    if (this.#encoding === undefined && bytes.length < SAMPLE) {
      this.#held = bytes;
      return Buffer.alloc(0);
    }
    return this.#decoded(bytes, false);
  }

  end(): Buffer {
    const bytes = this.#held;
    this.#held = Buffer.alloc(0);
    return this.#decoded(bytes, true);
  }

  #decoded(bytes: Buffer, last: boolean): Buffer {
    let text = bytes;
    if (this.#encoding === undefined) {
      refuseOtherFormats(bytes);
      this.#encoding = encodingOf(bytes);
      if (bytes.subarray(0, 3).toString("hex") === "efbbbf") text = bytes.subarray(3);
    }
    if (this.#encoding === "utf-8") text = this.#utf8(text, last);
    else if (this.#encoding === "windows-1252") text = this.#legacy(text);
    else {
      this.#wide ??= new TextDecoder(this.#encoding);
      text = Buffer.from(this.#wide.decode(text, { stream: !last }));
    }
    const zero = text.indexOf(0);
    if (zero >= 0)
      throw new NotText(this.#lineAfter(text.subarray(0, zero)), "has a zero byte; is this a CSV file?");
    this.#line = this.#lineAfter(text);
    this.#afterCr = text.length > 0 ? text.at(-1) === 13 : this.#afterCr;
    return text;
  }

  #utf8(bytes: Buffer, last: boolean): Buffer {
    const end = last ? bytes.length : wholeCharacters(bytes);
    const text = bytes.subarray(0, end);
    if (isUtf8(text)) {
      this.#held = bytes.subarray(end);
      this.#surelyUtf8 ||= !isAscii(text);
      return text;
    }
    if (this.#surelyUtf8 || mostlyUtf8(text)) throw this.#notUtf8(text);
    this.#encoding = "windows-1252";
    const legacy = this.#legacy(bytes);
    this.#onLegacy(
      this.#lineAfter(
        bytes.subarray(
          0,
          bytes.findIndex((byte) => byte > 127),
        ),
      ),
    );
    return legacy;
  }

  #legacy(bytes: Buffer): Buffer {
    if (isWestern(bytes)) return Buffer.from(windows1252(bytes.toString("latin1")));
    throw this.#notUtf8(bytes);
  }

  #notUtf8(bytes: Buffer): NotText {
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (!isUtf8(bytes.subarray(start, end))) break;
      start = end + 1;
    }
    return new NotText(this.#lineAfter(bytes.subarray(0, start)), "is not UTF-8; save the file as CSV UTF-8");
  }

  /** The line that begins after these bytes of text. */
  #lineAfter(text: Buffer): number {
    const joined = this.#afterCr && text[0] === 10 ? 1 : 0;
    return this.#line + lineOf(text) - 1 - joined;
  }
}

/** Bytes that stand for nothing in Windows-1252. */
const NOTHING = new Set([0x7f, 0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/**
 * Whether bytes may be text in Windows-1252. It has no controls but those of lines, and its accented letters stand among
 * plain ones: three of them in a row, or four signs beyond ASCII, are Cyrillic, Greek, Chinese or Japanese in a code page of
 * theirs.
 */
function isWestern(bytes: Buffer): boolean {
  let letters = 0;
  let signs = 0;
  for (const byte of bytes) {
    if (byte < 0x20 ? byte !== 9 && byte !== 10 && byte !== 13 : NOTHING.has(byte)) return false;
    letters = byte >= 0xc0 ? letters + 1 : 0;
    signs = byte >= 0x80 ? signs + 1 : 0;
    if (letters === 3 || signs === 4) return false;
  }
  return true;
}

const windows1252 = (latin1: string): string =>
  latin1.replace(/[\x80-\x9f]/g, (sign) => String.fromCharCode(HIGH[sign.charCodeAt(0) - 0x80] ?? 0xfffd));

// https://encoding.spec.whatwg.org/index-windows-1252.txt, its first 32 places.
const HIGH = [
  0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d,
  0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a,
  0x153, 0x9d, 0x17e, 0x178,
];

/** How many of these bytes are whole characters, if they are UTF-8. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** Whether more of what is beyond ASCII is UTF-8 than not: then it is a damaged file, and not another encoding. */
function mostlyUtf8(bytes: Buffer): boolean {
  const text = bytes.toString("utf8");
  const broken = text.match(/\ufffd/g)?.length ?? 0;
  const sound = text.match(/[^\p{ASCII}\ufffd]/gu)?.length ?? 0;
  return sound >= broken;
}

function encodingOf(start: Buffer): Encoding {
  const mark = start.subarray(0, 2).toString("hex");
  if (mark === "fffe") return "utf-16le";
  if (mark === "feff") return "utf-16be";
  const sample = start.subarray(0, SAMPLE);
  const zeros = [0, 0];
  sample.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  const most = sample.length / 4;
  if (odd > most && even === 0) return "utf-16le";
  if (even > most && odd === 0) return "utf-16be";
  return "utf-8";
}

function refuseOtherFormats(start: Buffer): void {
  const head = start.subarray(0, 4).toString("hex");
  if (head === "504b0304" || head === "d0cf11e0")
    throw new NotText(1, "this is an Excel workbook; save it as CSV UTF-8");
}
