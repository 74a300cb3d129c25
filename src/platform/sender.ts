import type { Sender } from "../engine/inbound.ts";
import { withoutDisguise } from "./names.ts";

/** Who sent something, by the platform's id; the name made legible, and what the platform does not tell left out. */
export function senderOf(id: string, name = "", locale?: string): Sender {
  const shown = withoutDisguise(name);
  return { id, ...(shown !== "" && { name: shown }), ...(locale !== undefined && { locale }) };
}
