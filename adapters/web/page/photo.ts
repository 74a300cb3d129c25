import { Refused } from "./outbox.ts";
import { asked } from "./place.ts";
import { texts } from "./texts.ts";

const MAX_BYTES = 5 * 1024 * 1024;
const MAX_SIDE = 2048;

/** Large pictures of phones are made smaller before they travel. */
async function fitting(file: File): Promise<Blob> {
  if (file.size < 1024 * 1024) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
    const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const smaller = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
    return smaller.size < file.size ? smaller : file;
  } catch {
    return file; // not a picture this browser knows: the server decides
  }
}

/** Why the shop does not take a picture, as the server tells it. */
function wordsOf(status: number | undefined, problem: string | undefined): string {
  if (problem === "too-many") return texts.manyPhotos;
  if (problem === "kept") return texts.keptPhotos;
  if (problem === "full") return texts.fullPhotos;
  return problem !== undefined || status === 413 ? texts.badPhoto : texts.notSent;
}

const TRIES = 3;

/** Hands a picture to the shop and returns its media id. @throws {Refused} with a sentence to show */
export async function uploadPhoto(file: File): Promise<string> {
  const body = await fitting(file);
  if (body.size > MAX_BYTES) throw new Refused(413, texts.badPhoto);
  const headers = { "content-type": "application/octet-stream" };
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(asked("/chat/photos"), { method: "POST", body, headers }).catch(
      () => undefined,
    );
    if (response?.ok) {
      const { media }: { media: string } = await response.json();
      return media;
    }
    // A weak signal, or a shop that is just restarting, deserves another try; a picture that is refused does not.
    const passing = response === undefined || response.status >= 500;
    if (passing && tries < TRIES) {
      await new Promise((resolve) => setTimeout(resolve, 500 * tries));
      continue;
    }
    const refusal: { problem?: string } = (await response?.json().catch(() => undefined)) ?? {};
    throw new Refused(response?.status ?? 0, wordsOf(response?.status, refusal.problem));
  }
}

/** The picture as a data: address, which the page's policy lets it show. */
export function previewOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => reject(new Refused(0, texts.badPhoto)));
    reader.readAsDataURL(file);
  });
}
