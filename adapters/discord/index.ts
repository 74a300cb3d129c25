import { type APIInteraction, type Client, InteractionType, REST } from "discord.js";
import type { Hono } from "hono";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { type Adapter, type Host, SendError } from "../../src/engine/adapter.ts";
import { Arrivals } from "../../src/engine/arrivals.ts";
import { InOrder } from "../../src/engine/in-order.ts";
import { withPictures } from "../../src/engine/received-files.ts";
import { Upkeep } from "../../src/engine/upkeep.ts";
import { capabilities } from "./capabilities.ts";
import { announceCommands, complete } from "./commands.ts";
import { BadDiscordOptions, failures } from "./errors.ts";
import { pictureFetcher } from "./files.ts";
import { gatewayClient } from "./gateway.ts";
import { type Reading, readInteraction, readMessage } from "./inbound.ts";
import { interactionsOf } from "./interactions.ts";
import { openDirect, send } from "./send.ts";
import { webhookRoutes } from "./webhook.ts";

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
}

/**
 * The REST client keeps to the pace that Discord tells in each answer, and waits up to this long, in milliseconds; a
 * longer wait is handed to the engine to come back later.
 */
const PATIENCE = 1500;
/** How long a picture may take, in milliseconds; for one in a window Discord waits 3 s, with all else there is to do. */
const PICTURE_PATIENCE = { message: 10_000, window: 1500 };

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
  const fetchPicture = pictureFetcher(apiRoot, log);
  const upkeep = new Upkeep();
  const typing = new InOrder();
  const arrivals = new Arrivals((error, { id }) =>
    log.error({ event: id, reason: failures.line(error) }, "An event could not be stored yet, trying again"),
  );
  let host: Host | undefined;
  let client: Client | undefined;
  let told = false;

  function revoked(): void {
    if (!told)
      log.error("Discord refuses the token of this bot (revoked?): put a new one in place and restart");
    told = true;
  }

  /** Stores an event, and sees to it that an interaction is acknowledged; rejects if it could not be stored. */
  async function receive(to: Host, reading: Reading): Promise<void> {
    const { inbound, ticket, direct: channel } = reading;
    if (channel !== undefined) direct.set(inbound.sender.id, channel);
    const patience = ticket ? PICTURE_PATIENCE.window : PICTURE_PATIENCE.message;
    await to.accept(await withPictures(to, inbound, reading, (file) => fetchPicture(file, patience)));
    if (ticket) interactions.expect(ticket);
  }

  /** What an interaction asks for; null if nothing, or if it is a command being typed: its completion is on its way. */
  function read(interaction: APIInteraction, to: Host): Reading | null {
    if (interaction.type !== InteractionType.ApplicationCommandAutocomplete)
      return readInteraction(interaction, application);
    const failed = (error: unknown) =>
      log.debug({ reason: failures.line(error) }, "A command was not completed");
    void typing.run(interaction.id, () => complete(rest, application, to, interaction).catch(failed));
    return null;
  }

  async function receiveFromWebhook(interaction: APIInteraction): Promise<void> {
    if (host === undefined) throw new BadDiscordOptions("The adapter is not started");
    const reading = read(interaction, host);
    if (reading) await receive(host, reading);
  }

  /** The gateway delivers each event once. */
  async function join(to: Host): Promise<void> {
    const take = (reading: Reading | null) =>
      reading && arrivals.take(reading.inbound, () => receive(to, reading));
    client = gatewayClient({
      rest: settings,
      log,
      revoked,
      onInteraction: (interaction) => take(read(interaction, to)),
      onMessage: (message, me) => take(readMessage(message, application, me)),
    });
    await client.login(token);
  }

  async function connect(to: Host): Promise<void> {
    if (publicKey === undefined && !client?.isReady()) await join(to);
    await announceCommands(rest, application, to, upkeep.signal);
  }

  return {
    name: "discord",
    title: "Discord",
    can: capabilities,
    ...(publicKey !== undefined && { routes: webhookRoutes(publicKey, receiveFromWebhook, log) }),
    async start(given) {
      host = given;
      await upkeep.start({
        connect: () => connect(given),
        failed: failures.waitOut(log, "Discord could not be reached, trying again"),
        ended: revoked,
      });
    },
    async send(to, delivery) {
      if (host === undefined) throw new SendError("unsent", "The adapter is not started");
      rest.setToken(token); // the client forgets a token that was refused once
      const outlet = { rest, application, host, interactions, direct, revoked, log };
      return await send(outlet, to, delivery);
    },
    async stop() {
      await client?.destroy();
      await upkeep.stop();
      await arrivals.stop();
      await interactions.stop();
      await typing.settled();
    },
  };
}
