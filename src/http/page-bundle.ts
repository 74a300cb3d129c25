import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Context } from "hono";

/** A page, built once: its HTML and the files it loads, named after their content. */
export interface Page {
  /** The HTML with each `%name%` of the template replaced by the value of that name, escaped. */
  html(values: Readonly<Record<string, string>>): string;
  /** Answers one of the files, to be kept by browsers for good, or 404. */
  file(c: Context, name: string): Response | Promise<Response>;
}

/** Tells a browser to keep an answer for good: its address changes with its content. */
export const FOREVER = "public, max-age=31536000, immutable";

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const named = (name: string, body: string): string =>
  name.replace(".", `-${createHash("sha256").update(body).digest("hex").slice(0, 12)}.`);

/**
 * Bundles a page in memory from its folder, which holds `index.html`, a script (`chat.ts` if it is called "chat", or
 * `chat.js` once compiled), `style.css` and `icon.svg`. The HTML names them as `chat.js`, `style.css` and `icon.svg`.
 */
export async function bundlePage(folder: URL, script: string): Promise<Page> {
  const at = (name: string): string => fileURLToPath(new URL(name, folder));
  const { outputFiles } = await build({
    entryPoints: [existsSync(at(`${script}.ts`)) ? at(`${script}.ts`) : at(`${script}.js`), at("style.css")],
    outdir: "/",
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
  });
  const text = (ending: string) => outputFiles.find((file) => file.path.endsWith(ending))?.text ?? "";
  const files = [
    { name: `${script}.js`, type: "text/javascript", body: text(".js") },
    { name: "style.css", type: "text/css", body: text(".css") },
    { name: "icon.svg", type: "image/svg+xml", body: await readFile(at("icon.svg"), "utf8") },
  ];
  const byName = new Map(files.map((file) => [named(file.name, file.body), file]));
  const template = await readFile(at("index.html"), "utf8");
  const linked = files.reduce(
    (html, file) => html.replaceAll(file.name, named(file.name, file.body)),
    template,
  );
  return {
    html: (values) => linked.replace(/%(\w+)%/g, (whole, name: string) => escapeHtml(values[name] ?? whole)),
    file(c, name) {
      const found = byName.get(name);
      if (found === undefined) return c.notFound();
      const type = `${found.type}; charset=utf-8`;
      return c.body(found.body, 200, { "Content-Type": type, "Cache-Control": FOREVER });
    },
  };
}
