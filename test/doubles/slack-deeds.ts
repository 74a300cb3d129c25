import type { Block, Option, Pressable } from "./slack-block-kit.ts";
import type { Envelope } from "./slack-envelope.ts";
import { aboutFile } from "./slack-files.ts";
import { aboutView, type Triggers } from "./slack-modals.ts";
import { escaped } from "./slack-mrkdwn.ts";
import { type ResponseUrls, respond } from "./slack-response-urls.ts";
import { type Json, SlackRefusal } from "./slack-rules.ts";
import {
  APP_ID,
  aboutMessage,
  type SlackChannel,
  type SlackFile,
  type SlackMessage,
  type SlackTeam,
  type SlackUser,
  type SlackView,
  type Workspace,
} from "./slack-workspace.ts";

/** A press or a choice, as the app is told of it. */
export interface Deed {
  readonly block: Block;
  readonly element: Pressable;
  readonly option?: Option;
}

/** Where a person stands: the workspace, the channel, and who they are. */
export interface Standing {
  readonly team: SlackTeam;
  readonly channel: SlackChannel;
  readonly user: SlackUser;
}

type Send = (team: SlackTeam, envelope: Envelope, ofPerson: boolean) => Promise<Json | undefined>;

/** What people do, told to the app in the words of Slack's payloads. */
export class Deeds {
  readonly #world: Workspace;
  readonly #triggers: Triggers;
  readonly #responses: ResponseUrls;
  readonly #send: Send;
  readonly #root: () => string;

  constructor(world: Workspace, triggers: Triggers, responses: ResponseUrls, send: Send, root: () => string) {
    this.#world = world;
    this.#triggers = triggers;
    this.#responses = responses;
    this.#send = send;
    this.#root = root;
    world.events.on("posted", (team: SlackTeam, channel: SlackChannel, message: SlackMessage) =>
      this.#echo(team, channel, message, false),
    );
    world.events.on("edited", (team: SlackTeam, channel: SlackChannel, message: SlackMessage) =>
      this.#echo(team, channel, message, true),
    );
  }

  /** Types a message; in a channel it calls the app by name. */
  writes({ team, channel, user }: Standing, text: string, files: SlackFile[] = []): SlackMessage {
    const inDm = channel.user !== undefined;
    const called = inDm ? escaped(text) : `<@${team.botUser}> ${escaped(text)}`;
    const message = this.#world.append(channel, { from: user.id, text: called, files });
    this.#world.rang();
    const event = {
      ...aboutMessage(team, message),
      type: inDm ? "message" : "app_mention",
      ...(files.length > 0 && {
        ...(inDm && { subtype: "file_share" }),
        files: files.map((file) => aboutFile(this.#root(), team, file)),
      }),
      channel: channel.id,
      event_ts: message.ts,
      client_msg_id: this.#world.fresh("client-").toLowerCase(),
      ...(inDm && { channel_type: "im" }),
    };
    if (channel.member) this.event(team, event);
    return message;
  }

  /** Gives the app's slash command; what the app acknowledges with is shown. */
  commands(standing: Standing, command: string, text: string): Promise<Json | undefined> {
    const { team, channel, user } = standing;
    const said = `${command} ${text}`.trim();
    this.#world.append(channel, { from: user.id, text: escaped(said), onlyFor: user.id });
    this.#world.rang();
    const payload = {
      token: "legacy",
      team_id: team.id,
      team_domain: team.name,
      channel_id: channel.id,
      channel_name: channel.name,
      user_id: user.id,
      user_name: user.name.toLowerCase(),
      command,
      text: escaped(text),
      api_app_id: APP_ID,
      is_enterprise_install: "false",
      response_url: this.#responseUrl(standing),
      trigger_id: this.#triggers.issue(team, user.id),
    };
    const id = this.#world.fresh("command-");
    return this.#send(team, { kind: "slash_commands", payload, id }, true).then((ack) => {
      if (ack !== undefined && ("text" in ack || "blocks" in ack))
        this.#show(() => respond(this.#world, { team, channel, user: user.id, origin: undefined }, ack));
      return ack;
    });
  }

  /** Presses something on a message. */
  presses(standing: Standing, message: SlackMessage, deed: Deed): Promise<Json | undefined> {
    const { team, channel, user } = standing;
    return this.#interactive(team, {
      ...this.#pressed(standing, deed),
      ...whereOf(team, channel, message, deed.block),
      state: { values: {} },
      response_url: this.#responseUrl({ team, channel, user }, message),
    });
  }

  /** Presses something in a modal or on the home tab. */
  pressesInView(
    standing: Pick<Standing, "team" | "user">,
    view: SlackView,
    deed: Deed,
    values: Json = {},
  ): Promise<Json | undefined> {
    return this.#interactive(standing.team, {
      ...this.#pressed(standing, deed),
      container: { type: "view", view_id: view.id },
      view: aboutView(standing.team, view, values),
    });
  }

  submits(
    { team, user }: Pick<Standing, "team" | "user">,
    view: SlackView,
    values: Json,
  ): Promise<Json | undefined> {
    return this.#interactive(team, {
      type: "view_submission",
      ...this.#who(team, user),
      view: aboutView(team, view, values),
      response_urls: [],
    });
  }

  /** Closes a modal; the app is told only if it asked to be. */
  closes({ team, user }: Pick<Standing, "team" | "user">, view: SlackView): void {
    view.closed = true;
    const stack = team.stacks.get(user.id) ?? [];
    stack.splice(stack.indexOf(view), 1);
    const { content } = view;
    if (content.type !== "modal" || content.notify_on_close !== true) return;
    const about = { type: "view_closed", ...this.#who(team, user), view: aboutView(team, view) };
    void this.#interactive(team, { ...about, is_cleared: false });
  }

  opensHome({ team, user, channel }: Standing): void {
    const view = team.homes.get(user.id);
    this.event(team, {
      type: "app_home_opened",
      user: user.id,
      channel: channel.id,
      tab: "home",
      event_ts: this.#world.ts(),
      ...(view !== undefined && { view: aboutView(team, view) }),
    });
  }

  /** Posts an address of a domain the app unfurls. */
  links({ team, channel, user }: Standing, url: string): SlackMessage {
    const message = this.#world.append(channel, { from: user.id, text: `<${escaped(url)}>` });
    this.#world.rang();
    this.event(team, {
      type: "link_shared",
      user: user.id,
      channel: channel.id,
      message_ts: message.ts,
      unfurl_id: `${message.ts}.unfurl`,
      source: "conversations_history",
      is_bot_user_member: channel.member,
      event_ts: message.ts,
      links: [{ domain: new URL(url).hostname, url: escaped(url) }],
    });
    return message;
  }

  /** Tells the app of an event, as part of the Events API. Answers the event's id. */
  event(team: SlackTeam, event: Json, ofPerson = true): string {
    const id = this.#world.fresh("Ev");
    const payload = {
      token: "legacy",
      team_id: team.id,
      context_team_id: team.id,
      api_app_id: APP_ID,
      event,
      type: "event_callback",
      event_id: id,
      event_time: Math.floor(this.#world.now() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: team.id,
          user_id: team.botUser,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
    };
    void this.#send(team, { kind: "events_api", payload, id }, ofPerson);
    return id;
  }

  /** Has a wrong answer to an interaction shown in the log of calls instead of throwing into the dark. */
  #show(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      this.#world.events.emit("refused-ack", error);
    }
  }

  #interactive(team: SlackTeam, payload: Json): Promise<Json | undefined> {
    const id = this.#world.fresh("interaction-");
    return this.#send(team, { kind: "interactive", payload, id }, true);
  }

  #pressed({ team, user }: Pick<Standing, "team" | "user">, { block, element, option }: Deed): Json {
    const chosen = element.type === "checkboxes" ? "selected_options" : "selected_option";
    return {
      type: "block_actions",
      ...this.#who(team, user),
      actions: [
        {
          type: element.type,
          action_id: element.action_id,
          block_id: block.block_id,
          action_ts: this.#world.ts(),
          ...(element.type === "button" && { text: element.text, value: element.value }),
          ...(option !== undefined && { [chosen]: chosen === "selected_options" ? [option] : option }),
        },
      ],
    };
  }

  #who(team: SlackTeam, user: SlackUser): Json {
    return {
      user: {
        id: user.id,
        username: user.name.toLowerCase(),
        name: user.name.toLowerCase(),
        team_id: team.id,
      },
      team: { id: team.id, domain: team.name },
      enterprise: null,
      is_enterprise_install: false,
      api_app_id: APP_ID,
      token: "legacy",
      trigger_id: this.#triggers.issue(team, user.id),
    };
  }

  #responseUrl({ team, channel, user }: Standing, origin?: SlackMessage): string {
    return `${this.#root()}/response/${this.#responses.issue(team, channel, user.id, origin)}`;
  }

  /** The app hears its own messages too, where it listens to all of a conversation. */
  #echo(team: SlackTeam, channel: SlackChannel, message: SlackMessage, edited: boolean): void {
    if (channel.user === undefined || message.onlyFor !== undefined) return;
    const where = { channel: channel.id, channel_type: "im", event_ts: message.ts };
    const about = aboutMessage(team, message);
    const event = edited
      ? {
          type: "message",
          subtype: "message_changed",
          hidden: true,
          ts: this.#world.ts(),
          message: about,
          ...where,
        }
      : { ...about, ...where };
    this.event(team, event, false);
  }
}

/** The message a press happened on, or the preview of a link below somebody's message. */
function whereOf(team: SlackTeam, channel: SlackChannel, message: SlackMessage, block: Block): Json {
  const preview = message.attached.includes(block);
  const onlyMine = message.onlyFor !== undefined;
  return {
    container: {
      type: preview ? "message_attachment" : "message",
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: onlyMine,
      ...(preview && { attachment_id: 1, is_app_unfurl: message.from !== "bot" }),
    },
    channel: { id: channel.id, name: channel.name },
    // A message only one person sees is stored nowhere, and a preview has none of the app's: they do not come along.
    ...(!onlyMine && !preview && { message: aboutMessage(team, message) }),
  };
}
