import { randomUUID } from "node:crypto";
import pino from "pino";
import { webAdapter, webBodyLimits } from "../../adapters/web/index.ts";
import { WebMessages } from "../../adapters/web/messages.ts";
import type { WebMessage } from "../../adapters/web/wire.ts";
import { channelAddress, conversationId, directAddress, memberAddress } from "../../src/engine/address.ts";
import { viewText } from "../../src/engine/fit.ts";
import { plain, type RichText, textOf } from "../../src/engine/rich-text.ts";
import { view } from "../../src/engine/turn.ts";
import type { Control, View } from "../../src/engine/view.ts";
import { createHttp } from "../../src/http/server.ts";
import { connect, disconnect } from "../../src/store/connect.ts";
import { freshDatabase } from "../setup/database.ts";
import type { Bench, Shown, Someone } from "./bench.ts";
import { RecordingHost } from "./recording-host.ts";

/** The page of a channel, and what the ids of messages begin with that only one person has there. */
const CHANNEL = "teapots";
const OWN = "own-";

interface History {
  readonly messages: readonly WebMessage[];
}

/** The web chat on a port of its own, and browsers that behave as its page does: they send again what was not taken. */
export async function webBench(): Promise<Bench> {
  const database = await freshDatabase();
  await connect(database.url);
  const host = new RecordingHost();
  const log = pino({ level: "silent" });
  const http = createHttp({ log, publicUrl: "http://127.0.0.1", bodyLimits: webBodyLimits });
  const adapter = webAdapter({
    secret: "a secret of tests, long enough",
    publicUrl: "http://127.0.0.1",
    log,
  });
  const counted: typeof adapter = {
    ...adapter,
    send: async (to, delivery) => {
      written.push(conversationId(to));
      return await adapter.send(to, delivery);
    },
    edit: async (to, change) => {
      written.push(conversationId(to));
      return (await adapter.edit?.(to, change)) ?? false;
    },
  };
  http.app.route("/", adapter.routes);
  await adapter.start(host);
  const url = `http://127.0.0.1:${(await http.listen(0, "127.0.0.1")).port}`;
  const waiting = new Set<string>();
  /** The conversations that were written to, once for each time. */
  const written: string[] = [];
  let twice = false;
  let closing = false;

  /** Posts until it is taken, as the page's outbox does. */
  async function deliver(
    headers: Record<string, string>,
    at: string,
    event: Record<string, unknown>,
  ): Promise<void> {
    const id = randomUUID();
    const repeat = twice;
    twice = false;
    waiting.add(id);
    const post = () =>
      fetch(`${url}/chat/events${at}`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ id, ...event }),
      });
    for (let tries = 0; tries < 20 && !closing; tries++) {
      const { status, ...response } = await post();
      if (status === 202) {
        waiting.delete(id);
        if (repeat) await post();
        return;
      }
      if (status < 500)
        throw new Error(`The page's event was refused: ${status} ${JSON.stringify(response)}`);
    }
  }

  async function person({
    locale = "en",
    channel,
  }: {
    locale?: string;
    channel?: string;
  } = {}): Promise<Someone> {
    const page = await fetch(url, { headers: { "accept-language": locale } });
    const cookie = page.headers.get("set-cookie")?.split(";")[0] ?? "";
    const headers = { cookie, origin: url, "accept-language": locale };
    const visitor = decodeURIComponent(cookie.split("=")[1] ?? "").split(".")[0] ?? "";
    const there = { platform: "web", connection: "web" };
    const read = async (query: string) => {
      const response = await fetch(`${url}/chat/history${query}`, { headers });
      return ((await response.json()) as History).messages.filter(({ from }) => from === "shop");
    };
    const at = channel === undefined ? "" : `?channel=${channel}`;
    const history = () => read(at);
    const viewsOf = (messages: readonly WebMessage[], own: string, hidden: boolean): Shown[] =>
      messages.flatMap(({ seq, body }) =>
        body.kind === "view" ? [{ ...shownOf(`${own}${seq}`, body.view), hidden }] : [],
      );
    return {
      address: channel === undefined ? directAddress(there, visitor) : memberAddress(there, channel, visitor),
      says: async (text) => void deliver(headers, at, { kind: "text", text }).catch(() => undefined),
      commands: async (name) =>
        void deliver(headers, at, { kind: "text", text: `/${name}` }).catch(() => undefined),
      async presses(message, token) {
        // As the page does it: what all see is not named, so that nothing takes its place.
        const own = channel === undefined ? message : message.split(OWN)[1];
        void deliver(headers, at, { kind: "press", token, ...(own && { message: own }) }).catch(
          () => undefined,
        );
      },
      async fills(typed) {
        const newest = (await history()).at(-1);
        const form = newest?.body.kind === "view" ? newest.body.view.form : undefined;
        if (form === undefined) throw new Error("There is no form in the newest message");
        const message = String(newest?.seq);
        const values = Object.fromEntries(
          form.fields.flatMap(({ name, label, options }) => {
            const value = typed[label];
            const chosen = options?.find((option) => option.label === value);
            return value === undefined ? [] : [[name, chosen?.value ?? value]];
          }),
        );
        void deliver(headers, at, { kind: "form", token: form.token, message, values }).catch(
          () => undefined,
        );
      },
      shown: async () =>
        channel === undefined
          ? viewsOf(await history(), "", false)
          : [...viewsOf(await read(`${at}&of=channel`), "", false), ...viewsOf(await history(), OWN, true)],
    };
  }

  return {
    adapter: counted,
    host,
    person,
    async personAmongOthers() {
      // A channel has a page once something is shown there.
      const channel = channelAddress({ platform: "web", connection: "web" }, CHANNEL);
      await adapter.send(channel, { view: view({ text: plain("Welcome") }), key: "welcome" });
      return await person({ channel: CHANNEL });
    },
    unacknowledged: () => waiting.size,
    deliverTwice: () => {
      twice = true;
    },
    cutOff: disconnect,
    async removes({ address }, message) {
      const conversation = conversationId(address);
      await WebMessages.deleteOne({ conversation, seq: Number(message) });
    },
    openCalls: (channel) => {
      const conversation = conversationId(channel);
      return written.filter((one) => one === conversation).length;
    },
    mentions: () => [],
    async close() {
      closing = true;
      await adapter.stop();
      await http.close();
      await disconnect();
      await database.drop();
    },
  };
}

const linksIn = (text: RichText): { label: string; url: string }[] =>
  text.flatMap((node) => {
    if (node.kind === "text") return [];
    const inner = linksIn(node.children);
    return node.kind === "link" ? [{ label: textOf(node.children), url: node.url }, ...inner] : inner;
  });

/** What the page makes of a view; a browser shows a half of a surrogate pair as U+FFFD, as encoding it does. */
function shownOf(message: string, view: View): Shown {
  const controls: Control[] = [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls];
  const text = viewText(view);
  return {
    message,
    text: Buffer.from(textOf(text)).toString(),
    actions: controls.flatMap((control): readonly { label: string; token: string }[] => {
      if (control.kind === "button") return [control];
      return control.kind === "pick" ? control.options : [];
    }),
    links: [...controls.flatMap((control) => (control.kind === "link" ? [control] : [])), ...linksIn(text)],
    pictures: view.cards.filter(({ image }) => image !== undefined).length,
    files: view.file?.text === undefined ? [] : [view.file],
    hidden: false,
  };
}
