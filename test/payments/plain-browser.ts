interface Form {
  readonly action: string;
  readonly hidden: Readonly<Record<string, string>>;
  readonly html: string;
}

const unescaped = (text: string) =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");

/** A browser that runs no scripts: it opens addresses, follows redirects and sends forms as they stand in the page. */
export class PlainBrowser {
  url = "";
  html = "";
  status = 0;
  headers = new Headers();

  async open(url: string, headers: Record<string, string> = {}): Promise<this> {
    return this.#load(await fetch(url, { headers }));
  }

  /** The page's words, without its markup. */
  get text(): string {
    return unescaped(this.html.replace(/<[^>]+>/g, " ")).replace(/\s+/g, " ");
  }

  /** The form that holds `mark` (a field, a button, a part of its address). */
  form(mark: string): Form {
    for (const [html, tag = ""] of this.html.matchAll(/(<form [^>]*>).*?<\/form>/gs)) {
      if (!html.includes(mark)) continue;
      const hidden = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(
        ([, name = "", value = ""]) => [name, unescaped(value)],
      );
      return {
        action: unescaped(/action="([^"]*)"/.exec(tag)?.[1] ?? ""),
        hidden: Object.fromEntries(hidden),
        html,
      };
    }
    throw new Error(`No form with ${mark} on ${this.url} (${this.status}): ${this.text}`);
  }

  async submit(
    mark: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<this> {
    const { action, hidden } = this.form(mark);
    const body = new URLSearchParams({ ...hidden, ...fields });
    return this.#load(await fetch(new URL(action, this.url), { method: "POST", body, headers }));
  }

  async follow(label: string): Promise<this> {
    for (const [, href = "", inside = ""] of this.html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs))
      if (inside.includes(label)) return this.open(new URL(unescaped(href), this.url).href);
    throw new Error(`No link ${label} on ${this.url}: ${this.text}`);
  }

  async #load(answer: Response): Promise<this> {
    this.url = answer.url;
    this.status = answer.status;
    this.headers = answer.headers;
    this.html = await answer.text();
    return this;
  }
}
