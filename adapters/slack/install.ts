import { randomBytes } from "node:crypto";
import { webApi } from "@slack/bolt";
import { type Context, Hono } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import type { Logger } from "pino";
import { describe } from "./errors.ts";
import type { Installations } from "./installations.ts";
import { SCOPES } from "./scopes.ts";
import { clientOptions } from "./web-client.ts";

export interface InstallOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiRoot: string;
  /** Where `/install` and `/oauth` stand, without a trailing slash. */
  readonly base: string;
  readonly secret: string;
  readonly log: Logger;
}

const COOKIE = "slack_install";
/** How long somebody may take to agree, in seconds. */
const PATIENCE = 600;

/**
 * Installing the app in further workspaces (https://docs.slack.dev/authentication/installing-with-oauth): `/install`
 * leads to Slack, and Slack back to `/oauth`. The state is random and stands, signed, in a cookie of the same browser,
 * so nobody can be made to install what another began.
 */
export function installRoutes(installations: Installations, options: InstallOptions): Hono {
  const { clientId, clientSecret, apiRoot, base, secret, log } = options;
  const redirect_uri = `${base}/oauth`;
  const cookie = {
    path: new URL(base).pathname,
    httpOnly: true,
    sameSite: "Lax",
    secure: base.startsWith("https:"),
    maxAge: PATIENCE,
  } as const;
  const app = new Hono();

  app.get("/install", async (context) => {
    const state = randomBytes(16).toString("base64url");
    await setSignedCookie(context, COOKIE, `${state}.${Date.now()}`, secret, cookie);
    const query = new URLSearchParams({ client_id: clientId, scope: SCOPES.join(","), state, redirect_uri });
    return context.redirect(`${new URL("/oauth/v2/authorize", apiRoot)}?${query}`);
  });

  app.get("/oauth", async (context) => {
    const { code, state } = context.req.query();
    const [begun, at] = ((await getSignedCookie(context, secret, COOKIE)) || "").split(".");
    const late = !(Date.now() - Number(at) < PATIENCE * 1000);
    if (!begun || late || state !== begun)
      return context.text("This link is too old, or was begun in another browser. Please start again.", 400);
    await setSignedCookie(context, COOKIE, "", secret, { ...cookie, maxAge: 0 });
    if (!code) return context.text("Nothing was installed.", 400);
    return await exchanged(context, code);
  });

  async function exchanged(context: Context, code: string): Promise<Response> {
    const client = new webApi.WebClient(undefined, clientOptions(apiRoot, log));
    try {
      const given = await client.oauth.v2.access({
        client_id: clientId,
        client_secret: clientSecret,
        code,
        redirect_uri,
      });
      const { team, access_token: token, bot_user_id: botUserId } = given;
      if (team?.id === undefined || token === undefined)
        return context.text("The app can be installed in single workspaces only.", 400);
      const { bot_id: botId } = await client.auth.test({ token });
      await installations.store(team.id, { token, botUserId, botId });
      return context.text("The shop is in your workspace now. Open it under Apps in Slack.");
    } catch (error) {
      log.warn({ reason: describe(error) }, "The Slack app could not be installed");
      return context.text("Slack did not complete the installation. Please start again.", 502);
    }
  }
  return app;
}
