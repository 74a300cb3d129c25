import {
  type Button,
  below,
  joined,
  plain,
  type Reply,
  type Router,
  type Task,
  type Turn,
  type View,
  view,
} from "../src/engine/index.ts";
import { cut } from "../src/i18n/graphemes.ts";
import type { WordKey } from "../src/i18n/index.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { actions } from "./actions.ts";
import { productPage } from "./browse.ts";
import { helpView, homeView } from "./home.ts";
import { findNamed, type ReadAddress, readAddress } from "./product-links.ts";
import { queryOf, searchView } from "./search.ts";
import { mainMenu, type Shopfront, visit } from "./shopfront.ts";
import { asksForHelp, isGreeting, isQuestion, isThanks, type Topic, topicOf } from "./small-talk.ts";

const TOPIC_WORDS = {
  orders: "topic.orders",
  shipping: "topic.shipping",
  returns: "topic.returns",
  payment: "topic.payment",
} as const satisfies Record<Topic, WordKey>;

/** So much of a query stands on a button. */
const LABEL_QUERY = 24;

/**
 * What people just write: a link to a product shows it, a greeting is greeted, a question about buying is answered, and
 * what is written in the middle of something is answered as help with that. All else is searched for.
 */
export function freeTextFlow(router: Router, front: Shopfront): void {
  router.text(async (turn, text) => {
    const address = readAddress(text, front.publicUrl);
    if (address) return below(await follow(front, turn, address));
    if (turn.task) return help(turn, turn.task, text);
    if (isGreeting(text)) return below(await homeView(front, turn));
    if (isThanks(text))
      return below(view({ text: plain(turn.say("talk.thanks")), controls: mainMenu(turn) }));
    if (asksForHelp(text)) return below(helpView(turn));
    const topic = isQuestion(text) ? topicOf(text) : undefined;
    return topic ? answerTo(turn, topic, text) : below(await searchView(front, turn, text, 1));
  });

  // Where a question awaits its answer, only what can not be one is something else.
  router.aside(async (turn, text) => {
    if (!turn.task) return undefined;
    if (isQuestion(text)) return help(turn, turn.task, text);
    const address = readAddress(text, front.publicUrl);
    if (address?.kind !== "product") return undefined;
    const { shop } = await visit(front, turn);
    const product = await findNamed(shop._id, address.product, turn.now);
    if (!product) return undefined;
    const title = inLanguage(product.title, turn.locale);
    return help(turn, turn.task, "", turn.button(title, actions.product({ product: product._id })));
  });
}

/** What an address leads to: the product's page, the front door, or a kind word about those that are not ours. */
async function follow(front: Shopfront, turn: Turn, address: ReadAddress): Promise<View> {
  switch (address.kind) {
    case "product": {
      const { shop } = await visit(front, turn);
      const product = await findNamed(shop._id, address.product, turn.now);
      return productPage(front, turn, product?._id ?? "");
    }
    case "shop":
      return homeView(front, turn);
    case "foreign":
      return view({ text: plain(turn.say("address.foreign")), controls: mainMenu(turn) });
  }
}

const searchButton = (turn: Turn, text: string): Button[] => {
  const query = queryOf(text);
  const label = turn.say("task.search", { query: cut(query, LABEL_QUERY) });
  return query === "" ? [] : [turn.button(label, actions.search({ query, page: 1 }))];
};

/** How to go on with what the person is in the middle of, and what else may have been meant. */
function help(turn: Turn, task: Task, text: string, instead?: Button): Reply {
  const topic = topicOf(text);
  const greets = isGreeting(text);
  const searches = !greets && !isThanks(text) && !asksForHelp(text);
  return below(
    view({
      text: joined([
        ...(topic ? [plain(turn.say(TOPIC_WORDS[topic]))] : []),
        plain(turn.say(greets ? "task.greeting" : "task.help", { task: task.title })),
      ]),
      controls: [
        turn.button(turn.say("task.go_on"), task.goOn, { style: "primary" }),
        ...(instead ? [instead] : searches ? searchButton(turn, text) : []),
        ...(topic ? [turn.button(turn.say("menu.orders"), actions.orders({ page: 1 }))] : []),
        turn.button(turn.say("menu.home"), actions.home()),
      ],
      // Whatever it is about is theirs.
      visibility: "user",
    }),
  );
}

/** What a question about buying is answered with where nothing is under way. */
const answerTo = (turn: Turn, topic: Topic, text: string): Reply =>
  below(
    view({
      text: plain(turn.say(TOPIC_WORDS[topic])),
      controls: [
        turn.button(turn.say("menu.orders"), actions.orders({ page: 1 }), { style: "primary" }),
        ...searchButton(turn, text),
        turn.button(turn.say("menu.help"), actions.help()),
      ],
    }),
  );
