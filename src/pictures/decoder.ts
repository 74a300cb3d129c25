import pLimit from "p-limit";
import sharp, { type Sharp } from "sharp";

/** Pictures decoded at a time in a process, each on a thread of its own; two leave the other threads to files and names. */
const AT_A_TIME = 2;
/** Pictures that wait to be decoded; more are told to come back. */
const WAITING_MAX = 100;
/** Seconds that decoding one may take, of those it is worked on. */
const SECONDS_MAX = 10;
/** The most pixels of a picture: more than the cameras of phones make at their usual setting (12 to 50 million). */
export const PIXELS_MAX = 64_000_000;

// What is decoded is remembered by those who want it again. By default libvips keeps 50 MB more of it.
sharp.cache(false);
sharp.concurrency(1);

/** The bytes are no picture that can be decoded, or one of too many pixels. */
export class Undecodable extends Error {
  readonly code = "UNDECODABLE";
  readonly reason: "too-large" | "not-a-picture";
  constructor(reason: Undecodable["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** More pictures wait to be decoded than will be soon. Nothing is wrong with this one: try again in some seconds. */
export class DecoderBusy extends Error {
  readonly code = "DECODER_BUSY";
}

/** A picture as it was encoded here. */
export interface Encoded {
  readonly bytes: Buffer;
  readonly contentType: string;
}

const work = pLimit(AT_A_TIME);
/** How many pictures this process has decoded. */
export const decoded = { count: 0 };

/**
 * Decodes a picture (the first frame of one that moves), upright, and hands it to `encode`; what comes out holds pixels
 * only: no EXIF, no place, no thumbnail, no colour profile other than sRGB.
 *
 * Its header is read first, so that one of too many pixels is refused before memory is taken for it, and of any format
 * but these three no decoder is asked (an SVG can name files and other servers).
 *
 * @throws {Undecodable | DecoderBusy}
 */
async function decode<T>(
  bytes: Uint8Array,
  encode: (picture: Sharp, hasAlpha: boolean) => Promise<T>,
  failOn: "error" | "none" = "error",
): Promise<T> {
  if (!looksLikePicture(bytes)) throw new Undecodable("not-a-picture", "it is no JPEG, PNG or WebP");
  if (work.pendingCount >= WAITING_MAX) throw new DecoderBusy("Too many pictures are being decoded");
  return await work(async () => {
    decoded.count += 1;
    try {
      const picture = sharp(bytes, {
        failOn,
        limitInputPixels: PIXELS_MAX,
        pages: 1,
        autoOrient: true,
      });
      const { hasAlpha = false } = await picture.metadata();
      return await encode(picture.timeout({ seconds: SECONDS_MAX }), hasAlpha);
    } catch (cause) {
      throw undecodable(cause);
    }
  });
}

function undecodable(cause: unknown): unknown {
  if (!(cause instanceof Error) || "code" in cause) return cause;
  // libvips tells by its words only.
  const tooLarge = /pixel limit|timeout|exceeds/i.test(cause.message);
  return tooLarge
    ? new Undecodable("too-large", "it has too many pixels", { cause })
    : new Undecodable("not-a-picture", "it cannot be decoded", { cause });
}

/** JPEG, PNG or WebP by the first bytes. https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern */
function looksLikePicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString("latin1");
  return (
    head.startsWith("\xff\xd8\xff") || head.startsWith("\x89PNG\r\n\x1a\n") || /^RIFF.{4}WEBP/s.test(head)
  );
}

/** The sizes and qualities that a picture is tried in, until it is small enough. Pixels of the longer side. */
const TRIES = [
  { side: 1600, quality: 80 },
  { side: 1600, quality: 60 },
  { side: 1200, quality: 55 },
  { side: 800, quality: 45 },
] as const;
/** The most bytes of what `asPhoto` makes. Noise, the worst there is, takes 450 KB in its last try. */
export const PHOTO_BYTES_MAX = 600 * 1024;

/**
 * A picture of a stranger as a plain JPEG: at most 1600 pixels on its longer side and `PHOTO_BYTES_MAX`, what was see-through
 * on white.
 *
 * @throws {Undecodable | DecoderBusy}
 */
export async function asPhoto(bytes: Uint8Array): Promise<Encoded> {
  return await decode(bytes, async (picture) => {
    for (const { side, quality } of TRIES) {
      const photo = await fitted(picture, side).flatten({ background: "#fff" }).jpeg({ quality }).toBuffer();
      if (photo.byteLength <= PHOTO_BYTES_MAX) return { bytes: photo, contentType: "image/jpeg" };
    }
    throw new Undecodable("too-large", "it cannot be made small enough");
  });
}

/**
 * A picture as it is shown at most `side` pixels large, upright and without metadata: as JPEG, or as PNG where something
 * of it is see-through, since every platform shows these two. Of a damaged one, what can be decoded is shown.
 *
 * @throws {Undecodable | DecoderBusy}
 */
export async function asShown(bytes: Uint8Array, side: number): Promise<Encoded> {
  const encode = async (picture: Sharp, hasAlpha: boolean): Promise<Encoded> => {
    const small = fitted(picture, side);
    return hasAlpha
      ? { bytes: await small.png().toBuffer(), contentType: "image/png" }
      : { bytes: await small.jpeg({ quality: 80 }).toBuffer(), contentType: "image/jpeg" };
  };
  return await decode(bytes, encode, "none");
}

const fitted = (picture: Sharp, side: number): Sharp =>
  picture.clone().resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });

/** Resolves if a picture can be decoded, every row of it. @throws {Undecodable | DecoderBusy} */
export async function checkPicture(bytes: Uint8Array): Promise<void> {
  await decode(bytes, async (picture) => void (await fitted(picture, 16).raw().toBuffer()));
}
