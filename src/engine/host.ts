import { locales, sayIn } from "../i18n/index.ts";
import { typedText } from "../i18n/typed.ts";
import type { Asker, Host } from "./adapter.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { Glance } from "./run-turn.ts";

const SUGGESTIONS_MAX = 25;

/**
 * What adapters may ask of the engine; `glance` makes a turn that belongs to no conversation, `asks` takes such a one from the
 * share of who asks and is false where nothing is left of it: then there is no answer, which is no trouble for anybody.
 */
export function hostOf(
  { script, media, keepMedia }: Pick<EngineOptions, "script" | "media" | "keepMedia">,
  accept: Host["accept"],
  admits: Host["admits"],
  asks: (asker: Asker) => boolean,
  glance: (asker: Asker) => Glance,
): Host {
  return {
    accept,
    admits,
    media,
    keepMedia,
    locales,
    commands: (locale) => {
      const say = sayIn(locale);
      const own = { name: "cancel", description: say("command.cancel") };
      const commands = [...script.commands].map(([name, { description, option }]) => ({
        name,
        description: say(description),
        ...(option && {
          option: {
            name: option.name,
            description: say(option.description),
            suggests: option.suggest !== undefined,
          },
        }),
      }));
      return [...commands, own];
    },
    suggest: async (asker, command, text) => {
      const suggest = script.commands.get(command)?.option?.suggest;
      const found = suggest && asks(asker) ? await suggest(glance(asker), typedText(text)) : [];
      return found.slice(0, SUGGESTIONS_MAX);
    },
    problems: ({ address, sender, token, values, locale, refused }) =>
      glance({ address, sender: { ...sender, locale } }).problems(token, values, refused),
    preview: async (asker, url) => (asks(asker) ? await script.runPreview(glance(asker), url) : null),
  };
}
