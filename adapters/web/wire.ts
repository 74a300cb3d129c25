import { z } from "zod";
import type { Body } from "../../src/engine/inbound.ts";
import type { View } from "../../src/engine/view.ts";
import { textBody } from "../../src/platform/command.ts";
import type { LoggedMessage } from "../../src/store/message-log.ts";

/** A message as the page receives it. Its `key` is the page's event id, or the delivery's key. */
export type WebMessage = LoggedMessage<WebBody>;
/** What a message of the page holds. */
export type WebBody =
  | { readonly kind: "view"; readonly view: View }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "photo"; readonly media: string; readonly caption?: string };

const token = z.string().min(1).max(1024);
const message = z
  .string()
  .regex(/^\d{1,15}$/)
  .optional();
const id = z.uuid();

/** What the page posts. `id` is made by the page, once per event, so that a retry is the same event. */
export const webEvent = z.discriminatedUnion("kind", [
  z.strictObject({ id, kind: z.literal("text"), text: z.string().trim().min(1).max(10_000) }),
  z.strictObject({ id, kind: z.literal("press"), token, message }),
  z.strictObject({
    id,
    kind: z.literal("form"),
    token,
    message,
    values: z.record(z.string().max(64), z.string().max(10_000)),
  }),
  z.strictObject({
    id,
    kind: z.literal("photo"),
    media: z.string().regex(/^[\w-]{8,64}$/),
    caption: z.string().trim().max(1000).optional(),
  }),
]);
/** What the page posts, checked. */
export type WebEvent = z.infer<typeof webEvent>;

/** An event as the engine takes it. Text that starts with a slash is a command. */
export function bodyOf({ id: _, ...body }: WebEvent): Body {
  return body.kind === "text" ? textBody(body.text) : body;
}
