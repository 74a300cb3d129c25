import { z } from "zod";
import {
  type Answer,
  below,
  code,
  form,
  joined,
  plain,
  type Script,
  type Turn,
  view,
} from "../src/engine/index.ts";
import { languageOf } from "../src/i18n/index.ts";
import { linkByCode, unlink } from "../src/shop/customer-link.ts";
import { accountByIdentity } from "../src/shop/customer-record.ts";
import { ShopError } from "../src/shop/errors.ts";
import { LINK_CODE_MS, showLinkCode } from "../src/shop/link-code.ts";
import { noteUse } from "../src/shop/news.ts";
import { linkedAccounts, listed } from "./linked-accounts.ts";
import { links } from "./links.ts";
import { identityOf, mainMenu, type Shopfront, visit, visitAgain } from "./shopfront.ts";

const linkedNews = z.object({ platform: z.string(), accounts: z.array(z.string()) });

/** One customer on several platforms: a code shown on one is typed on another. */
export function linkAccountsFlow(script: Script, front: Shopfront): void {
  const ownAccount = async (turn: Turn): Promise<string> => {
    const { shop, customer } = await visit(front, turn);
    return (await accountByIdentity(shop._id, identityOf(turn)))?._id ?? customer._id;
  };

  const showCode = async (turn: Turn): Promise<Answer> => {
    const { shop } = await visit(front, turn);
    const shown = await showLinkCode(shop._id, await ownAccount(turn), turn.now);
    return below(
      view({
        text: joined([
          plain(turn.say("link.text", { minutes: LINK_CODE_MS / 60_000 })),
          code(shown.code),
          plain(turn.say("link.secret")),
        ]),
        controls: [turn.button(turn.say("link.enter"), links.enterCode())],
      }),
    );
  };

  /** Why a code is not taken, in words; undefined if the error is not about codes. */
  const refusal = (turn: Turn, error: unknown): string | undefined => {
    switch (error instanceof ShopError ? error.code : "") {
      case "WRONG_CODE":
        return turn.say("problem.code");
      case "OWN_CODE":
        return turn.say("link.own");
      case "TOO_MANY_TRIES":
        return turn.say("link.tries");
      default:
        return undefined;
    }
  };

  const typed = async (turn: Turn, text: string): Promise<Answer> => {
    const { shop } = await visit(front, turn);
    const own = await ownAccount(turn);
    try {
      const { shownTo, joined: accounts } = await linkByCode(shop._id, own, text, turn.key("link"), turn.now);
      return await linked(turn, shownTo, accounts);
    } catch (error) {
      const why = refusal(turn, error);
      if (why === undefined) throw error;
      return below(
        view({
          text: plain(why),
          controls: [
            turn.button(turn.say("link.enter"), links.enterCode()),
            turn.button(turn.say("menu.home"), links.home()),
          ],
        }),
      );
    }
  };

  /** Tells both sides: who typed the code, and where it was shown, so that nobody is linked without noticing. */
  const linked = async (turn: Turn, shownTo: string, accounts: readonly string[]): Promise<Answer> => {
    const { customer } = await visitAgain(front, turn);
    const there = customer.identities[customer.family.indexOf(shownTo)];
    if (there && accounts.length > 0) {
      const { platform } = turn.address;
      await front.tell(there, turn.key("linked"), "account.linked", { platform, accounts });
    }
    await noteUse(customer, identityOf(turn));
    if (languageOf(customer.language)) turn.speak(customer.language);
    const titles = linkedAccounts(front, customer).map(({ title }) => title);
    return below(
      view({
        text: plain(turn.say("link.done", { accounts: listed(turn.locale, titles) })),
        controls: [
          turn.button(turn.say("menu.cart"), links.cart(), { style: "primary" }),
          turn.button(turn.say("menu.account"), links.account()),
          turn.button(turn.say("unlink.button"), links.unlink()),
        ],
      }),
    );
  };

  const codeForm = form({
    name: "link-code",
    title: "link.form",
    submit: "link.submit",
    schema: z.object({ code: z.string().min(1).max(80) }),
    fields: { code: { label: "link.code", hint: "link.code_hint", problem: "problem.code", maxLength: 80 } },
    submitted: (turn, { code: text }) => typed(turn, text),
  });

  const standAlone = async (turn: Turn): Promise<Answer> => {
    const { shop, customer } = await visit(front, turn);
    const alone = customer.family.length < 2;
    await unlink(shop._id, await ownAccount(turn));
    return below(
      view({ text: plain(turn.say(alone ? "unlink.none" : "unlink.done")), controls: mainMenu(turn) }),
    );
  };

  script.form(codeForm);
  script.command(
    "link",
    "command.link",
    (turn, rest) => (rest.trim() === "" ? showCode(turn) : typed(turn, rest)),
    { name: "code", description: "link.option" },
  );
  script.on(links.linkAccounts, showCode);
  script.on(links.enterCode, async (turn) => turn.open(codeForm));
  script.command("unlink", "command.unlink", standAlone);
  script.on(links.unlink, standAlone);

  script.on(links.unlinkThose, async (turn, { accounts }) => {
    const { shop, customer } = await visit(front, turn);
    for (const account of accounts.split(".").filter((one) => customer.family.includes(one)))
      await unlink(shop._id, account);
    return view({ text: plain(turn.say("unlink.undone")), controls: mainMenu(turn) });
  });

  script.signal("account.linked", linkedNews, async (turn, { platform, accounts }) =>
    below(
      view({
        text: plain(turn.say("link.notice", { platform: front.platformTitle(platform) })),
        controls: [
          turn.button(turn.say("link.undo"), links.unlinkThose({ accounts: accounts.join(".") }), {
            style: "danger",
          }),
          turn.button(turn.say("menu.account"), links.account()),
        ],
      }),
    ),
  );
}
