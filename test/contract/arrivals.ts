import { expect, test } from "vitest";
import { destinationOf, personAt } from "../../src/engine/address.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { view } from "../../src/engine/turn.ts";
import type { FormView } from "../../src/engine/view.ts";
import type { Bench, Traits } from "./bench.ts";
import { freshKey } from "./shown.ts";

const FORM: FormView = {
  token: "form|address|a=b\\|c~abcdefgh",
  locale: "en",
  title: "Where shall it go, and to whom?",
  submit: "Continue",
  fields: [
    { name: "name", label: "Name", input: "text", required: true, maxLength: 80, value: "Bob" },
    {
      name: "email",
      label: "Email",
      input: "email",
      required: true,
      maxLength: 120,
      hint: "For the receipt",
    },
    {
      name: "country",
      label: "Country",
      input: "choice",
      required: true,
      maxLength: 2,
      options: [
        { value: "DE", label: "Germany" },
        { value: "CN", label: "中国" },
      ],
    },
    { name: "note", label: "Note", input: "long", required: false, maxLength: 500 },
  ],
};
const TYPED = {
  Name: "Ada <b>*Lovelace*</b> 爱达",
  Email: "ada@example.com",
  Country: "中国",
  Note: "Ring twice\n\nplease & thank you",
};
const VALUES = { name: TYPED.Name, email: TYPED.Email, country: "CN", note: TYPED.Note };

/** What comes in: events of people, each once, acknowledged when they are stored. */
export function arrivals(traits: Traits, bench: () => Bench): void {
  test("what people say, with who and where", async () => {
    const { host } = bench();
    const ada = await bench().person({ locale: "de" });
    await ada.says("two mugs, *please* <b>&amp; \\ 杯子 ☕");
    const { address, body, sender, at } = await host.next(0);
    expect(body).toEqual({ kind: "text", text: "two mugs, *please* <b>&amp; \\ 杯子 ☕" });
    expect(address).toEqual(ada.address);
    expect(sender.id).not.toBe("");
    expect(Math.abs(Date.now() - at.getTime())).toBeLessThan(60_000);
  });

  test("commands by name", async () => {
    const { host } = bench();
    const ada = await bench().person();
    await ada.commands("start");
    const { address, body } = await host.next(0);
    expect(body).toEqual({ kind: "command", name: "start", rest: "" });
    expect(address).toEqual(ada.address);
  });

  if (traits.channels)
    test("people in a channel apart from one another, and from their own talk with the bot", async () => {
      const { host } = bench();
      const ada = await bench().personAmongOthers!();
      const eve = await bench().personAmongOthers!();
      await ada.commands("start");
      await host.next(0);
      await eve.commands("start");
      const [first, second] = [await host.next(0), await host.next(1)];
      expect(first.address).toEqual(ada.address);
      expect(second.address).toEqual(eve.address);
      expect(destinationOf(first.address)).toBe(destinationOf(second.address));
      expect(first.address).toMatchObject({ kind: "member", user: first.sender.id });
      expect(personAt(second.address)).not.toBe(personAt(first.address));
    });

  if (traits.names)
    test("names without characters that disguise them", async () => {
      const { host } = bench();
      const ada = await bench().person({ name: "\u202EAda\u200B \u2066Love\u0007lace\uFEFF\n" });
      await ada.commands("start");
      expect((await host.next(0)).sender.name).toBe("Ada Lovelace");
    });

  if (traits.bots)
    test("nothing of what bots say, itself included", async () => {
      const { adapter, host } = bench();
      const ada = await bench().person();
      await adapter.send(ada.address, { view: view({ text: plain("I am the shop") }), key: freshKey() });
      await bench().botsSpeak!(ada);
      await ada.says("I am a person");
      expect((await host.next(0)).body).toMatchObject({ text: "I am a person" });
      expect(host.attempts).toHaveLength(1);
    });

  test("nothing as done before it is stored", async () => {
    const { host } = bench();
    const release = host.hold();
    const ada = await bench().person();
    const eve = await bench().person();
    await ada.commands("start");
    await host.until(() => host.attempts.length >= 1);
    // The time of another whole event passes: an acknowledgement on its way would have arrived by now.
    await eve.commands("start");
    await host.until(() =>
      host.attempts.some(({ address }) => destinationOf(address) === destinationOf(eve.address)),
    );
    expect(bench().unacknowledged()).toBeGreaterThanOrEqual(2);
    release();
    await until(() => bench().unacknowledged() === 0);
    expect(new Set(host.accepted.map(({ id }) => id)).size).toBe(2);
  });

  test(
    traits.redelivers
      ? "again what could not be stored"
      : "what could not be stored for unacknowledged, so that the person is told",
    async () => {
      const { host } = bench();
      host.fail(1);
      const ada = await bench().person();
      await ada.commands("start");
      await host.until(() => host.attempts.length >= 1);
      if (traits.redelivers) {
        expect((await host.next(0)).id).toBe(host.attempts[0]!.id);
        await until(() => bench().unacknowledged() === 0);
      } else expect(bench().unacknowledged()).toBe(1);
    },
  );

  test("what is delivered twice as one event", async () => {
    const { host } = bench();
    const ada = await bench().person();
    bench().deliverTwice();
    await ada.commands("start");
    const { id } = await host.next(0);
    await until(() => bench().unacknowledged() === 0);
    await ada.says("Something else");
    expect((await host.next(1)).body).toMatchObject({ text: "Something else" });
    const commands = host.attempts.filter(({ body }) => body.kind === "command");
    expect(commands.every((attempt) => attempt.id === id)).toBe(true);
    expect(host.accepted).toHaveLength(2);
  });

  test("words that are delivered twice as one event", async () => {
    const { host } = bench();
    const ada = await bench().person();
    bench().deliverTwice();
    await ada.says("Twice");
    const { id } = await host.next(0);
    await until(() => bench().unacknowledged() === 0);
    await ada.says("Something else");
    expect((await host.next(1)).body).toMatchObject({ text: "Something else" });
    const twice = host.attempts.filter(({ body }) => body.kind === "text" && body.text === "Twice");
    expect(twice.every((attempt) => attempt.id === id)).toBe(true);
    expect(host.accepted).toHaveLength(2);
  });

  test("events that differ under ids that differ", async () => {
    const { adapter, host } = bench();
    const ada = await bench().person();
    const button = { kind: "button", label: "More", token: "more~abcdefgh" } as const;
    const { message } = await adapter.send(ada.address, {
      view: view({ text: plain("Cart"), controls: [button] }),
      key: freshKey(),
    });
    for (let n = 0; n < 3; n++) {
      await ada.presses(message, button.token);
      await host.next(n);
      await until(() => bench().unacknowledged() === 0);
    }
    expect(new Set(host.accepted.map(({ id }) => id)).size).toBe(3);
  });

  if (traits.forms)
    test("a form with its values as they were typed", async () => {
      const { adapter, host } = bench();
      const ada = await bench().person();
      const asks = view({
        text: plain("Where shall it go?"),
        controls: [{ kind: "button", label: "Fill in", token: "fill~abcdefgh" }],
        ...(adapter.can.forms === "inline" && { form: FORM }),
      });
      const { message } = await adapter.send(ada.address, { view: asks, key: freshKey() });
      if (adapter.can.forms === "modal") {
        await ada.presses(message, "fill~abcdefgh");
        const { ticket } = await host.next(0);
        await adapter.send(ada.address, { view: { ...asks, form: FORM }, key: freshKey(), ticket });
      }
      const before = host.accepted.length;
      void ada.fills!(TYPED);
      const { address, body } = await host.next(before);
      expect(body).toMatchObject({ kind: "form", token: FORM.token, values: VALUES });
      expect(address).toEqual(ada.address);
      await until(() => bench().unacknowledged() === 0);
    });

  test("nothing any more once it is stopped, while what is being sent arrives or is reported", async () => {
    const { adapter, host } = bench();
    const ada = await bench().person();
    const sending = adapter
      .send(ada.address, { view: view({ text: plain("Last words") }), key: freshKey() })
      .then(
        () => "sent",
        (error: unknown) => (error instanceof Error ? error.name : String(error)),
      );
    await adapter.stop();
    const outcome = await sending;
    const seen = (await ada.shown()).map(({ text }) => text);
    expect([outcome, seen]).toEqual(outcome === "sent" ? ["sent", ["Last words"]] : ["SendError", []]);
    await ada.says("Is anybody there?");
    await new Promise(setImmediate);
    expect(host.attempts).toEqual([]);
  });
}

/** Waits for the platform to have seen something that the host cannot see. */
async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { interval: 10 }).toBe(true);
}
