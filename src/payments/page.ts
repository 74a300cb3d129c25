import type { Context } from "hono";
import { html } from "hono/html";
import { stylesheet } from "./style.ts";

/** Escaped markup, as `html` makes it. */
export type Html = ReturnType<typeof html>;

export const languages = ["en", "zh"] as const;
export type Language = (typeof languages)[number];

/** The language of a page: `?lang`, else what the browser asks for first, else `fallback`. */
export function languageOf(context: Context, fallback: Language = "en"): Language {
  const asked = [
    context.req.query("lang") ?? "",
    ...(context.req.header("accept-language") ?? "").split(","),
  ];
  for (const one of asked) {
    const language = languages.find((known) => one.trim().toLowerCase().startsWith(known));
    if (language !== undefined) return language;
  }
  return fallback;
}

export interface Page {
  readonly language: Language;
  readonly title: string;
  readonly body: Html;
  /** Address of the stylesheet. */
  readonly styles: string;
  readonly status?: 200 | 202 | 400 | 402 | 403 | 404 | 410 | 413 | 422;
  /** Origins beside its own that a form of the page may lead to. */
  readonly formTargets?: readonly string[];
}

/** A whole page. It runs no script and loads nothing but its stylesheet and pictures of its own origin. */
export function show(context: Context, page: Page): Response | Promise<Response> {
  context.header(
    "Content-Security-Policy",
    [
      "default-src 'none'",
      "style-src 'self'",
      "img-src 'self'",
      ["form-action 'self'", ...(page.formTargets ?? [])].join(" "),
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  );
  context.header("X-Content-Type-Options", "nosniff");
  context.header("Referrer-Policy", "no-referrer");
  context.header("Cache-Control", "no-store");
  const lang = page.language === "zh" ? "zh-CN" : "en";
  return context.html(
    html`<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${page.title}</title>
<link rel="stylesheet" href="${page.styles}">
</head>
<body>${page.body}</body>
</html>`,
    page.status ?? 200,
  );
}

/** The stylesheet of all pages. */
export function showStyles(context: Context): Response {
  context.header("Cache-Control", "public, max-age=3600");
  context.header("X-Content-Type-Options", "nosniff");
  return context.body(stylesheet, 200, { "Content-Type": "text/css; charset=utf-8" });
}
