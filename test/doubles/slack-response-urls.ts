import { changeMessage, contentOf, putMessage } from "./slack-chat.ts";
import { type Args, isOn, SlackRefusal } from "./slack-rules.ts";
import type { SlackChannel, SlackMessage, SlackTeam, Workspace } from "./slack-workspace.ts";

/** Uses and life of an address to answer at; https://docs.slack.dev/interactivity/handling-user-interaction */
const USES = 5;
const LIFE_MS = 30 * 60 * 1000;

interface Issued {
  readonly team: SlackTeam;
  readonly channel: SlackChannel;
  readonly user: string;
  /** The message the interaction began on; none for a slash command. */
  readonly origin: SlackMessage | undefined;
  readonly at: number;
  uses: number;
}

/** Addresses that the app may answer an interaction at. */
export class ResponseUrls {
  readonly #world: Workspace;
  readonly #issued = new Map<string, Issued>();

  constructor(world: Workspace) {
    this.#world = world;
  }

  /** The last part of a new address. */
  issue(team: SlackTeam, channel: SlackChannel, user: string, origin?: SlackMessage): string {
    const id = this.#world.fresh("R");
    this.#issued.set(id, { team, channel, user, origin, at: this.#world.now(), uses: 0 });
    return id;
  }

  /** Does what was posted to an address. @throws {SlackRefusal} used_url, expired_url and what a message can be refused for */
  answer(id: string, args: Args): void {
    const issued = this.#issued.get(id);
    if (issued === undefined) throw new SlackRefusal("invalid_url", { status: 404 });
    if (this.#world.now() - issued.at > LIFE_MS) throw new SlackRefusal("expired_url", { status: 404 });
    if (issued.uses >= USES) throw new SlackRefusal("used_url", { status: 404 });
    if (issued.team.gone !== undefined) throw new SlackRefusal(issued.team.gone, { status: 403 });
    respond(this.#world, issued, args);
    issued.uses += 1;
  }
}

/** Shows what the app answers to an interaction: a new message, or another in place of the one it began on. */
export function respond(
  world: Workspace,
  to: Pick<Issued, "team" | "channel" | "user" | "origin">,
  args: Args,
): void {
  const { team, channel, user, origin } = to;
  if (isOn(args.delete_original)) {
    if (origin?.from === "bot") origin.deleted = true;
    else if (origin !== undefined) origin.attached = [];
    world.did({ channel: channel.id, user });
    return;
  }
  const content = contentOf(world, team, args);
  if (isOn(args.replace_original) && origin !== undefined && !origin.deleted) {
    const blocks = content.blocks ?? [];
    // Below somebody else's message stands a preview, which is all that the app may change there.
    if (origin.from === "bot") changeMessage(world, team, channel, origin, { ...content, blocks });
    else
      changeMessage(world, team, channel, origin, {
        ...content,
        text: undefined,
        blocks: undefined,
        attached: blocks,
      });
    return;
  }
  const everybody = args.response_type === "in_channel";
  putMessage(world, team, channel, content, everybody ? {} : { onlyFor: user });
}
