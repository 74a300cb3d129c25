import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The chat page, built once: its HTML and the files it loads, named after their content. */
export interface Page {
  html(shopName: string): string;
  readonly assets: ReadonlyMap<string, { readonly body: string; readonly type: string }>;
}

const at = (name: string): string => fileURLToPath(new URL(`./page/${name}`, import.meta.url));
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const named = (name: string, body: string): string =>
  name.replace(".", `-${createHash("sha256").update(body).digest("hex").slice(0, 12)}.`);

/** Bundles `page/` in memory. */
export async function buildPage(): Promise<Page> {
  const script = existsSync(at("chat.ts")) ? at("chat.ts") : at("chat.js");
  const { outputFiles } = await build({
    entryPoints: [script, at("style.css")],
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
    { name: "chat.js", type: "text/javascript", body: text(".js") },
    { name: "style.css", type: "text/css", body: text(".css") },
    { name: "icon.svg", type: "image/svg+xml", body: await readFile(at("icon.svg"), "utf8") },
  ];
  const template = await readFile(at("index.html"), "utf8");
  const linked = files.reduce(
    (html, file) => html.replaceAll(file.name, named(file.name, file.body)),
    template,
  );
  return {
    html: (shopName) => linked.replaceAll("%shop%", () => escapeHtml(shopName)),
    assets: new Map(
      files.map(({ name, type, body }) => [named(name, body), { type: `${type}; charset=utf-8`, body }]),
    ),
  };
}
