import { Hono } from "hono";

export interface HealthOptions {
  /** Resolves when the store answers, rejects when it does not. */
  readonly ping: () => Promise<unknown>;
  /** Aborted while the process drains: it is alive, but no new work should come. */
  readonly closing?: AbortSignal;
  readonly timeoutMs?: number;
  /** What else a person who looks may want to know; it does not make the process unready. */
  readonly also?: () => Promise<Readonly<Record<string, unknown>>>;
}

/** `GET /healthz`: the process runs. `GET /readyz`: it can serve, that is, the store answers in time; else 503. */
export function healthRoutes({ ping, closing, timeoutMs = 2_000, also }: HealthOptions): Hono {
  const app = new Hono();
  const fresh = { "Cache-Control": "no-store" };
  app.get("/healthz", (c) => c.json({ status: "ok" }, 200, fresh));
  app.get("/readyz", async (c) => {
    if (closing?.aborted) return c.json({ status: "draining" }, 503, fresh);
    const told: { also?: Readonly<Record<string, unknown>> } = {};
    const look = async () => {
      await ping();
      told.also = await also?.();
    };
    return (await answers(look, timeoutMs))
      ? c.json({ status: "ok", ...told.also }, 200, fresh)
      : c.json({ status: "store unreachable" }, 503, fresh);
  });
  return app;
}

/** Whether `ping` resolves within the time. Why it did not is the store's own log line to tell, not the prober's. */
async function answers(ping: () => Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  try {
    return await Promise.race([
      ping().then(
        () => true,
        () => false,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
