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

/** A name, a country that may be misspelt, and a code that is doubtful unless it has five digits; France has none. */
function desk(kept: Values[]): Router {
  const router = new Router();
  const parcel = form({
    name: "parcel",
    title: "address.title",
    submit: "address.submit",
    schema: z.object({ name: z.string(), country: z.enum(["DE", "FR"]), code: z.string().default("") }),
    fields: {
      name: { label: "address.name", problem: "problem.name" },
      country: {
        label: "address.country",
        problem: "problem.country",
        shown: (value) => (value === "DE" ? "Germany" : "France"),
        read: (typed) => {
          if (/^(de|germany)$/i.test(typed)) return { kind: "taken", value: "DE" };
          if (/^(fr|france)$/i.test(typed)) return { kind: "taken", value: "FR" };
          if (/^(prussia)$/i.test(typed)) return { kind: "taken", value: "DE", told: true };
          return /^germ/i.test(typed) ? { kind: "refused", near: ["DE"] } : { kind: "refused" };
        },
      },
      code: {
        label: "address.postal_code",
        problem: "problem.postal_code",
        after: "country",
        optional: ({ country }) => country !== "DE",
        needless: ({ country }) => country === "FR",
        read: (typed) =>
          /^\d{5}$/.test(typed)
            ? { kind: "taken", value: typed }
            : { kind: "doubtful", value: typed, ask: () => `Is ${typed} right?` },
      },
    },
    submitted: async (_turn, values) => {
      kept.push(values);
      return view({ text: plain("kept") });
    },
  });
  router.form(parcel);
  router.on(begin, async (turn) => turn.open(parcel));
  router.command("menu", "command.shop", async (turn) =>
    below(view({ controls: [turn.button("Begin", begin())] })),
  );
  router.text(async (_turn, text) => below(view({ text: plain(`you said ${text}`) })));
  router.home(async () => below(view({ text: plain("home") })));
  return router;
}

async function visitor(channel: string, forms: "ask" | "inline" | "modal", formFieldsMax = 5) {
  const kept: Values[] = [];
  const platform = new Platform({ forms, formFieldsMax });
  const engine = engineOf(desk(kept), platform);
  await engine.start();
  const does = async (body: Parameters<typeof event>[1]) => {
    await engine.accept(event(channel, body));
    await engine.idle();
    return platform.sent.at(-1)?.delivery.view;
  };
  const last = () => platform.texts(channel).at(-1) ?? "";
  const labels = () =>
    platform.sent.at(-1)?.delivery.view.controls.flatMap((one) => (one.kind === "button" ? [one.label] : []));
  const presses = (label: string) =>
    does({ kind: "press", token: platform.button(label).token, message: "5" });
  const fills = (open: FormView | undefined, values: Values) =>
    does({ kind: "form", token: open?.token ?? "", values, message: "5" });
  await does({ kind: "command", name: "menu", rest: "" });
  const opened = (await presses("Begin"))?.form;
  return { platform, engine, kept, does, last, labels, presses, fills, opened };
}

test("question by question, a doubtful answer is asked about once and taken when it is given again", async () => {
  for (const again of ["press", "write"] as const) {
    const { kept, does, last, labels, presses, engine } = await visitor(`ask-${again}`, "ask");
    await does(says("Ada"));
    await does(says("Germany"));
    await does(says("123"));
    expect(last()).toContain("Is 123 right?");
    expect(labels()).toContain("Yes, it is right");
    if (again === "press") await presses("Yes, it is right");
    else await does(says("123"));
    expect(last()).toBe("kept");
    expect(kept).toEqual([{ name: "Ada", country: "DE", code: "123" }]);
    await engine.stop();
  }
});

test("question by question, another answer is read as if nothing had been asked", async () => {
  const { kept, does, last, engine } = await visitor("ask-other", "ask");
  for (const answer of ["Ada", "Germany", "123", "124"]) await does(says(answer));
  expect(last()).toContain("Is 124 right?");
  await does(says("10115"));
  expect(kept).toEqual([{ name: "Ada", country: "DE", code: "10115" }]);
  await engine.stop();
});

test("question by question, a near miss offers what may be meant", async () => {
  const { kept, does, last, presses, engine } = await visitor("ask-near", "ask");
  await does(says("Ada"));
  await does(says("Germny"));
  expect(last()).toContain("Did you mean Germany?");
  await presses("Germany");
  await does(says("10115"));
  expect(kept).toEqual([{ name: "Ada", country: "DE", code: "10115" }]);
  await engine.stop();
});

test("question by question, what is read otherwise is told, and Skip stands only where it may be skipped", async () => {
  const { does, last, labels, engine } = await visitor("ask-told", "ask");
  await does(says("Ada"));
  await does(says("Prussia"));
  expect(last()).toMatch(/^We read this as Country: Germany\./);
  expect(labels()).not.toContain("Skip");
  await does(says(" \u200b "));
  expect(last()).toContain("Postal code");
  expect(last()).not.toContain("We read this");
  await engine.stop();
});

test("question by question, what there is nothing to ask of is not asked", async () => {
  const { kept, does, engine } = await visitor("ask-needless", "ask");
  await does(says("Ada"));
  await does(says("France"));
  expect(kept).toEqual([{ name: "Ada", country: "FR", code: "" }]);
  await engine.stop();
});

test("in a form of the message, a doubtful answer is asked about beside its field, and taken when sent again", async () => {
  const { kept, fills, opened, engine } = await visitor("inline", "inline");
  const values = { name: "Ada", country: "DE", code: "123" };
  const asked = await fills(opened, values);
  // The country beside it may still be changed to one without codes.
  expect(asked?.form?.fields.map(({ required }) => required)).toEqual([true, true, false]);
  expect(asked?.form?.fields.map(({ problem }) => problem)).toEqual([undefined, undefined, "Is 123 right?"]);
  const other = await fills(asked?.form, { ...values, code: "124" });
  expect(other?.form?.fields[2]?.problem).toBe("Is 124 right?");
  await fills(other?.form, { ...values, code: "124" });
  expect(kept).toEqual([{ ...values, code: "124" }]);
  await engine.stop();
});

test("in windows, a doubtful answer is asked about in a message with buttons", async () => {
  for (const fields of [5, 2]) {
    const { kept, platform, fills, opened, last, labels, presses, engine } = await visitor(
      `w${fields}`,
      "modal",
      fields,
    );
    const values = { name: "Ada", country: "DE", code: "123" };
    const second = fields === 2 ? (await fills(opened, values))?.form : opened;
    const asked = await fills(second, values);
    expect(asked?.form).toBeUndefined();
    expect(last()).toContain("Postal code: Is 123 right?");
    expect(labels()).toEqual(["Yes, it is right", "Change it", "Cancel"]);
    // What a platform asks at once has no doubts: a window can not be answered with yes.
    const token = second?.token ?? "";
    const here = {
      address: addressOf(`w${fields}`),
      sender: { id: `w${fields}` },
    };
    expect(platform.host?.problems({ ...here, token, values, locale: "en" })?.code).toBeUndefined();
    await presses("Yes, it is right");
    expect(kept).toEqual([values]);
    await engine.stop();
  }
});

test("in windows, a near miss is one press away, and what was entered beside it stays", async () => {
  const { kept, fills, opened, last, presses, engine } = await visitor("near", "modal");
  await fills(opened, { name: "Ada", country: "Germny", code: "10115" });
  expect(last()).toContain("Country: Did you mean Germany?");
  await presses("Germany");
  expect(kept).toEqual([{ name: "Ada", country: "DE", code: "10115" }]);
  expect(last()).toBe("kept");
  await engine.stop();
});

test("in windows, what was asked about can be changed", async () => {
  const { kept, fills, opened, presses, engine } = await visitor("change", "modal");
  await fills(opened, { name: "Ada", country: "DE", code: "123" });
  const form = (await presses("Change it"))?.form;
  expect(form?.fields.map(({ value }) => value)).toEqual(["Ada", "DE", "123"]);
  await fills(form, { name: "Ada", country: "DE", code: "10115" });
  expect(kept).toEqual([{ name: "Ada", country: "DE", code: "10115" }]);
  await engine.stop();
});

test("what is read otherwise is told with what comes of the form", async () => {
  for (const forms of ["inline", "modal"] as const) {
    const { fills, opened, last, engine } = await visitor(`told-${forms}`, forms);
    await fills(opened, { name: "Ada", country: "Prussia", code: "10115" });
    expect(last()).toBe("We read this as Country: Germany.\nkept");
    await engine.stop();
  }
});

test("text and commands come without what cannot be seen, and a digit of any script presses its button", async () => {
  const { does, last, engine } = await visitor("border", "inline");
  await does(says("\u202ablue\u00a0mug\u200b\u202c"));
  expect(last()).toBe("you said blue mug");
  await engine.stop();
});
