import { webApi } from "@slack/bolt";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { z } from "zod";
import { SealedMap } from "../../src/store/sealed-map.ts";
import type { SecretBox } from "../../src/store/secret-box.ts";
import { NotInstalled } from "./errors.ts";
import { clientOptions } from "./web-client.ts";

const botSchema = z.object({
  token: z.string(),
  botId: z.string().optional(),
  botUserId: z.string().optional(),
});
/** What an installation gives: the token of the app's bot user in one workspace, and who that is. */
export type Bot = z.infer<typeof botSchema>;

/** A workspace in which the app is installed. */
export interface Workspace extends Bot {
  readonly team: string;
  readonly client: webApi.WebClient;
}

/** How long another process may still use a token after it was replaced or removed, in milliseconds. */
const CACHED_MS = 60_000;

/** The workspaces: the one of the configured token, and those that installed the app, kept sealed in the store. */
export class Installations {
  readonly #options: { box: SecretBox; apiRoot: string; log: Logger; botToken: string | undefined };
  readonly #stored: SealedMap<Bot>;
  readonly #installed = new LRUCache<string, Workspace>({ max: 1000, ttl: CACHED_MS });
  #own: Promise<Workspace> | undefined;
  #ownTeam: string | undefined;
  /** The configured token was revoked; a new one comes with a restart. */
  #ended = false;

  constructor(options: { box: SecretBox; apiRoot: string; log: Logger; botToken: string | undefined }) {
    this.#options = options;
    this.#stored = new SealedMap(options.box, "slack_installations", botSchema);
  }

  /** The workspace of the configured token, asked for once. Rejects as `auth.test` does; the next call asks again. */
  own(): Promise<Workspace> {
    this.#own ??= this.#introduce().catch((error) => {
      this.#own = undefined;
      throw error;
    });
    return this.#own;
  }

  /** The configured token's workspace, once it is known. */
  get ownTeam(): string | undefined {
    return this.#ownTeam;
  }

  /** @throws {NotInstalled} */
  async of(team: string): Promise<Workspace> {
    if (this.#options.botToken !== undefined) {
      const own = await this.own();
      if (own.team === team) return own;
    }
    const known = this.#installed.get(team);
    if (known !== undefined) return known;
    const bot = await this.#stored.get(team);
    if (bot === undefined) throw new NotInstalled(`The app is not installed in the workspace ${team}`);
    const workspace = { team, ...bot, client: this.#client(bot.token) };
    this.#installed.set(team, workspace);
    return workspace;
  }

  /** Keeps an installation in place of an older one of the same workspace. */
  async store(team: string, bot: Bot): Promise<void> {
    await this.#stored.set(team, bot);
    this.#installed.delete(team);
    this.#options.log.info({ team }, "The Slack app was installed");
  }

  /** Told once. Deletes what was installed before the app was removed; the news of it may come after it was installed again. */
  async delete(team: string, removed: Date): Promise<void> {
    const deleted = await this.#stored.delete(team, removed);
    this.#installed.delete(team);
    // Slack tells twice, of the app and of its token.
    const isOwn = this.#options.botToken !== undefined && (await this.own()).team === team && !this.#ended;
    if (isOwn) this.#ended = true;
    if (!deleted && !isOwn) return;
    this.#options.log.error(
      { team },
      "A Slack workspace has removed the app or revoked its token: install it there again, or put a new token in place",
    );
  }

  #client(token: string): webApi.WebClient {
    return new webApi.WebClient(token, clientOptions(this.#options.apiRoot, this.#options.log));
  }

  async #introduce(): Promise<Workspace> {
    const { botToken: token = "" } = this.#options;
    const client = this.#client(token);
    const { team_id: team, bot_id: botId, user_id: botUserId } = await client.auth.test();
    if (team === undefined) throw new NotInstalled("The token belongs to no workspace");
    this.#ownTeam = team;
    return { team, token, botId, botUserId, client };
  }
}
