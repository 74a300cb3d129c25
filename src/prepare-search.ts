import type { Logger } from "./log.ts";
import type { CatalogSearch } from "./shop/search/search.ts";

const TELL_MS = 5000;

/**
 * Reads the catalog into the search index while the shop serves already, and tells how far it is. Searches meanwhile find
 * what is there so far. What fails is told by the search itself, which tries again when it is asked.
 */
export async function prepareSearch(search: CatalogSearch, shop: string, log: Logger): Promise<void> {
  const began = performance.now();
  const timer = setInterval(
    () => log.info({ products: search.state(shop).products }, "The search index is being made"),
    TELL_MS,
  );
  timer.unref();
  try {
    await search.refresh(shop);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    log.info({ products: search.state(shop).products, seconds }, "The search index is ready");
  } catch {
    // Told by the search's own `onError`, or the shop is being stopped.
  } finally {
    clearInterval(timer);
  }
}
