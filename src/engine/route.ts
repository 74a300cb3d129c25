import { typedCode, typedText } from "../i18n/typed.ts";
import { type ActionRef, namedArgs } from "./action.ts";
import type { Values } from "./form.ts";
import type { Refused } from "./form-reading.ts";
import type { Body } from "./inbound.ts";
import { cardOf, kindOfCard } from "./live-card.ts";
import { pictureWord } from "./picture-word.ts";
import { plain } from "./rich-text.ts";
import type { RunningTurn } from "./running-turn.ts";
import { type Answer, below, listOf, view } from "./turn.ts";

/** What is handled where a turn finds that it must go on in private. */
export class Elsewhere {
  readonly body: Body;
  constructor(body: Body) {
    this.body = body;
  }
}

/**
 * Has an event handled by whom it is for: command, button, form, signal, text.
 *
 * @throws {Elsewhere} where it must go on in private
 */
export async function route(turn: RunningTurn): Promise<Answer> {
  const { router } = turn;
  const body = turn.inbound.body;
  const { asking } = turn.state;
  switch (body.kind) {
    case "signal": {
      const asked = cardOf(turn.inbound);
      if (asked) return card(turn, asked);
      const handler = router.signals.get(body.name);
      if (!handler) throw new Error(`Nobody handles the signal ${body.name}.`);
      return handler.run(turn, body.data);
    }
    case "surplus":
      return below(view({ text: plain(turn.say("surplus")), visibility: "user" }));
    case "command":
      return command(turn, body.name, typedText(body.rest));
    case "press":
      return press(turn, body.token);
    case "form":
      return submitted(turn, body.token, body.values, body.refused);
    case "front":
      return router.runFront(turn);
    case "text": {
      const choice = asking ? undefined : await turn.chosen(Number(typedCode(body.text)));
      if (choice !== undefined) return press(turn, choice);
      if (!asking) return router.runText(turn, typedText(body.text));
      const aside = turn.forms.takesAnyText(asking)
        ? undefined
        : await router.runAside(turn, typedText(body.text));
      return aside ?? turn.forms.answer(asking, body.text, "text");
    }
    case "photo":
      if (asking) return turn.forms.answer(asking, body.media, "photo");
      return [below(view({ text: plain(turn.say("photo.unasked")) }))];
    case "contact":
      return asking ? turn.forms.answer(asking, body.phone, "contact") : router.runHome(turn);
    case "location":
      return asking
        ? turn.forms.answer(asking, `${body.latitude}, ${body.longitude}`, "location")
        : router.runHome(turn);
    case "other": {
      const word = body.what === "photo" ? pictureWord(body.problem ?? "unusable") : undefined;
      if (asking) return turn.forms.askAgain(asking, word ?? "problem.text");
      return [below(view({ text: plain(turn.say(word ?? "other.unusable")) }))];
    }
  }
}

async function card(turn: RunningTurn, { card, data }: { card: string; data?: unknown }): Promise<Answer> {
  const handler = turn.router.cards.get(kindOfCard(card));
  if (!handler) throw new Error(`Nobody shows the card ${card}.`);
  const shown = await handler.run(turn, card, data);
  return { view: { ...(shown ?? view({})), subject: card }, place: "live" };
}

async function command(turn: RunningTurn, name: string, rest: string): Promise<Answer> {
  if (name === "cancel") return turn.cancel();
  const known = turn.router.commands.get(name);
  if (known?.confidential) inPrivate(turn, { kind: "command", name, rest });
  turn.forget();
  if (known) return known.run(turn, rest);
  return [
    below(view({ text: plain(turn.say("command.unknown", { name })) })),
    ...listOf(await turn.router.runHome(turn)),
  ];
}

async function press(turn: RunningTurn, token: string): Promise<Answer> {
  const opened = await turn.pressed(token);
  if (opened.kind === "foreign") return foreign(turn);
  if (opened.kind === "stale") return turn.stale();
  const { ref } = opened;
  if (opened.card) onCard(turn, opened.token, ref);
  const own = await turn.forms.press(ref);
  if (own !== "not-a-form") return own;
  const link = turn.router.actions.get(ref.name);
  const args = link?.schema.safeParse(namedArgs(link.schema, ref));
  if (!link || !args?.success) return turn.stale();
  // What somebody else was shown stays as it is; who presses there gets their own.
  if (link.confidential || opened.guest) inPrivate(turn, { kind: "press", token: opened.token });
  turn.forget();
  return link.run(turn, args.data);
}

async function submitted(
  turn: RunningTurn,
  token: string,
  values: Values,
  refused: Refused | undefined,
): Promise<Answer> {
  const opened = turn.tokens.open(token);
  if (opened.kind === "foreign") return foreign(turn);
  return opened.kind === "ok" ? turn.forms.submitted(opened.ref, values, refused) : turn.stale();
}

const foreign = (turn: RunningTurn): Answer =>
  below(view({ text: plain(turn.say("press.foreign")), visibility: "user" }));

/** A card of the channel stays as it is; who presses on it is answered for their eyes. */
function onCard(turn: RunningTurn, token: string, { name }: ActionRef): void {
  const isBrief = turn.router.actions.get(name)?.brief === true && turn.can.toastMax !== undefined;
  if (isBrief) turn.confide();
  else inPrivate(turn, { kind: "press", token });
}

/** What follows is for one person's eyes: where the platform can not show it so, it is handled in their own channel. */
function inPrivate(turn: RunningTurn, body: Body): void {
  if (turn.address.kind === "member" && !turn.can.ephemeral) throw new Elsewhere(body);
  turn.confide();
}
