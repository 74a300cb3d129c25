import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll } from "vitest";
import type { Adapter, Capabilities, Delivery, Host } from "../../src/engine/adapter.ts";
import {
  type Address,
  type DirectAddress,
  destinationOf,
  directAddress,
  memberAddress,
} from "../../src/engine/address.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/engine-options.ts";
import { viewText } from "../../src/engine/fit.ts";
import type { Body, Inbound } from "../../src/engine/inbound.ts";
import { textOf } from "../../src/engine/rich-text.ts";
import type { Router } from "../../src/engine/router.ts";
import type { Button, View } from "../../src/engine/view.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import { freshDatabase } from "../setup/database.ts";

export const capabilities: Capabilities = {
  textMax: 1000,
  captionMax: 200,
  cardsMax: 1,
  buttonsPerRow: 3,
  controlsMax: 20,
  labelMax: 40,
  picksMax: 0,
  forms: "ask",
  buttons: true,
  images: true,
  edits: true,
  ephemeral: false,
  tokenBytes: 64,
};

/** A platform that keeps what it is given and fails on demand. */
export class Platform implements Adapter {
  readonly name: string = "test";
  readonly title = "Test";
  host: Host | undefined;
  readonly can: Capabilities;
  /** The connections it serves; every one where undefined. */
  connections?: () => readonly string[];
  /** Those whose token is refused. */
  refused?: () => readonly string[];
  readonly sent: { to: Address; delivery: Delivery }[] = [];
  /** Runs before each message is taken; throw to refuse it. */
  before: (delivery: Delivery) => void | Promise<void> = () => {};
  constructor(can: Partial<Capabilities> = {}) {
    this.can = { ...capabilities, ...can };
  }
  async start(host: Host) {
    this.host = host;
  }
  async stop() {}
  forget: (address: DirectAddress) => Promise<void> = async () => {};
  async send(to: Address, delivery: Delivery) {
    await this.before(delivery);
    this.sent.push({ to, delivery });
    return { message: String(this.sent.length) };
  }
  texts(place?: string): string[] {
    return this.sent
      .filter(({ to }) => place === undefined || destinationOf(to) === place)
      .map(({ delivery }) => textOf(viewText(delivery.view)));
  }
  button(label: string): Button {
    const controls = (view: View) => [...view.cards.flatMap((card) => card.controls ?? []), ...view.controls];
    const found = this.sent
      .flatMap(({ delivery }) => controls(delivery.view))
      .findLast((one) => one.kind === "button" && one.label === label);
    if (found?.kind !== "button") throw new Error(`There is no button ${label}.`);
    return found;
  }
}

const here = { platform: "test", connection: "1" };
/** Where somebody is alone with the shop. */
export const addressOf = (user: string): DirectAddress => directAddress(here, user);
/** Where they are in a channel, among others. */
export const amongOthers = (channel: string, user: string) => memberAddress(here, channel, user);

/** An event from a person in a channel of their own. */
export const event = (user: string, body: Body, id: string = randomUUID(), sender = user): Inbound => ({
  id,
  address: addressOf(user),
  sender: { id: sender },
  at: new Date(),
  body,
});
export const says = (text: string): Body => ({ kind: "text", text });

export const engineOf = (
  router: Router,
  platform: Platform,
  now?: () => Date,
  reroute?: EngineOptions["reroute"],
) =>
  new Engine({
    router,
    adapters: [platform],
    secret: "a secret of the shop",
    log: pino({ level: "silent" }),
    media: async () => null,
    keepMedia: async () => "",
    ...(now && { now }),
    ...(reroute && { reroute }),
  });

/** Gives the test file a database of its own. */
export function useStore(): void {
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    await connect(database.url);
    await ensureIndexes();
    useSecret("a secret that seals what people write");
  });
  afterAll(async () => {
    await drop();
    await disconnect();
  });
}
