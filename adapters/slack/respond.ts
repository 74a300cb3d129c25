import { SendError } from "../../src/engine/adapter.ts";
import { fateOfNetwork, fateOfStatus } from "../../src/platform/fate.ts";
import { isSlacks } from "./web-client.ts";

/**
 * Answers through an interaction's own address, also where the app is no member. False if it is used up or expired, or
 * Slack refuses the answer.
 *
 * @throws {SendError}
 */
export async function respond(
  url: string | undefined,
  apiRoot: string,
  answer: Record<string, unknown>,
  repeatable: boolean,
): Promise<boolean> {
  if (url === undefined || !isSlacks(url, apiRoot)) return false;
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(answer),
    redirect: "error",
    signal: AbortSignal.timeout(10_000),
  }).catch((error: unknown) => {
    throw new SendError(fateOfNetwork(error, repeatable), "No answer from Slack");
  });
  // Slack says what it refuses with success as well.
  const said = await response.text();
  if (response.ok) return !/"ok":\s*false/.test(said);
  const wait = Number(response.headers.get("Retry-After") ?? 1) * 1000;
  const fate = fateOfStatus(response.status, repeatable);
  if (fate === "refused") return false;
  throw new SendError(fate, `HTTP ${response.status}`, response.status === 429 ? { retryAfterMs: wait } : {});
}
