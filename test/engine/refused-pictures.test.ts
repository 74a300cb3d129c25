import { expect, test } from "vitest";
import { z } from "zod";
import type { Capabilities } from "../../src/engine/adapter.ts";
import { form, type Values } from "../../src/engine/form.ts";
import type { Body, PictureProblem } from "../../src/engine/inbound.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { below, view } from "../../src/engine/turn.ts";
import { sayIn } from "../../src/i18n/index.ts";
import { addressOf, engineOf, event, Platform, useStore } from "./harness.ts";

useStore();

const said: Record<PictureProblem, RegExp> = {
  unusable: /can't use that picture/,
  "too-large": /too large/,
  "too-many": /tomorrow/,
  kept: /of one person/,
  full: /more pictures today/,
};
const problems = Object.keys(said) as PictureProblem[];

/** A conversation about a form of one optional picture, opened by /begin. */
async function talk(channel: string, can: Partial<Capabilities> = {}) {
  const kept: Values[] = [];
  const router = new Router();
  const review = form({
    name: "review",
    title: "review.form",
    submit: "review.submit",
    schema: z.object({ photo: z.string().optional() }),
    fields: { photo: { label: "review.photo", problem: "problem.photo", input: "photo" } },
    submitted: async (_turn, values) => {
      kept.push(values);
      return view({ text: plain("thanks") });
    },
  });
  router.form(review);
  router.command("begin", "command.shop", async (turn) => turn.open(review));
  router.home(async () => below(view({ text: plain("home") })));
  const platform = new Platform(can);
  const engine = engineOf(router, platform);
  await engine.start();
  const does = async (body: Body) => {
    await engine.accept(event(channel, body));
    await engine.idle();
    return platform.sent.at(-1)?.delivery.view;
  };
  return { does, kept, platform, engine, last: () => platform.texts(channel).at(-1) };
}

const refused = (problem: PictureProblem): Body =>
  problem === "unusable" ? { kind: "other", what: "photo" } : { kind: "other", what: "photo", problem };

test.each(problems)(
  "somebody whose picture is refused (%s) is told why, in talk and at a question",
  async (problem) => {
    const { does, last, engine } = await talk(`talk-${problem}`);
    await does(refused(problem));
    expect(last()).toMatch(said[problem]);
    await does({ kind: "command", name: "begin", rest: "" });
    await does(refused(problem));
    expect(last()).toMatch(said[problem]);
    expect(last()).toMatch(/Photo/);
    await engine.stop();
  },
);

test.each(problems)(
  "a form whose picture is refused (%s) comes back with the reason, and is not taken",
  async (problem) => {
    for (const forms of ["inline", "modal"] as const) {
      const { does, kept, engine } = await talk(`${forms}-${problem}`, { forms, formFieldsMax: 5 });
      const open = await does({ kind: "command", name: "begin", rest: "" });
      const token = open?.form?.token ?? "";
      const again = await does({
        kind: "form",
        token,
        values: {},
        message: "1",
        refused: { photo: problem },
      });
      expect(again?.form?.fields[0]?.problem).toMatch(said[problem]);
      expect(kept).toEqual([]);
      await does({ kind: "form", token: again?.form?.token ?? "", values: { photo: "p_1" }, message: "1" });
      expect(kept).toEqual([{ photo: "p_1" }]);
      await engine.stop();
    }
  },
);

test("a window is told why before it closes", async () => {
  const { does, platform, engine } = await talk("window", { forms: "modal", formFieldsMax: 5 });
  const open = await does({ kind: "command", name: "begin", rest: "" });
  const asked = {
    address: addressOf("window"),
    sender: { id: "window" },
    token: open?.form?.token ?? "",
    values: { photo: "" },
    locale: "zh",
  };
  expect(platform.host?.problems(asked)).toEqual({});
  expect(platform.host?.problems({ ...asked, refused: { photo: "full" } })).toEqual({
    photo: sayIn("zh")("problem.picture_full"),
  });
  await engine.stop();
});
