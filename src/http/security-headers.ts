import type { MiddlewareHandler } from "hono";

/**
 * Headers of every answer; a route that set one itself keeps its own, as the pages do with their policy.
 * `same-origin` rather than `no-referrer`, since the latter makes browsers send forms with `Origin: null`.
 */
const always: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Sets the headers above, and HSTS where the shop is reached over https. */
export function securityHeaders(publicUrl: string): MiddlewareHandler {
  const headers = Object.entries(
    publicUrl.startsWith("https:")
      ? { ...always, "Strict-Transport-Security": "max-age=31536000; includeSubDomains" }
      : always,
  );
  return async (c, next) => {
    await next();
    for (const [name, value] of headers) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  };
}
