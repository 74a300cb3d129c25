import { Api } from "grammy";
import type { Update } from "grammy/types";
import type { Hono } from "hono";
import type { Logger } from "pino";
import { type Adapter, type Host, SendError } from "../../src/engine/adapter.ts";
import { Pace } from "../../src/platform/pace.ts";
import { receivedPhoto } from "../../src/platform/received-photo.ts";
import { Upkeep } from "../../src/platform/upkeep.ts";
import { capabilities } from "./capabilities.ts";
import { announceCommands } from "./commands.ts";
import { BadTelegramOptions, describe, waitOut } from "./errors.ts";
import { type Me, readUpdate } from "./inbound.ts";
import { fetchPhoto } from "./photo.ts";
import { Pictures } from "./pictures.ts";
import { forGrammy, poll, UPDATES } from "./poll.ts";
import { PressAnswers } from "./press-answers.ts";
import { LIMITS, type Outlet, remove, send } from "./send.ts";
import { webhookRoutes } from "./webhook.ts";

/** How a bot reaches Telegram. */
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
  /** After how long a refused token is tried again, in milliseconds; default a minute. */
  readonly recheckAfter?: number;
  /** Other limits than Telegram's. */
  readonly limits?: Partial<typeof LIMITS>;
}

const REFUSED =
  "Telegram refuses the token of this bot (revoked?): its conversations wait; put a new one in place and restart";

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
  const pace = new Pace({ ...LIMITS, ...options.limits });
  const upkeep = new Upkeep(options.recheckAfter);
  const presses = new PressAnswers(api, log);
  let me: Me = { id };
  let host: Host | undefined;
  let outlet: Outlet | undefined;

  const unfetched = (error: unknown) =>
    log.warn({ reason: describe(error) }, "A picture could not be fetched");

  /** Stores an update; rejects if it could not be. */
  async function receive(update: Update): Promise<void> {
    if (host === undefined) throw new Error("The adapter is not started");
    const { inbound, photo, callback } = readUpdate(update, me);
    if (inbound !== undefined) {
      const wanted = photo !== undefined && (host.admits?.(inbound) ?? true);
      const bytes = wanted
        ? await fetchPhoto(api, `${apiRoot}/file/bot${token}`, photo, unfetched)
        : undefined;
      const body =
        bytes !== undefined && (await receivedPhoto(host, inbound, bytes, update.message?.caption));
      await host.accept(body ? { ...inbound, body } : inbound);
    }
    if (callback !== undefined) presses.came(callback, { waits: inbound?.ticket === callback });
  }

  function started(): Outlet {
    if (outlet === undefined) throw new SendError("unsent", "The adapter is not started");
    return outlet;
  }

  async function introduce(to: Host, established: () => void): Promise<void> {
    me = { ...me, username: (await api.getMe(forGrammy(upkeep.signal))).username };
    established();
    if (webhook === undefined) await api.deleteWebhook();
    else await api.setWebhook(webhook.url, { secret_token: webhook.secret, allowed_updates: UPDATES });
    await announceCommands(api, to);
    log.info({ username: me.username }, "The Telegram bot is ready");
  }

  return {
    name: "telegram",
    title: "Telegram",
    can: capabilities,
    connections: () => (upkeep.connected ? [id] : []),
    ...(webhook && { routes: webhookRoutes(webhook.secret, receive, log) }),
    async start(given) {
      host = given;
      outlet = {
        api,
        pace,
        presses,
        pictures: new Pictures(given),
        host: given,
        revoked: (error) => upkeep.refuse(error),
      };
      await upkeep.start({
        connect: (established) => introduce(given, established),
        work: webhook ? undefined : (signal) => poll(pollApi, receive, log, signal),
        failed: waitOut(log, "The Telegram bot could not be introduced, trying again"),
        refused: (error) => log.error({ reason: describe(error) }, REFUSED),
      });
    },
    send: async (to, delivery) => await send(started(), to, delivery),
    edit: async (to, change) => (await send(started(), to, { ...change, onlyThere: true })).message !== "",
    remove: async (to, message) => await remove(started(), to, message),
    async stop() {
      await upkeep.stop();
      await presses.settled();
    },
  };
}
