import {
  type APIInteraction,
  type GatewayMessageCreateDispatchData,
  InteractionType,
  REST,
} from "discord.js";
import type { Hono } from "hono";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { type Adapter, type Host, SendError } from "../../src/engine/adapter.ts";
import { pause, persist } from "../../src/engine/backoff.ts";
import { InOrder } from "../../src/engine/in-order.ts";
import { conversationId } from "../../src/engine/inbound.ts";
import { capabilities } from "./capabilities.ts";
import { announceCommands, complete } from "./commands.ts";
import { BadDiscordOptions, describe, isUnauthorized, retryAfterMs } from "./errors.ts";
import { Files } from "./files.ts";
import { connect } from "./gateway.ts";
import { type Reading, readInteraction, readMessage } from "./inbound.ts";
import { Interactions } from "./interactions.ts";
import { send } from "./send.ts";
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

/** How long `start` waits for Discord before it goes on in the background, in milliseconds. */
const START_PATIENCE = 5000;
/**
 * The REST client keeps to the pace that Discord tells in each answer, and waits up to this long, in milliseconds; a
 * longer wait is handed to the engine to come back later.
 */
const PATIENCE = 1500;

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
  const interactions = new Interactions(rest, application, log, options.deferAfter ?? 2000);
  const direct = new LRUCache<string, string>({ max: 10_000 });
  const files = new Files(apiRoot, log);
  const arriving = new InOrder();
  const typing = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  let host: Host | undefined;
  let joining: Promise<void> | undefined;
  let leave = async () => {};
  let told = false;

  function revoked(): void {
    if (!told)
      log.error("Discord refuses the token of this bot (revoked?): put a new one in place and restart");
    told = true;
  }

  /** Stores an event, and sees to it that an interaction is acknowledged; rejects if it could not be stored. */
  async function receive(to: Host, reading: Reading): Promise<void> {
    const { inbound, ticket } = reading;
    if (reading.direct !== undefined) direct.set(inbound.sender.id, reading.direct);
    await to.accept(await files.kept(to, reading));
    if (ticket) interactions.expect(ticket);
  }

  /** The gateway delivers once, so what cannot be stored yet is tried again, in the order of the conversation. */
  function receiveFromGateway(reading: Reading | null): void {
    if (reading === null || host === undefined) return;
    const to = host;
    const failed = (error: unknown) => {
      log.error(
        { event: reading.inbound.id, reason: describe(error) },
        "An event could not be stored yet, trying again",
      );
      return undefined;
    };
    void arriving.run(conversationId(reading.inbound.address), () =>
      persist(() => receive(to, reading), failed, stopping.signal),
    );
  }

  /** True if it is a command being typed: its completion is on its way, and nothing comes of it. */
  function completing(interaction: APIInteraction): boolean {
    if (interaction.type !== InteractionType.ApplicationCommandAutocomplete) return false;
    if (host === undefined) return true;
    const work = complete(rest, application, host, interaction)
      .catch((error: unknown) => log.debug({ reason: describe(error) }, "A command was not completed"))
      .finally(() => typing.delete(work));
    typing.add(work);
    return true;
  }

  async function receiveFromWebhook(interaction: APIInteraction): Promise<void> {
    if (host === undefined) throw new BadDiscordOptions("The adapter is not started");
    if (completing(interaction)) return;
    const reading = readInteraction(interaction, application, Date.now());
    if (reading) await receive(host, reading);
  }

  async function announce(to: Host): Promise<void> {
    const failed = (error: unknown) => {
      if (isUnauthorized(error)) throw error;
      log.warn({ reason: describe(error) }, "The commands could not be announced to Discord, trying again");
      return retryAfterMs(error);
    };
    await persist(() => announceCommands(rest, application, to), failed, stopping.signal);
  }

  async function join(): Promise<void> {
    if (publicKey !== undefined) return;
    leave = await connect({
      token,
      rest: settings,
      log,
      signal: stopping.signal,
      revoked,
      onInteraction: (interaction) => {
        if (!completing(interaction))
          receiveFromGateway(readInteraction(interaction, application, Date.now()));
      },
      onMessage: (message: GatewayMessageCreateDispatchData, me) =>
        receiveFromGateway(readMessage(message, application, me)),
    });
  }

  return {
    name: "discord",
    title: "Discord",
    can: capabilities,
    ...(publicKey !== undefined && { routes: webhookRoutes(publicKey, receiveFromWebhook, log) }),
    async start(given) {
      host = given;
      joining = join();
      const ready = Promise.all([joining, announce(given)]).catch((error: unknown) => {
        if (!isUnauthorized(error)) throw error;
        revoked();
      });
      await Promise.race([ready, pause(START_PATIENCE, stopping.signal)]);
    },
    async send(to, delivery) {
      if (host === undefined) throw new SendError("unsent", "The adapter is not started");
      rest.setToken(token); // the client forgets a token that was refused once
      return await send({ rest, application, host, interactions, direct, revoked, log }, to, delivery);
    },
    async stop() {
      stopping.abort();
      await joining?.catch(() => undefined); // the token was refused: told above
      await leave();
      await arriving.settled();
      await interactions.stop();
      await Promise.all(typing);
    },
  };
}
