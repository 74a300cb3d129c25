import { webApi } from "@slack/bolt";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { z } from "zod";
import { pause } from "../../src/platform/backoff.ts";
import { SealedMap } from "../../src/store/sealed-map.ts";
import type { SecretBox } from "../../src/store/secret-box.ts";
import { AppRemoved, describe, isDeadToken, NotInstalled } from "./errors.ts";
import { clientOptions } from "./web-client.ts";

const botSchema = z.object({
  token: z.string(),
  botId: z.string().optional(),
  botUserId: z.string().optional(),
});
/** What an installation gives: the token of the app's bot user in one workspace, and who that is. */
export type Bot = z.infer<typeof botSchema>;

/** When a workspace removed the app, in milliseconds since 1970. */
const removalSchema = z.object({ at: z.number() });

/** How long what is for a workspace waits after it has removed the app, in milliseconds: it may install it again. */
const WAITS_MS = 30 * 24 * 60 * 60_000;

/** A workspace in which the app is installed. */
export interface Workspace extends Bot {
  readonly team: string;
  readonly client: webApi.WebClient;
}

/** How long another process may still use a token after it was replaced or removed, in milliseconds. */
const CACHED_MS = 60_000;

/** What the installations are kept with. */
export interface InstallationsOptions {
  readonly box: SecretBox;
  readonly apiRoot: string;
  readonly log: Logger;
  readonly botToken: string | undefined;
  /** How long what is for a workspace waits after it has removed the app, in milliseconds; default 30 days. */
  readonly waits?: number | undefined;
}

/** The workspaces: the one of the configured token, and those that installed the app, kept sealed in the store. */
export class Installations {
  readonly #options: InstallationsOptions;
  readonly #stored: SealedMap<Bot>;
  readonly #removals: SealedMap<z.infer<typeof removalSchema>>;
  readonly #installed = new LRUCache<string, Workspace>({ max: 1000, ttl: CACHED_MS });
  #own: Promise<Workspace> | undefined;
  #ownTeam: string | undefined;
  /** Why the configured token was refused. Other workspaces need not wait for it. */
  #ownRefusal: unknown;
  /** The workspaces whose token Slack refuses, or that have none any more. */
  readonly #refused = new Set<string>();

  constructor(options: InstallationsOptions) {
    this.#options = options;
    this.#stored = new SealedMap(options.box, "slack_installations", botSchema);
    this.#removals = new SealedMap(options.box, "slack_removals", removalSchema);
  }

  /** Learns which workspace the configured token belongs to. Rejects as `auth.test` does. */
  async introduce(): Promise<Workspace> {
    this.#own = undefined;
    this.#ownRefusal = undefined;
    return await this.#owned();
  }

  /** The configured token's workspace, once it is known. */
  get ownTeam(): string | undefined {
    return this.#ownTeam;
  }

  /** @throws {NotInstalled | AppRemoved} */
  async of(team: string): Promise<Workspace> {
    const own = await this.#ownOrNone();
    if (own?.team === team) return own;
    const known = this.#installed.get(team);
    if (known !== undefined) return known;
    const bot = await this.#stored.get(team);
    if (bot === undefined) throw await this.#absence(team);
    const workspace = { team, ...bot, client: this.#client(bot.token) };
    this.#installed.set(team, workspace);
    return workspace;
  }

  /** The workspaces that cannot be written to now. */
  get refused(): readonly string[] {
    return [...this.#refused];
  }

  refuses(team: string): boolean {
    return this.#refused.has(team);
  }

  /** Tells that a workspace has no working token. What is for it waits from now on. */
  refuse(team: string, error: unknown): void {
    if (this.#refused.has(team)) return;
    this.#refused.add(team);
    this.#options.log.error(
      { team, reason: describe(error) },
      "Slack refuses the token of this workspace: its conversations wait; install the app there again, or put a new token in place",
    );
  }

  /** Looks at the refused workspaces every `ms` milliseconds: some process may have a new token of theirs. */
  async recheck(ms: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const team of this.#refused) {
        this.#installed.delete(team);
        const works = this.of(team).then(({ client }) => client.auth.test());
        // Why it still does not work was told when it began. What is for one that is gone for good waits no longer.
        const stands = await works.then(
          () => true,
          (error) => error instanceof AppRemoved && "gone",
        );
        if (stands === "gone") this.#letGo(team);
        else if (stands) this.#accept(team);
      }
      await pause(ms, signal);
    }
  }

  /** Keeps an installation in place of an older one of the same workspace. */
  async store(team: string, bot: Bot): Promise<void> {
    await this.#stored.set(team, bot);
    await this.#removals.delete(team, new Date());
    this.#installed.delete(team);
    this.#refused.delete(team);
    this.#options.log.info({ team }, "The Slack app was installed");
  }

  /** A workspace has removed the app. What is for it waits for some time, as it may install it again, and not for ever. */
  async remove(team: string, at: Date): Promise<void> {
    await this.delete(team, at);
    if ((await this.#stored.get(team)) === undefined) await this.#removals.set(team, { at: at.getTime() });
  }

  /** Why there is no token of a workspace. */
  async #absence(team: string): Promise<unknown> {
    const removal = await this.#removals.get(team);
    const { waits = WAITS_MS } = this.#options;
    if (removal && team !== this.#ownTeam && Date.now() - removal.at > waits)
      return new AppRemoved(`The workspace ${team} has removed the app`);
    return this.#ownRefusal ?? new NotInstalled(`The app is not installed in the workspace ${team}`);
  }

  /** Nothing waits for a workspace any more. */
  #letGo(team: string): void {
    this.#refused.delete(team);
    this.#options.log.warn(
      { team },
      "This Slack workspace took the app out long ago: what waited for it is told elsewhere where that can be, and dropped",
    );
  }

  /** Told once. Deletes what was installed before the app was removed; the news of it may come after it was installed again. */
  async delete(team: string, removed: Date): Promise<void> {
    const deleted = await this.#stored.delete(team, removed);
    this.#installed.delete(team);
    // Slack tells twice, of the app and of its token.
    const isOwn = this.#ownTeam === team;
    if ((!deleted && !isOwn) || this.#refused.has(team)) return;
    this.#refused.add(team);
    this.#options.log.error(
      { team },
      "A Slack workspace has removed the app or revoked its token: install it there again, or put a new token in place",
    );
  }

  #client(token: string): webApi.WebClient {
    return new webApi.WebClient(token, clientOptions(this.#options.apiRoot, this.#options.log));
  }

  #accept(team: string): void {
    this.#refused.delete(team);
    this.#options.log.info({ team }, "Slack takes the token of this workspace again");
  }

  /** The workspace of the configured token; none where there is no such token, or it is refused. */
  async #ownOrNone(): Promise<Workspace | undefined> {
    if (this.#options.botToken === undefined || this.#ownRefusal !== undefined) return undefined;
    return await this.#owned().catch((error) => {
      if (isDeadToken(error)) return undefined;
      throw error;
    });
  }

  #owned(): Promise<Workspace> {
    this.#own ??= this.#askOwn().catch((error) => {
      this.#own = undefined;
      if (isDeadToken(error)) this.#ownRefusal = error;
      throw error;
    });
    return this.#own;
  }

  async #askOwn(): Promise<Workspace> {
    const { botToken: token = "" } = this.#options;
    const client = this.#client(token);
    const { team_id: team, bot_id: botId, user_id: botUserId } = await client.auth.test();
    if (team === undefined) throw new NotInstalled("The token belongs to no workspace");
    this.#ownTeam = team;
    return { team, token, botId, botUserId, client };
  }
}
