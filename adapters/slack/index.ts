import { createHmac } from "node:crypto";
import { App } from "@slack/bolt";
import { Hono } from "hono";
import type { Logger } from "pino";
import { type Adapter, type Host, SendError } from "../../src/engine/adapter.ts";
import { atMost } from "../../src/platform/backoff.ts";
import { Pace } from "../../src/platform/pace.ts";
import { People } from "../../src/platform/people.ts";
import { RECHECK_MS, Upkeep } from "../../src/platform/upkeep.ts";
import { UploadedPictures } from "../../src/platform/uploaded-pictures.ts";
import { SecretBox } from "../../src/store/secret-box.ts";
import { capabilities } from "./capabilities.ts";
import { BadSlackOptions, describe, waitOut } from "./errors.ts";
import { hearEvents } from "./events.ts";
import { installRoutes } from "./install.ts";
import { Installations } from "./installations.ts";
import { hearInteractions } from "./interactions.ts";
import { SlackReceiver } from "./receiver.ts";
import { LIMITS, Outlet } from "./send.ts";
import { listen } from "./socket.ts";
import { boltLogger, clientOptions } from "./web-client.ts";
import { slackWebhook } from "./webhook.ts";

/** How an app reaches Slack. */
export interface SlackOptions {
  /** The token of one workspace ("xoxb-…"). Others can install the app where `clientId` is given. */
  readonly botToken?: string;
  /** Events over a connection of our own ("xapp-…"), instead of posted to `routes`. */
  readonly appToken?: string;
  /** Verifies what is posted. */
  readonly signingSecret?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Default https://slack.com/api/. */
  readonly apiRoot?: string;
  /** Where people reach this process; `routes` are mounted at /webhooks/slack there. */
  readonly publicUrl: string;
  readonly log: Logger;
  /** The deployment's secret: tokens are sealed with it. At least 16 characters. */
  readonly secret: string;
  /** The slash command, default "/shop". */
  readonly command?: string;
  /** Other limits than Slack's. */
  readonly limits?: Partial<typeof LIMITS>;
  /** How long what is for a workspace waits after it has removed the app, in milliseconds; default 30 days. */
  readonly waits?: number;
  /** After how long a refused token is tried again, in milliseconds; default a minute. */
  readonly recheckAfter?: number;
}

const REFUSED =
  "Slack refuses the bot token (SLACK_BOT_TOKEN): its conversations wait; put a new one in place and restart";

/** How long `start` waits for Slack before it goes on in the background, in milliseconds. */
const START_PATIENCE = 5000;
/** How long `stop` waits for a call that Slack does not answer, in milliseconds; what was accepted is in the store. */
const STOP_PATIENCE = 5000;

/**
 * An app on Slack, by Socket Mode or by posted events, in one workspace or several. Trouble at Slack is waited out; a
 * refused token is told in one line of the log and stops nothing else.
 *
 * @throws {BadSlackOptions} if the options could never work
 */
export function slackAdapter(options: SlackOptions): Adapter & { routes?: Hono } {
  const { botToken, appToken, signingSecret, clientId, clientSecret, secret, command = "/shop" } = options;
  if (appToken === undefined && signingSecret === undefined)
    throw new BadSlackOptions(
      "Slack needs an app-level token (Socket Mode) or a signing secret (posted events)",
    );
  if (botToken === undefined && (clientId === undefined || clientSecret === undefined))
    throw new BadSlackOptions("Slack needs a bot token, or a client id and secret to be installed with");

  const apiRoot = (options.apiRoot ?? "https://slack.com/api/").replace(/\/*$/, "/");
  const log = options.log.child({ adapter: "slack" });
  const installations = new Installations({
    box: new SecretBox(secret),
    apiRoot,
    log,
    botToken,
    waits: options.waits,
  });
  const pace = new Pace({ ...LIMITS, ...options.limits });
  const receiver = new SlackReceiver();
  const app = new App({
    receiver,
    authorize: async ({ teamId = "" }) => {
      const { team, token, botId, botUserId } = await installations.of(teamId);
      return { teamId: team, botToken: token, botId, botUserId };
    },
    convoStore: false,
    logger: boltLogger(log),
    clientOptions: clientOptions(apiRoot, log),
  });
  app.error(async (error) => {
    throw error; // to the receiver, which then does not acknowledge
  });
  const stopping = new AbortController();
  const upkeep = new Upkeep(options.recheckAfter);
  let outlet: Outlet | undefined;
  let listening: Promise<void> = Promise.resolve();
  let rechecking: Promise<void> = Promise.resolve();

  function listenWith(host: Host): void {
    const pictures = new UploadedPictures(host, (error) =>
      log.warn({ reason: describe(error) }, "A picture could not be uploaded to Slack"),
    );
    outlet = new Outlet({ host, installations, pace, pictures, apiRoot, log });
    const ears = { host, installations, people: new People(), pictures, apiRoot, command, log };
    hearEvents(app, ears);
    hearInteractions(app, ears);
  }

  /** Learns which workspace the token belongs to. */
  async function introduce(): Promise<void> {
    if (botToken === undefined) return;
    const { team } = await installations.introduce();
    log.info({ team }, "The Slack app is ready");
  }

  /** Resolves once there is a connection, or there will be none. */
  function connect(token: string): Promise<void> {
    return new Promise((connected) => {
      listening = listen(receiver, { appToken: token, apiRoot, log, signal: stopping.signal, connected });
      void listening.then(connected);
    });
  }

  return {
    name: "slack",
    title: "Slack",
    can: capabilities,
    // Installed ones are in the store, for every process with this app.
    ...(clientId === undefined && {
      connections: () => {
        const { ownTeam } = installations;
        return ownTeam === undefined || installations.refuses(ownTeam) ? [] : [ownTeam];
      },
    }),
    refused: () => installations.refused,
    ...routesOf(),
    async start(host) {
      listenWith(host);
      const connected = appToken === undefined ? Promise.resolve() : connect(appToken);
      const introduced = upkeep.start({
        connect: introduce,
        failed: waitOut(log, "The Slack app could not be introduced, trying again"),
        refused: (error) => log.error({ reason: describe(error) }, REFUSED),
      });
      rechecking = installations.recheck(options.recheckAfter ?? RECHECK_MS, stopping.signal);
      await Promise.all([introduced, atMost(START_PATIENCE, connected, stopping.signal)]);
    },
    send: async (to, delivery) => await started().send(to, delivery),
    edit: async (to, change) => (await started().send(to, { ...change, onlyThere: true })).message !== "",
    remove: async (to, message) => await started().remove(to, message),
    forget: async (address) => await started().clearHome(address),
    async stop() {
      stopping.abort();
      await receiver.stop();
      await atMost(STOP_PATIENCE, Promise.all([upkeep.stop(), listening, rechecking]));
    },
  };

  function started(): Outlet {
    if (outlet === undefined) throw new SendError("unsent", "The adapter is not started");
    return outlet;
  }

  function routesOf(): { routes?: Hono } {
    const routes = new Hono();
    if (appToken === undefined && signingSecret !== undefined)
      routes.route(
        "/",
        slackWebhook(signingSecret, (payload) => receiver.handle(payload), log),
      );
    if (clientId !== undefined && clientSecret !== undefined) {
      const base = `${options.publicUrl.replace(/\/$/, "")}/webhooks/slack`;
      const signing = createHmac("sha256", secret).update("slack-install").digest("hex");
      routes.route(
        "/",
        installRoutes(installations, { clientId, clientSecret, apiRoot, base, secret: signing, log }),
      );
    }
    return routes.routes.length > 0 ? { routes } : {};
  }
}
