import {
  type APIInteraction,
  Client,
  Events,
  GatewayCloseCodes,
  GatewayDispatchEvents,
  GatewayIntentBits,
  type GatewayMessageCreateDispatchData,
  Options,
  Partials,
  type RESTOptions,
} from "discord.js";
import type { Logger } from "pino";
import { persist } from "../../src/engine/backoff.ts";
import { describe, isUnauthorized, retryAfterMs } from "./errors.ts";

export interface GatewayOptions {
  readonly token: string;
  readonly rest: Partial<RESTOptions>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Called when the token is taken back while connected. */
  readonly revoked: () => void;
  readonly onInteraction: (interaction: APIInteraction) => void;
  readonly onMessage: (message: GatewayMessageCreateDispatchData, me: string) => void;
}

/**
 * Connects to the gateway, by discord.js, which resumes a session after a drop. Tries until it works or `signal` is
 * aborted, and answers how to say goodbye.
 *
 * @throws if the token is refused
 */
export async function connect(options: GatewayOptions): Promise<() => Promise<void>> {
  const { token, log, signal } = options;
  const client = await persist(
    async () => {
      const fresh = clientOf(options); // one that failed to log in is spent
      await Promise.race([fresh.login(token), aborted(signal)]);
      return fresh;
    },
    (error) => {
      if (isUnauthorized(error)) throw error;
      log.warn({ reason: describe(error) }, "Discord's gateway could not be reached, trying again");
      return retryAfterMs(error);
    },
    signal,
  );
  return async () => await client?.destroy();
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

function clientOf({ rest, log, revoked, onInteraction, onMessage }: GatewayOptions): Client {
  const { Guilds, GuildMessages, DirectMessages } = GatewayIntentBits;
  const client = new Client({
    intents: [Guilds, GuildMessages, DirectMessages],
    partials: [Partials.Channel],
    shards: "auto",
    rest,
    // The shop keeps what it needs itself.
    makeCache: Options.cacheWithLimits({
      MessageManager: 0,
      ThreadManager: 0,
      GuildMemberManager: 0,
      UserManager: 100,
    }),
  });
  client.ws.on(GatewayDispatchEvents.InteractionCreate, (interaction: APIInteraction) =>
    onInteraction(interaction),
  );
  client.ws.on(GatewayDispatchEvents.MessageCreate, (message: GatewayMessageCreateDispatchData) =>
    onMessage(message, client.user?.id ?? ""),
  );
  client.on(Events.ClientReady, ({ user }) =>
    log.info({ username: user.username }, "The Discord bot is ready"),
  );
  client.on(Events.GuildDelete, ({ id }) => log.info({ guild: id }, "A Discord server has removed the bot"));
  client.on(Events.ShardError, (error) =>
    log.warn({ reason: describe(error) }, "The connection to Discord is troubled"),
  );
  client.on(Events.ShardDisconnect, ({ code }) => {
    if (code === GatewayCloseCodes.AuthenticationFailed) return revoked();
    log.error({ code }, "Discord has ended the connection for good: see its gateway close codes");
  });
  client.on(Events.Error, (error) => log.warn({ reason: describe(error) }, "Discord's client had trouble"));
  return client;
}
