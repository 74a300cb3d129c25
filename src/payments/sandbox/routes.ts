import { type Context, Hono } from "hono";
import { bodyAtMost } from "../../http/body-limit.ts";
import { formFields } from "../../http/form-fields.ts";
import { type Html, languageOf, show, showStyles } from "../page.ts";
import { type Afterwards, afterwards } from "./after.ts";
import { tryCard } from "./card.ts";
import {
  bankPage,
  type CardForm,
  cardPage,
  choicePage,
  closedPage,
  type Scene,
  strayPage,
  walletPage,
} from "./pages.ts";
import { type ChangeName, type Method, methods, type SandboxSession } from "./session.ts";
import type { Signer } from "./signature.ts";
import { words } from "./words.ts";

/** What the pages need of the provider. */
export interface PageHost {
  readonly signer: Signer;
  publicUrl(): string;
  now(): Date;
  /** The session as it is now, or null; one whose time is over comes back expired. */
  find(id: string): Promise<SandboxSession | null>;
  /** Moves it on and sends the event; false when something else came first. */
  move(id: string, change: ChangeName, method?: Method): Promise<boolean>;
  /** Lets something become of a payment that was made; false where it cannot. */
  after(id: string, what: Afterwards): Promise<boolean>;
}

type Status = 200 | 402 | 403 | 404 | 410 | 413 | 422;
type Fields = Readonly<Record<string, string>>;

/**
 * The hosted payment page under `/sandbox`; mount it at "/".
 *
 * Plain forms that answer with a redirect, so it works without scripts and a reload repeats nothing. Each
 * form carries a token signed for its session, and a browser that says the form came from another site is refused.
 */
export function sandboxRoutes(host: PageHost): Hono {
  const routes = new Hono();
  const url = (session: SandboxSession, language: string, step = "") =>
    `/sandbox/pay/${session._id}${step && `/${step}`}?lang=${language}`;

  const scene = (context: Context, session: SandboxSession): Scene => {
    const language = languageOf(context, session.locale.toLowerCase().startsWith("zh") ? "zh" : "en");
    const back = `${host.publicUrl()}/pay/return?order=${encodeURIComponent(session.order)}&session=${session._id}&lang=${language}`;
    return { session, language, back, token: host.signer.formToken(session._id) };
  };
  const page = (context: Context, { language, session }: Scene, body: Html, status: Status = 200) =>
    show(context, {
      language,
      title: `${words[language].testName} · ${words[language].pay} · ${session.orderNumber}`,
      styles: "/sandbox/style.css",
      body,
      status,
      // The last form redirects to the shop, whose address may differ from the one this page was opened by.
      formTargets: [new URL(host.publicUrl()).origin],
    });
  const stray = (context: Context, kind: "missing" | "stale", status: Status) => {
    const language = languageOf(context);
    const say = words[language];
    return show(context, {
      language,
      title: kind === "missing" ? say.missingHeading : say.staleHeading,
      styles: "/sandbox/style.css",
      body: strayPage(language, kind),
      status,
    });
  };
  const closed = (context: Context, at: Scene) =>
    page(context, at, closedPage(at), at.session.status === "expired" ? 410 : 200);

  /** A page of an open session; a closed one shows how it ended. */
  const get = (path: string, draw: (context: Context, at: Scene) => Html | Promise<Html>) =>
    routes.get(path, async (context) => {
      const session = await host.find(context.req.param("session") ?? "");
      if (session === null) return stray(context, "missing", 404);
      const at = scene(context, session);
      if (session.status !== "open") return closed(context, at);
      return page(context, at, await draw(context, at));
    });

  /** A form of a session; `while` is the state it makes sense in, and in any other the page shows how things are. */
  const post = (
    path: string,
    during: "open" | "pending" | "complete",
    act: (context: Context, at: Scene, fields: Fields) => Promise<Response>,
  ) =>
    routes.post(
      path,
      bodyAtMost(16 * 1024, (context) => stray(context, "stale", 413)),
      async (context) => {
        const session = await host.find(context.req.param("session") ?? "");
        if (session === null) return stray(context, "missing", 404);
        const fields = await formFields(context);
        const elsewhere = context.req.header("sec-fetch-site") === "cross-site";
        if (elsewhere || !host.signer.isFormToken(session._id, fields.token ?? ""))
          return stray(context, "stale", 403);
        const at = scene(context, session);
        const now = session.payment === "pending" ? "pending" : session.status;
        return now === during ? act(context, at, fields) : context.redirect(url(session, at.language), 303);
      },
    );

  /** Completes the session and sends the shopper home; whoever lost a race sees what happened instead. */
  const finish = async (context: Context, at: Scene, change: ChangeName, method?: Method, stay = false) => {
    const done = await host.move(at.session._id, change, method);
    return context.redirect(done && !stay ? at.back : url(at.session, at.language), 303);
  };

  routes.get("/sandbox/style.css", showStyles);

  get("/sandbox/pay/:session", (context, at) => choicePage(at, context.req.query("missed") !== undefined));
  post("/sandbox/pay/:session", "open", async (context, at, fields) => {
    const method = methods.find((one) => one === fields.method);
    return context.redirect(
      method === undefined ? `${url(at.session, at.language)}&missed` : url(at.session, at.language, method),
      303,
    );
  });

  get("/sandbox/pay/:session/card", (_, at) => cardPage(at, { expiry: "", problems: {} }));
  post("/sandbox/pay/:session/card", "open", async (context, at, fields) => {
    const { number = "", expiry = "", cvc = "" } = fields;
    const tried = tryCard({ number, expiry, cvc }, host.now());
    if ("problems" in tried)
      return page(context, at, cardPage(at, { expiry, problems: tried.problems }), 422);
    if (tried.outcome === "paid") return finish(context, at, "paid", "card");
    const refused: CardForm = { expiry, problems: {}, refusal: tried.outcome };
    return page(context, at, cardPage(at, refused), 402);
  });

  for (const method of ["alipay", "wechat_pay"] as const) {
    get(`/sandbox/pay/:session/${method}`, (_, at) => walletPage(at, method, host.publicUrl(), false));
    post(`/sandbox/pay/:session/${method}`, "open", async (context, at, fields) =>
      fields.action === "pay"
        ? finish(context, at, "paid", method)
        : page(context, at, await walletPage(at, method, host.publicUrl(), true), 402),
    );
  }

  get("/sandbox/pay/:session/bank_transfer", (_, at) => bankPage(at));
  post("/sandbox/pay/:session/bank_transfer", "open", (context, at) =>
    finish(context, at, "promised", "bank_transfer", true),
  );
  post("/sandbox/pay/:session/settle", "pending", (context, at, fields) =>
    finish(context, at, fields.outcome === "arrived" ? "arrived" : "failed"),
  );
  post("/sandbox/pay/:session/after", "complete", async (context, at, fields) => {
    const what = afterwards.find((one) => one === fields.action);
    if (what !== undefined) await host.after(at.session._id, what);
    return context.redirect(url(at.session, at.language), 303);
  });
  post("/sandbox/pay/:session/expire", "open", (context, at) =>
    finish(context, at, "expired", undefined, true),
  );

  return routes;
}
