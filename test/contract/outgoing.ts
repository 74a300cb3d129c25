import { expect, test } from "vitest";
import { plain } from "../../src/engine/rich-text.ts";
import { view } from "../../src/engine/turn.ts";
import type { Button, Pick } from "../../src/engine/view.ts";
import { HOSTILE } from "../engine/views.ts";
import type { Bench, Traits } from "./bench.ts";
import { freshKey, lost, sends, squeezed } from "./shown.ts";
import { VIEWS } from "./view-table.ts";

/** Tokens as the engine makes them and as it may make them: filled to the limit, of many bytes, full of marks. */
const tokensOf = (max: number): string[] => [
  "start~Ab-_12xy",
  "a|b\\|c\\e|~abcdefgh",
  "#q8sX0-_aBcDeFgHiJkLmNo",
  "quote\"'<>&`*_~|:{}[]()%20+ /?=",
  "é漢字🍵|~abcdefgh",
  "x".repeat(max),
  "🍵".repeat(Math.floor(max / 4)),
];

/** What goes out is to be seen whole, as it was written, and mentions nobody. */
export function outgoing(traits: Traits, bench: () => Bench): void {
  test.for(VIEWS)("%s, whole", async ([, given]) => {
    const ada = await bench().person();
    const pings = bench().mentions().length;
    const shown = await sends(bench(), ada, given);
    expect(lost(given, shown)).toEqual([]);
    expect(bench().mentions().length).toBe(pings);
  });

  test.for(HOSTILE)("hostile words exactly as they were typed, linking to nothing: %#", async (text) => {
    const ada = await bench().person();
    const [shown] = await sends(bench(), ada, view({ text: plain(text) }));
    expect(shown?.text).toBe(text);
    expect(shown?.links).toEqual([]);
  });

  test("a picture with its words", async () => {
    const ada = await bench().person();
    const image = { url: "https://pictures.example/mug.jpg", alt: "A mug" };
    const shown = await sends(bench(), ada, view({ cards: [{ title: "Mug", image }] }));
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ pictures: 1, text: "Mug" });
  });

  test("buttons, options and their tokens byte for byte, which a press hands back with its message", async () => {
    const { adapter, host } = bench();
    const ada = await bench().person();
    for (const token of tokensOf(adapter.can.tokenBytes)) {
      const other = token.slice(0, -2);
      const press: Button = { kind: "button", label: "Press", token };
      const choose: Pick = { kind: "pick", label: "Choose", options: [{ label: "This", token: other }] };
      const [shown] = await sends(bench(), ada, view({ text: plain("Press"), controls: [press, choose] }));
      for (const each of [token, other]) {
        const before = host.accepted.length;
        await ada.presses(shown!.message, each);
        const { body, address, ...event } = await host.next(before);
        expect(body).toMatchObject({ kind: "press", token: each, message: shown!.message });
        expect(address).toEqual(ada.address);
        expect(event.id).not.toBe("");
      }
    }
  });

  if (traits.files)
    test("a document to download, with its name and every word", async () => {
      const ada = await bench().person();
      const file = {
        name: "export.json",
        contentType: "application/json",
        text: '{"name":"Ada ☕"}\n'.repeat(50),
      };
      const shown = await sends(bench(), ada, view({ text: plain("Your export"), file }));
      expect(shown.map(({ text }) => text).join("\n")).toContain("Your export");
      expect(shown.flatMap(({ files }) => files)).toEqual([
        expect.objectContaining({ name: file.name, text: file.text }),
      ]);
    });

  test("an answer in place of an older message, and as a new one where that is gone", async () => {
    const { adapter } = bench();
    const ada = await bench().person();
    const texts = async () => (await ada.shown()).map(({ text }) => text);
    const sent = await adapter.send(ada.address, { view: view({ text: plain("Cart: 1") }), key: freshKey() });
    const edit = (text: string) =>
      adapter.send(ada.address, {
        view: view({ text: plain(text) }),
        key: freshKey(),
        replaces: sent.message,
      });
    expect(await edit("Cart: 2")).toEqual(sent);
    expect(await texts()).toEqual(["Cart: 2"]);
    expect(await edit("Cart: 2")).toEqual(sent);
    await bench().removes(ada, sent.message);
    const again = await edit("Cart: 3");
    expect(await texts()).toEqual(["Cart: 3"]);
    expect((await ada.shown())[0]!.message).toBe(again.message);
  });

  test.for(["&<>", "*_`~", "漢字", "🍵"])(
    "an older message changed to a long text full of %s",
    async (signs) => {
      const { adapter } = bench();
      const ada = await bench().person();
      const { message } = await adapter.send(ada.address, {
        view: view({ text: plain("Before") }),
        key: freshKey(),
      });
      const long = signs.repeat(Math.floor(Math.min(adapter.can.textMax, 3900) / signs.length));
      await adapter.send(ada.address, {
        view: view({ text: plain(long) }),
        key: freshKey(),
        replaces: message,
      });
      expect((await ada.shown()).map(({ text }) => squeezed(text))).toEqual([long]);
    },
  );

  test("a message with a picture in place of one without, and the other way round", async () => {
    const { adapter } = bench();
    const ada = await bench().person();
    const image = { url: "https://pictures.example/mug.jpg", alt: "A mug" };
    const looks = [
      view({ text: plain("Plain") }),
      view({ cards: [{ title: "Mug", image }] }),
      view({ text: plain("Plain again") }),
    ];
    let replaces: string | undefined;
    for (const [index, look] of looks.entries()) {
      replaces = (await adapter.send(ada.address, { view: look, key: freshKey(), replaces })).message;
      const shown = await ada.shown();
      expect(shown).toHaveLength(1);
      expect(shown[0]).toMatchObject({ message: replaces, pictures: index % 2 });
    }
  });

  if (traits.channels && traits.ephemeral)
    test("what is for one person's eyes to that person only", async () => {
      const { adapter, host } = bench();
      const ada = await bench().personAmongOthers!();
      const eve = await bench().personAmongOthers!();
      const before = host.accepted.length;
      await ada.commands("start");
      const { address, ticket } = await host.next(before);
      await adapter.send(address, {
        view: view({ text: plain("Your cart"), visibility: "user" }),
        key: freshKey(),
        ticket,
      });
      const seen = (await ada.shown()).find(({ text }) => text === "Your cart");
      expect(seen).toMatchObject({ hidden: true });
      expect((await eve.shown()).map(({ text }) => text)).not.toContain("Your cart");
    });
}
