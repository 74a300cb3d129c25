import { SocketModeClient } from "@slack/socket-mode";
import type { Logger } from "pino";
import { atMost, backoff, pause } from "../../src/platform/backoff.ts";
import { describe, isDeadToken, retryAfterMs } from "./errors.ts";
import type { SlackReceiver } from "./receiver.ts";
import { boltLogger, clientOptions } from "./web-client.ts";

interface Envelope {
  readonly ack: (response?: Record<string, unknown>) => Promise<void>;
  readonly body: Record<string, unknown>;
}

/** How long a connection may take to be made, and to be closed, in milliseconds. */
const CONNECT_TIMEOUT = 20_000;
const CLOSE_TIMEOUT = 2_000;

const isAnswer = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/**
 * Socket Mode until `signal` is aborted, with a new connection whenever one ends: the client's own reconnecting gives
 * up at a network error, and with it would go the process. Resolves early if Slack refuses the app-level token.
 */
export async function listen(
  receiver: SlackReceiver,
  options: { appToken: string; apiRoot: string; log: Logger; signal: AbortSignal; connected: () => void },
): Promise<void> {
  const { appToken, apiRoot, log, signal, connected } = options;
  for (let failures = 0; !signal.aborted; ) {
    const client = new SocketModeClient({
      appToken,
      autoReconnectEnabled: false,
      logger: boltLogger(log),
      clientOptions: clientOptions(apiRoot, log),
    });
    client.on("slack_event", (envelope: Envelope) => void take(receiver, envelope, log));
    const ended = new Promise<void>((resolve) => client.once("disconnected", () => resolve()));
    try {
      await connect(client, signal);
      failures = 0;
      connected();
      log.info("Connected to Slack");
      await untilAborted(signal, ended);
    } catch (error) {
      if (isDeadToken(error))
        return log.error(
          "Slack refuses the app-level token (SLACK_APP_TOKEN): put a new one in place and restart",
        );
      if (signal.aborted) return;
      log.warn({ reason: describe(error) }, "Slack could not be connected, trying again");
      await pause(retryAfterMs(error) ?? backoff(failures++), signal);
    } finally {
      // What is under way is acknowledged while the connection still stands.
      if (signal.aborted) await receiver.stop();
      await atMost(CLOSE_TIMEOUT, client.disconnect());
    }
  }
}

async function connect(client: SocketModeClient, signal: AbortSignal): Promise<void> {
  const slow = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT)]);
  const connecting = client.start();
  await untilAborted(slow, connecting);
  if (slow.aborted) {
    // It may still come to life; nobody listens then.
    connecting.then(() => client.disconnect()).catch(() => undefined);
    throw new Error("The connection was not made in time");
  }
  await connecting;
}

/** Waits for `work` to succeed or fail, or for the signal. */
async function untilAborted(signal: AbortSignal, work: Promise<unknown>): Promise<void> {
  if (signal.aborted) return;
  let abort = () => {};
  const over = new Promise<void>((resolve) => {
    abort = resolve;
  });
  signal.addEventListener("abort", abort, { once: true });
  await Promise.race([work, over]).finally(() => signal.removeEventListener("abort", abort));
}

/** An envelope that is not acknowledged comes again. */
async function take(receiver: SlackReceiver, { ack, body }: Envelope, log: Logger): Promise<void> {
  try {
    const answer = await receiver.handle(body);
    await ack(isAnswer(answer) ? answer : undefined);
  } catch (error) {
    log.error({ reason: describe(error) }, "A payload from Slack could not be stored");
  }
}
