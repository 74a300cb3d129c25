import type { Interactions } from "./discord-interactions.ts";
import type { Messages } from "./discord-messages.ts";
import { type Json, json, refusals } from "./discord-refusal.ts";
import type { CommandRegistry } from "./discord-registry.ts";
import { Created, type Route } from "./discord-rest.ts";
import type { World } from "./discord-world.ts";

export interface RoutesHost {
  readonly world: World;
  readonly messages: Messages;
  readonly interactions: Interactions;
  readonly commands: CommandRegistry;
  readonly applicationId: () => string;
  readonly application: () => Json;
  readonly gateway: () => Json;
}

/** The part of Discord's API that a shop's bot uses. */
export function routes(host: RoutesHost): Route[] {
  return [...ownRoutes(host), ...commandRoutes(host), ...channelRoutes(host), ...interactionRoutes(host)];
}

function ownRoutes({ world, application, applicationId, gateway }: RoutesHost): Route[] {
  return [
    { method: "GET", path: "/gateway/bot", run: gateway },
    { method: "GET", path: "/users/@me", run: () => world.userJson(applicationId()) },
    { method: "GET", path: "/applications/@me", run: application },
    { method: "GET", path: "/oauth2/applications/@me", run: application },
    {
      method: "GET",
      path: "/users/:user",
      run: ({ params }) => {
        if (!world.users.has(params.user ?? "")) throw refusals.unknownUser();
        return world.userJson(params.user ?? "");
      },
    },
    {
      method: "GET",
      path: "/guilds/:guild",
      run: ({ params }) => {
        const guild = world.guilds.get(params.guild ?? "");
        if (guild === undefined) throw refusals.unknownGuild();
        if (!guild.member) throw refusals.missingAccess();
        return world.guildJson(guild);
      },
    },
    {
      method: "POST",
      path: "/users/@me/channels",
      run: ({ value }) => {
        const user = world.users.get(String(json(value).recipient_id));
        if (user === undefined || user.bot) throw refusals.badRecipients();
        return world.channelJson(world.dm(user.id));
      },
    },
  ];
}

function commandRoutes({ world, commands, applicationId }: RoutesHost): Route[] {
  const path = "/applications/:application/commands";
  const newId = () => world.snowflake();
  const own = (application: string | undefined): string => {
    if (application !== applicationId()) throw refusals.unknownApplication();
    return application;
  };
  return [
    {
      method: "GET",
      path,
      run: ({ params }) => {
        own(params.application);
        return commands.all;
      },
    },
    {
      method: "PUT",
      path,
      run: ({ params, value }) => commands.replace(value, own(params.application), newId),
    },
    {
      method: "POST",
      path,
      run: ({ params, value }) => {
        const { command, fresh } = commands.add(value, own(params.application), newId);
        return fresh ? new Created(command) : command;
      },
    },
    { method: "GET", path: `${path}/:command`, run: ({ params }) => commands.find(params.command ?? "") },
    {
      method: "PATCH",
      path: `${path}/:command`,
      run: ({ params, value }) => commands.edit(params.command ?? "", value),
    },
    {
      method: "DELETE",
      path: `${path}/:command`,
      run: ({ params }) => commands.remove(params.command ?? ""),
    },
  ];
}

function channelRoutes({ world, messages, applicationId }: RoutesHost): Route[] {
  const path = "/channels/:channel/messages";
  return [
    {
      method: "GET",
      path: "/channels/:channel",
      run: ({ params }) => world.channelJson(messages.channel(params.channel ?? "", "read")),
    },
    {
      method: "POST",
      path: "/channels/:channel/typing",
      run: ({ params }) => void messages.channel(params.channel ?? "", "write"),
    },
    {
      method: "GET",
      path,
      run: ({ params, query }) =>
        messages
          .channel(params.channel ?? "", "read")
          .messages.filter((each) => !each.deleted && each.seenBy === undefined)
          .slice(-Number(query.get("limit") ?? 50))
          .reverse()
          .map((each) => world.messageJson(each)),
    },
    {
      method: "POST",
      path,
      run: ({ params, ...body }) => world.messageJson(messages.create(params.channel ?? "", body)),
    },
    {
      method: "GET",
      path: `${path}/:message`,
      run: ({ params }) => {
        const channel = messages.channel(params.channel ?? "", "read");
        return world.messageJson(messages.find(channel, params.message ?? ""));
      },
    },
    {
      method: "PATCH",
      path: `${path}/:message`,
      run: ({ params, ...body }) => {
        const channel = messages.channel(params.channel ?? "", "read");
        return world.messageJson(messages.edit(messages.find(channel, params.message ?? ""), body));
      },
    },
    {
      method: "DELETE",
      path: `${path}/:message`,
      run: ({ params }) => {
        const channel = messages.channel(params.channel ?? "", "read");
        const message = messages.find(channel, params.message ?? "");
        if (message.author !== applicationId())
          throw channel.guild === undefined ? refusals.dmOnly() : refusals.missingPermissions();
        messages.remove(message);
      },
    },
  ];
}

function interactionRoutes({ interactions }: RoutesHost): Route[] {
  const path = "/webhooks/:application/:token";
  return [
    {
      method: "POST",
      path: "/interactions/:interaction/:token/callback",
      open: true,
      run: ({ params, query, ...body }) => {
        const answered = interactions.callback(params.interaction ?? "", params.token ?? "", body);
        return query.get("with_response") === "true" ? answered : undefined;
      },
    },
    {
      method: "POST",
      path,
      open: true,
      run: ({ params, ...body }) => interactions.followUp(params.application ?? "", params.token ?? "", body),
    },
    {
      method: "GET",
      path: `${path}/messages/:message`,
      open: true,
      run: ({ params }) =>
        interactions.getMessage(params.application ?? "", params.token ?? "", params.message ?? ""),
    },
    {
      method: "PATCH",
      path: `${path}/messages/:message`,
      open: true,
      run: ({ params, ...body }) =>
        interactions.editMessage(params.application ?? "", params.token ?? "", params.message ?? "", body),
    },
    {
      method: "DELETE",
      path: `${path}/messages/:message`,
      open: true,
      run: ({ params }) =>
        interactions.deleteMessage(params.application ?? "", params.token ?? "", params.message ?? ""),
    },
  ];
}
