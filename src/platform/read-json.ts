import type { z } from "zod";

/** What a JSON text says, if it is one and of this shape; else null. For tickets, webhooks and the state of windows. */
export function readJson<T>(shape: z.ZodType<T>, text: string): T | null {
  try {
    return shape.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // no JSON
  }
}
