import { z } from "zod";
import type { Adapter, Host } from "../../src/engine/adapter.ts";
import { directAddress } from "../../src/engine/address.ts";
import { ConversationModel, type StoredConversation } from "../../src/engine/conversation.ts";
import { action, bold, Engine, joined, plain, Router, type Turn, view } from "../../src/engine/index.ts";
import { createLogger } from "../../src/log.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import type { Figures } from "../figures.ts";

/** The updates that the mailbox makes, as far as one conversation that is always free needs them. */
interface Update {
  readonly $set?: Partial<StoredConversation>;
  readonly $push?: {
    inbox?: StoredConversation["inbox"][number];
    outbox?: { $each: StoredConversation["outbox"] };
    seen?: { $each: string[]; $slice: number };
  };
  readonly $pull?: { inbox?: { id: string }; outbox?: { key: { $in: string[] } } };
  readonly $inc?: { revision: number };
}

const PERSON = { id: "1", locale: "en" };
const ADDRESS = directAddress({ platform: "bench", connection: "1" }, "1");

/**
 * The engine alone: routing, tokens, the view and its fitting, sealing. Stubbed are `findOneAndUpdate` and `updateOne` of
 * the conversations' model (an object in memory instead of mongoose and a store) and the platform (takes all, sends
 * nothing). The handler answers a product page with a card and eight buttons; it reads nothing.
 */
export async function benchEngine(figures: Figures, seconds: number): Promise<void> {
  useSecret("a secret that is only good for a benchmark");
  const restore = stubStore();
  let told: () => void = () => {};
  let token = "";
  const adapter = quietAdapter((pressed) => {
    token = pressed;
    told();
  });
  const engine = new Engine({
    router: pageScript(),
    adapters: [adapter],
    secret: "a secret of buttons",
    log: createLogger("error"),
    media: async () => null,
    keepMedia: async () => "",
  });
  await engine.start();
  let id = 0;
  const turn = async () => {
    const sent = new Promise<void>((resolve) => {
      told = resolve;
    });
    const body = token
      ? ({ kind: "press", token, message: "1" } as const)
      : ({ kind: "text", text: "hi" } as const);
    await engine.accept({ id: `u${id++}`, address: ADDRESS, sender: PERSON, at: new Date(), body });
    await sent;
    await engine.idle();
  };
  for (let warm = performance.now() + seconds * 200; performance.now() < warm; ) await turn();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const first = id;
  while (performance.now() - started < seconds * 1000) await turn();
  const used = process.cpuUsage(cpu);
  const turns = id - first;
  await engine.stop();
  restore();
  figures.tell(
    "engine alone: CPU a turn, store and network stubbed",
    (used.user + used.system) / turns,
    "us",
    {
      most: 150,
    },
  );
  figures.tell("engine alone: turns a second", turns / ((performance.now() - started) / 1000), "/s");
}

function pageScript(): Router {
  const page = action("p", { product: z.string(), sku: z.string().optional() });
  const router = new Router();
  const show = async (turn: Turn) =>
    view({
      cards: [
        {
          title: "Dune Mug",
          text: joined([
            bold("€22.00"),
            plain("A generous stoneware mug with a thumb-friendly handle. ".repeat(4)),
          ]),
          facts: [["Stock", "in stock"]],
        },
      ],
      controls: Array.from({ length: 8 }, (_, at) =>
        turn.button(`Choice ${at}`, page({ product: "p0123456789", sku: `MUG-${at}` })),
      ),
    });
  router.on(page, show);
  router.home(show);
  router.text(show);
  return router;
}

function quietAdapter(onSent: (token: string) => void): Adapter {
  return {
    name: "bench",
    title: "Bench",
    can: {
      textMax: 4096,
      captionMax: 1024,
      cardsMax: 1,
      buttonsPerRow: 3,
      controlsMax: 30,
      labelMax: 40,
      picksMax: 0,
      forms: "ask",
      buttons: true,
      images: true,
      edits: true,
      ephemeral: false,
      tokenBytes: 64,
    },
    start: async (_: Host) => undefined,
    send: async (_, { view: shown }) => {
      const button = shown.controls.find(({ kind }) => kind === "button");
      onSent(button?.kind === "button" ? button.token : "");
      return { message: "1" };
    },
    stop: async () => undefined,
  };
}

/** Puts an object in memory in the place of the store; what it gives back undoes that. */
function stubStore(): () => void {
  const kept: StoredConversation = {
    _id: "bench/1/1",
    address: ADDRESS,
    at: new Date(),
    seen: [],
    inbox: [],
    outbox: [],
    links: [],
    state: null,
    revision: 0,
    owner: null,
    until: new Date(0),
    due: null,
    attempts: 0,
  };
  const apply = ({ $set, $push, $pull, $inc }: Update) => {
    Object.assign(kept, $set);
    if ($push?.inbox) kept.inbox.push($push.inbox);
    if ($push?.seen) kept.seen = [...kept.seen, ...$push.seen.$each].slice($push.seen.$slice);
    if ($push?.outbox) kept.outbox.push(...$push.outbox.$each);
    if ($pull?.inbox) kept.inbox = kept.inbox.filter(({ id }) => id !== $pull.inbox?.id);
    if ($pull?.outbox) kept.outbox = kept.outbox.filter(({ key }) => !$pull.outbox?.key.$in.includes(key));
    kept.revision += $inc?.revision ?? 0;
  };
  const collection = {
    findOneAndUpdate: async (_: unknown, update: Update) => {
      apply(update);
      const { seen: _seen, ...rest } = kept;
      return { ...rest, inbox: [...kept.inbox], outbox: [...kept.outbox] };
    },
    updateOne: async (_: unknown, update: Update) => {
      apply(update);
      return { matchedCount: 1 };
    },
  };
  const { db, find } = ConversationModel;
  Object.assign(ConversationModel, {
    db: { db: { collection: () => collection } },
    find: () => ({ sort: () => ({ limit: () => ({ lean: async () => [] }) }) }),
  });
  return () => void Object.assign(ConversationModel, { db, find });
}
