import { chat, history } from "./slack-chat.ts";
import { files } from "./slack-files.ts";
import { revokeToken } from "./slack-install.ts";
import { type Triggers, views } from "./slack-modals.ts";
import { type Args, type Json, needed, SlackRefusal } from "./slack-rules.ts";
import { APP_ID, botIdOf, type SlackTeam, type Workspace } from "./slack-workspace.ts";

/** What a method may need beside the workspace and its arguments. */
export interface MethodTools {
  readonly triggers: Triggers;
  /** The address of the double, without a slash at the end. */
  readonly root: string;
}

/** Answers a call of the Web API made with a bot token. @throws {SlackRefusal} */
export function callMethod(
  world: Workspace,
  team: SlackTeam,
  method: string,
  args: Args,
  { triggers, root }: MethodTools,
): Json {
  switch (method) {
    case "auth.test":
      return {
        url: `https://${team.name}.slack.com/`,
        team: team.name,
        user: "shop",
        team_id: team.id,
        user_id: team.botUser,
        bot_id: botIdOf(team),
        app_id: APP_ID,
        is_enterprise_install: false,
      };
    case "auth.revoke":
      return revokeToken(team, args);
    case "chat.postMessage":
    case "chat.update":
    case "chat.postEphemeral":
    case "chat.delete":
    case "chat.unfurl":
      return chat[method](world, team, args);
    case "views.open":
    case "views.push":
      return views[method](world, team, args, triggers);
    case "views.update":
    case "views.publish":
      return views[method](world, team, args);
    case "files.info":
    case "files.getUploadURLExternal":
    case "files.completeUploadExternal":
      return files[method](world, team, args, root);
    case "conversations.open":
      return openConversation(world, team, args);
    case "conversations.history":
      return history(team, args);
    case "conversations.info":
      return { channel: aboutChannel(team, needed(args, "channel", "channel_not_found")) };
    case "users.info":
      return { user: aboutUser(world, team, args) };
    default:
      throw new SlackRefusal("unknown_method");
  }
}

function openConversation(world: Workspace, team: SlackTeam, args: Args): Json {
  const users = needed(args, "users", "users_list_not_supplied").split(",");
  if (users.length !== 1) throw new SlackRefusal("not_enough_users");
  const user = world.user(team, users[0] ?? "");
  if (user.left !== undefined) throw new SlackRefusal("user_disabled");
  return { channel: { id: world.dm(team, user.id).id } };
}

function aboutChannel(team: SlackTeam, id: string): Json {
  const channel = team.channels.get(id);
  if (channel === undefined) throw new SlackRefusal("channel_not_found");
  const dm = channel.user !== undefined;
  return {
    id,
    name: channel.name,
    is_im: dm,
    is_channel: !dm,
    is_archived: channel.archived,
    is_member: channel.member,
    ...(dm && { user: channel.user }),
  };
}

function aboutUser(world: Workspace, team: SlackTeam, args: Args): Json {
  const user = world.user(team, needed(args, "user", "user_not_found"));
  const wantsLocale = args.include_locale === true || args.include_locale === "true";
  return {
    id: user.id,
    team_id: team.id,
    name: user.name.toLowerCase(),
    real_name: user.name,
    deleted: user.left !== undefined,
    is_bot: false,
    profile: { display_name: user.name, real_name: user.name },
    ...(wantsLocale && { locale: user.locale }),
  };
}
