import { type Adapter, SendError } from "./adapter.ts";
import type { Address } from "./address.ts";
import type { Conversation, Handover, Live, Message, News, OutboxEntry, Refresh } from "./conversation.ts";
import type { EngineOptions } from "./engine-options.ts";
import { lastShared } from "./find-conversation.ts";
import type { Inbound } from "./inbound.ts";
import { LEASE_MS } from "./lease.ts";
import type { Delivered, Mailbox } from "./mailbox.ts";
import { isPictured, lookOf, Screens, type Standing } from "./screens.ts";

const SEND_TRIES = 20;
const CARD_EVERY_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** What the outbox sender works with. */
export interface SenderContext extends Pick<EngineOptions, "log" | "metrics" | "reroute"> {
  /** Who can answer there; undefined where this process is not connected. */
  readonly adapterAt: (address: Address) => Adapter | undefined;
  readonly mailbox: Mailbox;
  readonly now: () => Date;
  /** Takes what goes on in another conversation. */
  readonly engine: {
    accept(inbound: Inbound): Promise<unknown>;
    signal(address: Address, id: string, name: string, data: unknown): Promise<unknown>;
  };
}

/** One delivery under way. */
interface Trip {
  readonly held: Conversation;
  readonly adapter: Adapter;
  readonly screens: Screens;
  readonly sent: string[];
  /** Keys of what was to be sent before this delivery began, and perhaps was. */
  readonly again: ReadonlySet<string>;
  /** When the lease was last made longer, in milliseconds since 1970. */
  leased: number;
}

/** Brings the outbox of a conversation to its platform, and what is meant for another conversation there. */
export class OutboxSender {
  readonly #round: SenderContext;
  constructor(round: SenderContext) {
    this.#round = round;
  }

  /**
   * Sends what it can, in order. What has to wait keeps what follows it waiting. Then takes away what the new screens have
   * left over of those they took the place of.
   */
  async deliver(held: Conversation, entries: readonly OutboxEntry[]): Promise<Delivered> {
    const { adapterAt, now } = this.#round;
    const adapter = adapterAt(held.address);
    // Disconnected since it was claimed: all of it stays for the process that is connected next.
    if (!adapter) return { sent: [], retry: { at: now(), attempts: held.attempts } };
    const { pictureStays } = adapter.can;
    const screens = new Screens(held.screens, pictureStays ? { pictureStays } : {});
    const again = new Set(held.outbox.map(({ key }) => key));
    const trip: Trip = { held, adapter, screens, sent: [], again, leased: now().getTime() };
    for (const [index, entry] of entries.entries()) {
      if (!(await this.#inTime(trip))) break;
      if (isOutdone(entry, entries.slice(index + 1))) {
        trip.sent.push(entry.key);
        continue;
      }
      const retry = await this.#tried(trip, () => this.#send(trip, entry), entry);
      if (retry) return { sent: trip.sent, screens: screens.changed(), retry };
      trip.sent.push(entry.key);
    }
    const retry = await this.#tidy(trip);
    return { sent: trip.sent, screens: screens.changed(), retry };
  }

  /** Holds the lease as long as it takes; false if it was lost. */
  async #inTime(trip: Trip): Promise<boolean> {
    const { mailbox, now } = this.#round;
    if (now().getTime() - trip.leased <= LEASE_MS / 2) return true;
    trip.leased = now().getTime();
    return await mailbox.renew(trip.held);
  }

  /** Does it; answers when it is to be tried again if it can not be done now. What never can is dropped, with a line in the log. */
  async #tried(trip: Trip, work: () => Promise<void>, entry?: OutboxEntry): Promise<Delivered["retry"]> {
    const { log, metrics, now } = this.#round;
    const { held, adapter, sent } = trip;
    try {
      await work();
      return undefined;
    } catch (error) {
      const failure =
        error instanceof SendError ? error : new SendError("unknown", "The adapter failed", { cause: error });
      // The connection itself was refused, which says nothing of the message: another process may have one that is not.
      if (!this.#round.adapterAt(held.address)) return { at: now(), attempts: held.attempts };
      if (entry) metrics?.sent(adapter.name, failure.fate);
      // What has waited for its place among many has not been tried yet.
      const tries = failure.paced ? 0 : 1;
      const attempts = (sent.length === 0 ? held.attempts : 0) + tries;
      if (failure.fate !== "refused" && attempts < SEND_TRIES) {
        const pause = failure.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, 500 * 2 ** attempts);
        return { at: new Date(now().getTime() + pause), attempts };
      }
      if (entry) await this.#dropped(trip, entry, failure);
      log.warn(
        { err: failure, conversation: held._id, attempts },
        entry
          ? "A message can not be delivered and was dropped"
          : "A message can not be taken away and stays",
      );
      return undefined;
    }
  }

  async #dropped({ held, screens }: Trip, entry: OutboxEntry, { fate }: SendError): Promise<void> {
    if (!("view" in entry)) return;
    if (entry.part) screens.refused(entry.part);
    if (entry.news && fate === "refused") await this.#elsewhere(held, entry.news);
  }

  async #send(trip: Trip, entry: OutboxEntry): Promise<void> {
    if ("handover" in entry) await this.#handOver(entry);
    else if ("refresh" in entry) await this.#refresh(trip, entry);
    else if ("live" in entry) await this.#card(trip, entry);
    else await this.#show(trip, entry);
  }

  async #handOver({ handover }: Handover): Promise<void> {
    await this.#round.engine.accept(handover);
  }

  /** Shows a message, in place of one of the screen that its own takes the place of. */
  async #show(trip: Trip, { news: _, part, replaces, ...delivery }: Message): Promise<void> {
    const { held, adapter, screens, sent, again } = trip;
    const { metrics, mailbox } = this.#round;
    const { view, key, ticket } = delivery;
    const target = part
      ? screens.target(part, view, replaces, ticket)
      : replaces === undefined
        ? undefined
        : { message: replaces };
    const { message, opened, leftOld } = await adapter.send(held.address, {
      ...delivery,
      ...(target && inPlaceOf(target)),
      ...(again.has(key) && { again: true }),
    });
    metrics?.sent(adapter.name, "sent");
    if (!part) return;
    if (opened) return screens.refused(part);
    const standing = standingOf(message, view, part.hidden === true, ticket);
    screens.shown(part, standing, target, leftOld === true);
    // A message that was only changed may be changed once more; one that was sent must not be sent again.
    const isNew = message !== target?.message;
    if (!isNew || (part.last && screens.retired().length === 0)) return;
    trip.leased = this.#round.now().getTime();
    const noted = await mailbox.note(held, { sent: [...sent, key], screens: screens.changed() });
    if (!noted) throw new SendError("unsent", "Another process delivers this conversation", { paced: true });
  }

  /** Changes the cards that show a subject to what it is now. What can not be changed any more is forgotten. */
  async #refresh({ held, adapter, screens }: Trip, { key, subject, refresh }: Refresh): Promise<void> {
    for (const { id, standing } of screens.about(subject)) {
      const spare = standing.slice(refresh.length);
      // The buttons are on the last: where there is no room for all, what is between goes.
      const views = [...refresh.slice(0, standing.length - 1), ...refresh.slice(-1)];
      const kept: Standing[] = [];
      for (const [index, view] of views.entries()) {
        const target = standing[index];
        if (!target) continue;
        const shown = target.hidden ? { ...view, visibility: "user" as const } : view;
        const look = lookOf(shown);
        if (look === target.look) {
          kept.push(target);
          continue;
        }
        const { message, hidden, ticket } = target;
        const change = { view: shown, key: `${key}/${message}`, ...inPlaceOf(target) };
        if (await adapter.edit?.(held.address, change))
          kept.push(standingOf(message, shown, hidden === true, ticket));
      }
      screens.stand(id, kept, spare);
    }
  }

  /**
   * Makes a live card true: changes the message that stands, if one does and can be changed, else posts it. Never sooner
   * after the last change than the platform bears; what has come since then counts, and what was to be shown before does not.
   */
  async #card(trip: Trip, { key, card, live }: Live): Promise<void> {
    const { held, adapter, screens } = trip;
    const stands = screens.about(card).at(-1);
    const [target] = stands?.standing ?? [];
    if (live === null) {
      if (stands) screens.stand(stands.id, [], stands.standing);
      return;
    }
    if (target && lookOf(live) === target.look) return;
    const at = this.#round.now().getTime();
    const wait = screens.cardChangedAt + (adapter.can.cardEveryMs ?? CARD_EVERY_MS) - at;
    if (wait > 0)
      throw new SendError("unsent", "The card was changed just now", { retryAfterMs: wait, paced: true });
    if (stands && target) {
      const change = { view: live, key, replaces: target.message };
      if (await adapter.edit?.(held.address, change)) {
        screens.stand(stands.id, [standingOf(target.message, live, false, undefined)]);
        return screens.changedCard(stands.id, at);
      }
      // It is gone, or too old to be changed: then it goes, or loses its buttons.
      screens.stand(stands.id, [], [target]);
    }
    await this.#show(trip, { key, view: live, part: { screen: key, subject: card, last: true } });
    screens.changedCard(key, at);
  }

  /** Takes away what nothing took the place of. */
  async #tidy(trip: Trip): Promise<Delivered["retry"]> {
    const { held, adapter, screens } = trip;
    for (const message of screens.retired()) {
      if (!(await this.#inTime(trip))) return undefined;
      const retry = await this.#tried(trip, async () => await adapter.remove?.(held.address, message));
      if (retry) return retry;
      screens.removed(message);
    }
    return undefined;
  }

  /** Takes news that a direct channel refuses to where the person may still see it. The same news goes once. */
  async #elsewhere({ address }: Conversation, news: News): Promise<void> {
    if (address.kind !== "direct") return;
    const { engine, reroute } = this.#round;
    if (await reroute?.(address, news)) return;
    const shared = await lastShared(address);
    if (shared) await engine.signal(shared, `${news.id}/shared`, news.name, news.data);
  }
}

/** Whether what comes later in the outbox makes an entry needless: of several changes to the same cards the last one counts. */
const isOutdone = (entry: OutboxEntry, later: readonly OutboxEntry[]): boolean =>
  ("refresh" in entry && later.some((other) => "refresh" in other && other.subject === entry.subject)) ||
  ("live" in entry && later.some((other) => "live" in other && other.card === entry.card));

const inPlaceOf = ({ message, hidden, ticket }: Standing) => ({
  replaces: message,
  ...(hidden && ticket !== undefined && { replacesTicket: ticket }),
});

const standingOf = (
  message: string,
  view: Message["view"],
  hidden: boolean,
  ticket: string | undefined,
): Standing => ({
  message,
  ...(isPictured(view) && { pictured: true }),
  ...(hidden && { hidden, ...(ticket !== undefined && { ticket }) }),
  look: lookOf(view),
});
