import { hkdfSync } from "node:crypto";
import mongoose from "mongoose";
import { webBodyLimits } from "../adapters/web/index.ts";
import { orderSubject, shopRouter } from "../flows/index.ts";
import { givesGoodsAway } from "./banner.ts";
import type { Config } from "./config.ts";
import { connectPlatforms } from "./connect-platforms.ts";
import { demoShop } from "./demo/shop.ts";
import { type DirectAddress, directAddress } from "./engine/address.ts";
import { Engine } from "./engine/index.ts";
import { healthRoutes } from "./http/health.ts";
import { createMetrics, metricsRoutes } from "./http/metrics.ts";
import { metricsAccess } from "./http/metrics-access.ts";
import { createHttp } from "./http/server.ts";
import { StoreQueue } from "./jobs/store-queue.ts";
import type { Logger } from "./log.ts";
import { openCommerce } from "./open-commerce.ts";
import { openStore } from "./open-store.ts";
import { landingOf, landingRoutes, webhookRoutes } from "./payments/webhook.ts";
import { SizedPictures } from "./pictures/sized-pictures.ts";
import { prepareSearch } from "./prepare-search.ts";
import { readMedia } from "./shop/catalog/media.ts";
import { NotFound } from "./shop/core/errors.ts";
import { prepareCountryNames } from "./shop/customers/addresses/country-names.ts";
import { getCustomer, type Identity } from "./shop/customers/customer.ts";
import { newsIdentity, nextForNews } from "./shop/customers/news.ts";
import type { Notification } from "./shop/orders/order-worker.ts";
import { isSentPicture, keepSentPicture, readSentPicture } from "./shop/reviews/sent-picture.ts";
import { CatalogSearch } from "./shop/search/search.ts";

/** A running Hawker. */
export interface Hawker {
  readonly url: string;
  /** Takes nothing new, finishes what is under way, closes the store. */
  stop(): Promise<void>;
}

/** A key of its own for each purpose, from the master key (HKDF, RFC 5869). */
const derived = (secret: string, purpose: string): string =>
  Buffer.from(hkdfSync("sha256", secret, "", `hawker ${purpose}`, 32)).toString("base64url");

/** The chat that somebody has with the shop alone. */
const chatOf = (identity: Identity): DirectAddress => directAddress(identity, identity.user);

/** Builds the parts, joins them and starts them. */
export async function startHawker(config: Config, log: Logger): Promise<Hawker> {
  const closeStore = await openStore(config, log);

  const metrics = createMetrics({ undeliverable: () => engine.undeliverable() });
  const http = createHttp({
    log,
    publicUrl: config.publicUrl,
    allowedHosts: config.allowedHosts,
    trustedProxies: config.trustedProxies,
    metrics,
    bodyLimits: webBodyLimits,
  });
  const queue = new StoreQueue({
    onDone: ({ name }) => metrics.jobs.inc({ name, outcome: "done" }),
    onError: (error, job) => {
      metrics.jobs.inc({ name: job.name, outcome: "failed" });
      log.error({ err: error, ...job }, "A job failed and will be tried again");
    },
  });
  const shop = demoShop._id;
  const sandboxSecret = derived(config.secret, "sandbox");
  const { commerce, providers, sandbox } = await openCommerce({ config, log, metrics, queue, sandboxSecret });

  const pictures = new SizedPictures(async (id) => {
    if (!isSentPicture(id)) return await readMedia(id);
    const sent = await readSentPicture(id);
    return sent && { ...sent, passing: true };
  });
  const search = new CatalogSearch({
    onError: (err) => log.error({ err }, "The search index could not follow the catalog and will try again"),
  });
  // A rule that says no is no fault: to be seen when somebody looks for it.
  const refused = (err: Error) => log.debug({ err }, "Somebody was told why something cannot be done");
  const secretFor = (purpose: string) => derived(config.secret, purpose);
  const platforms = await connectPlatforms(config, log, demoShop.name.en, secretFor);
  const adapters = platforms.map(({ adapter }) => adapter);
  const engine = new Engine({
    router: shopRouter({
      commerce,
      search,
      shopOf: () => shop,
      publicUrl: config.publicUrl,
      platformTitle: (name) => adapters.find((adapter) => adapter.name === name)?.title ?? name,
      tell: async (to, id, name, data) => void (await engine.signal(chatOf(to), id, name, data)),
      tellCards: (...about) => engine.signalCards(...about),
      refused,
      forgetChats: (identities) => forgetChats(identities),
    }),
    adapters,
    secret: derived(config.secret, "buttons"),
    log,
    media: pictures.of,
    keepMedia: (bytes, { address: { platform, connection }, sender, network }) =>
      keepSentPicture(shop, { platform, connection, user: sender.id }, bytes, network),
    // Blocked or gone where news should go: to the next of their accounts.
    reroute: async ({ platform, connection, user }, { id, name, data }) => {
      const next = await nextForNews(shop, { platform, connection, user });
      if (next) await engine.signal(chatOf(next), `${id}/next`, name, data);
      return next !== undefined;
    },
    metrics: {
      turn: (kind, seconds) => {
        metrics.turns.inc({ kind });
        metrics.turnSeconds.observe({ kind }, seconds);
      },
      trip: (step) => metrics.storeTrips.inc({ step }),
      dropped: (platform) => metrics.eventsDropped.inc({ platform }),
      sent: (platform, fate) => metrics.outboxSends.inc({ platform, fate }),
    },
  });
  const forgetChats = async (identities: readonly Identity[]) => {
    for (const identity of identities) await engine.forget(chatOf(identity));
  };
  commerce.onErase(forgetChats);
  commerce.onVisitors(async (identities) => {
    const times = await Promise.all(identities.map((identity) => engine.lastActive(chatOf(identity))));
    const known = times.flatMap((time) => (time ? [time.getTime()] : []));
    return known.length === 0 ? null : new Date(Math.max(...known));
  });
  commerce.onChange(({ id, shop, order }) =>
    engine.signalCards(orderSubject(order), id, "order.changed", { shop, order }),
  );
  commerce.onNotification(async (notice) => {
    await tellCustomer(notice);
    if (notice.name !== "order.quarantined") return;
    // It waits for a person's word, however long that takes.
    const { order, data } = notice;
    log.error(
      { order, ...data },
      "Money of an order is in quarantine and waits for you: npm run shop -- list",
    );
  });
  const tellCustomer = async (notice: Notification) => {
    const identity = newsIdentity(await getCustomer(notice.shop, notice.customer));
    if (!identity) return; // erased: nobody is there to be told
    const { shop, order, data } = notice;
    await engine.signal(chatOf(identity), notice.id, notice.name, { shop, order, data });
    // Cards of the order that stand in other chats of theirs.
    const about = { shop, order };
    await engine.signalCards(orderSubject(order), notice.id, "order.changed", about, chatOf(identity));
  };

  const { app } = http;
  app.route(
    "/",
    healthRoutes({
      ping: async () => mongoose.connection.db?.admin().ping(),
      closing: http.closing,
      also: async () => ({ search: search.state(shop), undeliverable: await engine.undeliverable() }),
    }),
  );
  app.use("/metrics", metricsAccess(config.publicUrl, config.metricsToken));
  app.route("/", metricsRoutes(metrics));
  app.route(
    "/",
    webhookRoutes(
      providers,
      async (from, raw, headers) => void (await commerce.receiveEvent(from, raw, headers)),
      log,
    ),
  );
  app.route(
    "/",
    landingRoutes(async (id, session) => {
      try {
        const order = await commerce.comeBack(id, session);
        // Only who came from the web chat finds the way back by its address.
        const customer = await getCustomer(order.shop, order.customer);
        return landingOf(
          order,
          session,
          newsIdentity(customer)?.platform === "web" ? config.publicUrl : undefined,
        );
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
        refused(error);
        return null;
      }
    }, log),
  );
  if (sandbox) app.route("/", sandbox.routes);
  for (const { routes, path } of platforms.toReversed()) if (routes) app.route(path, routes);

  if (givesGoodsAway(config))
    log.warn(
      { publicUrl: config.publicUrl },
      "This shop is reached from outside and gives its goods away: its payments are the sandbox's. Set STRIPE_SECRET_KEY before you sell",
    );
  const { port } = await http.listen(config.port, config.host);
  await queue.start();
  commerce.start();
  await engine.start();
  void prepareSearch(search, shop, log);
  prepareCountryNames().catch((err) => log.error({ err }, "The names of countries could not be read"));

  return {
    url: `http://localhost:${port}`,
    async stop() {
      await http.close();
      await engine.stop();
      await commerce.stop();
      await queue.stop();
      await search.stop();
      await closeStore();
    },
  };
}
