import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child.ts";
import { SECRET, TelegramSide, TOKEN } from "./telegram-side.ts";

/** A bot under load and the Telegram it talks with. */
export interface BenchWorld {
  readonly side: TelegramSide;
  readonly child: Child;
  /** Where the bot listens. */
  readonly url: string;
  close(): Promise<void>;
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("The probe has no port.");
  return address.port;
}

/** What a bot is to run with. */
export interface BenchOptions {
  /** Hawker unless said otherwise. */
  readonly script?: string;
  /** As in `TelegramSide`. */
  readonly sockets?: number;
  readonly mongodbUrl?: string;
  /** Whether samples tell the commands to the store, which costs some processor time. */
  readonly counting?: boolean;
  readonly env?: Record<string, string>;
}

/** A bot in its own process with an empty store. */
export async function openBenchWorld({
  script = "hawker-child.ts",
  sockets = 64,
  mongodbUrl,
  counting = false,
  env = {},
}: BenchOptions = {}): Promise<BenchWorld> {
  const side = await new TelegramSide(sockets).open();
  const dir = await mkdtemp(join(tmpdir(), "hawker-turns-"));
  const port = await freePort();
  side.webhook = `http://127.0.0.1:${port}/webhooks/telegram`;
  const child = await Child.start(`bench/turns/${script}`, {
    PORT: String(port),
    HOST: "127.0.0.1",
    PUBLIC_URL: "https://shop.example.com",
    DATA_DIR: dir,
    MONGODB_URL: mongodbUrl ? emptyDatabase(mongodbUrl) : "",
    HAWKER_SECRET: randomBytes(32).toString("hex"),
    LOG_LEVEL: "error",
    COUNT_COMMANDS: counting ? "1" : "",
    TELEGRAM_BOT_TOKEN: TOKEN,
    TELEGRAM_API_ROOT: side.url,
    TELEGRAM_WEBHOOK_SECRET: SECRET,
    ...env,
  });
  await side.hooked();
  return {
    side,
    child,
    url: `http://127.0.0.1:${port}`,
    async close() {
      await child.stop();
      await side.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The same server with a database that nobody has used. */
function emptyDatabase(address: string): string {
  const url = new URL(address);
  url.pathname = `/bench_${randomBytes(6).toString("hex")}`;
  return url.href;
}
