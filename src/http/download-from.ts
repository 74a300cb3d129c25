import { download } from "./download.ts";

/**
 * Downloads from a platform's own origins ("https://cdn.example"), with what `failed` hears about; null from any other,
 * and for what is gone, too large or not to be had in `timeoutMs`.
 */
export const downloadFrom =
  (origins: readonly string[], failed: (error: unknown) => void) =>
  async (url: string, limits: { readonly maxBytes: number; readonly timeoutMs: number }) => {
    if (!URL.canParse(url) || !origins.includes(new URL(url).origin)) return null;
    return await download(url, limits).catch((error: unknown) => {
      failed(error);
      return null;
    });
  };
