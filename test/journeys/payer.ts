/** A person at the sandbox's payment page, in a browser without scripts: reads forms, fills them, follows redirects. */
export class Payer {
  #url: string;
  #html = "";
  constructor(url: string) {
    this.#url = url;
  }

  async opens(): Promise<string> {
    const response = await fetch(this.#url, { headers: { "accept-language": "en" } });
    this.#url = response.url;
    this.#html = await response.text();
    return this.#html;
  }

  /** Chooses a way to pay and submits its form. */
  async pays(method: "card" | "alipay" | "wechat_pay", card = "4242 4242 4242 4242"): Promise<string> {
    await this.opens();
    await this.#submits({ method });
    return this.#submits(
      method === "card" ? { number: card, expiry: "12/40", cvc: "123" } : { action: "pay" },
    );
  }

  async #submits(fields: Record<string, string>): Promise<string> {
    const token =
      /name="token"[^>]*value="([^"]+)"/.exec(this.#html)?.[1] ??
      /value="([^"]+)"[^>]*name="token"/.exec(this.#html)?.[1];
    if (!token) throw new Error(`There is no form at ${this.#url}:\n${this.#html}`);
    const action = /<form[^>]*action="([^"]+)"/.exec(this.#html)?.[1]?.replaceAll("&amp;", "&");
    const response = await fetch(new URL(action ?? this.#url, this.#url), {
      method: "POST",
      body: new URLSearchParams({ token, ...fields }),
    });
    this.#url = response.url;
    this.#html = await response.text();
    return this.#html;
  }
}
