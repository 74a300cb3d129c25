import { locales, sayIn } from "../i18n/index.ts";
import { typedText } from "../i18n/typed.ts";
import type { Asker, Host } from "./adapter.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { ReadOnlyTurn } from "./run-turn.ts";

const SUGGESTIONS_MAX = 25;

/** A rule that says no has a code of its own; other trouble is told where it is tried again. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "BAD_MEDIA" || error.code === "PICTURE_QUOTA");

/**
 * What adapters may ask of the engine; `glance` makes a turn that belongs to no conversation, `asks` takes such a one from the
 * share of who asks and is false where nothing is left of it: then there is no answer, which is no trouble for anybody.
 */
export function hostOf(
  { router, media, keepMedia, log }: Pick<EngineOptions, "router" | "media" | "keepMedia" | "log">,
  accept: Host["accept"],
  admits: Host["admits"],
  asks: (asker: Asker) => boolean,
  glance: (asker: Asker) => ReadOnlyTurn,
): Host {
  return {
    accept,
    admits,
    media,
    // What goes wrong here becomes a sentence, or no completions, wherever it was asked for: its cause is told once, here.
    keepMedia: (bytes, from) =>
      keepMedia(bytes, from).catch((error: unknown) => {
        if (isRefusal(error)) log.debug({ err: error, bytes: bytes.length }, "A picture was not kept");
        throw error;
      }),
    locales,
    commands: (locale) => {
      const say = sayIn(locale);
      const own = { name: "cancel", description: say("command.cancel") };
      const commands = [...router.commands].map(([name, { description, option }]) => ({
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
      const suggest = router.commands.get(command)?.option?.suggest;
      if (suggest === undefined || !asks(asker)) return [];
      try {
        return (await suggest(glance(asker), typedText(text))).slice(0, SUGGESTIONS_MAX);
      } catch (error) {
        log.error({ err: error, command }, "A command could not be completed");
        throw error;
      }
    },
    problems: ({ address, sender, token, values, locale, refused }) =>
      glance({ address, sender: { ...sender, locale } }).problems(token, values, refused),
    preview: async (asker, url) => (asks(asker) ? await router.runPreview(glance(asker), url) : null),
  };
}
