import { below, bold, plain, type Router, rich, type Turn, view } from "../src/engine/index.ts";
import { addressLine } from "../src/shop/customers/addresses/address-lines.ts";
import { type Customer, saveAddress } from "../src/shop/customers/customer.ts";
import { chooseNews } from "../src/shop/customers/news.ts";
import { actions } from "./actions.ts";
import { addressForm, known } from "./address-form.ts";
import { linkedAccounts, listed } from "./linked-accounts.ts";
import { type Shopfront, visit, visitAgain } from "./shopfront.ts";

/** What the shop knows of a person, and how they change it. */
export function accountFlow(router: Router, front: Shopfront): void {
  const account = async (turn: Turn) => {
    const { customer } = await visit(front, turn);
    const addresses = customer.addresses.map((address) => addressLine(address, turn.locale));
    const accounts = linkedAccounts(front, customer);
    const language = new Intl.DisplayNames(turn.locale, { type: "language" }).of(turn.locale) ?? turn.locale;
    return view({
      cards: [
        {
          title: turn.say("account.title"),
          facts: [
            [turn.say("account.name"), customer.name ?? turn.say("account.none")],
            [turn.say("account.language"), language],
            [
              turn.say("account.addresses"),
              addresses.length > 0 ? addresses.join("; ") : turn.say("account.none"),
            ],
            [
              turn.say("account.platforms"),
              listed(
                turn.locale,
                accounts.map(({ title }) => title),
              ),
            ],
          ],
        },
      ],
      controls: [
        ...(accounts.length > 1 ? [newsPick(turn, customer)] : []),
        turn.button(turn.say("account.add_address"), actions.addAddress()),
        turn.button(turn.say("menu.language"), actions.languages()),
        turn.button(turn.say("menu.orders"), actions.orders({ page: 1 })),
        turn.button(turn.say("account.link"), actions.linkAccounts()),
        ...(accounts.length > 1 ? [turn.button(turn.say("unlink.button"), actions.unlink())] : []),
        turn.button(turn.say("account.privacy"), actions.privacy()),
        turn.button(turn.say("menu.home"), actions.home()),
      ],
    });
  };
  /** Where news of orders goes, for who has several chats with the shop. */
  const newsPick = (turn: Turn, customer: Customer) => {
    const { identities, newsTo } = customer;
    const chosen = identities.findIndex((one) => JSON.stringify(one) === JSON.stringify(newsTo));
    return turn.pick(turn.say("account.news"), [
      { label: turn.say("account.news_last"), ref: actions.newsTo({}), selected: chosen < 0 },
      ...linkedAccounts(front, customer).map(({ id, title }, index) => ({
        label: title,
        ref: actions.newsTo({ account: id }),
        selected: index === chosen,
      })),
    ]);
  };
  router.on(actions.newsTo, async (turn, { account: id }) => {
    const { customer } = await visit(front, turn);
    const identity = id === undefined ? undefined : customer.identities[customer.family.indexOf(id)];
    await chooseNews(customer, identity ?? null);
    await visitAgain(front, turn);
    return account(turn);
  });
  const addressKept = addressForm("account-address", async (turn, address) => {
    const { shop, customer } = await visit(front, turn);
    await saveAddress(shop._id, customer._id, address);
    return [
      view({ text: rich`${bold("✓")} ${turn.say("account.saved")}` }),
      below(
        view({
          text: plain(turn.say("home.text")),
          controls: [turn.button(turn.say("menu.account"), actions.account())],
        }),
      ),
    ];
  });
  router.form(addressKept);
  router.on(actions.addAddress, async (turn) =>
    turn.open(addressKept, { initial: known((await visit(front, turn)).customer.addresses[0]) }),
  );
  router.command("account", "command.account", async (turn) => below(await account(turn)));
  router.on(actions.account, account);
}
