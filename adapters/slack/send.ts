import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { type Delivery, type Host, type Removal, SendError, type Sent } from "../../src/engine/adapter.ts";
import { type Address, type DirectAddress, destinationOf, personAt } from "../../src/engine/address.ts";
import type { View } from "../../src/engine/view.ts";
import type { Limit, Pace } from "../../src/platform/pace.ts";
import { contentsOf } from "../../src/platform/shown-pictures.ts";
import type { UploadedPictures } from "../../src/platform/uploaded-pictures.ts";
import { type Rendered, render } from "./blocks.ts";
import { describe, isDeadToken, isRefused, NotInstalled, retryAfterMs, toSendError } from "./errors.ts";
import { picturesOf } from "./files.ts";
import type { Installations, Workspace } from "./installations.ts";
import { modalOf } from "./modal.ts";
import { respond } from "./respond.ts";
import { readTicket, type Ticket } from "./ticket.ts";
import { withPictures } from "./with-pictures.ts";

/** One message a second in a channel, short bursts allowed; edits more freely (https://docs.slack.dev/apis/web-api/rate-limits). */
export const LIMITS: Readonly<Record<"channel" | "edit", Limit>> = {
  channel: { points: 1, seconds: 1, burst: { points: 20, seconds: 30 } },
  edit: { points: 1, seconds: 1, burst: { points: 50, seconds: 60 } },
};

/** The old message cannot become the new one, or is gone: a new one takes its place. */
const NOT_EDITABLE = ["message_not_found", "cant_update_message", "edit_window_closed"];
/** The message is gone, or nobody may delete it here. */
const NOT_DELETABLE = [
  "message_not_found",
  "cant_delete_message",
  "compliance_exports_prevent_deletion",
  "channel_not_found",
];
/** The app, or the person, is no member of the channel. */
const NOT_THERE = ["not_in_channel", "channel_not_found", "user_not_in_channel"];
/** The person took longer than a trigger lives, or it opened a window before. */
const SPENT_TRIGGER = ["expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"];
/** The metadata by which a message is found again (https://docs.slack.dev/messaging/message-metadata). */
const DELIVERY = "hawker_delivery";
/** Messages looked through for it. Slack gives some apps no more at once. */
const LOOKED_AT = 15;
const isOf = (metadata: { event_type?: string; event_payload?: unknown } | undefined, key: string): boolean =>
  metadata?.event_type === DELIVERY && JSON.stringify(metadata.event_payload) === JSON.stringify({ key });

/** What it takes to send messages of one app. */
export interface OutletOptions {
  readonly host: Pick<Host, "media">;
  readonly installations: Installations;
  readonly pace: Pace<keyof typeof LIMITS>;
  readonly pictures: UploadedPictures;
  readonly apiRoot: string;
  readonly log: Logger;
}

/** One answer on its way. */
interface Post {
  readonly workspace: Workspace;
  readonly to: Address;
  readonly channel: string;
  readonly ticket: Partial<Ticket>;
  readonly view: View;
  readonly replaces: string | undefined;
  readonly replacesTicket?: string;
  readonly onlyThere?: boolean;
  /** The delivery it belongs to, and whether that was tried before. */
  readonly key: string;
  readonly again?: boolean;
  /** For one person's eyes, among others. */
  readonly alone: boolean;
}

/** What is paced together: a person's own channel, their Home tab, a shared channel. */
const paceKey = (to: Address): string =>
  `${to.connection}/${to.kind === "home" ? "home:" : ""}${destinationOf(to)}`;

/** Sends views. Keeps no state but its pace, the names of pictures and of direct messages. */
export class Outlet {
  readonly #options: OutletOptions;
  readonly #direct = new LRUCache<string, string>({ max: 10_000 });
  constructor(options: OutletOptions) {
    this.#options = options;
  }

  /** With `onlyThere` nothing is sent where `replaces` can not be changed; the id is "" then. @throws {SendError} */
  async send(to: Address, delivery: Delivery & { readonly onlyThere?: boolean }): Promise<Sent> {
    const { view, replaces, ticket } = delivery;
    const { installations, pace } = this.#options;
    const key = paceKey(to);
    const home = to.kind === "home" ? to.user : undefined;
    // Until a new message is on its way, everything may be done again.
    let repeatable = true;
    try {
      const workspace = await installations.of(to.connection);
      if (home !== undefined || replaces !== undefined) await pace.turn("edit", key);
      if (home !== undefined) return await this.#publish(workspace, home, view);
      const post = { ...delivery, workspace, to, replaces, ticket: readTicket(ticket) };
      if (await this.#openForm(post)) return { message: replaces ?? post.ticket.message ?? "", opened: true };
      const alone = view.visibility === "user" && to.kind === "member";
      const channel = "channel" in to ? to.channel : await this.#directOf(workspace, to.user);
      const sent = await this.#show({ ...post, channel, alone }, async () => {
        await pace.turn("channel", key);
        repeatable = false;
      });
      return sent;
    } catch (error) {
      throw await this.#failed(to, error, repeatable);
    }
  }

  /** Takes a message away. One that only its person sees goes by what they pressed on it, else it stays. @throws {SendError} */
  async remove(to: Address, { message: ts, hidden, ticket }: Removal): Promise<void> {
    const { installations, pace, apiRoot } = this.#options;
    try {
      const workspace = await installations.of(to.connection);
      await pace.turn("edit", paceKey(to));
      if (hidden) {
        const { message, response } = readTicket(ticket);
        if (message === ts) await respond(response, apiRoot, { delete_original: true }, true);
        return;
      }
      const channel = "channel" in to ? to.channel : await this.#directOf(workspace, to.user);
      await workspace.client.chat.delete({ channel, ts });
    } catch (error) {
      if (isRefused(error, NOT_DELETABLE)) return;
      throw await this.#failed(to, error, true);
    }
  }

  /** Empties what a person's Home tab shows, as they are erased; opened again, it is made anew. Never rejects. */
  async clearHome({ connection, user }: DirectAddress): Promise<void> {
    try {
      const { client } = await this.#options.installations.of(connection);
      await client.views.publish({ user_id: user, view: { type: "home", blocks: [{ type: "divider" }] } });
    } catch (error) {
      // Trouble at Slack must not keep anybody from being erased.
      this.#options.log.warn({ reason: describe(error) }, "A Home tab could not be emptied");
    }
  }

  async #failed(to: Address, error: unknown, repeatable: boolean): Promise<Error> {
    const { pace, installations } = this.#options;
    const wait = retryAfterMs(error);
    if (wait !== undefined) await pace.hush(paceKey(to), wait);
    if (isDeadToken(error) || error instanceof NotInstalled) installations.refuse(to.connection, error);
    return toSendError(error, repeatable);
  }

  /** A window, if the ticket still opens one. Where it does not, the message leads to the form. */
  async #openForm({ workspace, to, view, ticket }: Omit<Post, "channel" | "alone">): Promise<boolean> {
    if (!view.form || ticket.trigger === undefined) return false;
    const { token, locale } = view.form;
    const { message, hidden, response } = ticket;
    const opened = { channel: destinationOf(to), shared: to.kind === "member", message, hidden, response };
    const modal = modalOf(view.form, { token, locale, ...opened });
    try {
      await workspace.client.views.open({ trigger_id: ticket.trigger, view: modal });
      return true;
    } catch (error) {
      if (isDeadToken(error)) throw error;
      const level = isRefused(error, SPENT_TRIGGER) ? "debug" : "warn";
      this.#options.log[level]({ reason: describe(error) }, "A window could not be opened");
      return false;
    }
  }

  async #publish(workspace: Workspace, user: string, view: View): Promise<Sent> {
    return await this.#withPictures(workspace, view, async ({ blocks }) => {
      await workspace.client.views.publish({ user_id: user, view: { type: "home", blocks } });
      // A page is no message: what is shown next takes its place by itself.
      return { message: "" };
    });
  }

  async #show(post: Post, begin: () => Promise<void>): Promise<Sent> {
    const { workspace, view, replaces } = post;
    if (view.file) {
      await begin();
      const channel = post.alone ? await this.#directOf(workspace, personAt(post.to) ?? "") : post.channel;
      const file = await contentsOf(view.file, this.#options.host);
      if (file) await workspace.client.filesUploadV2({ channel_id: channel, filename: view.file.name, file });
      if (!view.text && view.cards.length + view.controls.length === 0) return { message: "" };
    }
    return await this.#withPictures(workspace, view, async (shown) => {
      if (replaces !== undefined && !view.file && (await this.#edit(post, replaces, shown)))
        return { message: replaces };
      if (post.onlyThere) return { message: "" };
      const posted = post.again && (await this.#posted(post));
      if (posted) return { message: posted };
      await begin();
      return await this.#post(post, shown);
    });
  }

  async #withPictures<T>(
    workspace: Workspace,
    view: View,
    show: (shown: Rendered) => Promise<T>,
  ): Promise<T> {
    const pictures = await picturesOf(this.#options.pictures, workspace, view);
    return await withPictures(pictures.size > 0, (pictured) =>
      show(render(view, pictured ? pictures : undefined)),
    );
  }

  /** Turns a message into another. Returns false if this message cannot be. */
  async #edit(
    { workspace, channel, ticket, alone, replacesTicket }: Post,
    ts: string,
    shown: Rendered,
  ): Promise<boolean> {
    const [own] = [ticket, readTicket(replacesTicket)].filter(
      ({ hidden, message }) => hidden && message === ts,
    );
    if (own)
      return await respond(own.response, this.#options.apiRoot, { ...shown, replace_original: true }, true);
    if (alone) return false;
    try {
      await workspace.client.chat.update({ channel, ts, ...shown, parse: "none", link_names: false });
      return true;
    } catch (error) {
      if (isRefused(error, NOT_EDITABLE)) return false;
      throw error;
    }
  }

  /**
   * The message of a delivery that an earlier try has posted although its answer was lost; undefined where there is none,
   * or no way to look: what one person sees among others is in no history, and in channels the app may not read it.
   */
  async #posted({ workspace, channel, key, alone }: Post): Promise<string | undefined> {
    if (alone) return undefined;
    try {
      const question = { channel, include_all_metadata: true, limit: LOOKED_AT };
      const { messages = [] } = await workspace.client.conversations.history(question);
      return messages.find(({ metadata }) => isOf(metadata, key))?.ts;
    } catch (error) {
      this.#options.log.debug(
        { reason: describe(error) },
        "It could not be seen whether a message was posted",
      );
      return undefined;
    }
  }

  async #post({ workspace, to, channel, ticket, alone, key }: Post, shown: Rendered): Promise<Sent> {
    const { chat } = workspace.client;
    const metadata = { event_type: DELIVERY, event_payload: { key } };
    const quiet = { ...shown, parse: "none", link_names: false } as const;
    const still = { ...quiet, unfurl_links: false, unfurl_media: false, metadata };
    try {
      if (!alone) return { message: (await chat.postMessage({ channel, ...still })).ts ?? "" };
      return {
        message: (await chat.postEphemeral({ channel, user: personAt(to) ?? "", ...quiet })).message_ts ?? "",
      };
    } catch (error) {
      if (to.kind !== "member" || !isRefused(error, NOT_THERE)) throw error;
      // A command works also where the app is no member; its answer has a way of its own.
      const response_type = alone ? "ephemeral" : "in_channel";
      if (
        await respond(
          ticket.response,
          this.#options.apiRoot,
          { ...shown, response_type, replace_original: false },
          false,
        )
      )
        return { message: "" };
      if (!alone) throw error;
      const direct = await this.#directOf(workspace, to.user);
      return { message: (await chat.postMessage({ channel: direct, ...still })).ts ?? "" };
    }
  }

  /** The channel of the direct messages with a person. */
  async #directOf({ team, client }: Workspace, user: string): Promise<string> {
    const known = this.#direct.get(`${team}/${user}`);
    if (known !== undefined) return known;
    const { channel } = await client.conversations.open({ users: user });
    if (channel?.id === undefined) throw new SendError("refused", "No direct messages with this person");
    this.#direct.set(`${team}/${user}`, channel.id);
    return channel.id;
  }
}
