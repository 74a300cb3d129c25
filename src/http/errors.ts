import type { Context, ErrorHandler } from "hono";
import { accepts } from "hono/accepts";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Logger } from "../log.ts";

/** Names of the statuses people meet; others are told by their number. */
const titles: Readonly<Record<number, string>> = {
  400: "That request could not be understood",
  401: "Please sign in first",
  403: "That is not allowed",
  404: "There is nothing here",
  405: "That cannot be done here",
  409: "That does not fit the present state",
  413: "That is too large",
  415: "That kind of file cannot be used",
  421: "This is not the shop's address",
  429: "Too many requests",
  500: "Something went wrong on our side",
  503: "The shop is not ready",
};

/** What went wrong as JSON, or as a small page where a browser asks. Never a stack, never an unforeseen message. */
function answer(c: Context, status: ContentfulStatusCode, message: string): Response | Promise<Response> {
  const id = c.get("requestId") ?? "";
  const title = titles[status] ?? `Error ${status}`;
  const type = accepts(c, {
    header: "Accept",
    supports: ["application/json", "text/html"],
    default: "application/json",
  });
  if (type === "application/json") return c.json({ error: { status, message, requestId: id } }, status);
  return c.html(
    html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<main>
<h1>${title}</h1>
<p>${message}</p>
<p><a href="/">Back to the shop</a></p>
<p><small>Request ${id}</small></p>
</main>
</html>`,
    status,
  );
}

/** Answers an exception with its status and message, in the form that the client asked for. */
export const answerException = (error: HTTPException, c: Context): Response | Promise<Response> =>
  error.res === undefined
    ? answer(c, error.status, error.message || (titles[error.status] ?? ""))
    : error.getResponse();

/** Answers what handlers throw: an HTTPException as it says, anything else as 500 with the cause in the log only. */
export const answerError =
  (log: Logger): ErrorHandler =>
  (error, c) => {
    if (error instanceof HTTPException) {
      if (error.status >= 500 && error.res === undefined)
        log.error({ err: error, requestId: c.get("requestId") }, "request failed");
      return answerException(error, c);
    }
    log.error({ err: error, requestId: c.get("requestId") }, "request failed");
    return answer(
      c,
      500,
      "Please try again; if it keeps failing, the request's number helps us to find out why.",
    );
  };

/** Answers a path that no route serves. */
export const answerNotFound = (c: Context): Response | Promise<Response> =>
  answer(c, 404, "This address leads nowhere.");
