import { randomBytes } from "node:crypto";
import sharp from "sharp";

/** A picture of noise, which no encoder makes small; each call makes another. */
export const noise = (width: number, height: number) =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } });

/** A small JPEG that nobody has sent yet. */
export const snapshot = (): Promise<Buffer> => noise(24, 16).jpeg().toBuffer();

/** A photo as a phone takes it: on its side, with the place and the owner's name in it. */
export const withPlace = (): Promise<Buffer> =>
  noise(400, 300)
    .withExif({
      IFD0: { Artist: "Ada Example" },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 0/1" },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
