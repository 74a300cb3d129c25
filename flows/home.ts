import { below, bold, plain, type Router, rich, type Turn, view } from "../src/engine/index.ts";
import { languageOf, locales, sayIn } from "../src/i18n/index.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { giveConsent, setLanguage } from "../src/shop/customers/customer.ts";
import { actions } from "./actions.ts";
import { mainMenu, type Shopfront, visit } from "./shopfront.ts";

/** The greeting with the main menu. */
export async function homeView(front: Shopfront, turn: Turn) {
  const { shop } = await visit(front, turn);
  const title = turn.say("home.title", { shop: inLanguage(shop.name, turn.locale) });
  return view({ text: rich`${bold(title)}\n${turn.say("home.text")}`, controls: mainMenu(turn) });
}

/** What the shop can do, with the main menu. */
export const helpView = (turn: Turn) =>
  view({
    text: rich`${bold(turn.say("help.title"))}\n${turn.say("help.text")}`,
    controls: mainMenu(turn),
  });

/** The front door: greeting, main menu, help and language. */
export function homeFlow(router: Router, front: Shopfront): void {
  const home = (turn: Turn) => homeView(front, turn);
  const help = async (turn: Turn) => below(helpView(turn));
  const languages = async (turn: Turn) =>
    view({
      text: plain(turn.say("language.choose")),
      controls: [
        turn.pick(
          turn.say("menu.language"),
          locales.map((locale) => ({
            label: new Intl.DisplayNames(locale, { type: "language" }).of(locale) ?? locale,
            ref: actions.language({ language: locale }),
            selected: locale === turn.locale,
          })),
        ),
      ],
    });

  router.before(async (turn) => {
    const { shop, customer, isNew } = await visit(front, turn);
    if (!isNew && !customer.consentAt) await giveConsent(shop._id, customer._id, turn.now); // read, and went on
    // What is kept of somebody concerns nobody else who reads along.
    if (isNew) return below(view({ text: plain(turn.say("consent")), visibility: "user" }));
    if (customer.language !== turn.locale && languageOf(customer.language)) turn.speak(customer.language);
    return undefined;
  });
  router.home(home);
  router.on(actions.home, home);
  router.on(actions.help, help);
  router.command("help", "command.help", help);
  router.command("language", "command.language", languages);
  router.on(actions.languages, languages);
  router.on(actions.language, async (turn, { language }) => {
    const known = languageOf(language);
    if (!known) return languages(turn);
    const { shop, customer } = await visit(front, turn);
    await setLanguage(shop._id, customer._id, known);
    turn.speak(known);
    return [view({ text: plain(sayIn(known)("language.done")) }), below(await home(turn))];
  });
}
