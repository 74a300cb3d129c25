import { webApi } from "@slack/bolt";
import type { Hono } from "hono";
import type { Logger } from "pino";
import { consentRoutes } from "../../src/http/consent.ts";
import { describe } from "./errors.ts";
import type { Installations } from "./installations.ts";
import { SCOPES } from "./scopes.ts";
import { clientOptions } from "./web-client.ts";

/** How workspaces install the app. */
export interface InstallOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiRoot: string;
  /** Where `/install` and `/oauth` stand, without a trailing slash. */
  readonly base: string;
  readonly secret: string;
  readonly log: Logger;
}

/** Installing the app in further workspaces (https://docs.slack.dev/authentication/installing-with-oauth). */
export function installRoutes(installations: Installations, options: InstallOptions): Hono {
  const { clientId: client_id, clientSecret: client_secret, apiRoot, base, secret, log } = options;
  const scope = SCOPES.join(",");

  async function given(code: string, redirect_uri: string): Promise<Response> {
    const client = new webApi.WebClient(undefined, clientOptions(apiRoot, log));
    try {
      const granted = await client.oauth.v2.access({ client_id, client_secret, code, redirect_uri });
      const { team, access_token: token, bot_user_id: botUserId } = granted;
      if (team?.id === undefined || token === undefined)
        return new Response("The app can be installed in single workspaces only.", { status: 400 });
      const { bot_id: botId } = await client.auth.test({ token });
      await installations.store(team.id, { token, botUserId, botId });
      return new Response("The shop is in your workspace now. Open it under Apps in Slack.");
    } catch (error) {
      log.warn({ reason: describe(error) }, "The Slack app could not be installed");
      return new Response("Slack did not complete the installation. Please start again.", { status: 502 });
    }
  }
  const authorize = new URL("/oauth/v2/authorize", apiRoot);
  return consentRoutes({
    base,
    secret,
    cookie: "slack_install",
    ask: (query) => `${authorize}?${new URLSearchParams({ client_id, scope, ...query })}`,
    given,
  });
}
