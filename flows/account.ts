import { below, bold, plain, rich, type Script, type Turn, view } from "../src/engine/index.ts";
import { saveAddress } from "../src/shop/customer.ts";
import { addressForm, known } from "./address-form.ts";
import { links } from "./links.ts";
import { type Shopfront, visit } from "./shopfront.ts";

/** What the shop knows of a person, and how they change it. */
export function accountFlow(script: Script, front: Shopfront): void {
  const account = async (turn: Turn) => {
    const { customer } = await visit(front, turn);
    const addresses = customer.addresses.map(
      (address) =>
        `${address.name}, ${address.street}, ${address.postalCode} ${address.city}, ${address.country}`,
    );
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
          ],
        },
      ],
      controls: [
        turn.button(turn.say("account.add_address"), links.addAddress()),
        turn.button(turn.say("menu.language"), links.languages()),
        turn.button(turn.say("menu.orders"), links.orders({ page: 1 })),
        turn.button(turn.say("menu.home"), links.home()),
      ],
    });
  };
  const addressKept = addressForm("account-address", async (turn, address) => {
    const { shop, customer } = await visit(front, turn);
    await saveAddress(shop._id, customer._id, address);
    return [
      view({ text: rich`${bold("✓")} ${turn.say("account.saved")}` }),
      below(
        view({
          text: plain(turn.say("home.text")),
          controls: [turn.button(turn.say("menu.account"), links.account())],
        }),
      ),
    ];
  });
  script.form(addressKept);
  script.on(links.addAddress, async (turn) =>
    turn.open(addressKept, { initial: known((await visit(front, turn)).customer.addresses[0]) }),
  );
  script.command("account", "command.account", async (turn) => below(await account(turn)));
  script.on(links.account, account);
}
