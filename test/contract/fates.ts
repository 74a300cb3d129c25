import { expect, test } from "vitest";
import { SendError } from "../../src/engine/adapter.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { view } from "../../src/engine/turn.ts";
import type { Bench, Someone, Traits } from "./bench.ts";
import { freshKey } from "./shown.ts";

const button = { kind: "button", label: "More", token: "more~abcdefgh" } as const;
const words = (text: string) => view({ text: plain(text), controls: [button] });

/** What became of a message that could not be sent. */
export function fates(traits: Traits, bench: () => Bench): void {
  const send = (to: Someone, text: string, key = freshKey(), replaces?: string) =>
    bench().adapter.send(to.address, { view: words(text), key, replaces });
  const shows = async (to: Someone, text: string): Promise<number> =>
    (await to.shown()).filter((shown) => shown.text === text).length;

  if (traits.troubles) {
    test("that a flood was not sent, and when to try again", async () => {
      const ada = await bench().person();
      await send(ada, "First");
      bench().misbehave!("429");
      const error = await refusal(send(ada, "Too much"));
      expect(error.fate).toBe("unsent");
      expect(error.retryAfterMs).toBeGreaterThanOrEqual(1000);
      expect(error.retryAfterMs).toBeLessThanOrEqual(10_000);
      expect(await shows(ada, "Too much")).toBe(0);
    });

    test.for(["500-before", "500-after"] as const)(
      "the truth of a message at %s: not sent only if a second try makes no second message",
      async (trouble) => {
        const ada = await bench().person();
        await send(ada, "First");
        bench().misbehave!(trouble);
        const key = freshKey();
        const { fate } = await refusal(send(ada, "Once", key));
        expect(await shows(ada, "Once")).toBe(trouble === "500-after" ? 1 : 0);
        expect(["unsent", "unknown"]).toContain(fate);
        await send(ada, "Once", key);
        expect(await shows(ada, "Once")).toBe(trouble === "500-after" && fate === "unknown" ? 2 : 1);
      },
    );

    if (traits.looksUp)
      test("a message whose answer was lost once: a try that is told so finds it and sends no second", async () => {
        const ada = await bench().person();
        await send(ada, "First");
        const view = words("Once");
        const key = freshKey();
        bench().misbehave!("500-after");
        await refusal(bench().adapter.send(ada.address, { view, key }));
        const { message } = await bench().adapter.send(ada.address, { view, key, again: true });
        expect((await ada.shown()).filter(({ text }) => text === "Once")).toMatchObject([{ message }]);
        // Another of the same words is another message, and one that never arrived is sent.
        for (const other of [freshKey(), freshKey()])
          await bench().adapter.send(ada.address, { view, key: other, again: true });
        expect(await shows(ada, "Once")).toBe(3);
      });

    test.for(["429", "500-before", "500-after"] as const)(
      "that an edit at %s may be made again, and makes no second message then",
      async (trouble) => {
        const ada = await bench().person();
        const { message } = await send(ada, "Before");
        bench().misbehave!(trouble);
        const key = freshKey();
        const error = await refusal(send(ada, "After", key, message));
        expect(error.fate).toBe("unsent");
        await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 0));
        expect((await send(ada, "After", key, message)).message).toBe(message);
        expect((await ada.shown()).map(({ text }) => text)).toEqual(["After"]);
      },
    );
  }

  test("that nothing was sent where nothing can be reached", async () => {
    const ada = await bench().person();
    await send(ada, "First");
    await bench().cutOff();
    // A connection that was open may break in the middle, which tells nothing; the next cannot be made at all.
    await refusal(send(ada, "Anybody?"));
    expect((await refusal(send(ada, "Anybody?"))).fate).toBe("unsent");
  });

  if (traits.leaving)
    test("that somebody cannot be reached any more", async () => {
      const ada = await bench().person();
      await send(ada, "First");
      await ada.leaves!();
      expect((await refusal(send(ada, "Still there?"))).fate).toBe("refused");
    });
}

async function refusal(sending: Promise<unknown>): Promise<SendError> {
  const error = await sending.then(
    () => new Error("It was sent"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SendError)) throw error;
  return error;
}
