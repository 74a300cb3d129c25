import { type Args, isOn, type Json, SlackRefusal, textOf } from "./slack-rules.ts";
import { APP_ID, type SlackTeam, type Workspace } from "./slack-workspace.ts";

/** What the app is known by. */
export interface AppKeys {
  readonly clientId: string;
  readonly clientSecret: string;
}

interface Code {
  readonly team: SlackTeam;
  readonly redirect: string;
  readonly scope: string;
  used: boolean;
}

/** OAuth v2: the page where somebody agrees to install the app, and the exchange of its code for a token. */
export class Installs {
  readonly #world: Workspace;
  readonly #keys: AppKeys;
  readonly #codes = new Map<string, Code>();

  constructor(world: Workspace, keys: AppKeys) {
    this.#world = world;
    this.#keys = keys;
  }

  /** Where the page sends the browser of somebody who agrees (or not, with `cancel`); undefined if the address is wrong. */
  authorize(query: URLSearchParams): string | undefined {
    const redirect = query.get("redirect_uri") ?? "";
    if (query.get("client_id") !== this.#keys.clientId || !URL.canParse(redirect)) return undefined;
    const scope = query.get("scope") ?? "";
    const wanted = query.get("team");
    const team =
      wanted === null
        ? [...this.#world.teams.values()].findLast(({ installed }) => !installed)
        : this.#world.teams.get(wanted);
    if (team === undefined || scope === "") return undefined;
    const back = new URL(redirect);
    if (query.has("cancel")) back.searchParams.set("error", "access_denied");
    else back.searchParams.set("code", this.#code(team, redirect, scope));
    const state = query.get("state");
    if (state !== null) back.searchParams.set("state", state);
    return back.href;
  }

  #code(team: SlackTeam, redirect: string, scope: string): string {
    const code = this.#world.fresh("code.");
    this.#codes.set(code, { team, redirect, scope, used: false });
    return code;
  }

  /** `oauth.v2.access` @throws {SlackRefusal} */
  access(args: Args, basic: string | undefined): Json {
    const [headerId, headerSecret] = Buffer.from(basic ?? "", "base64")
      .toString()
      .split(":");
    const id = textOf(args.client_id) || headerId;
    const secret = textOf(args.client_secret) || headerSecret;
    if (id !== this.#keys.clientId) throw new SlackRefusal("invalid_client_id");
    if (secret !== this.#keys.clientSecret) throw new SlackRefusal("bad_client_secret");
    const code = this.#codes.get(textOf(args.code));
    if (code === undefined) throw new SlackRefusal("invalid_code");
    if (code.used) throw new SlackRefusal("code_already_used");
    if (textOf(args.redirect_uri) !== code.redirect) throw new SlackRefusal("bad_redirect_uri");
    code.used = true;
    const { team } = code;
    // A second installation keeps the token, as long as it was not taken back.
    if (!team.installed || team.gone !== undefined)
      team.botToken = `xoxb-${team.id}-${this.#world.fresh("i")}`;
    team.installed = true;
    team.gone = undefined;
    this.#world.rang();
    return {
      access_token: team.botToken,
      token_type: "bot",
      scope: code.scope,
      bot_user_id: team.botUser,
      app_id: APP_ID,
      team: { id: team.id, name: team.name },
      enterprise: null,
      authed_user: { id: team.users.keys().next().value ?? "U0INSTALLER" },
      is_enterprise_install: false,
    };
  }
}

/** `auth.revoke` */
export function revokeToken(team: SlackTeam, args: Args): Json {
  if (isOn(args.test)) return { revoked: false };
  team.gone = "token_revoked";
  return { revoked: true };
}
