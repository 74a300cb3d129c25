import type { Seen, Shopper } from "../journeys/shopper.ts";
import { rank } from "./label-rank.ts";
import type { SlackDouble } from "./slack.ts";
import type { Block, InputBlock } from "./slack-block-kit.ts";
import { pressables } from "./slack-checks.ts";
import type { Deed, Standing } from "./slack-deeds.ts";
import { endingOf, keepFile } from "./slack-files.ts";
import { errorsByLabel, type Filled, inputFor, stateOf } from "./slack-form.ts";
import { changeModal, closeModals, openModal, viewIn } from "./slack-modals.ts";
import type { Json } from "./slack-rules.ts";
import { labelsIn, linksOf, optionsOf, shownMessage, shownView, wordsOf } from "./slack-shown.ts";
import type { SlackMessage, SlackView } from "./slack-workspace.ts";

/** Who a person is, and where they stand. */
export interface SlackPersonOptions {
  readonly name?: string;
  /** As Slack names it, such as "de-DE". */
  readonly locale?: string;
  /** A channel to be in, instead of the app's direct messages. */
  readonly channel?: string;
  /** Another workspace than the first. */
  readonly team?: string;
  /** Does the next thing without waiting for the app to react to the last. */
  readonly hasty?: boolean;
}

/** Messages back from the newest that a person looks at for a button. */
const IN_SIGHT = 8;
/** What the button that opens a form is called. */
const OPENER = /^(Fill in|Continue|填写|继续)$/;
/** How long a step waits for what it needs. */
const WAIT_MS = 5000;

interface Found extends Deed {
  readonly message: SlackMessage;
}

/** Someone with the Slack app: sees what the channel shows them now, and uses only what it offers. */
export class SlackPerson implements Shopper {
  readonly id: string;
  readonly #double: SlackDouble;
  readonly #at: Standing;
  readonly #hasty: boolean;
  /** Things the app had done before the last thing this person did; undefined once it has reacted. */
  #since: number | undefined;
  /** Newest change seen when the last question of a form was answered. */
  #answered = 0;
  /** Tells when the last deed was acknowledged. */
  #acked: Promise<unknown> = Promise.resolve();

  constructor(double: SlackDouble, standing: Standing, hasty: boolean) {
    this.#double = double;
    this.#at = standing;
    this.#hasty = hasty;
    this.id = standing.user.id;
  }

  /** The channel this person is in. */
  get channel(): string {
    return this.#at.channel.id;
  }

  /** Types: "/cart" gives the app's slash command with the word "cart", anything else is a message. */
  async says(text: string): Promise<void> {
    await this.#reacted();
    this.#begins();
    if (!text.startsWith("/")) return void this.#double.deeds.writes(this.#at, text);
    const { command } = this.#double;
    const rest = text.startsWith(command) ? text.slice(command.length).trim() : text.slice(1);
    this.#acked = this.#double.deeds.commands(this.#at, command, rest);
  }

  async sendsPhoto(bytes: Uint8Array, caption = ""): Promise<void> {
    await this.#reacted();
    this.#begins();
    const { team } = this.#at;
    const file = keepFile(this.#double.world, team, bytes, `photo.${endingOf(bytes)}`);
    this.#double.deeds.writes(this.#at, caption, [file]);
  }

  /** Posts an address, which Slack tells the app of if it unfurls that domain. */
  async postsLink(url: string): Promise<void> {
    await this.#reacted();
    this.#begins();
    this.#double.deeds.links(this.#at, url);
  }

  async presses(label: string | RegExp): Promise<void> {
    await this.#reacted();
    const found = await this.#wait(() => this.#find(label, this.#inSight()), WAIT_MS, `no button ${label}`);
    this.#press(found);
  }

  /** Presses twice in a row, before the app can take the button away. */
  async pressesTwice(label: string | RegExp): Promise<void> {
    await this.#reacted();
    const found = await this.#wait(() => this.#find(label, this.#inSight()), WAIT_MS, `no button ${label}`);
    this.#press(found);
    this.#press(found);
  }

  /** Presses on an older message: 0 is the newest message of the app, 1 the one before. */
  async pressesOld(label: string | RegExp, messageIndex: number): Promise<void> {
    await this.#reacted();
    const message = this.#fromApp()[messageIndex];
    const found = message === undefined ? undefined : this.#find(label, [message]);
    if (found === undefined) throw new Error(this.#lost(`no old button ${label}`));
    this.#press(found);
  }

  /** Presses with a value made up, or kept from before, as a forged or stale client may. */
  async forges(value: string, actionId = "forged"): Promise<void> {
    const message = await this.#wait(() => this.#fromApp()[0], WAIT_MS, "no message");
    const block = { type: "actions" as const, block_id: "forged", elements: [] };
    const text = { type: "plain_text" as const, text: "Forged" };
    this.#press({ message, block, element: { type: "button", text, action_id: actionId, value } });
  }

  async fills(form: Filled): Promise<void> {
    const errors = await this.#fill(form);
    if (errors === undefined) return;
    const said = Object.entries(errors).map(([label, error]) => `${label}: ${error}`);
    throw new Error(this.#lost(`the form was refused (${said.join("; ")})`));
  }

  /** Fills in a modal that the app will refuse; answers the errors it shows, by label. */
  async fillsWrong(form: Filled): Promise<Record<string, string>> {
    const errors = await this.#fill(form);
    if (errors === undefined) throw new Error(this.#lost("the form was accepted"));
    return errors;
  }

  /** The modal that lies on top for this person, if any. */
  get modal(): SlackView | undefined {
    return this.#at.team.stacks.get(this.id)?.at(-1);
  }

  /** Waits for a modal to show; answers what stands in it. */
  async seesModal(text: RegExp, timeoutMs = WAIT_MS): Promise<string> {
    const shown = () => (this.modal === undefined ? "" : shownView(this.modal));
    return await this.#wait(() => (text.test(shown()) ? shown() : undefined), timeoutMs, `no modal ${text}`);
  }

  /** Closes the modal on top. */
  closesModal(): void {
    if (this.modal === undefined) throw new Error(this.#lost("no modal is open"));
    this.#double.deeds.closes(this.#at, this.modal);
  }

  /** Opens the app's home tab and waits until it has been published since; answers what stands on it. */
  async opensHome(): Promise<string> {
    await this.#reacted();
    const before = this.#home?.hash;
    const { team, user } = this.#at;
    const channel = this.#double.world.dm(team, user.id);
    this.#double.deeds.opensHome({ team, user, channel });
    const home = await this.#wait(
      () => (this.#home?.hash === before ? undefined : this.#home),
      WAIT_MS,
      "no home tab",
    );
    return shownView(home);
  }

  async pressesInHome(label: string | RegExp): Promise<void> {
    await this.#reacted();
    const home = this.#home;
    const deed = home === undefined ? undefined : best(label, home.content.blocks);
    if (home === undefined || deed === undefined) throw new Error(this.#lost(`no ${label} on the home tab`));
    this.#begins();
    this.#acked = this.#double.deeds.pressesInView(this.#at, home, deed);
  }

  async sees(text: RegExp, timeoutMs = WAIT_MS): Promise<SlackMessage & Seen> {
    const message = await this.#wait(
      () => this.#fromApp().find((each) => text.test(shownMessage(each))),
      timeoutMs,
      `nothing matches ${text}`,
    );
    const buttons = labelsIn([...message.blocks, ...message.attached]);
    return { ...message, text: wordsOf(message), buttons };
  }

  async link(label: string | RegExp): Promise<string> {
    await this.#reacted();
    return await this.#wait(() => this.#link(label), WAIT_MS, `no link ${label}`);
  }

  transcript(): string {
    const lines = this.#visible().map((each) => {
      const who = each.from === "bot" ? "app" : each.from === this.id ? "me" : each.from;
      return `${who}> ${shownMessage(each)}`;
    });
    if (this.modal !== undefined) lines.push(`(modal)\n${shownView(this.modal)}`);
    return lines.join("\n");
  }

  get #home(): SlackView | undefined {
    return this.#at.team.homes.get(this.id);
  }

  #visible(): SlackMessage[] {
    return this.#at.channel.messages.filter(
      ({ deleted, onlyFor }) => !deleted && (onlyFor === undefined || onlyFor === this.id),
    );
  }

  /** Messages with something of the app's to press: its own, and previews below links. Newest first. */
  #fromApp(): SlackMessage[] {
    return this.#visible()
      .filter(({ from, attached }) => from === "bot" || attached.length > 0)
      .reverse();
  }

  #inSight(): SlackMessage[] {
    return this.#fromApp().slice(0, IN_SIGHT);
  }

  #find(label: string | RegExp, messages: readonly SlackMessage[], least = 1): Found | undefined {
    let found: (Found & { fit: number }) | undefined;
    for (const message of messages) {
      const deed = best(label, [...message.blocks, ...message.attached]);
      if (deed !== undefined && deed.fit >= least && deed.fit > (found?.fit ?? 0))
        found = { message, ...deed };
    }
    return found;
  }

  #press({ message, ...deed }: Found): void {
    this.#begins();
    this.#acked = this.#double.deeds.presses(this.#at, message, deed);
  }

  /** Fills in the modal on top, or answers question by question; errors by label if the modal was refused. */
  async #fill(form: Filled): Promise<Record<string, string> | undefined> {
    const left = new Map(Object.entries(form));
    let last = "";
    while (left.size > 0) {
      await this.#reacted();
      const asked = await this.#wait(
        () => this.#modalFor(left) ?? this.#opener() ?? this.#question([...left.keys()]),
        WAIT_MS,
        `no question about ${[...left.keys()].join(", ")}${last && ` after “${last}”`}`,
      );
      if ("view" in asked) {
        const errors = await this.#submit(asked.view, asked.filled);
        if (errors !== undefined) return errors;
        for (const label of asked.labels) left.delete(label);
        last = asked.labels.at(-1) ?? "";
        continue;
      }
      if ("element" in asked) {
        this.#answered = asked.message.changed;
        this.#press(asked);
        continue;
      }
      const value = left.get(asked.label) ?? "";
      left.delete(asked.label);
      last = asked.label;
      await this.#answer(asked.message, value);
    }
    return undefined;
  }

  /** The button that opens the next modal, where the app could not open it by itself. */
  #opener(): Found | undefined {
    const message = this.#fromApp()[0];
    if (this.modal !== undefined || message === undefined || message.changed <= this.#answered)
      return undefined;
    return this.#find(OPENER, [message]);
  }

  #modalFor(
    left: ReadonlyMap<string, string | Uint8Array>,
  ): { view: SlackView; filled: Map<InputBlock, string | Uint8Array>; labels: string[] } | undefined {
    const view = this.modal;
    if (view === undefined) return undefined;
    const filled = new Map<InputBlock, string | Uint8Array>();
    const labels: string[] = [];
    for (const [label, value] of left) {
      const input = inputFor(view, label);
      if (input === undefined || filled.has(input)) continue;
      filled.set(input, value);
      labels.push(label);
    }
    return labels.length === 0 ? undefined : { view, filled, labels };
  }

  async #submit(
    view: SlackView,
    filled: ReadonlyMap<InputBlock, string | Uint8Array>,
  ): Promise<Record<string, string> | undefined> {
    const { world, root, deeds } = this.#double;
    const values = stateOf(world, this.#at.team, root, view, filled);
    this.#begins();
    const ack = await deeds.submits(this.#at, view, values);
    if (ack === undefined) throw new Error(this.#lost("the modal says: trouble connecting, try again"));
    return this.#followed(view, ack);
  }

  /** Does to the modals what the app acknowledged a submission with. */
  #followed(view: SlackView, ack: Json): Record<string, string> | undefined {
    const { world } = this.#double;
    const { team } = this.#at;
    switch (ack.response_action) {
      case "errors": {
        this.#since = undefined;
        return errorsByLabel(view, ack.errors);
      }
      case "update":
        changeModal(world, team, view, viewIn(ack));
        return undefined;
      case "push":
        openModal(world, team, this.id, viewIn(ack), true);
        return undefined;
      case "clear":
        closeModals(world, team, this.id);
        this.#begins();
        return undefined;
      case undefined:
        this.#closesAfterSubmit(view);
        return undefined;
      default:
        throw new Error(`unknown response_action ${String(ack.response_action)}`);
    }
  }

  /** Without a response_action only the submitted view closes, and all of them if it asked for that. */
  #closesAfterSubmit(view: SlackView): void {
    const stack = this.#at.team.stacks.get(this.id) ?? [];
    const all = view.content.type === "modal" && view.content.clear_on_close === true;
    for (const each of all ? [...stack] : [view]) {
      each.closed = true;
      if (stack.includes(each)) stack.splice(stack.indexOf(each), 1);
    }
    this.#double.world.rang();
  }

  async #answer(message: SlackMessage, value: string | Uint8Array): Promise<void> {
    this.#answered = message.changed;
    if (typeof value !== "string") return await this.sendsPhoto(value);
    const option = this.#find(value, [message], 2);
    if (option === undefined) await this.says(value);
    else this.#press(option);
  }

  #question(labels: readonly string[]): { message: SlackMessage; label: string } | undefined {
    for (const message of this.#fromApp().slice(0, 3)) {
      if (message.changed <= this.#answered) continue;
      const text = wordsOf(message).toLowerCase();
      const found = labels
        .map((label) => ({ label, at: text.indexOf(label.toLowerCase()) }))
        .filter(({ at }) => at >= 0)
        .sort((a, b) => a.at - b.at || b.label.length - a.label.length)[0];
      if (found !== undefined) return { message, label: found.label };
    }
    return undefined;
  }

  #link(label: string | RegExp): string | undefined {
    const links = this.#inSight().flatMap(linksOf);
    const ranked = links.map((link) => ({ ...link, fit: rank(label, link.label) }));
    return ranked.filter(({ fit }) => fit > 0).sort((a, b) => b.fit - a.fit)[0]?.url;
  }

  #begins(): void {
    this.#since = this.#double.activity.length;
  }

  /**
   * Waits until the app has done something that this person can notice since their last deed, so that a button of
   * the screen before is not taken for one of the next. An app that stays silent is waited for 2 s.
   */
  async #reacted(): Promise<void> {
    const since = this.#since;
    if (since === undefined || this.#hasty) return;
    const noticed = () =>
      this.#double.activity
        .slice(since)
        .some(
          ({ channel, user }) => (user ?? this.id) === this.id && (channel ?? this.channel) === this.channel,
        );
    await this.#double.until(noticed, 2000, () => "silence").catch(() => undefined);
    await this.#acked;
    this.#since = undefined;
  }

  async #wait<T>(find: () => T | undefined, timeoutMs: number, complaint: string): Promise<T> {
    return await this.#double.until(find, timeoutMs, () => this.#lost(complaint));
  }

  #lost(complaint: string): string {
    return `${complaint} in\n${this.transcript()}`;
  }
}

/** What fits a label best among what can be pressed or chosen in blocks; a link button is no press. */
function best(label: string | RegExp, blocks: readonly Block[]): (Deed & { fit: number }) | undefined {
  const deeds = pressables(blocks).flatMap(({ block, element }): (Deed & { fit: number })[] => {
    if (element.type !== "button")
      return optionsOf(element).map((option) => ({
        block,
        element,
        option,
        fit: rank(label, option.text.text),
      }));
    return element.url === undefined ? [{ block, element, fit: rank(label, element.text.text) }] : [];
  });
  return deeds.filter(({ fit }) => fit > 0).sort((a, b) => b.fit - a.fit)[0];
}
