import { createHmac, randomBytes } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";

/** How visitors are known again. */
export interface VisitorsOptions {
  /** Name of the cookie; with https it gets the prefix `__Host-`, which browsers send to this very host only. */
  readonly cookie: string;
  /** Signs the cookies, under a key of its own made from it. */
  readonly secret: string;
  /** Where browsers reach the pages; with https the cookie is `Secure`. */
  readonly publicUrl: string;
}

/** Anonymous visitors of a page, each known by a signed cookie that is made when the page is first opened. */
export class Visitors {
  readonly #cookie: string;
  readonly #key: string;
  readonly #secure: boolean;
  readonly #origin: string;

  constructor({ cookie, secret, publicUrl }: VisitorsOptions) {
    const url = new URL(publicUrl);
    this.#cookie = cookie;
    this.#key = createHmac("sha256", secret).update("hawker web visitor").digest("base64");
    this.#secure = url.protocol === "https:";
    this.#origin = url.origin;
  }

  /**
   * Gives the visitor a cookie, or renews it (browsers keep one for 400 days at most). `arriving` is asked before somebody
   * new gets one, and may throw.
   */
  async welcome(c: Context, arriving: () => Promise<void> = async () => {}): Promise<void> {
    const known = await this.#read(c);
    if (!known) await arriving();
    const id = known || randomBytes(16).toString("base64url");
    const prefix = this.#secure ? ({ prefix: "host" } as const) : {};
    await setSignedCookie(c, this.#cookie, id, this.#key, {
      ...prefix,
      path: "/",
      httpOnly: true,
      sameSite: "Lax",
      secure: this.#secure,
      maxAge: 400 * 24 * 3600,
    });
  }

  /** @throws {HTTPException} 401 without a cookie that was made here. */
  async known(c: Context): Promise<string> {
    const id = await this.#read(c);
    if (!id) throw new HTTPException(401, { message: "Open the page again." });
    return id;
  }

  /** Refuses writes that another site's page makes with the visitor's cookie. */
  readonly sameOrigin: MiddlewareHandler = async (c, next) => {
    const site = c.req.header("sec-fetch-site");
    const origin = c.req.header("origin");
    const ours = [this.#origin, new URL(c.req.url).origin];
    const same = site === undefined ? origin !== undefined && ours.includes(origin) : site === "same-origin";
    if (c.req.method !== "GET" && c.req.method !== "HEAD" && !same)
      throw new HTTPException(403, { message: "Not from this page." });
    await next();
  };

  #read(c: Context): Promise<string | undefined | false> {
    return this.#secure
      ? getSignedCookie(c, this.#key, this.#cookie, "host")
      : getSignedCookie(c, this.#key, this.#cookie);
  }
}
