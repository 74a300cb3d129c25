import { z } from "zod";
import {
  type Answer,
  below,
  code,
  form,
  joined,
  plain,
  type Router,
  type Turn,
  view,
} from "../src/engine/index.ts";
import { languageOf } from "../src/i18n/index.ts";
import { linkByCode, proposeLink, unlink } from "../src/shop/accounts/customer-link.ts";
import { ShopError } from "../src/shop/core/errors.ts";
import { getCustomer } from "../src/shop/customers/customer.ts";
import { accountByIdentity } from "../src/shop/customers/customer-record.ts";
import {
  LINK_CODE_MS,
  linkCodeShownBy,
  refuseLinkCode,
  showLinkCode,
} from "../src/shop/customers/link-code.ts";
import { noteUse } from "../src/shop/customers/news.ts";
import { actions } from "./actions.ts";
import { linkedAccounts, listed, maskedAccount } from "./linked-accounts.ts";
import { identityOf, mainMenu, type Shopfront, visit, visitAgain } from "./shopfront.ts";

const linkedNews = z.object({
  platform: z.string(),
  accounts: z.array(z.string()),
  /** The account that joined, masked. Earlier versions did not tell it. */
  account: z.string().optional(),
});

/** One customer on several platforms: a code shown on one is typed on another. */
export function linkAccountsFlow(router: Router, front: Shopfront): void {
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
        controls: [turn.button(turn.say("link.enter"), actions.enterCode())],
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

  /** Says why a code is not taken, with a way on. Errors that are not about codes pass through. */
  const refused = (turn: Turn, error: unknown): Answer => {
    const why = refusal(turn, error);
    if (why === undefined || !(error instanceof Error)) throw error;
    front.refused?.(error);
    return below(
      view({
        text: plain(why),
        controls: [
          turn.button(turn.say("link.enter"), actions.enterCode()),
          turn.button(turn.say("menu.home"), actions.home()),
        ],
      }),
    );
  };

  /** Asks before anything is shared: who was lured into typing a stranger's code would give them orders and addresses. */
  const typed = async (turn: Turn, text: string): Promise<Answer> => {
    const { shop, customer } = await visit(front, turn);
    try {
      const proposal = await proposeLink(shop._id, await ownAccount(turn), text, turn.now);
      const { proof } = proposal;
      // Nothing is shared that was not before.
      if (customer.family.includes(proposal.account)) return await confirm(turn, proof);
      const account = maskedAccount(front, proposal.platform, proposal.name);
      return below(
        view({
          text: joined([
            plain(turn.say("link.ask", { account })),
            plain(turn.say("link.shared")),
            plain(turn.say("link.lured")),
          ]),
          controls: [
            turn.button(turn.say("link.confirm"), actions.confirmLink({ proof }), { style: "primary" }),
            turn.button(turn.say("link.refuse"), actions.refuseLink({ proof }), { style: "danger" }),
          ],
        }),
      );
    } catch (error) {
      return refused(turn, error);
    }
  };

  const confirm = async (turn: Turn, proof: string): Promise<Answer> => {
    const { shop, customer } = await visit(front, turn);
    try {
      const own = await ownAccount(turn);
      const done = await linkByCode(shop._id, own, proof, turn.key("link"), turn.now);
      return await linked(turn, done.shownTo, done.joined, customer.name);
    } catch (error) {
      return refused(turn, error);
    }
  };

  /** Tells both sides: who typed the code, and where it was shown, so that nobody is linked without noticing. */
  const linked = async (
    turn: Turn,
    shownTo: string,
    accounts: readonly string[],
    name: string | undefined,
  ): Promise<Answer> => {
    const { customer } = await visitAgain(front, turn);
    const there = customer.identities[customer.family.indexOf(shownTo)];
    if (there && accounts.length > 0) {
      const { platform } = turn.address;
      const account = maskedAccount(front, platform, name);
      await front.tell(there, turn.key("linked"), "account.linked", { platform, accounts, account });
    }
    await noteUse(customer, identityOf(turn));
    if (languageOf(customer.language)) turn.speak(customer.language);
    const titles = linkedAccounts(front, customer).map(({ title }) => title);
    return view({
      text: plain(turn.say("link.done", { accounts: listed(turn.locale, titles) })),
      controls: [
        turn.button(turn.say("menu.cart"), actions.cart(), { style: "primary" }),
        turn.button(turn.say("menu.account"), actions.account()),
        turn.button(turn.say("unlink.button"), actions.unlink()),
      ],
    });
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

  router.form(codeForm);
  router.command(
    "link",
    "command.link",
    (turn, rest) => (rest.trim() === "" ? showCode(turn) : typed(turn, rest)),
    { name: "code", description: "link.option" },
  );
  router.on(actions.linkAccounts, showCode);
  router.on(actions.enterCode, async (turn) => turn.open(codeForm));
  router.on(actions.confirmLink, (turn, { proof }) => confirm(turn, proof));
  router.on(actions.refuseLink, async (turn, { proof }) => {
    const { shop, customer } = await visit(front, turn);
    // Whoever waits for it with the code is told first, so that a turn that is run again still knows whom.
    const shownBy = await linkCodeShownBy(shop._id, proof);
    if (shownBy !== null) {
      const { identities, family } = await getCustomer(shop._id, shownBy);
      const there = identities[family.indexOf(shownBy)];
      const account = maskedAccount(front, turn.address.platform, customer.name);
      if (there) await front.tell(there, turn.key("refused"), "account.link_refused", { account });
    }
    await refuseLinkCode(shop._id, proof);
    return view({ text: plain(turn.say("link.refused")), controls: mainMenu(turn) });
  });
  router.command("unlink", "command.unlink", standAlone);
  router.on(actions.unlink, standAlone);

  router.on(actions.unlinkThose, async (turn, { accounts }) => {
    const { shop, customer } = await visit(front, turn);
    for (const account of accounts.split(".").filter((one) => customer.family.includes(one)))
      await unlink(shop._id, account);
    return view({ text: plain(turn.say("unlink.undone")), controls: mainMenu(turn) });
  });

  router.signal("account.link_refused", z.object({ account: z.string() }), async (turn, { account }) =>
    below(
      view({
        text: plain(turn.say("link.refused_notice", { account })),
        controls: [turn.button(turn.say("menu.account"), actions.account())],
      }),
    ),
  );
  router.signal("account.linked", linkedNews, async (turn, { platform, accounts, account }) =>
    below(
      view({
        text: plain(turn.say("link.notice", { account: account ?? front.platformTitle(platform) })),
        controls: [
          turn.button(turn.say("link.undo"), actions.unlinkThose({ accounts: accounts.join(".") }), {
            style: "danger",
          }),
          turn.button(turn.say("menu.account"), actions.account()),
        ],
      }),
    ),
  );
}
