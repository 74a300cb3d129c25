import { type Api, GrammyError } from "grammy";
import { download } from "../../src/http/download.ts";
import { persist } from "../../src/platform/backoff.ts";
import { PHOTO_MAX } from "../../src/platform/received-photo.ts";

/**
 * The bytes of a file that a person sent, or null if it is gone, larger than 5 MB or not to be had in three
 * tries: the conversation then goes on without it, and `failed` hears why.
 */
export async function fetchPhoto(
  api: Api,
  fileRoot: string,
  id: string,
  failed: (error: unknown) => void,
): Promise<Uint8Array | null> {
  const fetched = async () => {
    const { file_path } = await api.getFile(id);
    if (file_path === undefined) return null;
    return await download(`${fileRoot}/${file_path}`, { maxBytes: PHOTO_MAX, timeoutMs: 10_000 });
  };
  const again = (error: unknown, failures: number) => {
    if (failures === 2 || (error instanceof GrammyError && error.error_code === 400)) throw error;
    return 200 * (failures + 1);
  };
  try {
    return (await persist(fetched, again)) ?? null;
  } catch (error) {
    failed(error);
    return null;
  }
}
