import { Api } from "grammy";
import type { Update } from "grammy/types";
import type { Hono } from "hono";
import type { Logger } from "pino";
import { type Adapter, type Host, SendError } from "../../src/engine/adapter.ts";
import type { Inbound } from "../../src/engine/inbound.ts";
import { capabilities } from "./capabilities.ts";
import { announceCommands } from "./commands.ts";
import { BadTelegramOptions, describe, isUnauthorized, retryAfterMs } from "./errors.ts";
import { Flood, type Paces } from "./flood.ts";
import { type Me, type Reading, readUpdate } from "./inbound.ts";
import { fetchPhoto } from "./photo.ts";
import { Pictures } from "./pictures.ts";
import { backoff, forGrammy, pause, poll, UPDATES } from "./poll.ts";
import { type Outlet, send } from "./send.ts";
import { webhookRoutes } from "./webhook.ts";

export interface TelegramOptions {
  /** From BotFather. The digits before the colon are the bot's id, the connection of its addresses. */
  readonly token: string;
  /** Without a trailing slash; default https://api.telegram.org. */
  readonly apiRoot?: string;
  /** Updates are posted to `url` (where `routes` is mounted) instead of being asked for. */
  readonly webhook?: { readonly secret: string; readonly url: string };
  readonly log: Logger;
  /** How long a call may take; default 20. */
  readonly timeoutSeconds?: number;
  /** Other flood limits than Telegram's. */
  readonly paces?: Partial<Paces>;
}

/** How long `start` waits for Telegram before it goes on in the background, in milliseconds. */
const START_PATIENCE = 5000;

/**
 * A bot on Telegram, by long polling or webhook. Trouble at Telegram is waited out; a revoked token stops
 * this bot only, with a line in the log.
 *
 * @throws {BadTelegramOptions} if the token or the webhook's secret could never work
 */
export function telegramAdapter(options: TelegramOptions): Adapter & { routes?: Hono } {
  const { token, webhook, apiRoot = "https://api.telegram.org" } = options;
  const id = /^(\d+):.+$/.exec(token)?.[1];
  if (id === undefined) throw new BadTelegramOptions("A Telegram token looks like 123456:ABC-DEF");
  if (webhook !== undefined && !/^[\w-]{1,256}$/.test(webhook.secret))
    throw new BadTelegramOptions("A Telegram webhook needs a secret of 1 to 256 letters, digits, _ and -");

  const log = options.log.child({ adapter: "telegram", bot: id });
  const api = new Api(token, { apiRoot, timeoutSeconds: options.timeoutSeconds ?? 20 });
  const pollApi = new Api(token, { apiRoot, timeoutSeconds: 60 });
  const flood = new Flood(options.paces);
  const stopping = new AbortController();
  const answers = new Set<Promise<unknown>>();
  let me: Me = { id };
  let host: Host | undefined;
  let outlet: Outlet | undefined;
  let running: Promise<void> | undefined;

  /** Stores an update; rejects if it could not be. */
  async function receive(update: Update): Promise<void> {
    if (host === undefined) throw new Error("The adapter is not started");
    const { inbound, photo, callback } = readUpdate(update, me);
    if (inbound !== undefined) await host.accept(photo ? await withPhoto(host, inbound, photo) : inbound);
    if (callback === undefined) return;
    // The person's button spins until the query is answered; it may be too old by now, which is no harm.
    const answer = api
      .answerCallbackQuery(callback)
      .catch((error: unknown) => log.debug({ reason: describe(error) }, "A press was not answered"))
      .finally(() => answers.delete(answer));
    answers.add(answer);
  }

  async function withPhoto(
    to: Host,
    inbound: Inbound,
    photo: NonNullable<Reading["photo"]>,
  ): Promise<Inbound> {
    const bytes = await fetchPhoto(api, `${apiRoot}/file/bot${token}`, photo.file);
    if (bytes === null) return inbound;
    try {
      const body = { kind: "photo", media: await to.keepMedia(bytes), caption: photo.caption } as const;
      return { ...inbound, body };
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "BAD_MEDIA") return inbound;
      throw error;
    }
  }

  /** Introduces the bot; tries until it works or the token is refused. */
  async function connect(to: Host): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        me = { ...me, username: (await api.getMe(forGrammy(stopping.signal))).username };
        if (webhook === undefined) await api.deleteWebhook();
        else await api.setWebhook(webhook.url, { secret_token: webhook.secret, allowed_updates: UPDATES });
        await announceCommands(api, to);
        return log.info({ username: me.username }, "The Telegram bot is ready");
      } catch (error) {
        if (isUnauthorized(error)) throw error;
        log.warn({ reason: describe(error) }, "The Telegram bot could not be introduced, trying again");
        await pause(retryAfterMs(error) ?? backoff(failures), stopping.signal);
      }
    }
  }

  return {
    name: "telegram",
    can: capabilities,
    ...(webhook && { routes: webhookRoutes(webhook.secret, receive, log) }),
    async start(given) {
      host = given;
      outlet = { api, flood, pictures: new Pictures(given) };
      const connected = connect(given);
      running = connected
        .then(() => (webhook ? undefined : poll(pollApi, receive, log, stopping.signal)))
        .catch((error: unknown) => {
          if (!isUnauthorized(error)) throw error;
          log.error("Telegram refuses the token of this bot (revoked?): put a new one in place and restart");
          stopping.abort();
        });
      await Promise.race([running, connected.catch(() => undefined), pause(START_PATIENCE, stopping.signal)]);
    },
    async send(to, delivery) {
      if (outlet === undefined) throw new SendError("unsent", "The adapter is not started");
      return await send(outlet, to, delivery);
    },
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(answers);
    },
  };
}
