import { createHmac } from "node:crypto";
import { type Envelope, type Patience, RETRIES, type Route, type Tardiness } from "./slack-envelope.ts";
import { isObject, type Json } from "./slack-rules.ts";

/** Where signed requests go. */
export interface RequestUrls {
  readonly events: string;
  readonly commands: string;
  readonly interactivity: string;
}

/** HTTP mode: signed requests, three seconds for an answer, retries of events. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export class Requests implements Route {
  readonly #urls: RequestUrls;
  readonly #secret: string;
  readonly #patience: Patience;
  readonly #tardiness: Tardiness;
  readonly #now: () => number;
  readonly #timers = new Set<() => void>();
  #closed = false;

  constructor(
    urls: RequestUrls,
    secret: string,
    patience: Patience,
    tardiness: Tardiness,
    now: () => number,
  ) {
    this.#urls = urls;
    this.#secret = secret;
    this.#patience = patience;
    this.#tardiness = tardiness;
    this.#now = now;
  }

  /** Asks the address for events to repeat a challenge, as when it is entered in the app's settings. */
  async verifies(): Promise<boolean> {
    const challenge = `challenge-${this.#now()}`;
    const body = JSON.stringify({ type: "url_verification", token: "legacy", challenge });
    const response = await this.#post(this.#urls.events, body, "application/json", {});
    const text = await response.text();
    return response.status === 200 && (text === challenge || text === JSON.stringify({ challenge }));
  }

  async deliver(envelope: Envelope): Promise<Json | undefined> {
    const tries = envelope.kind === "events_api" ? RETRIES : 0;
    let reason: string | undefined;
    for (let retry = 0; retry <= tries && !this.#closed; retry++) {
      if (retry > 0) await this.#pause(this.#patience.retryMs * retry);
      const said = await this.#try(envelope, retry, reason);
      if (said.ack !== undefined) return said.ack;
      if (said.stop) break;
      reason = said.reason;
    }
    this.#tardiness.lost.push({ id: envelope.id, kind: envelope.kind });
    this.#tardiness.changed();
    return undefined;
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#timers) end();
  }

  async #try(
    envelope: Envelope,
    retry: number,
    reason = "",
  ): Promise<{ ack?: Json; reason?: string; stop?: boolean }> {
    const [url, type, body] = this.#request(envelope);
    const again: Record<string, string> =
      retry > 0 ? { "x-slack-retry-num": String(retry), "x-slack-retry-reason": reason } : {};
    let overdue = false;
    const answer = this.#post(url, body, type, again).then(
      async (response) => {
        const text = await response.text();
        if (overdue) this.#tardiness.late.push({ id: envelope.id, kind: envelope.kind });
        this.#tardiness.changed();
        if (response.ok) return { ack: read(text, response.headers.get("content-type") ?? "") };
        return { reason: "http_error", stop: response.headers.get("x-slack-no-retry") === "1" };
      },
      () => ({ reason: "connection_failed" }),
    );
    const timeout = this.#pause(this.#patience.ackMs).then(() => {
      overdue = true;
      return { reason: "http_timeout" };
    });
    return await Promise.race([answer, timeout]);
  }

  #request({ kind, payload }: Envelope): [string, string, string] {
    const form = "application/x-www-form-urlencoded";
    if (kind === "events_api") return [this.#urls.events, "application/json", JSON.stringify(payload)];
    if (kind === "interactive")
      return [
        this.#urls.interactivity,
        form,
        new URLSearchParams({ payload: JSON.stringify(payload) }).toString(),
      ];
    const fields = Object.entries(payload).map(([key, value]) => [key, String(value)]);
    return [this.#urls.commands, form, new URLSearchParams(fields).toString()];
  }

  async #post(url: string, body: string, type: string, headers: Record<string, string>): Promise<Response> {
    const stamp = String(Math.floor(this.#now() / 1000));
    const signature = createHmac("sha256", this.#secret).update(`v0:${stamp}:${body}`).digest("hex");
    return await fetch(url, {
      method: "POST",
      headers: {
        "content-type": type,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": `v0=${signature}`,
        ...headers,
      },
      body,
    });
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#timers.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      timer.unref();
      this.#timers.add(end);
    });
  }
}

function read(text: string, type: string): Json {
  if (!type.includes("application/json")) return text === "" ? {} : { text };
  const parsed: unknown = JSON.parse(text || "{}");
  return isObject(parsed) ? parsed : {};
}
