/** The embedded server in a process of its own, which tells its benchmark about its memory and its event loop. */

import { memory, watchLoop } from "../../../bench/figures.ts";
import { startEmbedded } from "../src/index.ts";

const server = await startEmbedded({ dir: process.argv[2] as string });
let stopWatching = watchLoop();
process.on("message", (question) => {
  if (question === "memory") process.send?.(memory());
  else if (question === "watch") {
    stopWatching();
    stopWatching = watchLoop();
    process.send?.("watching");
  } else if (question === "lag") process.send?.(stopWatching());
  else void server.stop().then(() => process.exit(0));
});
process.send?.(server.url);
