import { webApi } from "@slack/bolt";
import { LRUCache } from "lru-cache";
import mongoose, { Schema } from "mongoose";
import type { Logger } from "pino";
import { z } from "zod";
import type { SecretBox } from "../../src/store/secret-box.ts";
import { NotInstalled } from "./errors.ts";
import { clientOptions } from "./web-client.ts";

/** A workspace in which the app is installed. */
export interface Workspace {
  readonly team: string;
  readonly client: webApi.WebClient;
  readonly token: string;
  readonly botId: string | undefined;
  readonly botUserId: string | undefined;
}

const botSchema = z.object({
  token: z.string(),
  botId: z.string().optional(),
  botUserId: z.string().optional(),
});
/** What an installation gives: the token of the app's bot user in one workspace, and who that is. */
export type Bot = z.infer<typeof botSchema>;

interface Stored {
  _id: string;
  bot: string;
  at: Date;
}
const COLLECTION = "slack_installations";
const InstallationModel = mongoose.model<Stored>(
  "SlackInstallation",
  new Schema<Stored>({ _id: String, bot: { type: String, required: true }, at: Date }, { versionKey: false }),
  COLLECTION,
);
const placeOf = (team: string) => ({ collection: COLLECTION, field: "bot", id: team });

/** How long another process may still use a token after it was replaced or removed, in milliseconds. */
const CACHED_MS = 60_000;

/** The workspaces: the one of the configured token, and those that installed the app, kept sealed in the store. */
export class Installations {
  readonly #options: { box: SecretBox; apiRoot: string; log: Logger; botToken: string | undefined };
  readonly #installed = new LRUCache<string, Workspace>({ max: 1000, ttl: CACHED_MS });
  #own: Promise<Workspace> | undefined;

  constructor(options: { box: SecretBox; apiRoot: string; log: Logger; botToken: string | undefined }) {
    this.#options = options;
  }

  /** The workspace of the configured token, asked for once. Rejects as `auth.test` does; the next call asks again. */
  own(): Promise<Workspace> {
    this.#own ??= this.#introduce().catch((error) => {
      this.#own = undefined;
      throw error;
    });
    return this.#own;
  }

  /** @throws {NotInstalled} */
  async of(team: string): Promise<Workspace> {
    if (this.#options.botToken !== undefined) {
      const own = await this.own();
      if (own.team === team) return own;
    }
    const known = this.#installed.get(team);
    if (known !== undefined) return known;
    const stored = await InstallationModel.findById(team).lean();
    if (stored === null) throw new NotInstalled(`The app is not installed in the workspace ${team}`);
    const bot = botSchema.parse(JSON.parse(this.#options.box.open(stored.bot, placeOf(team))));
    const workspace = this.#workspace(team, bot);
    this.#installed.set(team, workspace);
    return workspace;
  }

  /** Keeps an installation in place of an older one of the same workspace. */
  async store(team: string, bot: Bot): Promise<void> {
    const sealed = this.#options.box.seal(JSON.stringify(bot), placeOf(team));
    await InstallationModel.updateOne({ _id: team }, { bot: sealed, at: new Date() }, { upsert: true });
    this.#installed.delete(team);
    this.#options.log.info({ team }, "The Slack app was installed");
  }

  /** Deletes what was installed before the app was removed; the news of it may come after it was installed again. */
  async delete(team: string, removed: Date): Promise<void> {
    const at = mongoose.trusted({ $lte: removed });
    const { deletedCount } = await InstallationModel.deleteOne({ _id: team, at });
    this.#installed.delete(team);
    if (deletedCount > 0) this.#options.log.info({ team }, "The Slack app was removed");
  }

  #workspace(team: string, { token, botId, botUserId }: Bot): Workspace {
    const { apiRoot, log } = this.#options;
    return {
      team,
      token,
      botId,
      botUserId,
      client: new webApi.WebClient(token, clientOptions(apiRoot, log)),
    };
  }

  async #introduce(): Promise<Workspace> {
    const { botToken: token = "", apiRoot, log } = this.#options;
    const { team_id, bot_id, user_id } = await new webApi.WebClient(
      token,
      clientOptions(apiRoot, log),
    ).auth.test();
    if (team_id === undefined) throw new NotInstalled("The token belongs to no workspace");
    return this.#workspace(team_id, { token, botId: bot_id, botUserId: user_id });
  }
}
