import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";

/** Ends the connection of a request, with all that waits in it to be read. */
export function cutOff(c: Context): void {
  const { outgoing }: Partial<HttpBindings> = c.env ?? {};
  outgoing?.destroy();
}
