import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Deeds } from "./slack-deeds.ts";
import type { Envelope, Patience, Tardiness } from "./slack-envelope.ts";
import { takeUpload } from "./slack-files.ts";
import { Installs } from "./slack-install.ts";
import { callMethod } from "./slack-methods.ts";
import { type Arranged, Mishaps, type SlackMishap } from "./slack-mishaps.ts";
import { Triggers } from "./slack-modals.ts";
import { SlackPerson, type SlackPersonOptions } from "./slack-person.ts";
import { Requests, type RequestUrls } from "./slack-requests.ts";
import { ResponseUrls } from "./slack-response-urls.ts";
import { type Args, type Json, SlackRefusal, textOf, tooMany } from "./slack-rules.ts";
import { Sockets } from "./slack-sockets.ts";
import { argsOf } from "./slack-wire.ts";
import {
  type Activity,
  type SlackChannel,
  type SlackMessage,
  type SlackTeam,
  type SlackView,
  Workspace,
  type WorkspaceOptions,
} from "./slack-workspace.ts";
import { untilFound } from "./until.ts";

/** A call of the Web API, or a post to a response_url (method "response_url"). */
export interface SlackCall {
  readonly method: string;
  readonly args: Args;
  readonly team: string | undefined;
  /** HTTP status; 0 where the connection was broken or left hanging. */
  readonly status: number;
  readonly error?: string | undefined;
  /** The places that Slack found wrong. */
  readonly messages?: readonly string[] | undefined;
}

/** How the double is to be. Times are milliseconds. */
export interface SlackDoubleOptions extends WorkspaceOptions, Partial<Patience> {
  /** The app's one slash command. */
  readonly command?: string;
}

/** Starts a strict, stateful Slack on loopback. Point `slackApiUrl` at its `url`. */
export async function slackDouble(options: SlackDoubleOptions = {}): Promise<SlackDouble> {
  const double = new SlackDouble(options);
  await double.listen();
  return double;
}

/** Slack, as far as a shop's app sees it: every limit enforced, every refusal in Slack's words. */
export class SlackDouble {
  readonly appToken = "xapp-1-A0DOUBLE-double-token-that-nobody-may-log";
  readonly signingSecret = "5168e0c3a5b94ef2a5f9d2b6f35c1d70";
  readonly clientId = "1111.2222";
  readonly clientSecret = "double-client-secret-that-nobody-may-log";
  readonly command: string;
  /** The address of the double, without a slash at the end. */
  root = "";
  readonly calls: SlackCall[] = [];
  /** Interactions and events acknowledged too late, and those never acknowledged. */
  readonly late: Tardiness["late"] = [];
  readonly lost: Tardiness["lost"] = [];
  /** What the app acknowledged with that Slack could not show. */
  readonly refusedAcks: SlackRefusal[] = [];
  readonly deeds: Deeds;
  /** Permissions to open modals; an interaction brings one. */
  readonly triggers: Triggers;
  /** Addresses to answer an interaction at; an interaction brings one. */
  readonly responses: ResponseUrls;

  readonly #world: Workspace;
  readonly #first: SlackTeam;
  readonly #installs: Installs;
  readonly #mishaps = new Mishaps();
  readonly #sockets: Sockets;
  readonly #patience: Patience;
  readonly #tardiness: Tardiness;
  readonly #held: (() => void)[] = [];
  readonly #open = new Set<ServerResponse>();
  #requests: Requests | undefined;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor(options: SlackDoubleOptions) {
    this.command = options.command ?? "/shop";
    this.#patience = { ackMs: options.ackMs ?? 3000, retryMs: options.retryMs ?? 20 };
    this.#world = new Workspace(options);
    this.#first = this.#world.addTeam("first", true);
    this.triggers = new Triggers(this.#world);
    this.responses = new ResponseUrls(this.#world);
    this.#installs = new Installs(this.#world, this);
    this.#tardiness = { late: this.late, lost: this.lost, changed: () => this.#world.rang() };
    this.#sockets = new Sockets(this.#patience, this.#tardiness);
    this.#world.events.on("refused-ack", (error: SlackRefusal) => {
      this.refusedAcks.push(error);
      this.#world.rang();
    });
    const send = (team: SlackTeam, envelope: Envelope, ofPerson: boolean) =>
      this.#send(team, envelope, ofPerson);
    this.deeds = new Deeds(this.#world, this.triggers, this.responses, send, () => this.root);
  }

  async listen(): Promise<void> {
    this.#server.on("upgrade", (request, socket, head) => this.#sockets.upgrade(request, socket, head));
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.root = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#requests?.close();
    this.#sockets.close();
    for (const response of this.#open) response.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The root of the Web API, for `slackApiUrl`. */
  get url(): string {
    return `${this.root}/api/`;
  }

  get teamId(): string {
    return this.#first.id;
  }

  get botToken(): string {
    return this.#first.botToken;
  }

  // ---- what tests arrange

  /** Another workspace. One that is not installed has no token until somebody installs the app there. */
  addTeam(options: { name?: string; installed?: boolean } = {}): SlackTeam {
    const name = options.name ?? `team-${this.#world.teams.size + 1}`;
    return this.#world.addTeam(name, options.installed ?? true);
  }

  team(id = this.teamId): SlackTeam {
    return this.#world.team(id);
  }

  /** A channel with the app in it, unless told otherwise. */
  channel(id: string, state: { member?: boolean; archived?: boolean; team?: string } = {}): SlackChannel {
    const channel = this.#world.channel(this.team(state.team), id);
    channel.member = state.member ?? channel.member;
    channel.archived = state.archived ?? channel.archived;
    return channel;
  }

  /** A person in the app's direct messages, or in the channel given. */
  person(id: string, options: SlackPersonOptions = {}): SlackPerson {
    const team = this.team(options.team);
    const user = team.users.get(id) ?? { id, name: id, locale: "en-US", left: undefined };
    user.name = options.name ?? user.name;
    user.locale = options.locale ?? user.locale;
    team.users.set(id, user);
    const channel =
      options.channel === undefined ? this.#world.dm(team, id) : this.#world.channel(team, options.channel);
    channel.people.add(id);
    return new SlackPerson(this, { team, channel, user }, options.hasty ?? false);
  }

  /** Has a person leave the workspace; whoever writes to them gets the error. */
  leaves(id: string, error = "user_disabled", team = this.teamId): void {
    this.#world.user(this.team(team), id).left = error;
  }

  /** Takes the app out of a workspace: its token ends, and it is told of it. */
  revoke(team = this.teamId): void {
    const gone = this.team(team);
    gone.gone = "token_revoked";
    this.deeds.event(gone, { type: "tokens_revoked", tokens: { oauth: [], bot: [gone.botUser] } }, false);
    this.deeds.event(gone, { type: "app_uninstalled" }, false);
  }

  /** Makes the next `next` calls (of `method`, or of any but those to start with) or events go wrong. */
  misbehave(mishap: { next: number; kind: SlackMishap; method?: string; retryAfter?: number }): void {
    this.#mishaps.add(mishap);
  }

  /** Makes a part of all calls fail (429, 500 before, 500 after), the same ones for the same seed. */
  failRate(...of: Parameters<Mishaps["failRate"]>): void {
    this.#mishaps.failRate(...of);
  }

  /** Where requests are posted, instead of using sockets: one address for all, or one for each kind. */
  set requestUrl(url: string | RequestUrls) {
    const urls = typeof url === "string" ? { events: url, commands: url, interactivity: url } : url;
    this.#requests?.close();
    this.#requests = new Requests(urls, this.signingSecret, this.#patience, this.#tardiness, this.#world.now);
  }

  /** Whether the app repeats a challenge at `requestUrl`. */
  async verifiesRequestUrl(): Promise<boolean> {
    if (this.#requests === undefined) throw new Error("no requestUrl");
    return await this.#requests.verifies();
  }

  /** Asks the sockets to go, as Slack does every hour or so. */
  disconnect(reason: "refresh_requested" | "warning" | "link_disabled" = "refresh_requested"): void {
    this.#sockets.disconnect(reason);
  }

  /** Breaks all sockets without a word. */
  dropSockets(): void {
    this.#sockets.drop();
  }

  // ---- what tests see

  get sockets(): number {
    return this.#sockets.open;
  }

  callsOf(method: string): SlackCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Messages that stand in a channel, by its id or by the id of the person in a direct message. */
  messages(id: string, team = this.teamId): readonly SlackMessage[] {
    const workspace = this.team(team);
    const channel = workspace.users.has(id)
      ? this.#world.dm(workspace, id)
      : this.#world.channel(workspace, id);
    return channel.messages.filter(({ deleted }) => !deleted);
  }

  /** Modals that lie open, of all teams and people. */
  get views(): SlackView[] {
    return [...this.#world.teams.values()].flatMap(({ stacks }) => [...stacks.values()].flat());
  }

  /** Home tabs, of all teams and people. */
  get homes(): SlackView[] {
    return [...this.#world.teams.values()].flatMap(({ homes }) => [...homes.values()]);
  }

  /** Markup the app sent that calls people, names channels or links. */
  get mentions(): Workspace["mentions"] {
    return this.#world.mentions;
  }

  /** Refuses each file so many times after its upload, as Slack takes it in only then. */
  refuseNewFiles(times: number): void {
    this.#world.refusesNewFiles = times;
  }

  get unfurls(): Workspace["unfurls"] {
    return this.#world.unfurls;
  }

  /** All that the app did and people can notice, in order. */
  get activity(): readonly Activity[] {
    return this.#world.activity;
  }

  get world(): Workspace {
    return this.#world;
  }

  /** Waits until `find` answers something, looking after every event in the double. */
  async until<T>(
    find: () => T | undefined | false | null,
    timeoutMs: number,
    complaint: () => string,
  ): Promise<T> {
    return await untilFound(this.#world.events, find, timeoutMs, complaint);
  }

  // ---- towards the app

  async #send(team: SlackTeam, envelope: Envelope, ofPerson: boolean): Promise<Json | undefined> {
    if (ofPerson && (!team.installed || team.gone !== undefined)) return undefined;
    const route = this.#requests ?? this.#sockets;
    const mishap = ofPerson ? this.#mishaps.ofEvent() : undefined;
    if (mishap === "reorder") {
      await new Promise<void>((resolve) => {
        this.#held.unshift(resolve);
        // Not before this one waits too, or it would be the last again.
        if (!this.#mishaps.reordering)
          setImmediate(() => {
            for (const release of this.#held.splice(0)) release();
          });
      });
    }
    // Events are lost on the way and come again; a person who presses something sees at once that it failed.
    if (mishap === "drop-socket" && envelope.kind !== "events_api") this.#sockets.drop();
    const answer = route.deliver(envelope);
    if (mishap === "drop-socket" && envelope.kind === "events_api") this.#sockets.drop();
    if (mishap === "duplicate-event") void route.deliver(envelope);
    return await answer;
  }

  // ---- the server

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? "", this.root);
    const [, area = "", id = "", ...rest] = url.pathname.split("/");
    if (area === "oauth") return this.#authorize(url, response);
    if (area === "files-pri" && this.#mishaps.ofCall("download") !== undefined)
      return void response.writeHead(500).end();
    if (area === "files-pri") return this.#download(id, request, response);
    if (area === "upload") return await this.#upload(id, rest[0] ?? "", body, request, response);
    const type = request.headers["content-type"] ?? "";
    const method = area === "response" ? "response_url" : area === "api" ? id : "";
    if (method === "" || request.method !== "POST") return void response.writeHead(404).end();
    await this.#call(method, id, body, type, request, response);
  }

  async #call(
    method: string,
    id: string,
    body: Buffer,
    type: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const seen: { args: Args; team: string | undefined } = { args: {}, team: undefined };
    const log = (status: number, refusal?: SlackRefusal) => {
      const { token: _, client_secret: __, ...args } = seen.args;
      const { error, messages } = refusal ?? {};
      this.calls.push({ method, args, team: seen.team, status, error, messages });
      this.#world.rang();
    };
    const refuse = (refusal: SlackRefusal) => {
      log(refusal.status, refusal);
      refused(response, refusal);
    };
    const mishap = this.#mishaps.ofCall(method);
    try {
      seen.args = await argsOf(body, type);
      if (mishap !== undefined) before(mishap);
      const result = this.#perform(method, id, seen, request);
      if (mishap?.kind === "500-after") throw new SlackRefusal("internal_error", { status: 500 });
      if (mishap?.kind === "timeout" || mishap?.kind === "reset") {
        log(0);
        if (mishap.kind === "reset") request.socket.destroy();
        return;
      }
      log(200);
      json(response, 200, { ok: true, ...result });
    } catch (error) {
      if (error instanceof SlackRefusal) refuse(error);
      else refuse(new SlackRefusal(`internal_error: ${error}`, { status: 500 }));
    }
  }

  #perform(
    method: string,
    id: string,
    seen: { args: Args; team: string | undefined },
    request: IncomingMessage,
  ): Json {
    const { args } = seen;
    if (method === "response_url") {
      this.responses.answer(id, args);
      return {};
    }
    const [scheme, credentials = ""] = (request.headers.authorization ?? "").split(" ");
    if (method === "oauth.v2.access")
      return this.#installs.access(args, scheme === "Basic" ? credentials : undefined);
    const token = scheme === "Bearer" ? credentials : textOf(args.token);
    if (token === "") throw new SlackRefusal("not_authed");
    if (method === "apps.connections.open") {
      if (token !== this.appToken)
        throw new SlackRefusal(token.startsWith("xapp-") ? "invalid_auth" : "not_allowed_token_type");
      return { url: `${this.root.replace("http", "ws")}/link/?ticket=${this.#sockets.ticket()}` };
    }
    const team = this.#bearer(token);
    seen.team = team.id;
    return callMethod(this.#world, team, method, args, { triggers: this.triggers, root: this.root });
  }

  #bearer(token: string): SlackTeam {
    if (token === this.appToken) throw new SlackRefusal("not_allowed_token_type");
    const team = [...this.#world.teams.values()].find(({ botToken }) => botToken === token);
    if (team === undefined || token === "") throw new SlackRefusal("invalid_auth");
    if (team.gone !== undefined) throw new SlackRefusal(team.gone);
    return team;
  }

  #authorize(url: URL, response: ServerResponse): void {
    const location = this.#installs.authorize(url.searchParams);
    if (location === undefined) return void response.writeHead(400).end("Something went wrong");
    response.writeHead(302, { location }).end();
  }

  #download(id: string, request: IncomingMessage, response: ServerResponse): void {
    const [teamId = "", fileId = ""] = id.split("-");
    const team = this.#world.teams.get(teamId);
    const mishap = this.#mishaps.ofCall("download");
    if (mishap?.kind === "timeout") return;
    if (mishap?.kind === "reset") return void request.socket.destroy();
    if (mishap !== undefined) return void response.writeHead(mishap.kind === "429" ? 429 : 500).end();
    const bytes = team?.files.get(fileId)?.bytes;
    if (team === undefined || bytes === undefined) return void response.writeHead(404).end();
    // Without a good token Slack shows its page to sign in, with status 200.
    const welcome = request.headers.authorization === `Bearer ${team.botToken}` && team.gone === undefined;
    response.setHeader("content-type", welcome ? "application/octet-stream" : "text/html; charset=utf-8");
    response.end(welcome ? bytes : "<!DOCTYPE html><title>Sign in | Slack</title>");
  }

  async #upload(
    teamId: string,
    id: string,
    body: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const type = request.headers["content-type"] ?? "";
      const parts = type.includes("multipart/form-data") ? Object.values(await argsOf(body, type)) : [body];
      const bytes = parts.find((part) => part instanceof Uint8Array);
      takeUpload(this.team(teamId), id, bytes instanceof Uint8Array ? bytes : body);
      response.end(`OK - ${body.length}`);
    } catch (error) {
      response.writeHead(400).end(String(error));
    }
  }
}

/** The mishaps that come before anything is done. */
function before({ kind, retryAfter }: Arranged): void {
  if (kind === "429") throw tooMany(retryAfter);
  if (kind === "500-before") throw new SlackRefusal("internal_error", { status: 500 });
}

function refused(response: ServerResponse, refusal: SlackRefusal): void {
  const { status, error, messages, retryAfter } = refusal;
  if (retryAfter !== undefined) response.setHeader("retry-after", String(retryAfter));
  const more = messages.length > 0 && { response_metadata: { messages } };
  json(response, status, { ok: false, error, ...more });
}

function json(response: ServerResponse, status: number, content: Json): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(content));
}
