import { expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../src/engine/action.ts";
import { form, type Values } from "../../src/engine/form.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { below, view } from "../../src/engine/turn.ts";
import type { FormView } from "../../src/engine/view.ts";
import { addressOf, engineOf, event, Platform, says, useStore } from "./harness.ts";

useStore();

const begin = action("begin", {});
const other = action("other", {});

/** A form of three fields: a name, an optional note, and a country to choose. */
function desk(kept: Values[] = []): Router {
  const router = new Router();
  const visitor = form({
    name: "visitor",
    title: "address.title",
    submit: "address.submit",
    schema: z.object({ name: z.string().min(2), note: z.string().optional(), country: z.enum(["DE", "CN"]) }),
    fields: {
      name: { label: "address.name", problem: "problem.name" },
      note: { label: "address.street", problem: "problem.street" },
      country: {
        label: "address.country",
        problem: "problem.country",
        input: "choice",
        options: () => [
          { value: "DE", label: "Germany" },
          { value: "CN", label: "China" },
        ],
      },
    },
    submitted: async (_turn, values, args) => {
      kept.push({ ...values, ...args });
      return view({ text: plain(`kept ${values.name}`) });
    },
  });
  router.form(visitor);
  router.on(begin, async (turn) => turn.open(visitor, { args: { order: "7" }, initial: { name: "Ada" } }));
  router.on(other, async () => view({ text: plain("something else") }));
  router.command("menu", "command.shop", async (turn) =>
    below(view({ controls: [turn.button("Begin", begin()), turn.button("Other", other())] })),
  );
  router.text(async (_turn, text) => below(view({ text: plain(`you said ${text}`) })));
  router.home(async () => below(view({ text: plain("home") })));
  return router;
}

/** Someone at a platform that opens windows of at most `fields` fields. */
async function visitorOf(router: Router, channel: string, fields: number) {
  const platform = new Platform({ forms: "modal", formFieldsMax: fields });
  const engine = engineOf(router, platform);
  await engine.start();
  const does = async (body: Parameters<typeof event>[1]) => {
    await engine.accept(event(channel, body));
    await engine.idle();
    return platform.sent.at(-1)?.delivery;
  };
  const presses = (label: string) =>
    does({ kind: "press", token: platform.button(label).token, message: "5" });
  const fills = (open: FormView | undefined, values: Values) =>
    does({ kind: "form", token: open?.token ?? "", values, message: "5" });
  await does({ kind: "command", name: "menu", rest: "" });
  return { platform, engine, does, presses, fills };
}

test("a form goes over as many windows as its fields need, and what was entered comes together", async () => {
  const kept: Values[] = [];
  const { presses, fills, platform, engine } = await visitorOf(desk(kept), "w1", 2);
  const first = (await presses("Begin"))?.view.form;
  expect(first?.fields.map(({ name, value }) => [name, value])).toEqual([
    ["name", "Ada"],
    ["note", undefined],
  ]);
  const second = await fills(first, { name: "Eve", note: "hello" });
  expect(platform.texts("w1").at(-1)).toMatch(/\(2\/2\)/);
  expect(second?.view.form?.fields.map(({ name }) => name)).toEqual(["country"]);
  const last = await presses("Continue"); // where the window could not be opened at once
  expect(last?.replaces).toBe("5");
  await fills(last?.view.form, { country: "germany" });
  expect(kept).toEqual([{ name: "Eve", note: "hello", country: "DE", order: "7" }]);
  await engine.stop();
});

test("what is wrong in a window is said, and the button opens it again with what was entered", async () => {
  const kept: Values[] = [];
  const { presses, fills, platform, engine } = await visitorOf(desk(kept), "w2", 5);
  const form = (await presses("Begin"))?.view.form;
  const again = await fills(form, { name: "E", note: "x", country: "Mars" });
  expect(platform.texts("w2").at(-1)).toMatch(/Name: .+\n.*Country: /);
  expect(again?.view.form?.fields.map(({ value, problem }) => [value, problem !== undefined])).toEqual([
    ["E", true],
    ["x", false],
    ["Mars", true],
  ]);
  const open = await presses("Fill in");
  expect(open?.view.form?.fields[0]?.value).toBe("E");
  await fills(open?.view.form, { name: "Eve", country: "CN" });
  expect(kept).toEqual([{ name: "Eve", country: "CN", order: "7" }]); // the note was emptied
  await engine.stop();
});

test("a window that is sent after the shopper went on still counts, and misses nothing of its own", async () => {
  const kept: Values[] = [];
  const { presses, fills, does, engine } = await visitorOf(desk(kept), "w3", 5);
  const form = (await presses("Begin"))?.view.form;
  await presses("Other");
  await does(says("mugs"));
  await fills(form, { name: "Eve", country: "DE" });
  expect(kept).toEqual([{ name: "Eve", country: "DE", order: "7" }]);
  await engine.stop();
});

test("the last window of a form whose first ones are forgotten leads back to what is missing", async () => {
  const { presses, fills, platform, engine } = await visitorOf(desk(), "w4", 2);
  const second = (await fills((await presses("Begin"))?.view.form, { name: "Eve" }))?.view.form;
  await presses("Other");
  const back = await fills(second, { country: "DE" });
  expect(back?.view.form?.fields.map(({ name }) => name)).toEqual(["name", "note"]);
  expect(platform.texts("w4").at(-1)).toMatch(/\(1\/2\)/);
  await engine.stop();
});

test("while a window is open, what is written is no answer to it", async () => {
  const { presses, does, platform, engine } = await visitorOf(desk(), "w5", 5);
  await presses("Begin");
  await does(says("mugs"));
  expect(platform.texts("w5").at(-1)).toBe("you said mugs");
  await does({ kind: "command", name: "cancel", rest: "" });
  expect(platform.texts("w5").at(-2)).toMatch(/Cancelled/);
  await engine.stop();
});

test("a platform can ask at once what is wrong with a window, in the window's language", async () => {
  const { presses, platform, engine } = await visitorOf(desk(), "w6", 5);
  const token = (await presses("Begin"))?.view.form?.token ?? "";
  const asked = { address: addressOf("w6"), sender: { id: "w6" }, token };
  expect(platform.host?.problems({ ...asked, values: { name: "E", country: "DE" }, locale: "en" })).toEqual({
    name: expect.stringMatching(/[a-z]/),
  });
  expect(platform.host?.problems({ ...asked, values: { name: "E", country: "DE" }, locale: "zh" })).toEqual({
    name: expect.stringMatching(/[\u4e00-\u9fff]/),
  });
  expect(
    platform.host?.problems({ ...asked, values: { name: "Eve", country: "China" }, locale: "en" }),
  ).toEqual({});
  const stranger = { ...asked, sender: { id: "eve" }, values: {}, locale: "en" };
  expect(platform.host?.problems(stranger)).toEqual({});
  await engine.stop();
});

test("a forged or foreign window is answered, never thrown over", async () => {
  const kept: Values[] = [];
  const { platform, engine, does } = await visitorOf(desk(kept), "w7", 5);
  for (const token of ["", "~", "form|visitor~AAAAAAAA", "f|visitor|x|-3~AAAAAAAA", "#nothing"]) {
    await does({ kind: "press", token });
    await does({ kind: "form", token, values: { name: "Eve", country: "DE" } });
  }
  expect(kept).toEqual([]);
  expect(platform.texts("w7").at(-1)).not.toMatch(/went wrong/);
  await engine.stop();
});

test("a command's completions and a posted address are answered without a conversation", async () => {
  const router = desk();
  router.command("find", "command.search", async () => undefined, {
    name: "query",
    description: "command.search",
    suggest: async (turn, text) => Array.from({ length: 30 }, (_, at) => `${turn.locale} ${text} ${at}`),
  });
  router.preview(async (turn, url) =>
    url.endsWith("/p/mug") ? view({ controls: [turn.button("Other", other(), { everyone: true })] }) : null,
  );
  const { platform, engine } = await visitorOf(router, "w8", 5);
  const asker = { address: addressOf("w8"), sender: { id: "w8", locale: "zh-CN" } };
  const found = await platform.host?.suggest(asker, "find", "mu");
  expect(found).toHaveLength(25);
  expect(found?.[0]).toBe("zh mu 0");
  expect(await platform.host?.suggest(asker, "menu", "mu")).toEqual([]);
  expect(await platform.host?.preview(asker, "https://elsewhere.example/p/cup")).toBeNull();
  const seen = await platform.host?.preview(asker, "https://shop.example/p/mug");
  const [button] = seen?.controls ?? [];
  if (button?.kind !== "button") throw new Error("The preview has no button.");
  await engine.accept(event("w9", { kind: "press", token: button.token }));
  await engine.idle();
  expect(platform.texts("w9")).toEqual(["something else"]); // pressed by somebody else
  await engine.stop();
});

test("a front page is one view, with the greeting on top", async () => {
  const router = desk();
  router.before(async () => below(view({ text: plain("hello") })));
  router.front(async () => view({ text: plain("the shop"), cards: [{ title: "Mugs" }] }));
  const platform = new Platform({ cardsMax: 5 });
  const engine = engineOf(router, platform);
  await engine.accept(event("home:w10", { kind: "front" }));
  await engine.idle();
  expect(platform.texts("home:w10")).toEqual(["hello\n\nthe shop\n\nMugs"]);
});

test("a front page that is too long for one message is cut, not sent in parts that replace each other", async () => {
  const router = desk();
  router.front(async (turn) =>
    view({ controls: Array.from({ length: 60 }, (_, at) => turn.button(`Shelf ${at}`, other())) }),
  );
  const platform = new Platform();
  const engine = engineOf(router, platform);
  await engine.accept(event("home:w11", { kind: "front" }));
  await engine.idle();
  expect(platform.sent).toHaveLength(1);
});
