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
import type { CommandInfo, Host } from "../../src/engine/adapter.ts";
import { isVisible } from "../../src/engine/legible.ts";
import { readTyping } from "./inbound.ts";

/** Announces the commands with their words in every language, if they are not those that Discord has. */
export async function announceCommands(rest: REST, application: string, host: Host): Promise<void> {
  const wanted = commandsOf(host);
  const route = Routes.applicationCommands(application);
  const query = new URLSearchParams({ with_localizations: "true" });
  const known = (await rest.get(route, { query })) as Known[];
  if (digest(known) !== digest(wanted)) await rest.put(route, { body: wanted });
}

/** Answers what completes the command somebody is typing; nothing if the shop has no word on it. */
export async function complete(
  rest: REST,
  application: string,
  host: Pick<Host, "suggest">,
  interaction: APIApplicationCommandAutocompleteInteraction,
): Promise<void> {
  const asked = readTyping(interaction, application);
  const found = asked ? await host.suggest(asked, asked.command, asked.text).catch(() => []) : [];
  const names = new Set(found.map((name) => name.slice(0, 100)).filter(isVisible));
  const choices = [...names].slice(0, 25).map((name) => ({ name, value: name }));
  const type = InteractionResponseType.ApplicationCommandAutocompleteResult;
  const body = { type, data: { choices } };
  await rest.post(Routes.interactionCallback(interaction.id, interaction.token), { auth: false, body });
}

/** The commands as Discord takes them: a hundred, for servers and for direct messages with the bot. */
export function commandsOf(
  host: Pick<Host, "commands" | "locales">,
): RESTPostAPIChatInputApplicationCommandsJSONBody[] {
  const [first = "en"] = host.locales;
  const words = new Map(host.locales.map((locale) => [locale, host.commands(locale)]));
  /** A text in the first language, which is shown to all others, and in each that Discord knows. */
  const described = (name: string, textOf: (command: CommandInfo) => string) => {
    const texts = [...words].flatMap(([locale, commands]) => {
      const command = commands.find((each) => each.name === name);
      const known = Object.values(Locale).find((each) => each === locale || each.startsWith(`${locale}-`));
      return command && known ? [[known, textOf(command).slice(0, 100)] as const] : [];
    });
    const main = words.get(first)?.find((each) => each.name === name);
    return {
      description: main === undefined ? name : textOf(main).slice(0, 100) || name,
      description_localizations: Object.fromEntries(texts.filter(([, text]) => text !== "")),
    };
  };
  return (words.get(first) ?? [])
    .filter(({ name }) => /^[-_\p{Ll}\p{N}]{1,32}$/u.test(name))
    .slice(0, 100)
    .map(({ name, option }) => ({
      type: ApplicationCommandType.ChatInput,
      name,
      ...described(name, (command) => command.description),
      contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
      integration_types: [ApplicationIntegrationType.GuildInstall],
      ...(option && {
        options: [
          {
            type: ApplicationCommandOptionType.String as const,
            name: option.name,
            ...described(name, (command) => command.option?.description ?? ""),
            required: false,
            autocomplete: option.suggests,
          },
        ],
      }),
    }));
}

interface Known {
  readonly name: string;
  readonly description: string;
  readonly description_localizations?: object | null;
  readonly contexts?: readonly number[] | null;
  readonly options?: readonly Known[];
  readonly autocomplete?: boolean;
}

/** What is compared: Discord leaves out what is false or empty, and adds fields of its own. */
const essence = (part: Known): unknown[] => [
  part.name,
  part.description,
  Object.entries(part.description_localizations ?? {}).sort(),
  [...(part.contexts ?? [])].sort(),
  part.autocomplete === true,
  (part.options ?? []).map(essence),
];

const digest = (commands: readonly Known[]): string => JSON.stringify(commands.map(essence).sort());
