import { adapterContract } from "./adapter-contract.ts";
import { webBench } from "./web-bench.ts";

adapterContract("The web", {
  open: webBench,
  redelivers: true,
  names: false,
  channels: true,
  ages: false,
  ephemeral: true,
  bots: false,
  leaving: false,
  looksUp: true,
  troubles: false,
  forms: true,
  files: true,
});
