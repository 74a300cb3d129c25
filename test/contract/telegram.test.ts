import { adapterContract } from "./adapter-contract.ts";
import { telegramBench } from "./telegram-bench.ts";

adapterContract("Telegram", {
  open: telegramBench,
  redelivers: true,
  names: true,
  channels: true,
  ages: true,
  ephemeral: false,
  bots: true,
  leaving: true,
  looksUp: false,
  troubles: true,
  forms: false,
  files: true,
});
