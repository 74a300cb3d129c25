import { createHash } from "node:crypto";
import type { View } from "./view.ts";

/** A message of the shop that stands in a conversation, by the id its platform gave. */
export interface Standing {
  readonly message: string;
  /** It shows a picture. */
  readonly pictured?: boolean;
  /** Only the person sees it, and what may still change it is the ticket it was shown under. */
  readonly hidden?: boolean;
  readonly ticket?: string;
  /** Stands for what it shows: equal where nothing has changed. */
  readonly look?: string;
}

/** The messages that show one view, in the order they are read. */
export interface Screen {
  readonly id: string;
  /** What of the shop it shows the state of, such as an order; see `View.subject`. */
  readonly subject?: string;
  /** Further parts of it are still on their way. */
  readonly open?: true;
  /** When a live card was last changed, in milliseconds since 1970. */
  readonly changedAt?: number;
  /** It is the last that the shop has posted in the conversation. */
  readonly newest?: true;
  readonly standing: readonly Standing[];
  /** Of the screen it takes the place of: what its next parts are shown in. */
  readonly left: readonly Standing[];
  /** What is to be taken away once the screen is whole. */
  readonly gone: readonly Standing[];
}

/** One message of a screen on its way. */
export interface Part {
  /** The screen it belongs to. */
  readonly screen: string;
  readonly subject?: string;
  readonly last: boolean;
  /** How many messages show the whole screen; those of earlier versions do not tell. */
  readonly of?: number;
  /** For one person's eyes, in a channel where others read along. */
  readonly hidden?: boolean;
}

const SCREENS_KEPT = 40;
/** Cards of one subject that are kept true. */
const SUBJECT_KEPT = 2;
/** Stands for the newest screen where nothing but its place is worth remembering. */
const NEWEST = "newest";
/** Messages of a screen; a view comes near this nowhere. */
const MESSAGES_KEPT = 60;

/** What a view looks like, in 12 characters. */
export const lookOf = ({ text, cards, controls, form, file }: View): string =>
  createHash("sha256")
    .update(JSON.stringify([text, cards, controls, form, file]))
    .digest("base64url")
    .slice(0, 12);

export const isPictured = (view: View): boolean => view.cards.some(({ image }) => image !== undefined);

/**
 * The screens of a conversation that are worth remembering: those of several messages, and those that show the state of
 * something. A press names one message only; here stand the others that belong to it. Bounded; the newest are kept.
 *
 * Pure book-keeping: the outbox sender sends, and notes here what the platform answered. Whatever is killed in between does the
 * same again from the screens as they were stored.
 */
export class Screens {
  readonly #before: readonly Screen[];
  /** A message with a picture cannot become one without. */
  readonly #pictureStays: boolean;
  #screens: readonly Screen[];
  /** The screens that others took the place of, until something of those has been shown. */
  readonly #replaced = new Map<string, Screen>();

  constructor(
    screens: readonly Screen[],
    { pictureStays = false }: { readonly pictureStays?: boolean } = {},
  ) {
    this.#before = screens;
    this.#screens = screens;
    this.#pictureStays = pictureStays;
  }

  /** What is to be stored; undefined if nothing has changed. */
  changed(): readonly Screen[] | undefined {
    const kept = this.#screens.flatMap(worthKeeping).slice(-SCREENS_KEPT);
    return JSON.stringify(kept) === JSON.stringify(this.#before) ? undefined : kept;
  }

  /**
   * The message that a part is to be shown in place of; undefined where it is a new one. The first part of a screen
   * takes over the whole screen that `replaces` belongs to.
   *
   * A screen that needs more messages than the one before has, where something newer was posted below that one, is shown
   * anew as a whole: what was added would stand far from the rest.
   */
  target(part: Part, view: View, replaces?: string, ticket?: string): Standing | undefined {
    const screen = this.#of(part.screen) ?? this.#begin(part, view, replaces, ticket);
    const at = this.#firstFor(view, screen.left);
    const skipped = at < 0 ? screen.left : screen.left.slice(0, at);
    const left = at < 0 ? [] : screen.left.slice(at);
    this.#put({ ...screen, left, gone: [...screen.gone, ...skipped] });
    return left[0];
  }

  /** A part stands. `stays`: what it was to take the place of is still there. */
  shown(part: Part, standing: Standing, target: Standing | undefined, stays: boolean): void {
    const screen = this.#of(part.screen);
    if (!screen) return;
    this.#replaced.delete(part.screen);
    const others = target ? screen.left.slice(1) : screen.left;
    const edited = target?.message === standing.message;
    if (!edited && standing.message !== "") this.#screens = this.#screens.map(older);
    // Below a new message nothing older can be shown.
    const left = edited && !part.last ? others : [];
    const retired = edited && !part.last ? [] : others;
    this.#put({
      ...(part.last ? whole(screen) : screen),
      ...(!edited && standing.message !== "" && { newest: true }),
      // What has no id cannot be found again.
      standing: [...screen.standing, ...(standing.message === "" ? [] : [standing])].slice(0, MESSAGES_KEPT),
      left,
      gone: [...screen.gone, ...(!edited && stays && target ? [target] : []), ...retired],
    });
    if (part.last && part.subject !== undefined) this.#forgetOlder(part.subject);
  }

  /** A part can never be shown. Where nothing else of its screen was, the screen before stays as it is. */
  refused(part: Part): void {
    const before = this.#replaced.get(part.screen);
    const screen = this.#of(part.screen);
    if (!screen) return;
    if (screen.standing.length === 0 && part.last) {
      this.#screens = this.#screens.filter(({ id }) => id !== part.screen);
      if (before) this.#put(before);
      this.#replaced.delete(part.screen);
    } else if (part.last) this.#put({ ...whole(screen), left: [], gone: [...screen.gone, ...screen.left] });
  }

  /** Screens that show a subject, the newest last. */
  about(subject: string): readonly Screen[] {
    return this.#screens.filter((screen) => screen.subject === subject);
  }

  /** What became of the messages of a screen. */
  stand(id: string, standing: readonly Standing[], gone: readonly Standing[] = []): void {
    const screen = this.#of(id);
    if (screen) this.#put({ ...screen, standing, gone: [...screen.gone, ...gone] });
  }

  /** A live card was posted or changed. */
  changedCard(id: string, at: number): void {
    const screen = this.#of(id);
    if (screen) this.#put({ ...screen, changedAt: at });
  }

  /** When any live card was last changed; 0 if none was. */
  get cardChangedAt(): number {
    return Math.max(0, ...this.#screens.map(({ changedAt = 0 }) => changedAt));
  }

  /** What is to be taken away, of screens of which all is shown. */
  retired(): readonly Standing[] {
    return this.#screens.flatMap(({ open, gone }) => (open ? [] : gone));
  }

  /** A message has been taken away, or never can be. */
  removed({ message }: Standing): void {
    this.#screens = this.#screens.map((screen) =>
      screen.gone.some((one) => one.message === message)
        ? { ...screen, gone: screen.gone.filter((one) => one.message !== message) }
        : screen,
    );
  }

  #of(id: string): Screen | undefined {
    return this.#screens.find((screen) => screen.id === id);
  }

  /** The first of these messages that can become what a view shows; -1 where none can. */
  #firstFor(view: View, standing: readonly Standing[]): number {
    return standing.findIndex(({ pictured }) => !this.#pictureStays || !pictured || isPictured(view));
  }

  /** Whether a screen would stand in two places, in what is left of the one before and below what came since. */
  #isTorn({ of = 1 }: Part, view: View, left: readonly Standing[], before: Screen | undefined): boolean {
    if (left.length === 0 || before?.newest || !this.#screens.some(({ newest }) => newest)) return false;
    const first = this.#firstFor(view, left);
    return of > (first < 0 ? 0 : left.length - first);
  }

  #begin(part: Part, view: View, replaces: string | undefined, ticket: string | undefined): Screen {
    const before =
      replaces === undefined
        ? undefined
        : this.#screens.findLast(({ standing }) => standing.some(({ message }) => message === replaces));
    const pressed =
      replaces === undefined ? [] : [{ message: replaces, ...(part.hidden && { hidden: true }) }];
    const standing = (before?.standing ?? pressed).map((one) =>
      one.message === replaces && one.hidden && ticket !== undefined ? { ...one, ticket } : one,
    );
    const torn = this.#isTorn(part, view, standing, before);
    if (before) {
      this.#replaced.set(part.screen, before);
      this.#screens = this.#screens.filter(({ id }) => id !== before.id);
    }
    const { screen: id, subject } = part;
    const about = { id, ...(subject !== undefined && { subject }), open: true } as const;
    const screen = {
      ...about,
      ...(before?.newest && { newest: true as const }),
      standing: [],
      left: torn ? [] : standing,
      gone: [...(before?.gone ?? []), ...(torn ? standing : [])],
    };
    this.#put(screen);
    return screen;
  }

  #put(screen: Screen): void {
    const others = this.#screens.filter(({ id }) => id !== screen.id);
    this.#screens = [...others, screen];
  }

  #forgetOlder(subject: string): void {
    const kept = new Set(
      this.about(subject)
        .slice(-SUBJECT_KEPT)
        .map(({ id }) => id),
    );
    this.#screens = this.#screens.map((screen) => {
      if (screen.subject !== subject || kept.has(screen.id)) return screen;
      const { subject: _, ...rest } = screen;
      return rest;
    });
  }
}

const isWorthKeeping = ({ open, standing, subject, gone }: Screen): boolean =>
  open === true || gone.length > 0 || standing.length > 1 || (standing.length === 1 && subject !== undefined);

/** What of a screen is to be stored. Of the newest at least its place, which stays as it is while it is only changed. */
function worthKeeping(screen: Screen): Screen[] {
  if (isWorthKeeping(screen)) return [screen];
  const [only] = screen.standing;
  if (!screen.newest || !only) return [];
  const { message, hidden } = only;
  const standing = [{ message, ...(hidden && { hidden }) }];
  return [{ id: NEWEST, newest: true, standing, left: [], gone: [] }];
}

function whole({ open: _, ...screen }: Screen): Screen {
  return screen;
}

function older({ newest: _, ...screen }: Screen): Screen {
  return screen;
}
