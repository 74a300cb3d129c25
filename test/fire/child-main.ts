import { runShopCommand } from "../../src/cli/shop.ts";
import { readConfig } from "../../src/config.ts";
import { startHawker } from "../../src/hawker.ts";
import { createLogger } from "../../src/log.ts";
import { connect, disconnect } from "../../src/store/connect.ts";
import { type ClockSetting, liveBy } from "./child-clock.ts";
import type { Order, Word } from "./child-orders.ts";

/** A process of the shop's that is loaded ahead of need, told by its parent what to be, and killed at any moment. */
let setClock: ((setting: ClockSetting) => void) | undefined;

const tell = (word: Word) => process.send?.(word);

async function obey(order: Order): Promise<void> {
  if (setClock) setClock(order.clock);
  else setClock = liveBy(order.clock);
  if (order.do === "shop") {
    const config = readConfig(order.env);
    const { publicUrl, webhookSecret } = order;
    const telegram = config.telegram && { ...config.telegram, webhookSecret };
    // Any free port: the gate before it keeps the address.
    const hawker = await startHawker(
      { ...config, port: 0, publicUrl, telegram },
      createLogger(config.logLevel),
    );
    tell({ is: "up", url: hawker.url.replace("localhost", config.host) });
  }
  if (order.do === "merchant") {
    await connect(order.storeUrl);
    const printed = await runShopCommand(order.args);
    await disconnect();
    tell({ is: "done", printed });
    process.disconnect();
  }
}

process.on("message", (order: Order) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// Without its parent it has nobody to serve.
process.on("disconnect", () => process.exit());
tell({ is: "ready" });
