import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";

/** Asking somebody for consent at a platform, by OAuth 2.0 (RFC 6749, section 4.1). */
export interface Consent {
  /** Where `/install` and `/oauth` stand, without a trailing slash. */
  readonly base: string;
  readonly cookie: string;
  /** Signs the cookie. */
  readonly secret: string;
  /** Where the platform asks the person. */
  readonly ask: (query: { state: string; redirect_uri: string }) => string;
  /** Uses the code that the platform gave. */
  readonly given: (code: string, redirect_uri: string) => Promise<Response>;
}

/** How long somebody may take to agree, in seconds. */
const PATIENCE = 600;

/**
 * `/install` leads to the platform, and the platform back to `/oauth`. The state is random and stands, signed, in a
 * cookie of the same browser, so nobody can be made to install what another began.
 */
export function consentRoutes({ base, cookie, secret, ask, given }: Consent): Hono {
  const redirect_uri = `${base}/oauth`;
  const options = {
    path: new URL(base).pathname,
    httpOnly: true,
    sameSite: "Lax",
    secure: base.startsWith("https:"),
    maxAge: PATIENCE,
  } as const;
  const app = new Hono();
  app.get("/install", async (context) => {
    const state = randomBytes(16).toString("base64url");
    await setSignedCookie(context, cookie, `${state}.${Date.now()}`, secret, options);
    return context.redirect(ask({ state, redirect_uri }));
  });
  app.get("/oauth", async (context) => {
    const { code, state } = context.req.query();
    const [begun, at] = ((await getSignedCookie(context, secret, cookie)) || "").split(".");
    const late = !(Date.now() - Number(at) < PATIENCE * 1000);
    if (!begun || late || state !== begun)
      return context.text("This link is too old, or was begun in another browser. Please start again.", 400);
    await setSignedCookie(context, cookie, "", secret, { ...options, maxAge: 0 });
    return code ? await given(code, redirect_uri) : context.text("Nothing was installed.", 400);
  });
  return app;
}
