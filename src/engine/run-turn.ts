import type { Asker } from "./adapter.ts";
import { directAddress, personAt } from "./address.ts";
import type { Conversation, OutboxEntry } from "./conversation.ts";
import type { Values } from "./form.ts";
import type { Refused } from "./form-reading.ts";
import type { Inbound, Sender } from "./inbound.ts";
import { cardEvent } from "./live-card.ts";
import type { Commit } from "./mailbox.ts";
import { numbered } from "./numbered.ts";
import { fitted } from "./outcome.ts";
import { mention, plain, type RichText, rich } from "./rich-text.ts";
import { Elsewhere, route } from "./route.ts";
import { type Held, RunningTurn, type TurnContext } from "./running-turn.ts";
import { below, listOf, type Reply, type Turn, view } from "./turn.ts";
import type { View } from "./view.ts";

/** Runs the handler of one event. Writes nothing itself: what is to be written is answered. */
export async function runTurn(held: Conversation, event: Inbound, context: TurnContext): Promise<Commit> {
  const turn = new RunningTurn(held, event, context);
  return outcome(held, turn, await answers(turn));
}

/** The outcome when a handler keeps failing: the event is dropped with a sentence and a way on. */
export function apology(held: Conversation, event: Inbound, context: TurnContext): Commit {
  const turn = new RunningTurn(held, event, context);
  if (event.body.kind === "signal") return outcome(held, turn, { shown: [] });
  return outcome(held, turn, { shown: [below(view({ text: plain(turn.say("oops")) }))] });
}

/** A turn that belongs to no conversation: what it says is in the asker's language, and nothing of it is kept. */
export interface ReadOnlyTurn extends Turn {
  /** What is wrong with what was entered into the form of this token, as sentences by field. */
  problems(token: string, values: Values, refused?: Refused): Record<string, string>;
}

/** Makes a turn that belongs to no conversation. */
export function readOnlyTurn({ address, sender }: Asker, context: TurnContext): ReadOnlyTurn {
  const event: Inbound = { id: "", address, sender, at: context.now, body: { kind: "front" } };
  return new RunningTurn({ _id: "", address, links: [], state: null }, event, context);
}

interface Answers {
  readonly shown: readonly (View | Reply)[];
  /** The event for the person's own channel, where it is handled instead. */
  readonly handover?: Inbound;
}

async function answers(turn: RunningTurn): Promise<Answers> {
  if (turn.inbound.body.kind === "signal") return { shown: listOf(await route(turn)) };
  const first = listOf(await turn.router.runBefore(turn));
  try {
    return { shown: [...first, ...listOf(await route(turn))] };
  } catch (elsewhere) {
    if (!(elsewhere instanceof Elsewhere)) throw elsewhere;
    const { ticket: _, ...event } = turn.inbound;
    const address = directAddress(turn.address, turn.sender.id);
    const { channel: origin } = turn;
    const id = `${event.id}/private`;
    const handover = { ...event, id, address, body: elsewhere.body, ...(origin && { origin }) };
    const text = plain(turn.say("elsewhere.private"));
    return { shown: [...first, below(view({ text, visibility: "user" }))], handover };
  }
}

function outcome(held: Held, turn: RunningTurn, { shown, handover }: Answers): Commit {
  const { body, ticket, id } = turn.inbound;
  const screens = fitted(shown, {
    can: turn.can,
    body,
    shared: turn.address.kind === "member",
    confidential: turn.confidential,
    news: newsHint(turn),
  });
  const shownNow = screens.filter(({ place }) => place === "here" || place === "below");
  const live = screens.flatMap(({ place, subject, views }, index): OutboxEntry[] =>
    place === "live" && subject !== undefined
      ? [{ key: turn.key(`live-${index}`), card: subject, live: asOne(views) }]
      : [],
  );
  // First, as they need no platform and must not wait for one.
  const cards = [...turn.cards].map(([card, data]): OutboxEntry => {
    const key = turn.key(`card-${card}`);
    if (!turn.channel) throw new Error(`There is no channel to show ${card} in.`);
    return { key, handover: cardEvent(turn.channel, { card, data }, turn.now, key) };
  });
  const choices = turn.can.buttons
    ? undefined
    : screens
        .filter(({ place }) => place !== "standing")
        .flatMap(({ unnumbered }) => unnumbered.flatMap(numbered));
  let count = 0;
  const messages = shownNow.flatMap(({ views, replaces, subject, hidden }): OutboxEntry[] => {
    const screen = turn.key(`screen-${count}`);
    return views.map((view, index) => ({
      key: turn.key(`reply-${count++}`),
      view,
      ...(index === 0 && replaces !== undefined && { replaces }),
      ...(ticket !== undefined && { ticket }),
      ...(body.kind !== "front" && {
        part: {
          screen,
          last: index === views.length - 1,
          ...(views.length > 1 && { of: views.length }),
          ...(subject !== undefined && { subject }),
          ...(hidden && { hidden }),
        },
      }),
      ...(body.kind === "signal" && { news: { id, name: body.name, data: body.data } }),
    }));
  });
  const refreshes = screens.flatMap(({ place, subject, views }, index): OutboxEntry[] =>
    subject !== undefined && place !== "live" && turn.stands(subject)
      ? [{ key: turn.key(`refresh-${index}`), subject, refresh: views }]
      : [],
  );
  return {
    state: { ...turn.state, ...(choices && choices.length > 0 && { numbered: choices }) },
    person: body.kind === "signal" ? held.person : nameless(turn.sender),
    replies: [
      ...cards,
      ...messages,
      ...(handover ? [{ key: turn.key("handover"), handover }] : []),
      ...refreshes,
      ...live,
    ],
    links: turn.tokens.long(),
  };
}

/**
 * A live card is one message: of a view that takes several, the words of the first and what can be pressed on the last.
 * Null where there is nothing to show.
 */
function asOne(views: readonly View[]): View | null {
  const [first, last] = [views[0], views.at(-1)];
  if (!first || !last || (!first.text && first.cards.length + last.controls.length === 0)) return null;
  return { ...first, controls: last.controls };
}

/** Stands for the person while the words are put together; in no language's letters. */
const PERSON = "\uE000";

/** What stands for news where others read along. It calls the one person whom it is for. */
function newsHint({ say, address }: RunningTurn): RichText {
  const [before = "", after = ""] = say("elsewhere.news", { person: PERSON }).split(PERSON);
  return rich`${before}${mention(personAt(address) ?? "", say("elsewhere.you"))}${after}`;
}

// A name is personal, and who wrote last stands unsealed in a conversation: the shop keeps the name, sealed.
const nameless = ({ name: _, ...rest }: Sender): Sender => rest;
