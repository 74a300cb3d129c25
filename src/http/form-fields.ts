import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

/**
 * The fields of a form that was posted, as text; of a field that came several times the last. A file counts as empty.
 *
 * @throws {HTTPException} 400 where the body is not what its Content-Type says, which is its sender's fault and not ours
 */
export async function formFields(context: Context): Promise<Readonly<Record<string, string>>> {
  const parsed = await context.req.parseBody().catch((cause: unknown) => {
    throw new HTTPException(400, { message: "The form could not be read.", cause });
  });
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [name, typeof value === "string" ? value : ""]),
  );
}
