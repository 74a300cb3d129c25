import { adapterContract } from "./adapter-contract.ts";
import { discordBench } from "./discord-bench.ts";

adapterContract("Discord", {
  open: discordBench,
  redelivers: true,
  names: true,
  channels: true,
  ages: false,
  ephemeral: true,
  bots: true,
  leaving: true,
  looksUp: true,
  troubles: true,
  forms: true,
  files: true,
});
