import {
  type APIApplicationCommandAutocompleteInteraction,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  InteractionResponseType,
  Locale,
  type REST,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
  Routes,
} from "discord.js";
import type { Host } from "../../src/engine/adapter.ts";
import { beginning } from "../../src/i18n/graphemes.ts";
import { announced, localized, type Texts } from "../../src/platform/announced.ts";
import { covers } from "../../src/platform/announced-alike.ts";
import { completions } from "../../src/platform/completions.ts";
import { readTyping } from "./inbound.ts";

/** Announces the commands with their words in every language, if they are not those that Discord has. */
export async function announceCommands(
  rest: REST,
  application: string,
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  const body = commandsOf(host);
  const route = Routes.applicationCommands(application);
  const query = new URLSearchParams({ with_localizations: "true" });
  const known = await rest.get(route, { query, signal });
  if (!covers(known, body)) await rest.put(route, { body, signal });
}

/** Returns what completes the command somebody is typing; nothing if the shop has no word on it. */
export async function complete(
  rest: REST,
  application: string,
  host: Pick<Host, "suggest">,
  interaction: APIApplicationCommandAutocompleteInteraction,
): Promise<void> {
  const typing = readTyping(interaction, application);
  const found = typing ? await completions(host, typing, { max: 25, length: 100 }) : [];
  const choices = found.map((name) => ({ name, value: name }));
  const body = { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices } };
  await rest.post(Routes.interactionCallback(interaction.id, interaction.token), { auth: false, body });
}

/** The commands as Discord takes them: a hundred, for servers and for direct messages with the bot. */
export const commandsOf = (
  host: Pick<Host, "commands" | "locales">,
): RESTPostAPIChatInputApplicationCommandsJSONBody[] =>
  announced(host)
    .filter(({ name }) => /^[-_\p{Ll}\p{N}]{1,32}$/u.test(name))
    .slice(0, 100)
    .map(({ name, description, option }) => ({
      type: ApplicationCommandType.ChatInput,
      name,
      ...described(name, description),
      contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
      integration_types: [ApplicationIntegrationType.GuildInstall],
      options: option && [
        {
          type: ApplicationCommandOptionType.String,
          name: option.name,
          ...described(option.name, option.description),
          required: false,
          autocomplete: option.suggests,
        },
      ],
    }));

/** A text in the first language, which is shown to all others, and in each that Discord knows. */
const described = (name: string, texts: Texts) => ({
  description: beginning(texts[0]?.[1] ?? name, 100),
  description_localizations: localized(texts, Object.values(Locale), 100),
});
