import { z } from "zod";
import type { Body } from "../../src/engine/inbound.ts";
import type { View } from "../../src/engine/view.ts";

/** A message as it is kept and as the page receives it. */
export interface WebMessage {
  /** Place in the conversation; also the message's id. */
  readonly seq: number;
  /** Number of the conversation's change that made it as it is now: `seq`, until it is edited. */
  readonly change: number;
  /** Unique in the conversation: the page's event id, or the delivery's key. */
  readonly key: string;
  readonly from: "shop" | "shopper";
  readonly at: string;
  readonly body: WebBody;
}
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
export type WebEvent = z.infer<typeof webEvent>;

/** An event as the engine takes it. Text that starts with a slash is a command. */
export function bodyOf(event: WebEvent): Body {
  const { id: _, ...body } = event;
  if (body.kind !== "text") return body;
  const command = /^\/([a-z0-9_]{1,32})(?:\s+(.*))?$/is.exec(body.text);
  if (command?.[1] === undefined) return body;
  return { kind: "command", name: command[1].toLowerCase(), rest: command[2] ?? "" };
}
