import { below, bold, joined, plain, type Router, type Turn, type View, view } from "../src/engine/index.ts";
import { beginning } from "../src/i18n/graphemes.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { actions } from "./actions.ts";
import { listCard } from "./browse.ts";
import { mainMenu, pager, type Shopfront, visit } from "./shopfront.ts";

const PAGE_SIZE = 6;
const QUERY_MAX = 100;
const SUGGESTIONS = 10;

/** As much of what somebody wrote as is searched for, on one line. */
export const queryOf = (said: string): string => beginning(said.trim().replace(/\s+/g, " "), QUERY_MAX);

/** The products that somebody's words find. */
export async function searchView(front: Shopfront, turn: Turn, said: string, page: number): Promise<View> {
  const { shop } = await visit(front, turn);
  const query = queryOf(said);
  if (query === "") return view({ text: plain(turn.say("search.ask")) });
  const found = await front.search.search(shop._id, query, { page, size: PAGE_SIZE });
  const preparing = found.complete ? [] : [plain(turn.say("search.preparing"))];
  if (found.total === 0) {
    const none = plain(turn.say("search.none", { query }));
    return view({ text: joined([none, ...preparing]), controls: mainMenu(turn) });
  }
  return view({
    text: joined([
      bold(turn.say("search.title", { query, count: found.total })),
      ...(found.pages > 1 ? [plain(turn.say("page", { page: found.page, pages: found.pages }))] : []),
      ...preparing,
    ]),
    cards: found.products.map((product) => listCard(turn, shop, product)),
    controls: [
      ...pager(turn, found, (to) => actions.search({ query, page: to })),
      turn.button(turn.say("menu.browse"), actions.browse()),
      turn.button(turn.say("menu.cart"), actions.cart()),
    ],
  });
}

/** Searching by command and by button; `free-text.ts` searches for what is just written. */
export function searchFlow(router: Router, front: Shopfront): void {
  const ask = async (turn: Turn) => below(view({ text: plain(turn.say("search.ask")) }));

  router.command(
    "search",
    "command.search",
    async (turn, rest) => below(await searchView(front, turn, rest, 1)),
    {
      name: "query",
      description: "search.ask",
      suggest: async (turn, text) => {
        const shop = front.shopOf(turn.address.connection);
        const found = await front.search.search(shop, text, { size: SUGGESTIONS });
        return found.products.map(({ title }) => inLanguage(title, turn.locale));
      },
    },
  );
  router.on(actions.askSearch, ask);
  router.on(actions.search, (turn, { query, page }) => searchView(front, turn, query, page));
}
