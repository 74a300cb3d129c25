import { adapterContract } from "./adapter-contract.ts";
import { slackBench } from "./slack-bench.ts";

adapterContract("Slack", {
  open: slackBench,
  redelivers: false,
  names: true,
  channels: true,
  ages: true,
  ephemeral: true,
  bots: true,
  leaving: true,
  looksUp: true,
  troubles: true,
  forms: true,
  files: true,
});
