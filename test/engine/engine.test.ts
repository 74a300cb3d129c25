import mongoose from "mongoose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { action } from "../../src/engine/action.ts";
import { SendError } from "../../src/engine/adapter.ts";
import { conversationId, destinationOf } from "../../src/engine/address.ts";
import { ConversationModel } from "../../src/engine/conversation.ts";
import { form } from "../../src/engine/form.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { Router } from "../../src/engine/router.ts";
import { below, view } from "../../src/engine/turn.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import { freshDatabase } from "../setup/database.ts";
import { addressOf, engineOf, event, Platform, says } from "./harness.ts";

let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  await connect(`${database.url}${database.url.includes("?") ? "&" : "?"}monitorCommands=true`);
  await ensureIndexes();
  useSecret("a secret that seals what people write");
});
afterAll(async () => {
  await drop();
  await disconnect();
});

const echo = () => {
  const router = new Router();
  router.text(async (_turn, text) => below(view({ text: plain(`you said ${text}`) })));
  router.home(async () => below(view({ text: plain("home") })));
  return router;
};
const stored = (channel: string) => ConversationModel.findById(conversationId(addressOf(channel))).lean();

test("an answer is sent, and the conversation is free and empty afterwards", async () => {
  const platform = new Platform();
  const engine = engineOf(echo(), platform);
  expect(await engine.accept(event("c1", says("hello")))).toBe("accepted");
  await engine.idle();
  expect(platform.texts("c1")).toEqual(["you said hello"]);
  expect(await stored("c1")).toMatchObject({ inbox: [], outbox: [], owner: null, due: null });
});

test("a turn takes three round trips of the engine to the store, also the first of a conversation", async () => {
  const engine = engineOf(echo(), new Platform());
  const commands: string[] = [];
  const client = mongoose.connection.getClient();
  const note = (started: { commandName: string; command: Record<string, unknown> }) => {
    if (started.command[started.commandName] === "conversations") commands.push(started.commandName);
  };
  client.on("commandStarted", note);
  for (const text of ["first", "second"]) {
    commands.length = 0;
    await engine.accept(event("c2", says(text)));
    await engine.idle();
    expect(commands).toEqual(["findAndModify", "update", "update"]);
  }
  client.off("commandStarted", note);
});

test("the same delivery is handled once, also by two processes at the same time", async () => {
  const platform = new Platform();
  const engines = [engineOf(echo(), platform), engineOf(echo(), platform)];
  const twice = event("c3", says("once"), "u1");
  const answers = await Promise.all([...engines, ...engines].map((engine) => engine.accept(twice)));
  expect(answers.filter((answer) => answer === "accepted")).toHaveLength(1);
  await Promise.all(engines.map((engine) => engine.idle()));
  expect(await engines[0]!.accept(twice)).toBe("duplicate");
  expect(platform.texts("c3")).toEqual(["you said once"]);
});

test("events of one conversation are handled in order, one at a time; conversations run in parallel", async () => {
  const platform = new Platform();
  const router = new Router();
  let running = 0;
  let most = 0;
  const together = new Set<string>();
  const active = new Set<string>();
  router.text(async (turn, text) => {
    running += 1;
    most = Math.max(most, running);
    const place = destinationOf(turn.address);
    if (active.has(place)) together.add(place);
    active.add(place);
    await new Promise((resolve) => setImmediate(resolve));
    await mongoose.connection.db?.admin().ping();
    active.delete(place);
    running -= 1;
    return below(view({ text: plain(text) }));
  });
  const engine = engineOf(router, platform);
  for (let n = 0; n < 8; n++)
    await Promise.all(["d1", "d2", "d3"].map((channel) => engine.accept(event(channel, says(String(n))))));
  await engine.idle();
  for (const channel of ["d1", "d2", "d3"])
    expect(platform.texts(channel)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  expect(together.size).toBe(0);
  expect(most).toBeGreaterThan(1);
});

test("an event that arrives just as the worker lets go is not stranded", async () => {
  const platform = new Platform();
  const engine = engineOf(echo(), platform);
  const accepted: Promise<string>[] = [];
  const send = (n: number) => accepted.push(engine.accept(event("c10", says(String(n)))));
  // Every message is answered by the next event at once, before the worker has settled the last one.
  platform.before = () => {
    if (accepted.length < 60) send(accepted.length);
  };
  send(0);
  await expect.poll(() => platform.texts("c10").length).toBe(60);
  expect(new Set(await Promise.all(accepted))).toEqual(new Set(["accepted"]));
  expect(platform.texts("c10")).toEqual(Array.from({ length: 60 }, (_, n) => `you said ${n}`));
});

test("a crash between accept and commit is finished by the sweeper, with the same keys", async () => {
  const platform = new Platform();
  const keys: string[] = [];
  const router = new Router();
  let crash = true;
  router.text(async (turn) => {
    keys.push(turn.key("hold"));
    if (crash) return new Promise<undefined>(() => {}); // the process dies here
    return below(view({ text: plain("done") }));
  });
  let clock = Date.now();
  const now = () => new Date(clock);
  await engineOf(router, platform, now).accept(event("c4", says("x")));
  await expect.poll(() => keys.length).toBe(1);
  crash = false;
  const other = engineOf(router, platform, now);
  await other.sweep();
  await other.idle();
  expect(keys).toHaveLength(1); // the lease still holds
  clock += 31_000;
  await other.sweep();
  await other.idle();
  expect(new Set(keys).size).toBe(1);
  expect(platform.texts("c4")).toEqual(["done"]);
});

test("a worker that lost its lease writes nothing", async () => {
  const platform = new Platform();
  const router = new Router();
  let release = () => {};
  let slow = true;
  router.text(async () => {
    if (slow) {
      slow = false;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return below(view({ text: plain("late") }));
    }
    return below(view({ text: plain("in time") }));
  });
  let clock = Date.now();
  const now = () => new Date(clock);
  const first = engineOf(router, platform, now);
  await first.accept(event("c5", says("x")));
  await expect.poll(() => slow).toBe(false);
  clock += 31_000;
  const second = engineOf(router, platform, now);
  await second.sweep();
  await second.idle();
  release();
  await first.idle();
  expect(platform.texts("c5")).toEqual(["in time"]);
});

test("a message the platform did not take is tried again after the pause it asked for, in order and once", async () => {
  const platform = new Platform();
  const router = new Router();
  router.text(async () => ["one", "two"].map((text) => below(view({ text: plain(text) }))));
  let clock = Date.now();
  let failures = 1;
  platform.before = () => {
    if (failures-- > 0) throw new SendError("unsent", "Too Many Requests", { retryAfterMs: 7_000 });
  };
  const engine = engineOf(router, platform, () => new Date(clock));
  await engine.accept(event("c6", says("x")));
  await engine.idle();
  clock += 6_000;
  await engine.sweep();
  await engine.idle();
  expect(platform.texts("c6")).toEqual([]);
  clock += 2_000;
  await engine.sweep();
  await engine.idle();
  expect(platform.texts("c6")).toEqual(["one", "two"]);
});

test("of more turns than run at a time, those that wait longer than their lease are run once, by the process that has them", async () => {
  const platform = new Platform();
  const router = new Router();
  const people = 150;
  let running = 0;
  let most = 0;
  let runs = 0;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  router.text(async () => {
    runs += 1;
    running += 1;
    most = Math.max(most, running);
    await gate;
    running -= 1;
    return below(view({ text: plain("done") }));
  });
  let clock = Date.now();
  const engine = engineOf(router, platform, () => new Date(clock));
  const channels = Array.from({ length: people }, (_, n) => `crowd-${n}`);
  for (const channel of channels) await engine.accept(event(channel, says("x")));
  await expect.poll(() => running).toBe(64);
  clock += 20_000; // those that run are to be done before their lease ends, those that wait are late
  await engine.sweep();
  open();
  await engine.idle();
  clock += 31_000;
  await engine.sweep();
  await engine.idle();
  expect({ most, runs }).toEqual({ most: 64, runs: people });
  for (const channel of channels) expect(platform.texts(channel)).toEqual(["done"]);
});

test("a conversation that waits past its lease while another process answers it is answered once", async () => {
  const platform = new Platform();
  const router = new Router();
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let running = 0;
  router.text(async (_turn, text) => {
    running += 1;
    if (text === "slow") await gate;
    return below(view({ text: plain("done") }));
  });
  let clock = Date.now();
  const first = engineOf(router, platform, () => new Date(clock));
  for (let n = 0; n < 64; n++) await first.accept(event(`ahead-${n}`, says("slow")));
  await expect.poll(() => running).toBe(64);
  await first.accept(event("behind", says("quick")));
  clock += 31_000;
  await first.sweep(); // does not take what waits in this very process; what hangs, it does
  const other = engineOf(echo(), platform, () => new Date(clock));
  await other.sweep();
  await other.idle();
  expect(platform.texts("behind")).toEqual(["you said quick"]);
  open();
  await first.idle();
  expect(platform.texts("behind")).toEqual(["you said quick"]);
});

test("a message that has to wait for its pace is not given up, however often, and is sent once", async () => {
  const platform = new Platform();
  let clock = Date.now();
  let full = true;
  platform.before = () => {
    if (full)
      throw new SendError("unsent", "More than the platform takes", { retryAfterMs: 1_000, paced: true });
  };
  const engine = engineOf(echo(), platform, () => new Date(clock));
  await engine.accept(event("paced", says("x")));
  await engine.idle();
  for (let n = 0; n < 25; n++) {
    clock += 1_500;
    await engine.sweep();
    await engine.idle();
  }
  expect(platform.texts("paced")).toEqual([]);
  full = false;
  clock += 1_500;
  await engine.sweep();
  await engine.idle();
  await engine.sweep();
  await engine.idle();
  expect(platform.texts("paced")).toEqual(["you said x"]);
});

test("a message that is refused for good is dropped, and the next ones go on", async () => {
  const platform = new Platform();
  platform.before = ({ view }) => {
    if (view.text?.[0]?.kind === "text" && view.text[0].text.includes("bad"))
      throw new SendError("refused", "blocked");
  };
  const engine = engineOf(echo(), platform);
  await engine.accept(event("c7", says("bad")));
  await engine.accept(event("c7", says("good")));
  await engine.idle();
  expect(platform.texts("c7")).toEqual(["you said good"]);
});

test("a handler that fails is answered with a sentence, and the event does not come back", async () => {
  const platform = new Platform();
  const router = new Router();
  router.text(async () => {
    throw new Error("a bug");
  });
  const engine = engineOf(router, platform);
  await engine.accept(event("c8", says("x")));
  await engine.idle();
  expect(platform.texts("c8")).toEqual([
    "Something went wrong on our side. Nothing was lost: please try again.",
  ]);
  expect((await stored("c8"))?.inbox).toEqual([]);
});

test("stopping finishes the turn under way and leaves the rest in the store", async () => {
  const platform = new Platform();
  const engine = engineOf(echo(), platform);
  await Promise.all([engine.accept(event("c9", says("a"))), engine.accept(event("c9", says("b")))]);
  await engine.stop();
  const next = engineOf(echo(), platform);
  await next.sweep();
  await next.idle();
  expect(platform.texts("c9").sort()).toEqual(["you said a", "you said b"]);
});

const openProduct = action("p", { id: z.string().max(200), page: z.coerce.number().int().optional() });
const shop = () => {
  const router = echo();
  router.command("start", "command.start", async (turn) =>
    below(
      view({
        text: plain("shop"),
        controls: [
          turn.button("Mug", openProduct({ id: "mug", page: 2 })),
          turn.button("Long", openProduct({ id: "x".repeat(150) })),
        ],
      }),
    ),
  );
  router.on(openProduct, async (_turn, { id, page }) =>
    view({ text: plain(`product ${id.slice(0, 5)} page ${page}`) }),
  );
  return router;
};
const press = (token: string, message?: string) =>
  ({ kind: "press", token, ...(message && { message }) }) as const;

test("a pressed button runs its action with typed arguments, in place of the message it is on", async () => {
  const platform = new Platform();
  const engine = engineOf(shop(), platform);
  await engine.accept(event("e1", { kind: "command", name: "start", rest: "" }));
  await engine.idle();
  await engine.accept(event("e1", press(platform.button("Mug").token, "77")));
  await engine.idle();
  expect(platform.texts("e1").at(-1)).toBe("product mug page 2");
  expect(platform.sent.at(-1)?.delivery.replaces).toBe("77");
});

test("an action too long for the platform travels as a short token and still works", async () => {
  const platform = new Platform();
  const engine = engineOf(shop(), platform);
  await engine.accept(event("e2", { kind: "command", name: "start", rest: "" }));
  await engine.idle();
  const { token } = platform.button("Long");
  expect(Buffer.byteLength(token)).toBeLessThanOrEqual(64);
  await engine.accept(event("e2", press(token)));
  await engine.idle();
  expect(platform.texts("e2").at(-1)).toBe("product xxxxx page undefined");
});

test("a stale, a forged and somebody else's button get a sentence and a way on", async () => {
  const platform = new Platform();
  const engine = engineOf(shop(), platform);
  await engine.accept(event("e3", { kind: "command", name: "start", rest: "" }));
  await engine.idle();
  const { token } = platform.button("Mug");
  await engine.accept(event("e3", press(token), undefined, "somebody else"));
  await engine.accept(event("e3", press("p|cup~AAAAAAAA")));
  await engine.accept(event("e3", press("rubbish")));
  await engine.accept(event("e3", press("#unknownunknownunknown")));
  await engine.idle();
  const texts = platform.texts("e3").slice(1);
  expect(texts[0]).toMatch(/made for someone else/);
  expect(texts[1]).toMatch(/made for someone else/);
  expect(texts[2]).toMatch(/out of date/);
  expect(texts[3]).toBe("home");
  expect(texts[4]).toMatch(/out of date/);
});

test("an unknown command, a sticker and an unasked picture get a sentence", async () => {
  const platform = new Platform();
  const engine = engineOf(echo(), platform);
  await engine.accept(event("e4", { kind: "command", name: "dance", rest: "" }));
  await engine.accept(event("e4", { kind: "other", what: "sticker" }));
  await engine.accept(event("e4", { kind: "photo", media: "m" }));
  await engine.idle();
  const texts = platform.texts("e4");
  expect(texts[0]).toMatch(/don't know the command \/dance/);
  expect(texts[1]).toBe("home");
  expect(texts[2]).toMatch(/text and pictures only/);
  expect(texts[3]).toMatch(/review/);
});

const signUp = (submitted: (values: unknown) => void) =>
  form({
    name: "sign-up",
    title: "address.title",
    submit: "address.submit",
    schema: z.object({
      name: z.string().min(2),
      email: z.email(),
      phone: z.string().optional(),
      photo: z.string().optional(),
    }),
    fields: {
      name: { label: "address.name", problem: "problem.name" },
      email: { label: "address.email", problem: "problem.email" },
      phone: { label: "address.phone", problem: "problem.phone", input: "phone" },
      photo: { label: "review.photo", problem: "problem.photo", input: "photo" },
    },
    submitted: async (_turn, values) => {
      submitted(values);
      return below(view({ text: plain("thanks") }));
    },
  });
const withForm = (submitted: (values: unknown) => void) => {
  const router = echo();
  const ask = signUp(submitted);
  router.form(ask);
  router.command("join", "command.start", async (turn) => turn.open(ask, { args: { from: "door" } }));
  return router;
};

test("without inline forms a form is asked question by question, with back, skip and the same checks", async () => {
  const platform = new Platform();
  const got: unknown[] = [];
  const engine = engineOf(
    withForm((values) => got.push(values)),
    platform,
  );
  const does = async (body: Parameters<typeof event>[1]) => {
    await engine.accept(event("f1", body));
    await engine.idle();
    return platform.texts("f1").at(-1);
  };
  expect(await does({ kind: "command", name: "join", rest: "" })).toBe("Name (1/4)");
  expect(await does({ kind: "photo", media: "m1" })).toBe("Please answer with text here.\nName (1/4)");
  expect(await does(says("Ann"))).toBe("Email (2/4)");
  expect(await does(press(platform.button("Back").token))).toBe("Name (1/4)");
  expect(await does(press(platform.button("Keep: Ann").token))).toBe("Email (2/4)");
  expect(await does(says("nonsense"))).toMatch(
    /^That does not look like an email address.*\nEmail \(2\/4\)$/,
  );
  expect(await does(says("ann@example.com"))).toBe("Phone (3/4)");
  const { token: skip } = platform.button("Skip");
  expect(await does(press(skip))).toBe("Photo (4/4)");
  expect(await does(press(skip))).toBe("Photo (4/4)"); // a double tap on the older question asks the current one again
  expect(await does(says("no picture"))).toMatch(/Please send a picture/);
  expect(await does({ kind: "photo", media: "m2" })).toBe("thanks");
  expect(got).toEqual([{ name: "Ann", email: "ann@example.com", photo: "m2" }]);
});

test("nothing a person wrote or was shown lies readable in the store", async () => {
  const platform = new Platform();
  platform.before = () => {
    throw new SendError("unsent", "later", { retryAfterMs: 60_000 });
  };
  const engine = engineOf(
    withForm(() => {}),
    platform,
  );
  await engine.accept(event("f4", { kind: "command", name: "join", rest: "" }));
  await engine.idle();
  await engine.accept(event("f4", says("Ann Secretperson"), undefined, "f4"));
  await engine.idle();
  const raw = JSON.stringify(await stored("f4"));
  expect(raw).toContain("outbox");
  expect(raw).not.toMatch(/Secretperson|Email/);
});

test("a form is left by /cancel, and free text means search again", async () => {
  const platform = new Platform();
  const engine = engineOf(
    withForm(() => {}),
    platform,
  );
  for (const body of [
    { kind: "command", name: "join", rest: "" },
    { kind: "command", name: "cancel", rest: "" },
    says("mug"),
  ] as const) {
    await engine.accept(event("f2", body));
    await engine.idle();
  }
  expect(platform.texts("f2")).toEqual([
    "Name (1/4)",
    "Cancelled. Nothing was changed.",
    "home",
    "you said mug",
  ]);
});

test("an inline form comes back with its problems next to the fields, and is submitted once it is right", async () => {
  const platform = new Platform({ forms: "inline", tokenBytes: 1024 });
  const got: unknown[] = [];
  const engine = engineOf(
    withForm((values) => got.push(values)),
    platform,
  );
  await engine.accept(event("f3", { kind: "command", name: "join", rest: "" }));
  await engine.idle();
  const shown = platform.sent.at(-1)?.delivery.view.form;
  expect(shown?.fields.map((field) => [field.name, field.required])).toEqual([
    ["name", true],
    ["email", true],
    ["phone", false],
    ["photo", false],
  ]);
  await engine.accept(
    event("f3", {
      kind: "form",
      token: shown!.token,
      values: { name: "Ann", email: "nope", evil: "x" },
      message: "9",
    }),
  );
  await engine.idle();
  const again = platform.sent.at(-1)?.delivery;
  expect(again?.replaces).toBe("9");
  expect(again?.view.form?.fields[1]).toMatchObject({
    value: "nope",
    problem: expect.stringMatching(/email address/),
  });
  await engine.accept(
    event("f3", {
      kind: "form",
      token: again!.view.form!.token,
      values: { name: "Ann", email: "ann@example.com", phone: "" },
    }),
  );
  await engine.idle();
  expect(got).toEqual([{ name: "Ann", email: "ann@example.com" }]);
});

test("a signal reaches the conversation once, in the language of its person", async () => {
  const platform = new Platform();
  const router = echo();
  router.command("hi", "command.start", async (turn) => {
    turn.speak("zh");
    return undefined;
  });
  router.signal("paid", z.object({ order: z.string() }), async (turn, { order }) =>
    below(view({ text: plain(turn.say("notice.cancelled", { number: order })) })),
  );
  const engine = engineOf(router, platform);
  await engine.accept(event("g1", { kind: "command", name: "hi", rest: "" }));
  await engine.idle();
  expect(await engine.signal(addressOf("g1"), "n1", "paid", { order: "H-1" })).toBe("accepted");
  expect(await engine.signal(addressOf("g1"), "n1", "paid", { order: "H-1" })).toBe("duplicate");
  await engine.idle();
  expect(platform.texts("g1")).toEqual(["订单 H-1 已取消。"]);
});

test("the ids of past deliveries stay in the store: a long talk does not make its turns longer", async () => {
  const engine = engineOf(echo(), new Platform());
  const client = mongoose.connection.getClient();
  const answers: unknown[] = [];
  const note = ({ commandName, reply }: { commandName: string; reply: unknown }) => {
    if (commandName === "findAndModify") answers.push(reply);
  };
  client.on("commandSucceeded", note);
  for (const text of ["first", "second"]) await engine.accept(event("talk1", says(text)));
  await engine.idle();
  client.off("commandSucceeded", note);
  expect((await stored("talk1"))?.seen).toHaveLength(2);
  expect(answers.length).toBeGreaterThan(0);
  for (const answer of answers) expect(answer).not.toHaveProperty("value.seen");
});

test("a conversation does not keep the name of its person", async () => {
  const engine = engineOf(echo(), new Platform());
  const from = event("g2", says("hello"));
  await engine.accept({ ...from, sender: { ...from.sender, name: "Ann Brook" } });
  await engine.idle();
  const kept = await stored("g2");
  expect(kept?.person).toMatchObject({ id: from.sender.id });
  expect(JSON.stringify(kept)).not.toContain("Brook");
});

test("a remembered state of another version is a polite fresh start that keeps the language", async () => {
  const platform = new Platform();
  const engine = engineOf(echo(), platform);
  await engine.accept(event("h1", says("x")));
  await engine.idle();
  await ConversationModel.updateOne(
    { _id: conversationId(addressOf("h1")) },
    { $set: { state: { version: 0, locale: "zh", asking: { form: "gone" } } } },
  );
  await engine.accept(event("h1", { kind: "other", what: "sticker" }));
  await engine.idle();
  expect(platform.texts("h1").at(-1)).toMatch(/文字/);
});

test("without buttons, options are numbered and a number picks one", async () => {
  const platform = new Platform({ buttons: false });
  const engine = engineOf(shop(), platform);
  await engine.accept(event("i1", { kind: "command", name: "start", rest: "" }));
  await engine.accept(event("i1", says("1")));
  await engine.idle();
  expect(platform.texts("i1")).toEqual(["shop\n1. Mug\n2. Long", "product mug page 2"]);
});
