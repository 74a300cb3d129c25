import {
  type Answer,
  below,
  bold,
  joined,
  plain,
  type Router,
  type Turn,
  view,
} from "../src/engine/index.ts";
import { eraseCustomer, eraseWhenDone, keepCustomer, OrdersOpen } from "../src/shop/accounts/erase.ts";
import { exportCustomer } from "../src/shop/accounts/privacy.ts";
import { accountByIdentity } from "../src/shop/customers/customer-record.ts";
import { actions } from "./actions.ts";
import { listed } from "./linked-accounts.ts";
import { identityOf, mainMenu, type Shopfront, visit, visitAgain } from "./shopfront.ts";

/** What is kept of a person and why, with the ways to have it and to be rid of it. */
export function privacyFlow(router: Router, front: Shopfront): void {
  const privacy = async (turn: Turn) => {
    const { customer } = await visit(front, turn);
    const waiting = customer.eraseAt !== undefined;
    return view({
      text: joined([
        bold(turn.say("privacy.title")),
        plain(turn.say("privacy.text")),
        ...(waiting ? [plain(turn.say("privacy.waiting"))] : []),
      ]),
      controls: [
        turn.button(turn.say("privacy.export"), actions.exportData()),
        waiting
          ? turn.button(turn.say("privacy.keep"), actions.keepData())
          : turn.button(turn.say("privacy.erase"), actions.erase(), { style: "danger" }),
        turn.button(turn.say("menu.account"), actions.account()),
        turn.button(turn.say("menu.home"), actions.home()),
      ],
    });
  };
  router.command("privacy", "command.privacy", async (turn) => below(await privacy(turn)));
  router.on(actions.privacy, privacy);

  router.on(actions.exportData, async (turn) => {
    const { shop, customer } = await visit(front, turn);
    const everything = await exportCustomer(shop._id, customer._id, turn.now);
    const file = {
      name: `${shop._id}-${turn.now.toISOString().slice(0, 10)}.json`,
      contentType: "application/json",
      text: JSON.stringify(everything, null, 2),
    };
    const controls = [turn.button(turn.say("back"), actions.privacy())];
    return [
      below(view({ text: plain(turn.say("privacy.exported")), file, controls })),
      // Each a file of its own, as every platform takes one of this size, and none takes all of them in one.
      ...everything.pictures.map(({ id, file: name, contentType }) =>
        below(view({ file: { name, contentType, media: id } })),
      ),
    ];
  });

  router.on(actions.erase, async (turn) =>
    below(
      view({
        text: plain(turn.say("privacy.sure")),
        controls: [
          turn.button(turn.say("privacy.erase_yes"), actions.reallyErase(), { style: "danger" }),
          turn.button(turn.say("privacy.erase_no"), actions.privacy()),
        ],
      }),
    ),
  );
  router.on(actions.reallyErase, async (turn): Promise<Answer> => {
    const { shop, customer } = await visit(front, turn);
    const own = await accountByIdentity(shop._id, identityOf(turn));
    try {
      await eraseCustomer(shop._id, customer._id, {
        ...(own && { last: own._id }),
        forgetChats: front.forgetChats,
      });
      return view({ text: plain(turn.say("privacy.erased")) });
    } catch (error) {
      if (!(error instanceof OrdersOpen)) throw error;
      front.refused?.(error);
      return view({
        text: plain(turn.say("privacy.open", { orders: listed(turn.locale, error.numbers) })),
        controls: [
          turn.button(turn.say("privacy.later"), actions.eraseLater(), { style: "danger" }),
          turn.button(turn.say("menu.orders"), actions.orders({ page: 1 })),
        ],
      });
    }
  });
  router.on(actions.eraseLater, async (turn) => {
    const { shop, customer } = await visit(front, turn);
    // What their chats remember no order needs, so it need not wait.
    await front.forgetChats(customer.identities);
    await eraseWhenDone(shop._id, customer._id, turn.now);
    await visitAgain(front, turn);
    return privacy(turn);
  });
  router.on(actions.keepData, async (turn) => {
    const { shop, customer } = await visit(front, turn);
    await keepCustomer(shop._id, customer.family);
    return view({ text: plain(turn.say("privacy.kept")), controls: mainMenu(turn) });
  });
}
