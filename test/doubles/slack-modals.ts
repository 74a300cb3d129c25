import { checkView } from "./slack-checks.ts";
import { mentionsInBlocks } from "./slack-mrkdwn.ts";
import { type Args, isObject, type Json, needed, SlackRefusal, textOf } from "./slack-rules.ts";
import { APP_ID, botIdOf, type SlackTeam, type SlackView, type Workspace } from "./slack-workspace.ts";

/** Modals that may lie on each other. https://docs.slack.dev/surfaces/modals */
const STACK = 3;
/** How long a trigger opens a modal. */
const TRIGGER_MS = 3000;

/** Permissions to open one modal each, given out with every interaction. */
export class Triggers {
  readonly #world: Workspace;
  readonly #issued = new Map<string, { team: string; user: string; at: number; used: boolean }>();

  constructor(world: Workspace) {
    this.#world = world;
  }

  issue(team: SlackTeam, user: string): string {
    const id = `${1000 + this.#issued.size}.${team.id.length}.${this.#world.fresh("trigger").toLowerCase()}`;
    this.#issued.set(id, { team: team.id, user, at: this.#world.now(), used: false });
    return id;
  }

  /** The person a trigger belongs to; it is used up by this. @throws {SlackRefusal} */
  exchange(team: SlackTeam, args: Args): string {
    const trigger = this.#issued.get(textOf(args.trigger_id));
    if (trigger === undefined || trigger.team !== team.id) throw new SlackRefusal("invalid_trigger_id");
    if (trigger.used) throw new SlackRefusal("exchanged_trigger_id");
    if (this.#world.now() - trigger.at > TRIGGER_MS) throw new SlackRefusal("expired_trigger_id");
    trigger.used = true;
    return trigger.user;
  }
}

/** A view as the Web API and interactions tell of it. */
export const aboutView = (team: SlackTeam, view: SlackView, values: Json = {}): Json => ({
  private_metadata: "",
  callback_id: "",
  external_id: "",
  ...view.content,
  id: view.id,
  team_id: team.id,
  app_id: APP_ID,
  bot_id: botIdOf(team),
  hash: view.hash,
  root_view_id: view.root,
  previous_view_id: view.previous ?? null,
  state: { values },
});

/** The modals that lie open for a person, the topmost last. */
export const stackOf = (team: SlackTeam, user: string): SlackView[] => {
  const stack = team.stacks.get(user) ?? [];
  team.stacks.set(user, stack);
  return stack;
};

/** Opens a modal, on top of the others or as the only one. @throws {SlackRefusal} push_limit_reached */
export function openModal(
  world: Workspace,
  team: SlackTeam,
  user: string,
  content: unknown,
  onTop: boolean,
): SlackView {
  const checked = checkView(content, "modal", world.pictures(team));
  const stack = stackOf(team, user);
  if (onTop && stack.length >= STACK) throw new SlackRefusal("push_limit_reached");
  if (!onTop) for (const view of stack.splice(0)) view.closed = true;
  const id = world.fresh("V");
  const view: SlackView = {
    id,
    team: team.id,
    user,
    content: checked,
    hash: world.ts(),
    root: stack[0]?.id ?? id,
    previous: stack.at(-1)?.id,
    closed: false,
  };
  stack.push(view);
  world.events.emit("view", view);
  shown(world, view);
  return view;
}

/** Changes what a modal shows. */
export function changeModal(world: Workspace, team: SlackTeam, view: SlackView, content: unknown): void {
  view.content = checkView(content, "modal", world.pictures(team));
  view.hash = world.ts();
  shown(world, view);
}

/** Closes all modals of a person. */
export function closeModals(world: Workspace, team: SlackTeam, user: string): void {
  for (const view of stackOf(team, user).splice(0)) view.closed = true;
  world.did({ user });
}

function shown(world: Workspace, view: SlackView): void {
  for (const mention of mentionsInBlocks(view.content.blocks))
    world.mentions.push({ ...mention, channel: view.id, ts: view.hash });
  world.did({ user: view.user });
}

/** `views.*` */
export const views = {
  "views.open": (world: Workspace, team: SlackTeam, args: Args, triggers: Triggers): Json => {
    checkView(args.view, "modal", world.pictures(team));
    const user = triggers.exchange(team, args);
    return { view: aboutView(team, openModal(world, team, user, args.view, false)) };
  },

  "views.push": (world: Workspace, team: SlackTeam, args: Args, triggers: Triggers): Json => {
    checkView(args.view, "modal", world.pictures(team));
    const user = triggers.exchange(team, args);
    if (stackOf(team, user).length === 0) throw new SlackRefusal("not_found");
    return { view: aboutView(team, openModal(world, team, user, args.view, true)) };
  },

  "views.update": (world: Workspace, team: SlackTeam, args: Args): Json => {
    const wanted = textOf(args.view_id);
    const external = textOf(args.external_id);
    const view = [...team.stacks.values()]
      .flat()
      .find(({ id, content }) =>
        wanted ? id === wanted : external !== "" && content.external_id === external,
      );
    if (view === undefined || view.closed) throw new SlackRefusal("not_found");
    if (textOf(args.hash) !== "" && args.hash !== view.hash) throw new SlackRefusal("hash_conflict");
    changeModal(world, team, view, args.view);
    return { view: aboutView(team, view) };
  },

  "views.publish": (world: Workspace, team: SlackTeam, args: Args): Json => {
    const user = world.user(team, needed(args, "user_id"));
    if (user.left !== undefined) throw new SlackRefusal("not_enabled");
    const content = checkView(args.view, "home", world.pictures(team));
    const before = team.homes.get(user.id);
    if (textOf(args.hash) !== "" && args.hash !== before?.hash) throw new SlackRefusal("hash_conflict");
    const id = before?.id ?? world.fresh("V");
    const hash = world.ts();
    const view: SlackView = {
      id,
      team: team.id,
      user: user.id,
      content,
      hash,
      root: id,
      previous: undefined,
      closed: false,
    };
    team.homes.set(user.id, view);
    shown(world, view);
    return { view: aboutView(team, view) };
  },
};

/** Reads the view of a `response_action`. @throws {SlackRefusal} */
export function viewIn(ack: Json): unknown {
  if (!isObject(ack.view)) throw new SlackRefusal("invalid_arguments", { messages: ["[ERROR] no view"] });
  return ack.view;
}
