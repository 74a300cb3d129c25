import { once } from "node:events";
import {
  type APIAttachment,
  type APIInteraction,
  type Client,
  DiscordAPIError,
  InteractionType,
  REST,
  Routes,
} from "discord.js";
import type { Hono } from "hono";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { type Adapter, type Host, SendError } from "../../src/engine/adapter.ts";
import { downloadFrom } from "../../src/http/download-from.ts";
import { Arrivals } from "../../src/platform/arrivals.ts";
import { InOrder } from "../../src/platform/in-order.ts";
import { PHOTO_MAX } from "../../src/platform/received-photo.ts";
import { Upkeep } from "../../src/platform/upkeep.ts";
import { capabilities } from "./capabilities.ts";
import { announceCommands, complete } from "./commands.ts";
import { BadDiscordOptions, failures } from "./errors.ts";
import { gatewayClient } from "./gateway.ts";
import { pictureFault, type Reading, readInteraction, readMessage } from "./inbound.ts";
import { interactionsOf } from "./interactions.ts";
import { Outlet, openDirect } from "./send.ts";
import { webhookRoutes } from "./webhook.ts";

/** How a bot reaches Discord. */
export interface DiscordOptions {
  /** The bot's token, from the developer portal. */
  readonly token: string;
  /** The application's id: the connection of its addresses. */
  readonly applicationId: string;
  /** 64 hexadecimal digits. With it interactions are posted to `routes`, and there is no gateway. */
  readonly publicKey?: string;
  /** Without a trailing slash; default https://discord.com/api. */
  readonly apiRoot?: string;
  readonly log: Logger;
  /** How long a call may take, in milliseconds; default 10 s. */
  readonly timeout?: number;
  /** When an interaction without an answer is acknowledged, in milliseconds after it came; default 2 s of Discord's 3. */
  readonly deferAfter?: number;
  /** After how long a refused token is tried again, in milliseconds; default a minute. */
  readonly recheckAfter?: number;
}

/**
 * The REST client keeps to the pace that Discord tells in each answer, and waits up to this long, in milliseconds; a
 * longer wait is handed to the engine to come back later.
 */
const PATIENCE = 1500;
/** How long a picture may take, in milliseconds; for one in a window Discord waits 3 s, with all else there is to do. */
const PICTURE_PATIENCE = { message: 10_000, window: 1500 };
/** Where Discord keeps what people send (https://docs.discord.com/developers/reference#image-formatting). */
const PICTURE_ORIGINS = ["https://cdn.discordapp.com", "https://media.discordapp.net"];

/** Whoever was refused something else than the token was let in with it. */
function unlessAnswered(error: unknown): void {
  const answered = error instanceof DiscordAPIError && error.status < 500 && error.status !== 429;
  if (!answered || failures.refusesToken(error)) throw error;
}

const REFUSED =
  "Discord refuses the token of this bot (revoked?): its conversations wait; put a new one in place and restart";

/**
 * A bot on Discord, by gateway, or by webhook for interactions alone. Trouble at Discord is waited out; a revoked
 * token stops this bot only, with a line in the log.
 *
 * @throws {BadDiscordOptions} if an option could never work
 */
export function discordAdapter(options: DiscordOptions): Adapter & { routes?: Hono } {
  const { token, applicationId: application, publicKey, apiRoot = "https://discord.com/api" } = options;
  if (!/^\d{17,20}$/.test(application))
    throw new BadDiscordOptions("A Discord application id has 17 to 20 digits");
  const log = options.log.child({ adapter: "discord", bot: application });
  const settings = {
    api: apiRoot,
    timeout: options.timeout ?? 10_000,
    retries: 0,
    rejectOnRateLimit: ({ retryAfter }: { retryAfter: number }) => retryAfter > PATIENCE,
  };
  const rest = new REST(settings).setToken(token);
  const interactions = interactionsOf(rest, application, log, options.deferAfter ?? 2000);
  const direct = new LRUCache({ max: 10_000, fetchMethod: (person: string) => openDirect(rest, person) });
  const fetchPicture = downloadFrom([...PICTURE_ORIGINS, new URL(apiRoot).origin], (error) =>
    log.warn({ reason: failures.line(error) }, "A picture could not be fetched"),
  );
  const arrivals = new Arrivals<APIAttachment, Reading>({
    fetch: async (file, { ticket }) => {
      const timeoutMs = ticket ? PICTURE_PATIENCE.window : PICTURE_PATIENCE.message;
      return pictureFault(file) ?? (await fetchPicture(file.url, { maxBytes: PHOTO_MAX, timeoutMs }));
    },
    stored({ inbound, ticket, direct: channel }) {
      if (channel !== undefined) direct.set(inbound.sender.id, channel);
      if (ticket) interactions.expect(ticket);
    },
    failed: (error, { inbound: { id } }) =>
      log.error(
        { event: id, reason: failures.line(error) },
        "An event could not be stored yet, trying again",
      ),
  });
  const upkeep = new Upkeep(options.recheckAfter);
  const revoked = (error: unknown) => upkeep.refuse(error);
  const outlet = new Outlet({ rest, application, interactions, direct, revoked, log });
  const typing = new InOrder();
  let host: Host | undefined;
  let client: Client | undefined;

  function started(): Host {
    if (host === undefined) throw new SendError("unsent", "The adapter is not started");
    return host;
  }

  /** What an interaction asks for; null if nothing, or if it is a command being typed: its completion is on its way. */
  function read(interaction: APIInteraction): Reading | null {
    if (interaction.type !== InteractionType.ApplicationCommandAutocomplete)
      return readInteraction(interaction, application);
    const to = started();
    const failed = (error: unknown) =>
      log.debug({ reason: failures.line(error) }, "A command was not completed");
    void typing.run(interaction.id, () => complete(rest, application, to, interaction).catch(failed));
    return null;
  }

  async function connect(to: Host, established: () => void): Promise<void> {
    const take = (reading: Reading | null) => reading && arrivals.take(to, reading);
    rest.setToken(token);
    if (publicKey === undefined && !client?.isReady()) {
      client = gatewayClient({
        rest: settings,
        log,
        revoked,
        onInteraction: (interaction) => take(read(interaction)),
        onMessage: (message, me) => take(readMessage(message, application, me)),
      });
      await Promise.race([client.login(token), once(upkeep.signal, "abort")]);
    } else await rest.get(Routes.user("@me"), { signal: upkeep.signal }).catch(unlessAnswered);
    established();
    await announceCommands(rest, application, to, upkeep.signal);
  }

  async function receive(interaction: APIInteraction): Promise<void> {
    const reading = read(interaction);
    if (reading) await arrivals.store(started(), reading);
  }

  return {
    name: "discord",
    title: "Discord",
    can: capabilities,
    connections: () => (upkeep.connected ? [application] : []),
    ...(publicKey !== undefined && { routes: webhookRoutes(publicKey, receive, log) }),
    async start(given) {
      host = given;
      await upkeep.start({
        connect: (established) => connect(given, established),
        failed: failures.waitOut(log, "Discord could not be reached, trying again"),
        refused: (error) => {
          log.error({ reason: failures.line(error) }, REFUSED);
          void client?.destroy();
        },
      });
    },
    async send(to, delivery) {
      rest.setToken(token); // the client forgets a token that was refused once
      return await outlet.send(started(), to, delivery);
    },
    async edit(to, change) {
      rest.setToken(token);
      return await outlet.edit(started(), to, change);
    },
    async remove(to, message) {
      rest.setToken(token);
      await outlet.remove(to, message);
    },
    async stop() {
      await upkeep.stop();
      await client?.destroy();
      await arrivals.stop();
      await interactions.stop();
      await typing.settled();
    },
  };
}
