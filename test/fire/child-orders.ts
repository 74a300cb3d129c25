import type { ClockSetting } from "./child-clock.ts";

/** What a child process is told to do, once it has loaded and said "ready". */
export type Order =
  | {
      /** Runs the shop as an operator would, by environment variables. */
      readonly do: "shop";
      readonly env: Readonly<Record<string, string>>;
      /** Where people and webhooks reach it; plain http on loopback, which the environment does not allow for webhooks. */
      readonly publicUrl: string;
      /** Updates of Telegram come by webhook. */
      readonly webhookSecret?: string;
      readonly clock: ClockSetting;
    }
  | {
      /** Runs a command of the merchant, as `npm run shop -- …` does. */
      readonly do: "merchant";
      readonly storeUrl: string;
      readonly args: readonly string[];
      readonly clock: ClockSetting;
    }
  | { readonly do: "clock"; readonly clock: ClockSetting };

/** What a child process tells: it has loaded; it does what it was told; what a command printed. */
export type Word =
  | { readonly is: "ready" }
  | { readonly is: "up"; readonly url: string }
  | { readonly is: "done"; readonly printed: string };
