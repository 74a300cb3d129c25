import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Delivered, type Signature, Signer } from "./discord-delivery.ts";
import { Gateway, type GatewayEvent, Intent } from "./discord-gateway.ts";
import { type Interaction, Interactions, type OpenModal, seenBy } from "./discord-interactions.ts";
import { Messages } from "./discord-messages.ts";
import { type MishapPlan, Mishaps } from "./discord-mishaps.ts";
import { Person, type PersonOptions } from "./discord-person.ts";
import { isJson, type Json, Refusal } from "./discord-refusal.ts";
import { CommandRegistry } from "./discord-registry.ts";
import { type Call, Rest } from "./discord-rest.ts";
import { routes } from "./discord-routes.ts";
import { type Attachment, type Channel, type ChatMessage, type Guild, World } from "./discord-world.ts";
import { untilFound } from "./until.ts";

export type { CallMishap, EventMishap, Mishap, MishapPlan } from "./discord-mishaps.ts";
export type { PersonOptions } from "./discord-person.ts";
export { Person } from "./discord-person.ts";
export type { Call } from "./discord-rest.ts";
export type { ChatMessage, Guild } from "./discord-world.ts";

export interface DoubleOptions {
  readonly token?: string;
  /** Tells the time of ids, pace, acknowledgements and tokens, in ms. */
  readonly now?: () => number;
  /** Where interactions are posted, signed; without it they come by the gateway. */
  readonly interactionsUrl?: string;
  /** Messages a channel takes in a second; unlimited if not given. */
  readonly perChannel?: number;
  /** How long an interaction waits for its first answer; 3000 ms if not given. */
  readonly ackTimeoutMs?: number;
  /** How long an interaction can be followed up; 15 min if not given. */
  readonly tokenLifeMs?: number;
  /** Whether the application may have the MESSAGE CONTENT intent; asking for it without is closed by 4014. */
  readonly messageContent?: boolean;
  /** Gateway sessions left to start; 1000 if not given. */
  readonly sessionStarts?: number;
}

export interface GuildOptions {
  readonly name?: string;
  /** Names of its channels; "general" alone if not given. */
  readonly channels?: readonly string[];
  /** Whether the bot may write there. */
  readonly writable?: boolean;
  /** Whether the bot may see the channels. */
  readonly visible?: boolean;
  readonly locale?: string;
}

/** Starts a strict, stateful Discord on loopback: give its `url` to discord.js as `rest: { api: url }`. */
export async function discordDouble(options: DoubleOptions = {}): Promise<DiscordDouble> {
  const double = new DiscordDouble(options);
  await double.listen();
  return double;
}

/** Discord, as far as a shop's bot sees it: every limit enforced, every refusal by Discord's code. */
export class DiscordDouble {
  token: string;
  readonly applicationId = "400000000000000004";
  url = "";
  /** Where interactions are posted; undefined brings them by the gateway. */
  interactionsUrl: string | undefined;
  ackTimeoutMs: number;
  tokenLifeMs: number;
  readonly calls: Call[] = [];
  /** How the endpoint answered deliveries, by interaction. */
  readonly deliveries: { readonly interaction: string; readonly status: number }[] = [];
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #signer = new Signer();
  readonly #mishaps = new Mishaps();
  readonly #commands = new CommandRegistry();
  readonly #held: (() => void)[] = [];
  readonly #world: World;
  readonly #messages: Messages;
  readonly #interactions: Interactions;
  readonly #rest: Rest;
  readonly #server = createServer((request, response) => void this.#rest.serve(request, response));
  readonly #gateway: Gateway;
  readonly #now: () => number;
  #starts: number;

  constructor(options: DoubleOptions) {
    this.#now = options.now ?? Date.now;
    this.token = options.token ?? "NDAwMDAwMDAwMDAwMDAwMDA0.double.token_that_nobody_may_log";
    this.interactionsUrl = options.interactionsUrl;
    this.ackTimeoutMs = options.ackTimeoutMs ?? 3000;
    this.tokenLifeMs = options.tokenLifeMs ?? 15 * 60_000;
    this.#starts = options.sessionStarts ?? 1000;
    const applicationId = () => this.applicationId;
    const changed = () => void this.#events.emit("change");
    const world = new World(this.#now, applicationId);
    world.users.set(this.applicationId, { id: this.applicationId, name: "Hawker", bot: true });
    const messages = new Messages({
      world,
      botId: applicationId,
      url: () => this.url,
      tell: (event) => this.#gateway.tell(event),
      changed,
      perChannel: options.perChannel,
    });
    const interactions = new Interactions({
      world,
      messages,
      applicationId,
      ackTimeoutMs: () => this.ackTimeoutMs,
      tokenLifeMs: () => this.tokenLifeMs,
      changed,
    });
    this.#world = world;
    this.#messages = messages;
    this.#interactions = interactions;
    this.#rest = new Rest({
      token: () => this.token,
      mishaps: this.#mishaps,
      record: (call) => this.#record(call),
      file: (path) => messages.file(path),
      perChannel: options.perChannel,
      routes: routes({
        world,
        messages,
        interactions,
        commands: this.#commands,
        applicationId,
        application: () => this.#application(),
        gateway: () => this.#gatewayAddress(),
      }),
    });
    this.#gateway = new Gateway(this.#server, {
      token: () => this.token,
      url: () => this.url.replace("http", "ws"),
      ready: () => this.#ready(),
      greeted: (tell) => this.#greet(tell),
      changed,
      messageContent: options.messageContent ?? true,
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#rest.close();
    this.#gateway.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The key that interactions are signed with, in hex, as the developer portal shows it. */
  get publicKey(): string {
    return this.#signer.publicKey;
  }

  // ---- what tests arrange

  /** Makes the next `next` calls (of a route, by "METHOD /path") or events go wrong. */
  misbehave(plan: MishapPlan): void {
    this.#mishaps.plan(plan);
  }

  /** Makes a part of all calls fail (429, 500 before, 500 after), the same ones for the same seed. */
  failRate(...of: Parameters<Mishaps["failRate"]>): void {
    this.#mishaps.failRate(...of);
  }

  /** A server that the bot is in. */
  guild({ name = "Market", channels = ["general"], ...rights }: GuildOptions = {}): Guild {
    const guild = this.#world.addGuild(name, channels, rights);
    this.#tellOfGuild(guild, (event) => this.#gateway.tell(event));
    return guild;
  }

  /** Takes the bot out of a guild. */
  kick(guild: string): void {
    const found = this.#world.guilds.get(guild);
    if (found === undefined) throw new Error(`There is no guild ${guild}.`);
    found.member = false;
    this.#gateway.tell({
      type: "GUILD_DELETE",
      guild,
      content: (intents) => ((intents & Intent.guilds) === 0 ? undefined : { id: guild }),
    });
  }

  /** Makes a person take no direct messages, or take them again. */
  closeDms(user: string, closed = true): void {
    if (closed) this.#world.closedDms.add(user);
    else this.#world.closedDms.delete(user);
  }

  /** Takes the bot's token back: calls are answered 401, and the gateway closes with 4004. */
  revoke(): void {
    this.token = `${this.token.split(".")[0]}.double.revoked`;
    this.#gateway.closeAll(4004, "Authentication failed.");
  }

  /** Ends the life of all interactions' tokens handed out until now. */
  expire(): void {
    this.#interactions.expire();
  }

  /** The gateway's connections: to drop them, make sessions invalid, and see who came back how. */
  get gateway(): Pick<
    Gateway,
    "drop" | "invalidate" | "reconnect" | "connected" | "identified" | "resumed" | "received"
  > {
    return this.#gateway;
  }

  /** A person in the direct messages with the bot, or in a channel of a guild. */
  person(id: string, options: PersonOptions = {}): Person {
    this.#world.users.set(id, { id, name: options.name ?? `Person ${id}`, bot: false });
    const channel = this.#channelFor(id, options);
    return new Person(this, channel, id, options);
  }

  /** Puts another bot's message into a channel. */
  otherBotSays(channel: string, text: string): ChatMessage {
    const id = "400000000000000099";
    this.#world.users.set(id, { id, name: "Other Bot", bot: true });
    return this.post(channel, id, text);
  }

  /** A moderator empties a channel. */
  empties(channel: string): void {
    for (const message of this.messages(channel)) this.#messages.remove(message);
  }

  /** Posts a PING to the endpoint, signed rightly or not. */
  async ping(signature: Signature = "right"): Promise<Delivered> {
    return await this.#deliver(
      { id: this.#world.snowflake(), application_id: this.applicationId, type: 1, token: "ping", version: 1 },
      signature,
    );
  }

  // ---- what tests see

  /** First answers to interactions that came too late. */
  get late(): number {
    return this.#interactions.late;
  }

  /** Every mention that a payload of the bot did not forbid by `allowed_mentions`. */
  get mentioned(): Messages["mentioned"] {
    return this.#messages.mentioned;
  }

  /** The registered global commands. */
  commands(): readonly Json[] {
    return this.#commands.all;
  }

  /** Interactions without a first answer. */
  unanswered(): readonly Interaction[] {
    return this.#interactions.unanswered();
  }

  /** Messages that stand in a channel, oldest first, ephemeral ones among them. */
  messages(channel: string): readonly ChatMessage[] {
    return (this.#world.channels.get(channel)?.messages ?? []).filter((message) => !message.deleted);
  }

  /** The id of the channel of a person's direct messages. */
  dm(user: string): string {
    return this.#world.dm(user).id;
  }

  callsOf(method: string, path: RegExp): Call[] {
    return this.calls.filter((call) => call.method === method && path.test(call.path));
  }

  /** Waits until `find` answers something, looking after every event in the double. */
  async until<T>(
    find: () => T | undefined | false | null,
    timeoutMs: number,
    complaint: () => string,
  ): Promise<T> {
    return await untilFound(this.#events, find, timeoutMs, complaint);
  }

  // ---- what people do

  /** The messages of a channel as a person sees them. */
  messagesFor(channel: string, user: string): readonly ChatMessage[] {
    return this.messages(channel).filter((message) => seenBy(message, user));
  }

  /** The modal that is open in front of a person. */
  modalOf(user: string): OpenModal | undefined {
    return this.#interactions.modals.get(user);
  }

  closeModal(user: string): void {
    this.#interactions.modals.delete(user);
  }

  nameOf(user: string): string {
    return this.#world.users.get(user)?.name ?? user;
  }

  interaction(id: string): Interaction | undefined {
    return this.#interactions.byId(id);
  }

  interactionOf(token: string): Interaction | undefined {
    return this.#interactions.byToken(token);
  }

  /** Keeps a file a person uploads into a channel. */
  upload(channel: string, bytes: Uint8Array, filename: string): Attachment {
    return this.#messages.keep(channel, { bytes, filename, type: "application/octet-stream" });
  }

  /** Puts a message of somebody else than the bot into a channel. */
  post(
    channelId: string,
    author: string,
    content: string,
    attachments: readonly Attachment[] = [],
  ): ChatMessage {
    const channel = this.#world.channels.get(channelId);
    if (channel === undefined) throw new Error(`There is no channel ${channelId}.`);
    const message = this.#world.append(channel, { author, content, attachments });
    this.#throughMishaps(() => this.#messages.announce("MESSAGE_CREATE", message));
    return message;
  }

  /** Hands an interaction to the application, by the gateway or by HTTP; `times` more than once repeats it. */
  interact(
    of: Omit<Interaction, "id" | "token" | "at" | "expired" | "channel"> & { readonly channel: string },
    times = 1,
  ): Interaction {
    const channel = this.#world.channels.get(of.channel);
    if (channel === undefined) throw new Error(`There is no channel ${of.channel}.`);
    const guild = this.#world.guildOf(channel);
    if (guild && !guild.member) throw new Error(`The bot is not in the guild ${guild.id} any more.`);
    const interaction = this.#interactions.open({ ...of, channel });
    const payload = this.#interactions.payload(interaction);
    for (let i = 0; i < times; i++) this.#throughMishaps(() => this.#send(interaction, payload, guild));
    return interaction;
  }

  #send(interaction: Interaction, payload: Json, guild: Guild | undefined): void {
    if (this.interactionsUrl !== undefined) return void this.#sendByHttp(interaction, payload);
    this.#gateway.tell({
      type: "INTERACTION_CREATE",
      content: () => payload,
      ...(guild && { guild: guild.id }),
    });
  }

  async #sendByHttp(interaction: Interaction, payload: Json): Promise<void> {
    const { status, body } = await this.#deliver(payload, "right");
    this.deliveries.push({ interaction: interaction.id, status });
    if (status === 200 && isJson(body)) this.#takeResponse(interaction, body);
    this.#events.emit("change");
  }

  /** The response to a delivery counts as the first answer. */
  #takeResponse({ id, token }: Interaction, body: Json): void {
    const call = {
      method: "POST",
      path: `/interactions/${id}/${token}/callback`,
      body,
      files: [],
      inResponse: true,
    };
    try {
      this.#interactions.callback(id, token, { value: body, files: [] });
      this.#record({ ...call, status: 200 });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#record({ ...call, status: error.status, code: error.code });
    }
  }

  async #deliver(payload: Json, signature: Signature): Promise<Delivered> {
    if (this.interactionsUrl === undefined) throw new Error("The double has no interactionsUrl.");
    return await this.#signer.deliver(this.interactionsUrl, payload, {
      timeoutMs: this.ackTimeoutMs,
      now: this.#now(),
      signature,
    });
  }

  /** Lets an event go wrong if it shall: twice, after the next one, or to a socket that has just dropped. */
  #throughMishaps(send: () => void): void {
    const kind = this.#mishaps.ofEvent();
    if (kind === "reorder") {
      this.#held.unshift(send);
      if (this.#mishaps.reordering) return;
      for (const held of this.#held.splice(0)) held();
      return;
    }
    if (kind === "drop-socket") this.#gateway.drop();
    if (kind === "duplicate-event") send();
    send();
  }

  #channelFor(user: string, { guild, channel }: PersonOptions): Channel {
    if (guild === undefined) return this.#world.dm(user);
    const channels = this.#world.guilds.get(guild)?.channels ?? [];
    const found = channels
      .map((id) => this.#world.channels.get(id))
      .find((each) => channel === undefined || each?.id === channel || each?.name === channel);
    if (found === undefined) throw new Error(`There is no channel ${channel ?? ""} in the guild ${guild}.`);
    return found;
  }

  #record(call: Call): void {
    this.calls.push(call);
    this.#events.emit("change");
  }

  #application(): Json {
    return {
      id: this.applicationId,
      name: "Hawker",
      icon: null,
      description: "",
      bot_public: true,
      bot_require_code_grant: false,
      verify_key: this.publicKey,
      flags: 0,
      team: null,
      interactions_endpoint_url: this.interactionsUrl ?? null,
      bot: this.#world.userJson(this.applicationId),
    };
  }

  #gatewayAddress(): Json {
    const remaining = Math.max(0, this.#starts - this.#gateway.identified);
    return {
      url: this.url.replace("http", "ws"),
      shards: 1,
      session_start_limit: { total: 1000, remaining, reset_after: 86_400_000, max_concurrency: 16 },
    };
  }

  #ready(): Json {
    const guilds = [...this.#world.guilds.values()].filter(({ member }) => member);
    return {
      user: this.#world.userJson(this.applicationId),
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      application: { id: this.applicationId, flags: 0 },
    };
  }

  #greet(tell: (event: GatewayEvent) => void): void {
    for (const guild of this.#world.guilds.values()) if (guild.member) this.#tellOfGuild(guild, tell);
  }

  #tellOfGuild(guild: Guild, tell: (event: GatewayEvent) => void): void {
    tell({
      type: "GUILD_CREATE",
      guild: guild.id,
      content: (intents) => ((intents & Intent.guilds) === 0 ? undefined : this.#world.guildJson(guild)),
    });
  }
}
