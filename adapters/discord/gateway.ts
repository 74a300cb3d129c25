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
import { failures } from "./errors.ts";

/** What a gateway client needs, and whom it tells. */
export interface GatewayOptions {
  readonly rest: Partial<RESTOptions>;
  readonly log: Logger;
  /** Called when the token is taken back while connected. */
  readonly revoked: (error: Error) => void;
  readonly onInteraction: (interaction: APIInteraction) => void;
  readonly onMessage: (message: GatewayMessageCreateDispatchData, me: string) => void;
}

/** A client of the gateway, to be logged in. discord.js resumes its session after a drop. One that failed to log in is spent. */
export function gatewayClient({ rest, log, revoked, onInteraction, onMessage }: GatewayOptions): Client {
  const { Guilds, GuildMessages, DirectMessages } = GatewayIntentBits;
  // The shop keeps what it needs itself.
  const unkept = { MessageManager: 0, ThreadManager: 0, GuildMemberManager: 0, UserManager: 100 };
  const client = new Client({
    intents: [Guilds, GuildMessages, DirectMessages],
    partials: [Partials.Channel],
    shards: "auto",
    rest,
    makeCache: Options.cacheWithLimits(unkept),
  });
  const troubled = (error: Error) =>
    log.warn({ reason: failures.line(error) }, "The connection to Discord is troubled");
  client.ws.on(GatewayDispatchEvents.InteractionCreate, onInteraction);
  client.ws.on(GatewayDispatchEvents.MessageCreate, (message: GatewayMessageCreateDispatchData) =>
    onMessage(message, client.user?.id ?? ""),
  );
  return client
    .on(Events.ClientReady, ({ user }) => log.info({ username: user.username }, "The Discord bot is ready"))
    .on(Events.GuildDelete, ({ id }) => log.info({ guild: id }, "A Discord server has removed the bot"))
    .on(Events.ShardError, troubled)
    .on(Events.Error, troubled)
    .on(Events.ShardDisconnect, ({ code }) => {
      if (code === GatewayCloseCodes.AuthenticationFailed) return revoked(new Error("Authentication failed"));
      log.error({ code }, "Discord has ended the connection for good: see its gateway close codes");
    });
}
